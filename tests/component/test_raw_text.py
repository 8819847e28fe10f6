"""Raw text of two domains in training: `spacy_moee.GeneratedTagger.v1`."""

import pickle
from typing import Any, Dict, List, Optional

import numpy
import pytest
import spacy
import torch
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from spacy_moee.errors import MoeeError
from spacy_moee.extensions import set_domain, set_raw
from spacy_moee.vocabulary import index_words

from .families import CHARACTERS, GENERATED, HASHES
from .util import get_ents, get_ner, make_example, make_examples, make_texts

EMBED = {"@layers": "concatenate.v1", "*": {"a": HASHES, "b": CHARACTERS}}
WORDS = sorted({word for text in make_texts() for word in text.split()})
PARTS = ("recognition", "source_words", "target_words")
TEXTS = ("Anna saw it in the harbour .", "A new phone is out , says Bo Li .")


def make_nlp(
    seed: int = 0, words: Optional[List[str]] = WORDS, **model: Any
) -> Language:
    nlp = spacy.blank("en")
    config = {**GENERATED, "domain": "target", "tok2vec": EMBED, **model}
    nlp.add_pipe("moee_ner", config={"model": config})
    if words is not None:
        get_ner(nlp).model.attrs["vocabulary"] = index_words(words)
    fix_random_seed(0)
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def make_raw(nlp: Language, domain: str, texts: Any = TEXTS) -> List[Example]:
    found = []
    for text in texts:
        doc = nlp.make_doc(text)
        set_domain(doc, domain)
        set_raw(doc, True)
        found.append(Example(doc, Doc(nlp.vocab, words=[t.text for t in doc])))
    return found


def make_step(nlp: Language) -> List[Example]:
    raw = [make_raw(nlp, domain) for domain in ("source", "target")]
    return [*make_examples(nlp, 4), *raw[0], *raw[1]]


def update(nlp: Language, examples: List[Example], **settings: Any) -> Dict[str, float]:
    torch.manual_seed(0)
    losses = nlp.update(examples, **settings)
    return {name: losses.get(f"moee_ner_{name}", numpy.nan) for name in PARTS}


def get_weights(nlp: Language) -> Dict[str, torch.Tensor]:
    shim: Any = get_ner(nlp).model.shims[0]
    return {k: p.detach().clone() for k, p in shim.module.named_parameters()}


def get_gradients(nlp: Language) -> Dict[str, torch.Tensor]:
    """The gradients that wait, which are dropped."""
    shim: Any = get_ner(nlp).model.shims[0]
    gradients = {k: p.grad for k, p in shim.module.named_parameters()}
    found = {k: g.clone() for k, g in gradients.items() if g is not None}
    shim.module.zero_grad()
    return found


def predict_as(nlp: Language, domain: Optional[str]) -> numpy.ndarray:
    """The scores of the tags of texts of a domain."""
    docs = [nlp.make_doc(text) for text in make_texts()]
    for doc in docs:
        if domain is not None:
            set_domain(doc, domain)
    batches = get_ner(nlp).model.predict(docs).batches
    return numpy.concatenate([b.outputs.emissions.flatten() for b in batches])


def train(nlp: Language) -> Language:
    optimizer = Adam(0.03, L2=0.0, grad_clip=0.0)
    for _ in range(60):
        raw = [make_raw(nlp, domain) for domain in ("source", "target")]
        nlp.update([*make_examples(nlp), *raw[0], *raw[1]], sgd=optimizer)
    return nlp


@pytest.fixture(scope="module")
def trained() -> Language:
    return train(make_nlp())


def test_it_learns_to_tag_and_to_predict_words() -> None:
    nlp = make_nlp()
    before = update(nlp, make_step(nlp), sgd=False)
    train(nlp)
    after = update(nlp, make_step(nlp), sgd=False)
    assert all(after[part] < before[part] / 2 for part in PARTS)
    for example in make_examples(nlp):
        set_domain(example.predicted, "source")
        (doc,) = nlp.pipe([example.predicted])
        assert get_ents(doc) == get_ents(example.reference)


def test_raw_text_counts_no_sentence_of_tags() -> None:
    alone, mixed = make_nlp(), make_nlp()
    annotated = update(alone, make_examples(alone, 4), sgd=False)["recognition"]
    found = update(mixed, make_step(mixed), sgd=False)["recognition"]
    assert found == pytest.approx(annotated, rel=1e-5)


def test_a_batch_of_raw_text_alone_is_read_again(monkeypatch: Any) -> None:
    nlp, few = make_nlp(), make_nlp()
    whole = update(nlp, make_step(nlp), sgd=False)
    monkeypatch.setattr("spacy_moee.padding.MAX_PADDED", 16)
    found = update(few, make_step(few), sgd=False)
    assert found == pytest.approx(whole, rel=1e-5)
    pairs = zip(get_gradients(nlp).items(), get_gradients(few).items(), strict=True)
    for (name, one), (other, two) in pairs:
        assert name == other and torch.allclose(one, two, atol=1e-5)


def test_raw_text_alone_leaves_the_tags_head() -> None:
    nlp = make_nlp()
    before = get_weights(nlp)
    found = update(nlp, make_raw(nlp, "target"), sgd=Adam(0.1, L2=0.0))
    assert found["recognition"] == 0 == found["source_words"] < found["target_words"]
    moved = {k for k, p in get_weights(nlp).items() if not torch.equal(p, before[k])}
    assert not any(name.startswith(("recognition", "crf")) for name in moved)
    assert {"generator.domains", "words.vectors"} <= moved


@given(st.integers(0, 20))
def test_annotation_of_the_target_reaches_no_loss(shift: int) -> None:
    nlp = make_nlp()
    examples = make_step(nlp)
    found = []
    for rotated in (0, shift):
        target = make_examples(nlp, 4)
        gold = make_examples(nlp, 24)[rotated : rotated + 4]
        docs = [(t.predicted, t.reference.copy()) for t in target]
        for (predicted, reference), other in zip(docs, gold, strict=True):
            set_domain(predicted, "target")
            labels = [ent.label_ for ent in other.reference.ents]
            reference.set_ents([])
            if labels:
                reference.set_ents([spacy.tokens.Span(reference, 0, 1, labels[0])])
        update(nlp, [*examples, *(Example(*pair) for pair in docs)], sgd=False)
        found.append(get_gradients(nlp))
    assert found[0].keys() == found[1].keys()
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_docs_of_no_domain_are_source_in_training_and_target_after_it() -> None:
    nlp = make_nlp()
    examples = make_examples(nlp, 4)
    plain = update(nlp, examples, sgd=False)
    for example in examples:
        set_domain(example.predicted, "source")
    assert update(nlp, examples, sgd=False) == plain
    assert numpy.array_equal(predict_as(nlp, None), predict_as(nlp, "target"))
    assert not numpy.allclose(predict_as(nlp, None), predict_as(nlp, "source"))
    nlp = make_nlp(domain="source")
    assert numpy.array_equal(predict_as(nlp, None), predict_as(nlp, "source"))


def test_docs_of_both_domains_are_read_together(trained: Language) -> None:
    docs = [trained.make_doc(text) for text in make_texts(4)]
    set_domain(docs[1], "source")
    scores = get_ner(trained).model.predict(docs)
    read = {
        int(row): batch.outputs.emissions[i]
        for batch in scores.batches
        for i, row in enumerate(batch.rows)
    }
    for number, doc in enumerate(docs):
        (alone,) = get_ner(trained).model.predict([doc]).batches
        together = read[number][: len(doc)]
        assert torch.allclose(alone.outputs.emissions[0], together, atol=1e-5)


def test_the_weights_that_are_kept_follow_the_optimizer() -> None:
    nlp = make_nlp()
    optimizer = Adam(0.05, L2=0.0, use_averages=True)
    update(nlp, make_step(nlp), sgd=False)
    before = predict_as(nlp, None)
    # without another look at a batch in between
    get_ner(nlp).finish_update(optimizer)
    after = predict_as(nlp, None)
    assert not numpy.allclose(before, after)
    with nlp.use_params({k: v * 0 for k, v in optimizer.averages.items()}):
        assert not numpy.allclose(predict_as(nlp, None), after)
    assert numpy.array_equal(predict_as(nlp, None), after)


def test_it_is_saved_with_its_vocabulary(trained: Language, tmp_path: Any) -> None:
    trained.to_disk(tmp_path)
    expected = predict_as(trained, None)
    loaded = [spacy.load(tmp_path), pickle.loads(pickle.dumps(trained))]
    for nlp in loaded:
        assert numpy.array_equal(predict_as(nlp, None), expected)
        step = make_step(nlp), make_step(trained)
        assert update(nlp, step[0], sgd=False) == update(trained, step[1], sgd=False)
    other = spacy.load(tmp_path, config={"components.moee_ner.model.domain": "source"})
    assert numpy.array_equal(predict_as(other, None), predict_as(trained, "source"))


def test_processes_and_odd_docs(trained: Language) -> None:
    texts = [*make_texts(), "", " ", "zzz ünï 42 🙂"]
    serial = [get_ents(doc) for doc in trained.pipe(texts)]
    assert [get_ents(doc) for doc in trained.pipe(texts, n_process=2)] == serial
    empty = [Example(trained.make_doc(""), trained.make_doc(""))]
    raw = make_raw(trained, "source", ["", "zzz ünï"])
    found = update(trained, [*empty, *raw], sgd=False)
    assert found["source_words"] > 0


@pytest.mark.filterwarnings(r"ignore:\[MW05\]")
def test_it_takes_new_types(trained: Language) -> None:
    nlp = pickle.loads(pickle.dumps(trained))
    texts = make_texts()
    before = [get_ents(doc) for doc in nlp.pipe(texts)]
    assert get_ner(nlp).add_label("PRODUCT") == 1
    assert [get_ents(doc) for doc in nlp.pipe(texts)] == before
    words = "She bought a Zeppo X in Rome .".split()
    tags = ["O", "O", "O", "B-PRODUCT", "I-PRODUCT", "O", "B-LOC", "O"]
    examples = [*make_step(nlp), make_example(nlp, words, tags)]
    optimizer = Adam(0.03, L2=0.0)
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    set_domain(examples[-1].predicted, "source")
    (doc,) = nlp.pipe([examples[-1].predicted])
    assert get_ents(doc) == [(3, 5, "PRODUCT"), (6, 7, "LOC")]


def test_raw_text_needs_a_vocabulary() -> None:
    nlp = make_nlp(words=None, domain="source")
    with pytest.raises(MoeeError, match="M025"):
        nlp.update(make_raw(nlp, "source"))
    # but not if no word is to be learned
    nlp = make_nlp(words=None, domain="source", language_weight=0)
    assert numpy.isnan(update(nlp, make_step(nlp))["source_words"])


def test_the_target_needs_a_vocabulary() -> None:
    with pytest.raises(MoeeError, match="M026"):
        make_nlp(words=None)
    with pytest.raises(MoeeError, match="M103"):
        make_nlp(language_weight=0)


def test_a_domain_is_one_of_two() -> None:
    nlp = make_nlp()
    doc = nlp.make_doc("Anna")
    doc.user_data["moee_domain"] = "news"
    with pytest.raises(MoeeError, match="M605.*'news'"):
        get_ner(nlp).predict([doc])


def test_columns_that_know_the_next_word_are_not_read_for_words() -> None:
    context = {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": HASHES,
        "encode": {
            **{"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 6},
            **{"window_size": 1, "maxout_pieces": 2, "depth": 1},
        },
    }
    nlp = make_nlp(
        tok2vec={"@layers": "concatenate.v1", "*": {"a": HASHES, "b": context}}
    )
    shim: Any = get_ner(nlp).model.shims[0]
    assert shim.module.word_level.tolist() == [True] * 6 + [False] * 6
