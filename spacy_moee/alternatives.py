"""What else a component might have found: what `MoEENer.alternatives` returns."""

from typing import List, NamedTuple, Optional


class Reading(NamedTuple):
    """A sequence of tags that a sentence may have.

    probability (float): How likely it is, among all sequences.
    tags (List[str]): The IOB2 tag of each token, such as "B-PER".
    """

    probability: float
    tags: List[str]


class SentenceReadings(NamedTuple):
    """The likeliest readings of a sentence, or of whatever is read at once.

    start (int): The first token.
    end (int): Where it ends (exclusive).
    readings (List[Reading]): Likeliest first; all of them differ.
    """

    start: int
    end: int
    readings: List[Reading]


class Candidate(NamedTuple):
    """What an entity might have been.

    start (int): The first token.
    end (int): Where it ends (exclusive).
    label (str): The entity type.
    probability (float): That exactly these tokens are an entity of this type.
    """

    start: int
    end: int
    label: str
    probability: float


class EntityCandidates(NamedTuple):
    """An entity, and what it might have been.

    start (int): The first token.
    end (int): Where it ends (exclusive).
    label (str): The entity type.
    probability (Optional[float]): That exactly these tokens are an entity of this type;
        None if no window shows the entity whole.
    candidates (List[Candidate]): Other spans that overlap it, and other types of the
        same span, likeliest first.
    outside (Optional[float]): The probability that none of its tokens is in an entity;
        None as above.
    """

    start: int
    end: int
    label: str
    probability: Optional[float]
    candidates: List[Candidate]
    outside: Optional[float] = None


class Alternatives(NamedTuple):
    """What might be said of a doc.

    sentences (List[SentenceReadings]): The readings of each sentence, in order.
    entities (List[EntityCandidates]): The entities, in order.
    """

    sentences: List[SentenceReadings]
    entities: List[EntityCandidates]
