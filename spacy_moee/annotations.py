"""Predictions -> what the component writes to a doc: entities, and beside them how
sure it is of each, and which experts spoke."""

from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray
from spacy.tokens import Doc, Span

from .errors import MoeeError
from .extensions import DETECTION, PIPE, SCORES, write_gates, write_scores
from .tags import read_entities, set_entities

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


class Entity(NamedTuple):
    """An entity with what is said of it, no number (NaN) where nothing is.

    span (Span): The entity.
    score (float): Its probability.
    detection (float): The same from entity detection.
    """

    span: Span
    score: float
    detection: float


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
    if prediction.scores is None:
        set_entities(doc, [span for span in spans if span is not None])
    else:
        entities = _join(spans, prediction.scores, prediction.detection_scores)
        # one without a score is not below it
        entities = [x for x in entities if not x.score < settings.threshold]
        before = _read_before(doc, settings) if settings.scores_key else []
        set_entities(doc, [entity.span for entity in entities])
        if settings.scores_key:
            has_detection = prediction.detection_scores is not None
            _write(doc, [*before, *entities], has_detection, settings)
    if settings.gates and prediction.gates is not None:
        write_gates(doc, ["O", *labels], prediction.gates)


def _join(
    spans: List[Optional[Span]], scores: ndarray, detection: Optional[ndarray]
) -> List[Entity]:
    detected = [numpy.nan] * len(spans) if detection is None else detection.tolist()
    rows = zip(spans, scores.tolist(), detected, strict=True)
    return [Entity(span, *values) for span, *values in rows if span is not None]


def _read_before(doc: Doc, settings: Settings) -> List[Entity]:
    """Those that the component wrote when it read the doc before."""
    group = doc.spans.get(settings.scores_key or "")
    if group is None or group.attrs.get(PIPE) != settings.name:
        return []
    entities = {(ent.start, ent.end, ent.label) for ent in doc.ents}
    found = _join([*group], group.attrs[SCORES], group.attrs.get(DETECTION))
    return [x for x in found if (x.span.start, x.span.end, x.span.label) in entities]


def _write(
    doc: Doc, entities: List[Entity], has_detection: bool, settings: Settings
) -> None:
    scored = [entity for entity in entities if entity.score == entity.score]
    scored.sort(key=lambda entity: entity.span.start)
    columns: Tuple[ndarray, ...] = tuple(
        numpy.array([entity[i] for entity in scored], dtype="float32") for i in (1, 2)
    )
    write_scores(
        doc,
        str(settings.scores_key),
        [entity.span for entity in scored],
        columns[0],
        columns[1] if has_detection else None,
        settings.name,
    )
