"""Docs in, entities out: in any batches, beside any annotation."""

from typing import Any, List

import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, Span

from spacy_moee.errors import MoeeError
from spacy_moee.models.types import Prediction

from .util import (
    TINY,
    get_all,
    get_ents,
    get_module,
    get_ner,
    get_weights,
    initialize,
    make_nlp,
    make_random_docs,
    make_texts,
    make_trained,
    predict_texts,
    train,
)

WORDS = ["Anna", "lives", "in", "New", "York", "Rome", ".", " ", "\n", "zzz", "Li"]


@pytest.mark.parametrize("batch_size", [1, 2, 7, 1000])
def test_pipe_is_call(batch_size: int, nlp: Language) -> None:
    ner = get_ner(nlp)
    one_by_one = get_all(ner(doc) for doc in make_random_docs(nlp, 100))
    docs = make_random_docs(nlp, 100)
    assert get_all(ner.pipe(docs, batch_size=batch_size)) == one_by_one
    docs = make_random_docs(nlp, 100)
    assert get_all(nlp.pipe(docs, batch_size=batch_size)) == one_by_one
    assert sum(len(ents) for _, _, ents in one_by_one) > 20


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=12), max_size=8),
    st.integers(1, 9),
)
def test_any_docs(sentences: List[List[str]], batch_size: int) -> None:
    def docs() -> List[Doc]:
        return [Doc(SHARED.vocab, words=words) for words in sentences]

    expected = get_all(SHARED(doc) for doc in docs())
    found = list(SHARED.pipe(docs(), batch_size=batch_size))
    assert get_all(found) == expected
    for doc in found:
        assert all(token.ent_iob != 0 for token in doc)
        for ent in doc.ents:
            assert ent.label_ in ("LOC", "PER")
            assert not ent[0].is_space and not ent[-1].is_space


SHARED = make_trained()


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("words", [[], [" "], ["\n", "\t "]])
def test_docs_without_words(words: List[str], place: int, nlp: Language) -> None:
    docs = [nlp.make_doc(text) for text in make_texts(3)]
    docs.insert(place, Doc(nlp.vocab, words=words))
    found = list(get_ner(nlp).pipe(docs, batch_size=10))
    assert found == docs
    rest = [doc for i, doc in enumerate(found) if i != place]
    assert get_all(rest) == get_all(nlp(text) for text in make_texts(3))
    assert get_ents(found[place]) == []
    assert [t.ent_iob_ for t in found[place]] == ["O"] * len(words)


def test_only_empty_docs(nlp: Language) -> None:
    ner = get_ner(nlp)
    assert [len(row.tags) for row in ner.predict([nlp.make_doc("")] * 2)] == [0, 0]
    assert ner.predict([]) == []
    assert [len(doc) for doc in nlp.pipe(["", "", ""])] == [0, 0, 0]


def test_predict_changes_nothing(nlp: Language) -> None:
    ner = get_ner(nlp)
    docs = make_random_docs(nlp, 20)
    before, weights = [doc.to_bytes() for doc in docs], get_weights(nlp)
    found = ner.predict(docs)
    assert [doc.to_bytes() for doc in docs] == before
    assert get_weights(nlp) == weights
    assert not get_module(nlp).training
    for doc, prediction in zip(docs, found, strict=True):
        assert isinstance(prediction.tags, numpy.ndarray)
        assert prediction.tags.shape == (len(doc),)


def test_as_tuples(nlp: Language) -> None:
    texts = make_texts()
    pairs = list(
        nlp.pipe([(t, {"id": i}) for i, t in enumerate(texts)], as_tuples=True)
    )
    assert [context["id"] for _, context in pairs] == list(range(len(texts)))
    assert get_all(doc for doc, _ in pairs) == get_all(nlp.pipe(texts))


def test_pipe_is_lazy(nlp: Language) -> None:
    def texts() -> Any:
        yield from make_texts(8)
        raise RuntimeError("read too far")

    stream = nlp.pipe(texts(), batch_size=2)
    assert [len(next(stream)) for _ in range(6)]


def test_select_pipes(nlp: Language) -> None:
    expected = predict_texts(nlp)
    with nlp.select_pipes(disable=["moee_ner"]):
        doc = nlp("Anna lives in Rome .")
        assert get_ents(doc) == [] and not doc.has_annotation("ENT_IOB")
    with nlp.select_pipes(enable=["moee_ner"]):
        assert predict_texts(nlp) == expected
    assert predict_texts(nlp) == expected


def test_unicode(nlp: Language) -> None:
    for text in (
        "🙂🙂 👩‍👩‍👧 ok",
        "שלום Anna",
        "a\u200bb\u0000c",
        "x" * 5000,
        "\ufeff",
    ):
        doc = nlp(text)
        assert doc.text == text
        assert all(token.ent_iob_ in "BIO" for token in doc)


@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_token_vectors_that_are_not_finite() -> None:
    """Of any embedding: it silently found nothing in the whole batch."""
    nlp = make_nlp(tok2vec={**TINY["tok2vec"], "include_static_vectors": True})
    vocab: Any = nlp.vocab
    for word in ("Anna", "lives", "Rome", "in"):
        vocab.set_vector(word, numpy.ones(4, dtype="f"))
    train(nlp)
    assert get_ents(nlp("Anna lives in Rome ."))
    vocab.set_vector("in", numpy.full(4, numpy.nan, dtype="f"))
    texts = ["Anna", "Rome lives in Anna .", "Rome"]
    with pytest.raises(MoeeError, match="M008.*'in'.* 1 of 7 tokens"):
        get_ner(nlp).predict([nlp.make_doc(text) for text in texts])
    ignore: Any = print
    nlp.set_error_handler(ignore)
    assert [doc.text for doc in nlp.pipe(texts)] == ["Anna", "Rome"]


def test_a_table_that_is_not_finite() -> None:
    """Also where spaCy's own layer reads it."""
    nlp = make_nlp(tok2vec={**TINY["tok2vec"], "include_static_vectors": True})
    vocab: Any = nlp.vocab
    vocab.set_vector("Anna", numpy.full(4, numpy.nan, dtype="f"))
    with pytest.raises(MoeeError, match="M245.*'Anna'"):
        initialize(nlp)


def test_huge_token_vectors_are_finite() -> None:
    """Their sum is not."""
    nlp = make_nlp(tok2vec={"@architectures": "spacy_moee.StaticEmbed.v1"})
    vocab: Any = nlp.vocab
    for word in ("Anna", "Rome"):
        vocab.set_vector(word, numpy.full(4, 3e38, dtype="f"))
    initialize(nlp)
    assert len(nlp("Anna Rome Anna")) == 3


def test_one_token(nlp: Language) -> None:
    assert [(e.text, e.label_) for e in nlp("Anna").ents] in ([], [("Anna", "PER")])


# Long docs


def test_long_doc_is_read_in_windows(nlp: Language) -> None:
    words = [w for text in make_texts(200) for w in text.split()]
    words = (words * (20_000 // len(words) + 1))[:20_000]
    ner = get_ner(nlp)
    windows = ner.model.attrs["segments"](Doc(nlp.vocab, words=words))
    assert len(windows.start) == 104
    sizes: List[int] = []
    get_module(nlp).register_forward_pre_hook(
        lambda _, args: sizes.append(args[0].vectors.shape[:2].numel())
    )
    doc = ner(Doc(nlp.vocab, words=words))
    assert max(sizes) <= 4096 and len(sizes) >= 5
    expected = {"Anna": "PER", "Rome": "LOC"}
    found = {t.text: t.ent_type_ for t in doc if t.text in expected}
    assert found == expected
    # no name is cut in two at a seam
    assert {e.text for e in doc.ents if e[0].text == "New"} == {"New York"}


def test_windows_where_one_is_enough_change_nothing(nlp: Language) -> None:
    texts = [" ".join(make_texts(n)) for n in (1, 5, 20)]
    whole = get_all(nlp.pipe(texts))
    get_ner(nlp).model.attrs["segments"].max_length = 10_000
    assert get_all(nlp.pipe(texts)) == whole


def test_sentences_are_read_one_at_a_time(nlp: Language) -> None:
    """A doc of sentences gets what the sentences get alone."""
    sentences = [text.split() for text in make_texts(10, seed=3)]
    words = [w for words in sentences for w in words]
    starts: List[Any] = [i == 0 for words in sentences for i in range(len(words))]
    doc = nlp(Doc(nlp.vocab, words=words, sent_starts=starts))
    alone = [nlp(Doc(nlp.vocab, words=words)) for words in sentences]
    assert [t.ent_iob_ + t.ent_type_ for t in doc] == [
        t.ent_iob_ + t.ent_type_ for one in alone for t in one
    ]


# Annotation that is there already


def get_tags(doc: Doc) -> List[str]:
    return [f"{t.ent_iob_}-{t.ent_type_}".rstrip("-") for t in doc]


def test_preset_entities(nlp: Language) -> None:
    words = ["Anna", "lives", "in", "New", "York", "."]
    ner = get_ner(nlp)
    assert get_tags(ner(Doc(nlp.vocab, words=words))) == [
        *("B-PER", "O", "O", "B-LOC", "I-LOC", "O")
    ]
    doc = Doc(nlp.vocab, words=words)
    # a type that the model does not know, over a border of the model's entities
    doc.ents = [Span(doc, 4, 6, label="THING", kb_id="Q1", span_id="id1")]
    ner(doc)
    assert get_tags(doc)[:3] == ["B-PER", "O", "O"]
    assert get_tags(doc)[4:] == ["B-THING", "I-THING"]
    assert doc[3].ent_iob_ in ("B", "O")
    thing = doc.ents[-1]
    assert (thing.kb_id_, thing.id_, thing.label_) == ("Q1", "id1", "THING")
    assert ner.labels == ("LOC", "PER")


def test_preset_entity_of_a_known_label(nlp: Language) -> None:
    doc = nlp.make_doc("Anna met Anna .")
    doc.ents = [Span(doc, 2, 3, label="PER", kb_id=1234)]
    doc = nlp(doc)
    assert [(e.start, e.label_, e.kb_id) for e in doc.ents] == [
        (0, "PER", 0),
        (2, "PER", 1234),
    ]


def test_adjacent_preset_entities_stay_apart(nlp: Language) -> None:
    doc = Doc(nlp.vocab, words=["Anna", "Eva", "Rome"], ents=["B-PER", "B-PER", "O"])
    nlp(doc)
    assert get_ents(doc)[:2] == [(0, 1, "PER"), (1, 2, "PER")]


def test_preset_outside_is_overwritten(nlp: Language) -> None:
    """As spaCy's ner does: O is not an entity, so it is not kept."""
    doc = Doc(nlp.vocab, words=["Anna", "lives", "in", "Rome", "."], ents=["O"] * 5)
    assert [e.text for e in nlp(doc).ents] == ["Anna", "Rome"]


def test_blocked_tokens(nlp: Language) -> None:
    words = ["Anna", "lives", "in", "New", "York", "."]
    doc = Doc(nlp.vocab, words=words)
    doc.set_ents([], blocked=[doc[4:5]], default="unmodified")
    nlp(doc)
    assert (doc[4].ent_iob, doc[4].ent_type) == (3, 0)
    assert doc[0].ent_type_ == "PER"
    assert all(doc[i].ent_iob != 0 for i in range(6))
    assert all(ent.end <= 4 for ent in doc.ents)


def test_wholly_blocked_doc(nlp: Language) -> None:
    doc = nlp.make_doc("Anna lives in Rome .")
    doc.set_ents([], blocked=[doc[:]], default="unmodified")
    nlp(doc)
    assert [t.ent_iob for t in doc] == [3] * 5
    assert doc.ents == ()


def test_presets_in_one_doc_of_a_batch(nlp: Language) -> None:
    texts = make_texts(6)
    docs = [nlp.make_doc(text) for text in texts]
    docs[2].set_ents([], blocked=[docs[2][:]], default="unmodified")
    found = get_all(nlp.pipe(docs, batch_size=10))
    expected = get_all(nlp.pipe(texts))
    assert found[:2] + found[3:] == expected[:2] + expected[3:]


def test_preset_over_a_sentence_border(nlp: Language) -> None:
    doc = Doc(nlp.vocab, words=["I", "live", "in", "New", "York"])
    doc[4].is_sent_start = True
    doc.ents = [Span(doc, 3, 5, label="GPE")]
    assert get_ents(nlp(doc)) == [(3, 5, "GPE")]


def test_running_twice_changes_nothing(nlp: Language) -> None:
    docs = list(nlp.pipe(make_texts()))
    expected = get_all(docs)
    assert get_all(get_ner(nlp).pipe(docs)) == expected


def test_ruler_before() -> None:
    nlp = make_trained()
    ruler: Any = nlp.add_pipe("entity_ruler", before="moee_ner")
    ruler.add_patterns([{"label": "MUSIC", "pattern": "Rome", "id": "album"}])
    doc = nlp("Anna lives in Rome .")
    assert [(e.text, e.label_, e.ent_id_) for e in doc.ents] == [
        ("Anna", "PER", ""),
        ("Rome", "MUSIC", "album"),
    ]


@pytest.mark.parametrize("overwrite, label", [(True, "MUSIC"), (False, "LOC")])
def test_ruler_after(overwrite: bool, label: str) -> None:
    nlp = make_trained()
    ruler: Any = nlp.add_pipe("entity_ruler", config={"overwrite_ents": overwrite})
    ruler.add_patterns(
        [{"label": "MUSIC", "pattern": "Rome"}, {"label": "VERB", "pattern": "lives"}]
    )
    doc = nlp("Anna lives in Rome .")
    assert [e.label_ for e in doc.ents] == ["PER", "VERB", label]


# White space


@pytest.mark.parametrize("constrained", [True, False])
def test_no_entity_has_white_space_at_its_edges(
    constrained: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    nlp = make_nlp(constrained=constrained)
    nlp.from_bytes(make_trained().to_bytes())
    ner = get_ner(nlp)
    words = ["\n", "Anna", " ", "Li", "\t", " ", "Rome", "\n"]
    # B-LOC I-LOC ... : one entity with white space at both edges and inside
    tags = numpy.array([1, 2, 2, 2, 2, 0, 3, 4])
    doc = Doc(nlp.vocab, words=words)
    ner.set_annotations([doc], [Prediction(tags)])
    assert get_ents(doc) == [(1, 4, "LOC"), (6, 7, "PER")]
    assert [t.ent_iob_ for t in doc] == ["O", "B", "I", "I", "O", "O", "B", "O"]
    doc = Doc(nlp.vocab, words=["\n", " "])
    ner.set_annotations([doc], [Prediction(numpy.array([1, 2]))])
    assert get_ents(doc) == [] and [t.ent_iob_ for t in doc] == ["O", "O"]


def test_memory_zone(nlp: Language) -> None:
    expected = predict_texts(nlp)
    known = len(nlp.vocab.strings)
    with nlp.memory_zone():
        texts = [f"Anna met unseen{i} in Rome ." for i in range(50)]
        found = [[(e.text, e.label_) for e in doc.ents] for doc in nlp.pipe(texts)]
    assert all(("Anna", "PER") in ents for ents in found)
    assert len(nlp.vocab.strings) == known
    assert "PER" in nlp.vocab.strings
    assert predict_texts(nlp) == expected


def test_blank_pipeline_of_another_language() -> None:
    nlp = spacy.blank("xx")
    nlp.add_pipe("moee_ner")
    get_ner(nlp).add_label("PER")
    nlp.initialize()
    assert get_ents(nlp("Анна живёт в Риме")) == []
