"""A doc -> what `/api/entities` says of it."""

from itertools import chain
from math import isnan
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Tuple

from spacy.tokens import Doc, Span
from spacy.training.iob_utils import iob_to_biluo, tags_to_entities

from ..alternatives import Alternatives
from ..extensions import get_gates
from .schema import (
    Answer,
    Candidate,
    Entity,
    Mention,
    Question,
    Reading,
    Sentence,
    Token,
)

if TYPE_CHECKING:
    from spacy.language import Language

KeyT = Tuple[int, int, str]


class Known(NamedTuple):
    """What components say beside the entities. entities (Dict[KeyT, Dict[str, Any]]):
    Fields of an entity, by its place and label. sentences (List[Sentence]): Their
    readings."""

    entities: Dict[KeyT, Dict[str, Any]]
    sentences: List[Sentence]


def read(nlp: "Language", question: Question) -> Answer:
    """Find the entities of a text, and what is asked for beside them.

    nlp (Language): The pipeline.
    question (Question): The text, and what is asked for.
    RETURNS (Answer): The answer, which keeps nothing of the doc.
    """
    doc = nlp(question.text)
    known = find_alternatives(nlp, doc, question.alternatives)
    gates = get_gates(doc) if question.gates else None
    entities = []
    for ent in doc.ents:
        score = to_number(ent._.moee_score)
        if score is not None and score < question.threshold:
            continue
        key = (ent.start, ent.end, ent.label_)
        entity = Entity(
            **place(ent),
            label=ent.label_,
            text=ent.text,
            score=score,
            detection=to_number(ent._.moee_detection),
            **(known.entities.get(key, {}) if known else {}),
            gates=get_rows(ent, gates.weights) if gates else None,
        )
        entities.append(entity)
    return Answer(
        entities=entities,
        sentences=known.sentences if known else None,
        experts=list(gates.labels) if gates else None,
    )


def find_alternatives(nlp: "Language", doc: Doc, k: int) -> Optional[Known]:
    """Ask the components that know alternatives.

    nlp (Language): The pipeline.
    doc (Doc): A doc that it has read.
    k (int): How many of each are wanted.
    RETURNS (Optional[Known]): The alternatives; None if none are wanted or known.
    """
    pipes: List[Any] = [pipe for _, pipe in nlp.pipeline]
    asked = [pipe for pipe in pipes if hasattr(pipe, "alternatives")] if k else []
    if not asked:
        return None
    found: List[Alternatives] = [pipe.alternatives(doc, k=k) for pipe in asked]
    entities = {
        (entity.start, entity.end, entity.label): {
            "candidates": [
                Candidate(
                    **place(doc[other.start : other.end]),
                    label=other.label,
                    probability=shorten(other.probability),
                )
                for other in entity.candidates
            ],
            "outside": to_number(entity.outside),
        }
        for entity in chain.from_iterable(row.entities for row in found)
    }
    sentences = [
        Sentence(
            **place(doc[sentence.start : sentence.end]),
            readings=[
                Reading(
                    probability=shorten(reading.probability),
                    entities=get_mentions(doc, sentence.start, reading.tags),
                )
                for reading in sentence.readings
            ],
        )
        for sentence in chain.from_iterable(row.sentences for row in found)
    ]
    return Known(entities, sentences)


def get_mentions(doc: Doc, start: int, tags: List[str]) -> List[Mention]:
    """RETURNS (List[Mention]): The entities of IOB tags that begin at a token."""
    return [
        Mention(**place(doc[start + first : start + last + 1]), label=label)
        for label, first, last in tags_to_entities(iob_to_biluo(tags))
    ]


def get_rows(span: Span, weights: Any) -> List[Token]:
    """RETURNS (List[Token]): The tokens of a span with the weights of the experts."""
    rows = weights[span.start : span.end].tolist()
    return [
        Token(
            start=token.idx,
            end=token.idx + len(token),
            weights=[shorten(weight) for weight in row],
        )
        for token, row in zip(span, rows, strict=True)
    ]


def to_number(value: Optional[float]) -> Optional[float]:
    """RETURNS (Optional[float]): A number as it is written; None if there is none."""
    return None if value is None or isnan(value) else shorten(value)


def shorten(value: float) -> float:
    """RETURNS (float): A number with as many digits as float32 has at least."""
    return float(f"{value:.6g}")


def place(span: Span) -> Dict[str, int]:
    """RETURNS (Dict[str, int]): Where a span is, in characters."""
    return {"start": span.start_char, "end": span.end_char}
