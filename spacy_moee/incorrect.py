"""Spans of examples that are known to be no entities."""

from typing import Dict, Optional, Set, Tuple

import numpy
from numpy import ndarray
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc
from spacy.training import Example

from .errors import MoeeError
from .marginals import read_marginals
from .scheme import ANY_LABEL, BEGIN, OUTSIDE, boundary_of, spans
from .tags import Gold, read_gold, trim


def read_annotation(
    example: Example, labels: Dict[str, int], key: Optional[str], name: str
) -> Tuple[Gold, ndarray]:
    """Read what is known of an example: `read_gold`, with what another model says, and
    `read_incorrect` in one.

    example (Example): The example.
    labels (Dict[str, int]): The number of each entity type, from 0.
    key (Optional[str]): The spans that are known to be no entities.
    name (str): The component's name, for errors.
    RETURNS (Tuple[Gold, ndarray]): The gold, and the spans, shape [spans, 3].
    RAISES (MoeeError): M002, for an unknown entity type, M012, and M626 and M627 of
        `read_marginals`.
    """
    gold = read_gold(example, labels, name)
    gold = gold._replace(marginals=read_marginals(example, labels, name))
    return gold, read_incorrect(example, gold, labels, key, name)


def read_incorrect(
    example: Example, gold: Gold, labels: Dict[str, int], key: Optional[str], name: str
) -> ndarray:
    """Read the spans that are known to be no entities, aligned to the predicted tokens,
    without white space at their edges, each once. One without a label is none of any.
    One of an unknown label can't be predicted, and is left out.

    example (Example): The example.
    gold (Gold): Its entities. The spans that can't be learned from are added to its
        faults.
    labels (Dict[str, int]): The number of each entity type, from 0.
    key (Optional[str]): The spans of the reference that are read; None for none.
    name (str): The component's name, for the error.
    RETURNS (ndarray): First token, end (exclusive) and number of the label of each,
        shape [spans, 3].
    RAISES (MoeeError): M012, for an entity of the gold.
    """
    if key is None or not example.reference.spans.get(key):
        return numpy.zeros((0, 3), dtype="int64")
    doc = example.predicted
    space = doc.to_array(IS_SPACE)
    found: Set[Tuple[int, int, int]] = set()
    for span in example.reference.spans[key]:
        label = labels.get(span.label_) if span.label_ else ANY_LABEL
        if label is None:
            continue
        # one at a time, so that none hides another
        aligned = example.get_aligned_spans_y2x([span])
        if not aligned:
            gold.faults.setdefault("MW08", []).append(span.text)
            continue
        start, end = trim(space, aligned[0].start, aligned[0].end)
        if start < end:
            found.add((start, end, label))
    _check_conflicts(found, gold.tags, doc, key, name)
    return numpy.array(sorted(found), dtype="int64").reshape(-1, 3)


def _check_conflicts(
    found: Set[Tuple[int, int, int]], tags: ndarray, doc: Doc, key: str, name: str
) -> None:
    entities = zip(*(x.tolist() for x in spans(tags.clip(OUTSIDE))), strict=True)
    for start, end, label in entities:
        both = {(start, end, label), (start, end, ANY_LABEL)} & found
        if both and boundary_of(tags[start]) == BEGIN:
            raise MoeeError("M012", name=name, text=doc[start:end].text, key=key)
