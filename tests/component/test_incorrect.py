"""Spans that are known to be no entities, as spaCy's `ner` has them."""

import copy
import pickle
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from thinc.api import Adam

from spacy_moee import padding
from spacy_moee.errors import MoeeError

from . import families
from .util import (
    TINY,
    get_ents,
    get_gradients,
    get_ner,
    get_weights,
    initialize,
    make_example,
    make_examples,
    make_nlp,
    make_texts,
    train,
)

KEY = "incorrect_spans"
TEXT = "Anna lives in Berlin ."


def reject(nlp: Language, text: str, *spans: tuple) -> Example:
    """Rejected spans, and nothing else that is known."""
    gold = nlp.make_doc(text)
    gold.spans[KEY] = [Span(gold, *span) for span in spans]
    return Example(nlp.make_doc(text), gold)


def make_ner(**model: Any) -> Language:
    nlp = spacy.blank("en")
    config = {"model": {**TINY, **model}, "incorrect_spans_key": KEY}
    nlp.add_pipe("moee_ner", config=config)
    return nlp


def find(nlp: Language, texts: List[str]) -> set:
    return {(text, *ent) for text in texts for ent in get_ents(nlp(text))}


def unlearn(nlp: Language, rejected: Tuple[int, int, str]) -> None:
    """An entity is found; after it was rejected it is not, and all others are."""
    texts = [TEXT, *make_texts(8)]
    before = find(nlp, texts)
    assert (TEXT, *rejected) in before and len(before) > 10
    optimizer = Adam(0.001, L2=0.0)
    example = reject(nlp, TEXT, rejected)
    assert example.get_aligned_ner() == [None] * 5
    losses: List[float] = []
    while not losses or losses[-1] > 0.5:
        found = nlp.update([example], sgd=optimizer)
        losses.append(found["moee_ner_incorrect"])
        assert found["moee_ner"] == pytest.approx(losses[-1])
        assert len(losses) < 30
    assert losses[0] > 3
    assert before - find(nlp, texts) == {(TEXT, *rejected)}


@pytest.mark.parametrize("changes", [{}, {"crf": False}, {"experts": False}], ids=str)
def test_a_rejected_entity_is_unlearned(changes: dict) -> None:
    nlp = make_ner(**changes)
    train(nlp, steps=40)
    unlearn(nlp, (3, 4, "LOC"))


@pytest.mark.filterwarnings(r"ignore:\[MW12\]")
@pytest.mark.parametrize("family", ["concept", "robust", "generated"])
def test_every_family_unlearns(family: str, tmp_path: Path) -> None:
    nlp = families.make_nlp(family, tmp_path)
    get_ner(nlp).incorrect_spans_key = KEY
    unlearn(nlp, (3, 4, "LOC"))


def test_a_span_of_no_label_is_none_of_any() -> None:
    nlp = make_ner()
    train(nlp, steps=40)
    optimizer = Adam(0.01, L2=0.0)
    assert (3, 4, "LOC") in get_ents(nlp(TEXT))
    for _ in range(30):
        nlp.update([reject(nlp, TEXT, (3, 4))], sgd=optimizer)
    assert not [ent for ent in get_ents(nlp(TEXT)) if ent[:2] == (3, 4)]


def test_only_what_is_rejected_has_a_loss(nlp: Language) -> None:
    ner = get_ner(nlp)
    examples = make_examples(nlp, 4)
    plain = ner.update(examples, sgd=False)
    ner.incorrect_spans_key = KEY
    assert ner.update(examples, sgd=False) == plain
    # not diluted, and beside the others
    rejected = [reject(nlp, TEXT, (3, 4, "LOC"), (0, 1, "LOC"))]
    alone = ner.update(rejected, sgd=False)
    assert [name for name, value in alone.items() if value] == [
        *("moee_ner", "moee_ner_incorrect")
    ]
    both = ner.update([*examples, *rejected], sgd=False)
    total = plain.pop("moee_ner") + alone["moee_ner"]
    wanted = {**plain, **{name: alone[name] for name in alone if name not in plain}}
    assert both == pytest.approx({**wanted, "moee_ner": total}, rel=1e-5)


def test_nothing_that_counts_adds_no_part(nlp: Language) -> None:
    get_ner(nlp).incorrect_spans_key = KEY
    weights = get_weights(nlp)
    example = reject(nlp, TEXT, (3, 4, "DATE"))
    losses = nlp.update([example, reject(nlp, TEXT)], sgd=Adam(0.1, L2=0.0))
    assert "moee_ner_incorrect" not in losses and not any(losses.values())
    assert get_weights(nlp) == weights


def test_it_is_not_read_without_the_key(nlp: Language) -> None:
    losses = nlp.update([reject(nlp, TEXT, (3, 4, "LOC"))])
    assert "moee_ner_incorrect" not in losses


def test_splitting_an_update_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches without such spans join those that have some; each counts once, in one of
    two windows."""
    segments = {"@misc": "spacy_moee.doc_segments.v1", "max_length": 6, "overlap": 2}
    nlp = make_ner(segments=segments)
    initialize(nlp)
    ner = get_ner(nlp)
    long = " ".join(make_texts(4))
    spans = [(i, i + n, "PER") for i in range(12) for n in (1, 2)]
    examples = [*make_examples(nlp, 4), reject(nlp, long, *spans)]
    found = []
    for size in (4096, 7):
        monkeypatch.setattr(padding, "MAX_PADDED", size)
        losses = ner.update(examples, sgd=False)
        gradients = get_gradients(nlp)
        ner.finish_update(lambda key, w, d_w: (w, d_w.fill(0)))
        found.append((losses, gradients))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    for name, gradient in found[0][1].items():
        assert gradient == pytest.approx(found[1][1][name], rel=1e-3, abs=1e-6)


# What spaCy's own tests ask for (spacy/tests/parser/test_ner.py)


def make_neg_example(nlp: Language, *spans: tuple) -> Example:
    doc = nlp.make_doc("Who is Shaka Khan?")
    example = Example.from_dict(doc, {"entities": [(7, 17, "PERSON")]})
    example.reference.spans[KEY] = [Span(example.reference, *span) for span in spans]
    return example


def make_untrained() -> Tuple[Language, Any]:
    nlp = make_ner()
    for label in ("PERSON", "ORG", "LOC"):
        get_ner(nlp).add_label(label)
    return nlp, nlp.initialize()


def test_neg_annotation() -> None:
    nlp, optimizer = make_untrained()
    example = make_neg_example(nlp, (2, 4, "ORG"), (2, 3, "PERSON"), (1, 4, "PERSON"))
    for _ in range(2):
        losses: Dict[str, float] = {}
        nlp.update([example], sgd=optimizer, losses=losses)
        assert losses["moee_ner_incorrect"] > 0


def test_neg_annotation_conflict() -> None:
    nlp, optimizer = make_untrained()
    example = make_neg_example(nlp, (2, 4, "PERSON"))
    weights = get_weights(nlp)
    for _ in range(2):
        with pytest.raises(ValueError, match="M012.*'Shaka Khan'"):
            nlp.update([example], sgd=optimizer)
    assert get_weights(nlp) == weights


def test_a_conflict_is_found_before_training() -> None:
    nlp = make_ner()
    example = make_neg_example(nlp, (2, 4, "PERSON"))
    with pytest.raises(MoeeError, match="M012"):
        nlp.initialize(lambda: [example])


# What can't be learned


def crossing(nlp: Language) -> Example:
    example = reject(nlp, "Bo Li sings .", (0, 2, "PER"))
    for token in example.x:
        token.is_sent_start = token.i in (0, 1)
    return example


def misaligned(nlp: Language) -> Example:
    gold = Doc(nlp.vocab, words=["Bo", "Li", "'s"], spaces=[True, False, False])
    gold.spans[KEY] = [Span(gold, 0, 2, "PER")]
    return Example(Doc(nlp.vocab, words=["Bo", "Li's"]), gold)


@pytest.mark.parametrize("make, code", [(crossing, "MW07"), (misaligned, "MW08")])
def test_what_cannot_be_predicted_is_said_once(make: Any, code: str) -> None:
    # by itself, where sentences are never read together
    segments = {"@misc": "spacy_moee.sentence_segments.v1", "most_sentences": 1}
    nlp = make_ner(segments=segments)
    initialize(nlp)
    examples = [*make_examples(nlp), *(make(nlp) for _ in range(7))]
    said = rf"\[{code}\] 7 incorrect spans .*'Bo Li'.*'moee_ner'"
    with pytest.warns(UserWarning, match=said):
        nlp.initialize(lambda: examples)
    weights = get_weights(nlp)
    # warnings are errors here
    losses = nlp.update([make(nlp)], sgd=Adam(0.1, L2=0.0))
    assert not any(losses.values())
    assert get_weights(nlp) == weights
    loaded = make_ner(segments=segments).from_bytes(nlp.to_bytes())
    with pytest.warns(UserWarning, match=rf"\[{code}\] 1 incorrect"):
        loaded.update([make(loaded)])


# The setting


def test_it_is_in_the_config_and_not_among_what_is_saved(tmp_path: Path) -> None:
    nlp = make_ner()
    train(nlp, steps=1)
    nlp.to_disk(tmp_path)
    assert "incorrect" not in (tmp_path / "moee_ner" / "cfg").read_text()
    assert get_ner(spacy.load(tmp_path)).incorrect_spans_key == KEY
    # what is given when it is loaded
    override = {"components": {"moee_ner": {"incorrect_spans_key": "mine"}}}
    loaded = spacy.load(tmp_path, config=override)
    assert get_ner(loaded).incorrect_spans_key == "mine"
    assert get_ner(make_nlp().from_bytes(nlp.to_bytes())).incorrect_spans_key is None


def test_copies_have_it() -> None:
    nlp = make_ner()
    train(nlp, steps=1)
    for again in (copy.deepcopy(nlp), pickle.loads(pickle.dumps(nlp))):
        assert get_ner(again).incorrect_spans_key == KEY
    other = spacy.blank("en")
    other.add_pipe("moee_ner", source=nlp)
    assert get_ner(other).incorrect_spans_key == KEY
    assert other.config["components"]["moee_ner"]["incorrect_spans_key"] == KEY


def test_a_docbin_keeps_them() -> None:
    nlp = make_ner()
    train(nlp, steps=1)
    gold = reject(nlp, TEXT, (3, 4, "LOC"), (0, 1)).reference
    read = DocBin().from_bytes(DocBin(docs=[gold]).to_bytes())
    (again,) = read.get_docs(nlp.vocab)
    losses = [
        get_ner(nlp).update([Example(nlp.make_doc(TEXT), doc)], sgd=False)
        for doc in (gold, again)
    ]
    assert losses[0] == losses[1]
    assert losses[0]["moee_ner_incorrect"] > 0


def test_gold_of_other_tokens_is_aligned() -> None:
    nlp = make_ner()
    train(nlp, steps=1)
    words = ["in", "New", "York", "."]
    same = make_example(nlp, words, None)
    same.y.spans[KEY] = [Span(same.y, 1, 3, "LOC")]
    gold = Doc(nlp.vocab, words=["in", "New York", "."])
    gold.spans[KEY] = [Span(gold, 1, 2, "LOC")]
    other = Example(Doc(nlp.vocab, words=words), gold)
    losses = [get_ner(nlp).update([eg], sgd=False) for eg in (same, other)]
    assert losses[0] == losses[1]
    assert losses[0]["moee_ner_incorrect"] > 0
