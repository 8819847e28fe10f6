"""Counting entities."""

import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.experiments.counts import spacy_counts


def example(gold, predicted):
    nlp = spacy.blank("en")
    docs = [Doc(nlp.vocab, words=["a"] * 4) for _ in range(2)]
    for doc, spans in zip(docs, (predicted, gold), strict=True):
        doc.set_ents([Span(doc, *span) for span in spans])
    return Example(*docs)


def test_spacy_counts():
    eg = example([(0, 2, "X"), (3, 4, "Y")], [(0, 2, "X"), (2, 4, "Y")])
    assert spacy_counts([eg]) == {"X": (1, 1, 1), "Y": (0, 1, 1)}
