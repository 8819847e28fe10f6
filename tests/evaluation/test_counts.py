"""Counting entities, against spaCy's scorer."""

from typing import Any, List

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.evaluation.counts import Counts, spacy_counts, sum_counts

VOCAB = spacy.blank("en").vocab
TEXT = "abcdefgh"


@st.composite
def docs(draw: Any, whole: bool) -> Doc:
    """The same text cut into tokens somewhere, with entities, and, if not `whole`,
    parts that nobody has annotated."""
    cuts = sorted(draw(st.sets(st.integers(1, len(TEXT) - 1))))
    edges = list(zip([0, *cuts], [*cuts, len(TEXT)], strict=True))
    words = [TEXT[start:end] for start, end in edges]
    doc = Doc(VOCAB, words=words, spaces=[False] * len(words))
    states = "OXYI" if whole else "OXYI?"
    spans: List[Span] = []
    missing = []
    for i, state in enumerate(draw(st.lists(st.sampled_from(states), min_size=8))[:8]):
        if i >= len(doc):
            break
        if state == "I" and spans and spans[-1].end == i:
            spans[-1] = Span(doc, spans[-1].start, i + 1, label=spans[-1].label)
        elif state in "XY":
            spans.append(Span(doc, i, i + 1, label=state))
        elif state == "?":
            missing.append(doc[i : i + 1])
    doc.set_ents(spans, missing=missing)
    return doc


@given(st.lists(st.tuples(docs(whole=True), docs(whole=False)), max_size=3))
def test_counts_give_spacy_s_scores(pairs: Any) -> None:
    examples = [Example(predicted, gold) for predicted, gold in pairs]
    counts = spacy_counts(examples)
    expected = get_ner_prf(examples)
    types = expected["ents_per_type"] or {}
    assert counts.keys() <= types.keys()
    for label, scores in types.items():
        check(counts.get(label, Counts(0, 0, 0)), *(scores[x] for x in "prf"))
    check(sum_counts(counts), *((expected[f"ents_{x}"] or 0.0) for x in "prf"))


def check(counts: Counts, *expected: float) -> None:
    found = (counts.precision, counts.recall, counts.f1)
    assert found == pytest.approx([100 * x for x in expected])


def test_counts_by_hand() -> None:
    predicted, gold = (Doc(VOCAB, words=["a"] * 4) for _ in range(2))
    predicted.set_ents([Span(predicted, 0, 2, "X"), Span(predicted, 2, 4, "Y")])
    gold.set_ents([Span(gold, 0, 2, "X"), Span(gold, 3, 4, "Y")])
    counts = spacy_counts([Example(predicted, gold)])
    assert counts == {"X": (1, 1, 1), "Y": (0, 1, 1)}
