"""What the parts of a network do: the tags, the detection head, the gate."""

from typing import (
    Collection,
    Dict,
    Iterable,
    List,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Set,
    Tuple,
)

import numpy
from numpy import ndarray
from spacy.attrs import ENT_TYPE
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch

from ..evaluation.counts import Counts, spacy_counts, sum_counts
from ..evaluation.scoring import is_comparable
from ..scheme import spans

HEADER = ["Corpus", "F1", "Borders", "Detection", "Gate", "Tags"]
HEADER += ["Gate inside", "Tags inside", "Largest"]
ALIGNS = ("l", *"r" * (len(HEADER) - 1))
EXPLANATION = (
    "Borders: F1 if types did not count, of the tags; Detection: that of the detection "
    "head. Gate: tokens whose largest weight is on the expert of their gold type; "
    "Tags: tokens that are tagged with it; inside: of those in gold entities. Largest: "
    "the mean of the largest weight. A dash is a part that the network does not have."
)
# of a type that the component does not know
UNKNOWN = -1
# docs that are read at once
BATCH = 128
Borders = Set[Tuple[int, int]]


class Prediction(Protocol):
    """What a component says of a doc.

    gates (Optional[ndarray]): The weight of each expert, float32 [tokens, experts]:
        first that of no entity, then those of the labels.
    detection (Optional[ndarray]): What the detection head finds, int64 [tokens]: 0, 1
        and 2 for O, B and I.
    """

    @property
    def gates(self) -> Optional[ndarray]: ...

    @property
    def detection(self) -> Optional[ndarray]: ...


class Component(Protocol):
    """What predicts: a `moee_ner`."""

    @property
    def labels(self) -> Sequence[str]: ...

    def predict(
        self, docs: Iterable[Doc], wanted: Collection[str]
    ) -> Sequence[Prediction]: ...


class Parts(NamedTuple):
    """Figures of a corpus in percent, each None for a part that is not there.

    f1 (Optional[float]): Of the entities.
    borders (Optional[float]): F1 if types did not count.
    detection (Optional[float]): The same of the detection head.
    gate (Optional[float]): Tokens with the largest weight on the gold type's expert.
    tags (Optional[float]): Tokens with a tag of the gold type.
    gate_inside (Optional[float]): The first of the two, inside gold entities.
    tags_inside (Optional[float]): The second.
    largest (Optional[float]): The mean of the largest weight: 100 if the gate always
        picks one expert.
    """

    f1: Optional[float]
    borders: Optional[float]
    detection: Optional[float]
    gate: Optional[float]
    tags: Optional[float]
    gate_inside: Optional[float]
    tags_inside: Optional[float]
    largest: Optional[float]

    def cells(self) -> List[str]:
        """RETURNS (List[str]): A row under `HEADER`, but for its name."""
        return ["-" if value is None else f"{value:.2f}" for value in self]


def measure_component(component: Component, examples: Sequence[Example]) -> Parts:
    """Ask a component what its parts say, and compare that with the gold annotation.

    component (Component): The component.
    examples (Sequence[Example]): Gold docs, and those that its pipeline has tagged.
    RETURNS (Parts): The figures.
    """
    predictions: List[Prediction] = []
    for batch in minibatch(examples, BATCH):
        docs = [example.predicted.copy() for example in batch]
        for doc in docs:
            # as the component found it: what is set stays O for its network
            doc.set_ents([], default="missing")
        predictions += component.predict(docs, ("gates", "detection"))
    return measure_parts(examples, predictions, component.labels)


def measure_parts(
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    labels: Sequence[str],
) -> Parts:
    """Compare each part with the gold annotation. Docs that are annotated in part, or
    have other tokens there, are left out.

    examples (Sequence[Example]): Predicted and gold docs.
    predictions (Sequence[Prediction]): What the component says of each predicted doc.
    labels (Sequence[str]): Its entity types.
    RETURNS (Parts): The figures.
    """
    pairs = zip(examples, predictions, strict=True)
    chosen = [(eg, found) for eg, found in pairs if is_comparable(eg)]
    if not chosen:
        return Parts(*[None] * len(Parts._fields))
    gold = [_borders(eg.reference) for eg, _ in chosen]
    wanted = numpy.concatenate([_categories(eg.reference, labels) for eg, _ in chosen])
    tagged = numpy.concatenate([_categories(eg.predicted, labels) for eg, _ in chosen])
    gates = [found.gates for _, found in chosen if found.gates is not None]
    heads = [found.detection for _, found in chosen if found.detection is not None]
    weights = numpy.concatenate(gates) if gates else None
    tags, tags_inside = _agreement(tagged, wanted)
    gate = gate_inside = largest = None
    if weights is not None:
        gate, gate_inside = _agreement(weights.argmax(axis=1), wanted)
        largest = 100 * float(weights.max(axis=1).mean())
    return Parts(
        f1=sum_counts(spacy_counts([eg for eg, _ in chosen])).f1,
        borders=_overlap(gold, [_borders(eg.predicted) for eg, _ in chosen]),
        detection=_overlap(gold, [*map(_detected, heads)]) if heads else None,
        gate=gate,
        tags=tags,
        gate_inside=gate_inside,
        tags_inside=tags_inside,
        largest=largest,
    )


def _categories(doc: Doc, labels: Sequence[str]) -> ndarray:
    """The expert of each token's type: 0 for no entity."""
    strings = doc.vocab.strings
    numbers: Dict[int, int] = {strings[x]: n for n, x in enumerate(labels, start=1)}
    types = doc.to_array(ENT_TYPE).tolist()
    return numpy.array([numbers.get(x, UNKNOWN) if x else 0 for x in types])


def _borders(doc: Doc) -> Borders:
    return {(ent.start, ent.end) for ent in doc.ents}


def _detected(path: ndarray) -> Borders:
    starts, ends, _ = spans(path)
    return set(zip(starts.tolist(), ends.tolist(), strict=True))


def _overlap(gold: List[Borders], found: List[Borders]) -> float:
    correct = sum(len(a & b) for a, b in zip(gold, found, strict=True))
    return Counts(correct, sum(map(len, found)), sum(map(len, gold))).f1


def _agreement(guess: ndarray, gold: ndarray) -> Tuple[float, Optional[float]]:
    """In percent: of all tokens, and of those inside gold entities."""
    same, inside = guess == gold, gold != 0
    of_inside = 100 * float(same[inside].mean()) if inside.any() else None
    return 100 * float(same.mean()), of_inside
