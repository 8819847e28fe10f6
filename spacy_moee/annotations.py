"""Predictions -> what the component writes to a doc: entities, and beside them how
sure it is of each, and which experts spoke."""

from typing import Any, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray
from spacy.tokens import Doc, Span

from .errors import MoeeError
from .extensions import (
    DETECTION,
    PIPE,
    SCORES,
    UNSCORED,
    write_gates,
    write_scores,
)
from .tags import preset_tokens, read_entities, set_entities

# the default; a pipeline with two of the components needs two keys
SCORES_KEY = "moee_ner"


class Settings(NamedTuple):
    """What is written.

    name (str): The component's name.
    scores_key (Optional[str]): The key of the group of entities with a score, None for
        no scores.
    threshold (float): The least probability of an entity; 0 keeps all.
    gates (bool): Whether the weights of the experts are written.
    """

    name: str
    scores_key: Optional[str]
    threshold: float
    gates: bool

    @property
    def wanted(self) -> List[str]:
        """RETURNS (List[str]): The fields of `Prediction` that are read."""
        wanted = ["scores"] if self.scores_key or self.threshold else []
        wanted += ["detection_scores"] if self.scores_key else []
        return wanted + (["gates"] if self.gates else [])

    def check(self) -> None:
        """See that they can be. RAISES (MoeeError): M013, if not."""
        if not 0 <= self.threshold <= 1:
            raise MoeeError("M013", name=self.name, found=self.threshold)


class Scored(NamedTuple):
    """Entities with their scores; no number (NaN) where there is none.

    spans (List[Span]): The entities.
    scores (ndarray): The probability of each.
    detection (Optional[ndarray]): The same from entity detection, if there is one.
    """

    spans: List[Span]
    scores: ndarray
    detection: Optional[ndarray]

    def take(self, kept: Iterable[Any]) -> "Scored":
        """Choose some.

        kept (Iterable[int]): Their numbers.
        RETURNS (Scored): These.
        """
        kept = [*map(int, kept)]
        detection = None if self.detection is None else self.detection[kept]
        return Scored([self.spans[i] for i in kept], self.scores[kept], detection)

    def where(self, kept: ndarray) -> "Scored":
        """Choose some.

        kept (ndarray): Bools.
        RETURNS (Scored): These.
        """
        return self if kept.all() else self.take(numpy.flatnonzero(kept))

    def join(self, more: "Scored") -> "Scored":
        """Add others.

        more (Scored): What is added.
        RETURNS (Scored): Both, in the order of the doc.
        """
        spans, detection = [*self.spans, *more.spans], None
        if self.detection is not None and more.detection is not None:
            detection = numpy.concatenate([self.detection, more.detection])
        scores = numpy.concatenate([self.scores, more.scores])
        order = sorted(range(len(spans)), key=lambda i: spans[i].start)
        return Scored(spans, scores, detection).take(order)


def annotate(
    doc: Doc, prediction: Any, labels: Sequence[str], settings: Settings
) -> None:
    """Write the entities to `doc.ents`, and beside them what the settings ask for, if
    it was predicted. Entities that are already there stay, with their scores.

    doc (Doc): The doc.
    prediction (Prediction): What is predicted for it.
    labels (Sequence[str]): The entity types.
    settings (Settings): What is written.
    """
    spans = read_entities(doc, prediction.tags, labels)
    kept = [span for span in spans if span is not None]
    if prediction.scores is None:
        set_entities(doc, kept)
    else:
        found = Scored(kept, prediction.scores, prediction.detection_scores)
        if len(kept) < len(spans):
            numbers = [i for i, span in enumerate(spans) if span is not None]
            found = found._replace(spans=spans).take(numbers)  # type: ignore[arg-type]
        # what has no score is not below it
        found = found.where(~(found.scores < settings.threshold))
        before = _read_before(doc, settings)
        set_entities(doc, found.spans)
        if settings.scores_key:
            found = found if before is None else found.join(before)
            unscored = numpy.isnan(found.scores)
            rest = [found.spans[i] for i in numpy.flatnonzero(unscored)]
            found = found.where(~unscored)
            write_scores(doc, settings.scores_key, *found, settings.name, rest)
    if settings.gates and prediction.gates is not None:
        write_gates(doc, ["O", *labels], prediction.gates)


def find_own(
    doc: Doc, labels: Sequence[str], settings: Settings
) -> Tuple[Optional[ndarray], Optional[ndarray]]:
    """Tell the entities that the component wrote from those that were there.

    doc (Doc): The doc.
    labels (Sequence[str]): The entity types.
    settings (Settings): What is written. Without scores, all entities of these types
        are taken for its own.
    RETURNS (Tuple[Optional[ndarray], Optional[ndarray]]): First token, end and label of
        its own, shape [entities, 3], None if it has not read the doc; and True on the
        tokens of all others and on blocked ones, None if there are none.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    if settings.scores_key:
        before = _read_before(doc, settings)
        is_read, spans = before is not None, [] if before is None else before.spans
    else:
        spans = [span for span in doc.ents if span.label_ in numbers]
        is_read = bool(spans)
    rows = [
        (span.start, span.end, numbers[span.label_])
        for span in spans
        if span.label_ in numbers
    ]
    own = numpy.array(rows, dtype="int64").reshape(-1, 3)
    preset = preset_tokens(doc)
    if preset is not None:
        for start, end, _ in rows:
            preset[start:end] = False
    return own if is_read else None, preset


def _read_before(doc: Doc, settings: Settings) -> Optional[Scored]:
    """What the component wrote when it read the doc before, of entities that are still
    there."""
    group = doc.spans.get(settings.scores_key or "")
    if group is None or group.attrs.get(PIPE) != settings.name:
        return None
    entities = {(ent.start, ent.end, ent.label) for ent in doc.ents}
    places = [(span.start, span.end, span.label) for span in group]
    found = Scored([*group], group.attrs[SCORES], group.attrs.get(DETECTION))
    found = found.take([i for i, place in enumerate(places) if place in entities])
    if UNSCORED not in group.attrs:
        return found
    unscored = {(start, end) for start, end in group.attrs[UNSCORED]}
    spans = [ent for ent in doc.ents if (ent.start, ent.end) in unscored]
    nothing = numpy.full(len(spans), numpy.nan, dtype="float32")
    return found.join(Scored(spans, nothing, nothing))
