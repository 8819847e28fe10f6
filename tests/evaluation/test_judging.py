"""What a component finds, judged by gold, with a component of our own in its place."""

from typing import Any, Callable, List, NamedTuple, Sequence

import numpy
import pytest
import spacy
from numpy import ndarray
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.evaluation.calibration import Judged
from spacy_moee.evaluation.judging import BATCH, JudgedReadings, Readings

NAN = float("nan")
TAGS = {"BX": 1, "IX": 2, "BY": 3, "IY": 4}


class Prediction(NamedTuple):
    tags: ndarray
    scores: ndarray


class Finder:
    """Finds what words say, such as BX, with a score of 0.8 / temperature; the last
    entity of a doc that has a "?" has none."""

    labels = ("X", "Y")

    def __call__(self, doc: Doc) -> Doc:
        raise AssertionError("it is read, and not called")

    def read(self, docs: Sequence[Doc]) -> Callable[..., List[Prediction]]:
        assert all(doc.user_data["seen"] for doc in docs) and len(docs) <= BATCH
        rows = [numpy.array([TAGS.get(t.text, 0) for t in doc]) for doc in docs]

        def at(wanted: Sequence[str], temperature: float) -> List[Prediction]:
            assert list(wanted) == ["scores"]
            found = []
            for doc, tags in zip(docs, rows, strict=True):
                scores = numpy.full(int((tags % 2 == 1).sum()), 0.8 / temperature)
                if "?" in doc.text:
                    scores[-1:] = NAN
                found.append(Prediction(tags, scores.astype("float32")))
            return found

        return at


@pytest.fixture(scope="module")
def nlp() -> Language:
    Language.component("see", func=see)
    Language.component("never", func=Finder().__call__)
    Language.factory("finder", func=lambda nlp, name: Finder())
    nlp = spacy.blank("en")
    for name in ("see", "finder", "never"):
        nlp.add_pipe(name)
    return nlp


def see(doc: Doc) -> Doc:
    doc.user_data["seen"] = True
    return doc


def make(nlp: Language, text: str, *gold: Any) -> Example:
    """An example; gold is first token, end and type of entities, or None: unknown."""
    words = text.split()
    predicted, reference = (Doc(nlp.vocab, words=words) for _ in range(2))
    if gold != (None,):
        reference.set_ents([Span(reference, *entity) for entity in gold])
    return Example(predicted, reference)


def read(nlp: Language, *examples: Example) -> Judged:
    return JudgedReadings(nlp, "finder", examples).at(1.0)


def test_right_and_wrong(nlp: Language) -> None:
    judged = read(
        nlp,
        make(nlp, "BX IX a BY", (0, 2, "X"), (3, 4, "X")),
        make(nlp, "a"),
        make(nlp, "BY BX", (0, 1, "Y"), (1, 2, "X")),
        make(nlp, "BX IX", (0, 1, "X")),
    )
    assert judged.correct.tolist() == [True, False, True, True, False]
    assert judged.labels.tolist() == ["X", "Y", "Y", "X", "X"]
    assert judged.docs.tolist() == [0, 0, 2, 2, 3]
    assert judged.scores == pytest.approx([0.8] * 5)
    assert judged.gold == 5


def test_what_is_not_judged(nlp: Language) -> None:
    """A type that is not annotated, a text that is not, and what has no score."""
    judged = read(
        nlp,
        make(nlp, "BX BY", (0, 1, "X")),
        make(nlp, "BX", None),
        make(nlp, "BX BX ?", (0, 1, "X")),
    )
    assert judged.correct.tolist() == [True, True]
    assert judged.docs.tolist() == [0, 2]


def test_other_temperature(nlp: Language) -> None:
    readings = JudgedReadings(nlp, "finder", [make(nlp, "BX", (0, 1, "X"))])
    assert readings.at(2.0).scores == pytest.approx([0.4])
    assert readings.at(1.0).scores == pytest.approx([0.8])


def test_nothing_found_and_no_texts(nlp: Language) -> None:
    assert not len(read(nlp, make(nlp, "a", (0, 1, "X"))).scores)
    assert not len(read(nlp).scores)


def test_white_space_around_gold(nlp: Language) -> None:
    example = make(nlp, "BX a")
    words = ["BX", " ", "a"]
    gold = Doc(nlp.vocab, words=words, spaces=[True, False, False])
    found = Doc(nlp.vocab, words=words, spaces=[True, False, False])
    gold.set_ents([Span(gold, 0, 2, "X")])
    example = Example(found, gold)
    assert read(nlp, example).correct.tolist() == [True]


def test_texts_without_gold_in_batches(nlp: Language) -> None:
    docs = [nlp.make_doc("BX a BY") for _ in range(BATCH + 1)]
    readings = Readings(nlp, "finder", docs)
    assert readings.scores(2.0) == pytest.approx([0.4] * 2 * (BATCH + 1))
    assert [[e.label_ for e in found] for found in readings.entities()] == [
        ["X", "Y"]
    ] * (BATCH + 1)
