"""What the parts of a network do, from predictions that are made by hand."""

from typing import Any, Callable, List, NamedTuple, Optional

import numpy
import pytest
import spacy
import torch
from numpy import ndarray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from spacy_moee.insight.parts import HEADER, Parts, measure_component, measure_parts

from ..component.util import (
    get_module,
    make_examples,
    make_nlp,
    make_trained,
    train,
)


def get_ner(nlp: Language) -> Any:
    return nlp.get_pipe("moee_ner")


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
    expected = Parts(
        f1=100 / 3,  # 1 of 3 found, of 3
        borders=200 / 3,  # the LOC has the borders of the PER
        detection=200 / 3,  # the last one is too long
        gate=75,
        tags=50,
        gate_inside=75,
        tags_inside=25,
        largest=70,
    )
    assert tuple(parts) == pytest.approx(tuple(expected))
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


@pytest.fixture(scope="module")
def trained() -> bytes:
    return make_trained().to_bytes()


def measure(trained: bytes, change: Callable[[Any], object]) -> Parts:
    """Measure a pipeline whose network was changed."""
    nlp = make_nlp().from_bytes(trained)
    with torch.no_grad():
        change(get_module(nlp))
    examples = make_examples(nlp, n=40, seed=3)
    for example in examples:
        example.predicted = nlp(example.predicted)
    return measure_component(get_ner(nlp), examples)


def test_parts_of_a_network(trained: bytes) -> None:
    parts = measure(trained, lambda _: None)
    assert min(value or 0 for value in parts) > 90


def test_detection_head_that_finds_nothing(trained: bytes) -> None:
    parts = measure(trained, lambda network: network.detection.bias[0].add_(1000))
    assert parts.detection == 0 and (parts.f1 or 0) > 90


def test_gate_that_takes_each_type_for_the_other(trained: bytes) -> None:
    def change(network: Any) -> None:
        mixture = network.recognition
        for weights in (mixture.weight, mixture.bias, mixture.output.bias):
            weights.zero_()
        # experts that know nothing but their own type: the gate decides alone
        mixture.output.weight.copy_(torch.eye(*mixture.output.weight.shape))
        for expert, tags in enumerate([[0], [1, 2], [3, 4]]):
            mixture.bias[expert, tags] = 100.0
        for values in (mixture.gate.weight, mixture.gate.bias):
            values[:] = values[[0, 2, 1]].clone()

    parts = measure(trained, change)
    assert parts.f1 == 0 and (parts.borders or 0) > 95
    assert parts.gate_inside == parts.tags_inside == 0
    assert parts.gate == parts.tags and 50 < (parts.gate or 0) < 90


def test_component_without_parts() -> None:
    nlp = make_nlp(experts=False, detection=False)
    train(nlp)
    examples = make_examples(nlp, n=4)
    for example in examples:
        example.predicted = nlp(example.predicted)
    parts = measure_component(get_ner(nlp), examples)
    assert (parts.detection, parts.gate, parts.largest) == (None, None, None)
    assert parts.tags == 100
