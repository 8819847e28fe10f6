"""What `/api/entities` and `/api/model` take and give, as OpenAPI describes it.

Offsets count characters as Python does: an emoji is one. In JavaScript, whose strings
count UTF-16 units, it is two.
"""

from typing import Dict, List, Optional

from pydantic import BaseModel, ConfigDict, Field, field_validator

MOST_ALTERNATIVES = 20


class Question(BaseModel):
    """A text to read."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = Field(description="The text to read; it is not kept.")
    threshold: float = Field(
        0.0, ge=0, le=1, description="Leave out entities with a lower score."
    )
    alternatives: int = Field(
        0,
        ge=0,
        le=MOST_ALTERNATIVES,
        description="How many candidates of each entity and readings of each sentence.",
    )
    gates: bool = Field(
        False, description="Whether to say which experts spoke at each entity."
    )

    @field_validator("text")
    @classmethod
    def is_unicode(cls, text: str) -> str:
        """See that the text can be encoded: half of an emoji can't."""
        try:
            text.encode("utf8")
        except UnicodeEncodeError:
            raise ValueError("a lone surrogate is no character") from None
        return text


class Place(BaseModel):
    """A part of the text."""

    start: int = Field(description="Its first character.")
    end: int = Field(description="The character after its last one.")


class Mention(Place):
    """A part of the text that is an entity, or could be one."""

    label: str


class Candidate(Mention):
    """What an entity might have been: another type, or other borders."""

    probability: float


class Token(Place):
    """A token of an entity, and the weights of the experts there."""

    weights: List[float]


class Entity(Mention):
    """An entity that was found."""

    text: str
    score: Optional[float] = Field(
        None,
        description="The probability of exactly these tokens with this label; null if "
        "it was not computed.",
    )
    detection: Optional[float] = Field(
        None,
        description="The probability that exactly these tokens are an entity, of "
        "whatever type; null if it was not computed.",
    )
    candidates: Optional[List[Candidate]] = Field(
        None, description="The likeliest first; null if not asked for, or not known."
    )
    outside: Optional[float] = Field(
        None,
        description="The probability that none of its tokens is in an entity; null if "
        "no candidates are asked for, or it was not computed.",
    )
    gates: Optional[List[Token]] = Field(
        None, description="Its tokens; null if not asked for, or not known."
    )


class Reading(BaseModel):
    """A way to read a sentence."""

    probability: float
    entities: List[Mention]


class Sentence(Place):
    """A sentence, or what the pipeline reads as one, and its likeliest readings."""

    readings: List[Reading]


class Answer(BaseModel):
    """What was found, in the order of the text."""

    entities: List[Entity]
    sentences: Optional[List[Sentence]] = Field(
        None, description="Null if no alternatives are asked for, or known."
    )
    experts: Optional[List[str]] = Field(
        None, description="The names of the weights in `gates`; O is no entity."
    )


class Card(BaseModel):
    """The pipeline that answers."""

    name: str
    version: str
    lang: str
    components: List[str]
    labels: List[str]
    max_length: int = Field(description="The most characters of a text.")
    colors: Dict[str, str] = Field(description="displaCy's colours of some labels.")


class Problem(BaseModel):
    """Why there is no answer (RFC 9457)."""

    title: str
    status: int
    detail: str
