"""Gold tags of examples, and tags as entities of docs."""

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray
from spacy.attrs import ENT_IOB, ENT_TYPE, IS_SPACE, ORTH
from spacy.tokens import Doc, Span
from spacy.training import Example

from .errors import MoeeError
from .scheme import BEGIN, INSIDE, MISSING, OUTSIDE, spans, tag_of

# spaCy's numbers for token.ent_iob
IOB_MISSING, IOB_I, IOB_O, IOB_B = 0, 1, 2, 3


class Gold(NamedTuple):
    """The gold tags of an example, and what can't be predicted of its entities.

    tags (ndarray): One tag a token of `example.predicted`; `MISSING` where the gold is
        unknown or can't be aligned.
    faults (Dict[str, List[str]]): Texts of entities, by the code of the warning that
        says what is wrong with them.
    marginals (Optional[ndarray]): What another model says of each token: see
        `spacy_moee.marginals.read_marginals`.
    """

    tags: ndarray
    faults: Dict[str, List[str]]
    marginals: Optional[ndarray] = None


def read_gold(example: Example, labels: Dict[str, int], name: str) -> Gold:
    """Read the gold tags of an example, aligned to its predicted tokens. White space at
    an entity's edges is left out, as it is of predicted entities.

    example (Example): The example.
    labels (Dict[str, int]): The number of each entity type, from 0.
    name (str): The component's name, for the error.
    RETURNS (Gold): The tags, and what is wrong with them.
    RAISES (MoeeError): M002, for an entity type that is not in `labels`.
    """
    predicted, reference = example.predicted, example.reference
    faults: Dict[str, List[str]] = {}
    if len(predicted) == len(reference) and numpy.array_equal(
        predicted.to_array(ORTH), reference.to_array(ORTH)
    ):
        tags = _gold_of_same_tokens(reference, labels, name)
    else:
        tags = _gold_of_other_tokens(example, labels, name)
        faults["MW04"] = _misaligned(example)
    _trim_tags(tags, predicted, faults)
    return Gold(tags, faults)


def _gold_of_other_tokens(
    example: Example, labels: Dict[str, int], name: str
) -> ndarray:
    tags = numpy.full(len(example.predicted), MISSING, dtype="int64")
    for i, tag in enumerate(example.get_aligned_ner()):
        if tag == "O":
            tags[i] = OUTSIDE
        elif tag is not None and tag != "-":
            boundary = BEGIN if tag[0] in "BU" else INSIDE
            tags[i] = tag_of(_number(labels, tag[2:], name), boundary)
    blocked = _is_blocked(*example.reference.to_array([ENT_IOB, ENT_TYPE]).T)
    aligned = example.alignment.x2y
    for i in numpy.flatnonzero(tags == MISSING).tolist() if blocked.any() else ():
        if len(aligned[i]) and blocked[aligned[i]].all():
            tags[i] = OUTSIDE
    return tags


def _is_blocked(iob: ndarray, types: ndarray) -> ndarray:
    """Which tokens are blocked, known to be in no entity: a B without a type."""
    return (iob == IOB_B) & (types == 0)


def _misaligned(example: Example) -> List[str]:
    """Texts of the gold entities that begin or end within a predicted token."""
    entities = example.reference.ents
    if len(example.get_aligned_spans_y2x(entities)) == len(entities):
        return []
    return [e.text for e in entities if not example.get_aligned_spans_y2x([e])]


def _trim_tags(tags: ndarray, doc: Doc, faults: Dict[str, List[str]]) -> None:
    """Take the white space off the edges of gold entities, in place."""
    known = numpy.maximum(tags, OUTSIDE)
    if not known.any():
        return
    space = doc.to_array(IS_SPACE) == 1
    if not space[known != OUTSIDE].any():
        return
    for start, end, label in zip(*(x.tolist() for x in spans(known)), strict=True):
        first, last = trim(space, start, end)
        if (first, last) == (start, end):
            continue
        code = "MW02" if first < last else "MW03"
        faults.setdefault(code, []).append(doc[start:end].text)
        tags[start:end] = OUTSIDE
        tags[first:last] = tag_of(label, INSIDE)
        tags[first : first + (first < last)] = tag_of(label, BEGIN)


def trim(space: ndarray, start: int, end: int) -> Tuple[int, int]:
    """Take the white space off the edges of a span.

    space (ndarray): Which tokens are white space.
    start (int): The first token.
    end (int): Where it ends (exclusive).
    RETURNS (Tuple[int, int]): The same of what is left; if nothing is, both numbers are
        equal.
    """
    while start < end and space[start]:
        start += 1
    while start < end and space[end - 1]:
        end -= 1
    return start, end


def _gold_of_same_tokens(reference: Doc, labels: Dict[str, int], name: str) -> ndarray:
    """The same as `Example.get_aligned_ner`, without a loop over tokens."""
    tags = numpy.full(len(reference), MISSING, dtype="int64")
    columns = reference.to_array([ENT_IOB, ENT_TYPE])
    iob, types = columns[:, 0], columns[:, 1]
    if not iob.any():
        return tags
    tags[(iob == IOB_O) | _is_blocked(iob, types)] = OUTSIDE
    entity = ((iob == IOB_B) | (iob == IOB_I)) & (types != 0)
    for type_ in numpy.unique(types[entity]):
        label = _number(labels, reference.vocab.strings[int(type_)], name)
        here = entity & (types == type_)
        begins = iob[here] == IOB_B
        tags[here] = numpy.where(begins, tag_of(label, BEGIN), tag_of(label, INSIDE))
    unknown = tags == MISSING
    if unknown.any():
        # what is not said of white space is said by its being white space
        tags[unknown & (reference.to_array(IS_SPACE) == 1)] = OUTSIDE
    return tags


def _number(labels: Dict[str, int], label: str, name: str) -> int:
    if label not in labels:
        raise MoeeError("M002", name=name, label=label, labels=list(labels))
    return labels[label]


def read_entities(
    doc: Doc, tags: ndarray, labels: Sequence[str]
) -> List[Optional[Span]]:
    """Read the entities of tags. White space at their edges is left out.

    doc (Doc): The document.
    tags (ndarray): Tag numbers, shape [len(doc)].
    labels (Sequence[str]): The entity types.
    RETURNS (List[Optional[Span]]): One for each entity of `spacy_moee.scheme.spans`;
        None if it is white space only.
    """
    entities: List[Optional[Span]] = []
    space = doc.to_array(IS_SPACE) if tags.any() else tags
    for start, end, label in zip(*(x.tolist() for x in spans(tags)), strict=True):
        start, end = trim(space, start, end)
        entity = None
        if start < end:
            kb_id = doc[start].ent_kb_id
            entity = Span(doc, start, end, label=labels[label], kb_id=kb_id)
        entities.append(entity)
    return entities


def set_entities(doc: Doc, entities: List[Span]) -> None:
    """Write entities to `doc.ents` as spaCy's `ner` does: preset entities and blocked
    tokens stay, every other token becomes O.

    doc (Doc): The document.
    entities (List[Span]): Entities of other tokens.
    """
    if preset_tokens(doc) is None:
        doc.set_ents(entities, default="outside")
        return
    doc.set_ents(entities, default="unmodified")
    missing = numpy.flatnonzero(doc.to_array(ENT_IOB) == IOB_MISSING).tolist()
    doc.set_ents([], outside=[doc[i : i + 1] for i in missing], default="unmodified")


def trim_entities(doc: Doc) -> Doc:
    """Take the white space off the edges of a gold doc's entities, so that they are
    compared with predicted ones, which never have any.

    doc (Doc): The doc.
    RETURNS (Doc): The same doc if there is no such white space; else another one.
    """
    space = doc.to_array(IS_SPACE)
    if not space.any():
        return doc
    edges = [(ent, *trim(space, ent.start, ent.end)) for ent in doc.ents]
    cut = [row for row in edges if row[1:] != (row[0].start, row[0].end)]
    if not cut:
        return doc
    trimmed = doc.copy()
    outside, entities = [], []
    for ent, start, end in cut:
        outside += [trimmed[i : i + 1] for i in (*range(ent.start, start),)]
        outside += [trimmed[i : i + 1] for i in (*range(end, ent.end),)]
        if start < end:
            span = Span(
                *(trimmed, start, end), ent.label_, kb_id=ent.kb_id_, span_id=ent.id_
            )
            entities.append(span)
    trimmed.set_ents(entities, outside=outside, default="unmodified")
    return trimmed


def preset_tokens(doc: Doc) -> Optional[ndarray]:
    """Find the tokens that the model may not touch: those of entities that are
    already there, and blocked ones.

    doc (Doc): The document.
    RETURNS (Optional[ndarray]): A bool a token, or None if there is no such token.
    """
    iob = doc.to_array(ENT_IOB)
    preset = (iob == IOB_I) | (iob == IOB_B)
    return preset if preset.any() else None
