"""What the parts of a network do, from predictions that are made by hand."""

from typing import Any, List, NamedTuple, Optional

import numpy
import pytest
import spacy
from numpy import ndarray
from spacy.tokens import Doc
from spacy.training import Example

from spacy_moee.insight.parts import HEADER, Parts, measure_parts

VOCAB = spacy.blank("en").vocab
LABELS = ("LOC", "PER")


class Prediction(NamedTuple):
    gates: Optional[ndarray] = None
    detection: Optional[ndarray] = None


def make(gold: str, found: str) -> Example:
    """An example of IOB tags; "-" is unknown."""
    tags: List[List[str]] = [
        ["" if x == "-" else x for x in row.split()] for row in (found, gold)
    ]
    docs = [Doc(VOCAB, words=["a"] * len(row), ents=row) for row in tags]
    return Example(*docs)


def gates(*experts: int, weight: float = 0.8) -> ndarray:
    """Weights whose largest ones are on some experts."""
    rest = (1 - weight) / len(LABELS)
    rows = numpy.full((len(experts), len(LABELS) + 1), rest, dtype="float32")
    rows[numpy.arange(len(experts)), experts] = weight
    return rows


def test_every_part() -> None:
    examples = [
        make("B-PER I-PER O B-LOC", "B-LOC I-LOC O O"),
        make("O O B-LOC O", "O O B-LOC B-PER"),
    ]
    predictions = [
        Prediction(gates(2, 2, 0, 0), numpy.array([1, 2, 0, 1])),
        Prediction(gates(0, 1, 1, 0, weight=0.6), numpy.array([0, 0, 1, 2])),
    ]
    parts = measure_parts(examples, predictions, LABELS)
    assert parts == Parts(
        f1=pytest.approx(100 / 3),  # 1 of 3 found, of 3
        borders=pytest.approx(200 / 3),  # the LOC has the borders of the PER
        detection=pytest.approx(200 / 3),  # the last one is too long
        gate=75,
        tags=50,
        gate_inside=75,
        tags_inside=25,
        largest=pytest.approx(70),
    )
    assert len(parts.cells()) == len(HEADER) - 1 and parts.cells()[0] == "33.33"


def test_network_without_parts() -> None:
    example = make("B-PER O", "B-PER O")
    parts = measure_parts([example], [Prediction()], LABELS)
    assert parts == Parts(100, 100, None, None, 100, None, 100, None)
    assert parts.cells()[2:4] == ["-", "-"]


def test_only_whole_annotation_is_compared() -> None:
    whole, part = make("B-PER O", "B-PER O"), make("- O", "B-PER O")
    found = [Prediction(gates(2, 0)), Prediction(gates(1, 1))]
    assert measure_parts([whole, part], found, LABELS).gate == 100
    nothing = measure_parts([part], found[1:], LABELS)
    assert set(nothing) == {None} and set(nothing.cells()) == {"-"}


def test_type_that_the_component_does_not_know() -> None:
    example = make("B-ORG O", "O O")
    parts = measure_parts([example], [Prediction(gates(2, 0))], LABELS)
    assert (parts.gate, parts.gate_inside, parts.tags) == (50, 0, 50)


def test_no_entity() -> None:
    parts = measure_parts([make("O O", "O O")], [Prediction(gates(0, 1))], LABELS)
    assert parts.gate_inside is None and parts.gate == 50 and parts.f1 == 0


def test_lengths_have_to_fit() -> None:
    example: Any = make("O", "O")
    with pytest.raises(ValueError):
        measure_parts([example], [], LABELS)
