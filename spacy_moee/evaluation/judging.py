"""What a component finds in texts, with scores at any temperature, and whether it is
right."""

from itertools import chain
from typing import Callable, Iterable, List, Protocol, Sequence, Tuple, cast

import numpy
from numpy import ndarray
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import minibatch

from ..scheme import spans
from ..scorer import trim_gold
from .calibration import Judged
from .counts import judge

# docs that are read at once
BATCH = 128
WANTED = ("scores",)


class Prediction(Protocol):
    """What a component says of a doc.

    tags (ndarray): Tag numbers, shape [tokens].
    scores (Optional[ndarray]): The probability of each entity of the tags, NaN where
        there is none, shape [entities].
    """

    @property
    def tags(self) -> ndarray: ...

    @property
    def scores(self) -> "ndarray | None": ...


class Component(Protocol):
    """What finds entities: a `moee_ner`."""

    @property
    def labels(self) -> Sequence[str]: ...

    def read(self, docs: List[Doc]) -> Callable[..., Sequence[Prediction]]: ...


class Readings:
    """Texts that a component has read once, for scores at any temperature.

    nlp (Language): The pipeline.
    name (str): The name of the component.
    docs (Iterable[Doc]): The docs, which the components before it annotate.
    """

    def __init__(self, nlp: Language, name: str, docs: Iterable[Doc]) -> None:
        component = cast(Component, nlp.get_pipe(name))
        before = nlp.pipe_names[: nlp.pipe_names.index(name)]
        with nlp.select_pipes(enable=before):
            self.docs = list(nlp.pipe(docs))
        self.labels = component.labels
        self._readers = [component.read(x) for x in minibatch(self.docs, BATCH)]
        self._tags = [prediction.tags for prediction in self._predict(1.0)]

    def scores(self, temperature: float) -> ndarray:
        """Compute the probability of each entity that is found.

        temperature (float): What the scores of tags are divided by.
        RETURNS (ndarray): Float64, NaN for an entity without a score, shape [entities].
        """
        parts = [prediction.scores for prediction in self._predict(temperature)]
        return numpy.concatenate([numpy.zeros(0), *parts])

    def known_scores(self, temperature: float) -> ndarray:
        """Compute the probability of each entity that is found and has one.

        temperature (float): What the scores of tags are divided by.
        RETURNS (ndarray): Float64, shape [entities with a score].
        """
        scores = self.scores(temperature)
        return scores[~numpy.isnan(scores)]

    def entities(self) -> List[List[Span]]:
        """RETURNS (List[List[Span]]): The entities of each doc, in the same order."""
        found = []
        for doc, tags in zip(self.docs, self._tags, strict=True):
            rows = numpy.stack(spans(tags), axis=1).tolist()
            found.append([Span(doc, a, b, self.labels[i]) for a, b, i in rows])
        return found

    def _predict(self, temperature: float) -> List[Prediction]:
        return list(
            chain.from_iterable(read(WANTED, temperature) for read in self._readers)
        )


class JudgedReadings:
    """The same of annotated texts. Entities of a type that no gold entity has are not
    judged, and neither are those in places that are not annotated.

    nlp (Language): The pipeline.
    name (str): The name of the component.
    examples (Sequence[Example]): The texts, with gold.
    """

    def __init__(self, nlp: Language, name: str, examples: Sequence[Example]) -> None:
        self.readings = Readings(nlp, name, [eg.predicted for eg in examples])
        gold = [trim_gold(example) for example in examples]
        types = {e.label_ for example in gold for e in example.reference.ents}
        judged = _judge(gold, self.readings, types)
        rows = zip(*judged, strict=True) if judged else [()] * 4
        place, correct, labels, docs = rows
        self._place = numpy.array(place, dtype="int64")
        self._parts = (
            numpy.array(correct, dtype=bool),
            numpy.array(labels, dtype=object),
        )
        self._docs = numpy.array(docs, dtype="int64")
        self._gold = sum(len(example.reference.ents) for example in gold)

    def at(self, temperature: float) -> Judged:
        """Compute the scores.

        temperature (float): What the scores of tags are divided by.
        RETURNS (Judged): The entities that are right or wrong and have a score.
        """
        scores = self.readings.scores(temperature)[self._place].astype("float64")
        known = ~numpy.isnan(scores)
        correct, labels = (part[known] for part in self._parts)
        return Judged(scores[known], correct, labels, self._docs[known], self._gold)


def _judge(
    examples: Sequence[Example], readings: Readings, types: Iterable[str]
) -> List[Tuple[int, bool, str, int]]:
    """The number of each judged entity, whether it is right, its type and its doc."""
    found: List[Tuple[int, bool, str, int]] = []
    n_before = 0
    pairs = zip(examples, readings.entities(), strict=True)
    for number, (example, entities) in enumerate(pairs):
        places = {(e.start, e.end): n_before + i for i, e in enumerate(entities)}
        for entity, is_correct in judge(example, entities):
            if entity.label_ in types:
                place = places[entity.start, entity.end]
                found.append((place, is_correct, entity.label_, number))
        n_before += len(entities)
    return found
