"""The JSON files that a run leaves: read whole, with every value what it should be, or
refused. A disk that was full, a hand or a power cut may have been at them."""

import json
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Dict, List, Literal, Optional

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from typing_extensions import NotRequired, TypedDict

from ...errors import MoeeError

Record = Dict[str, Any]


def _check_counts(value: List[int]) -> List[int]:
    if value[0] > min(value[1:]):
        raise ValueError("more is correct than there is")
    return value


Count = Annotated[int, Field(ge=0)]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Score = Optional[Annotated[float, Field(ge=0, le=100)]]
# of correct, predicted and gold entities
Counts = Annotated[
    List[Count], Field(min_length=3, max_length=3), AfterValidator(_check_counts)
]


class Sentences(TypedDict):
    """The counts of each sentence; of each article, in a corpus that has any."""

    correct: List[Count]
    predicted: List[Count]
    gold: List[Count]


class Scores(TypedDict):
    """Percentages, None where undefined."""

    precision: Score
    recall: Score
    f1: Score
    counts: Counts


class Kinds(TypedDict):
    """How many pairs of a gold and a predicted entity there are of each kind."""

    correct: Count
    type: Count
    borders: Count
    both: Count
    missed: Count
    spurious: Count


class Confusion(TypedDict):
    """How many pairs there are of two types; None is no entity."""

    gold: Optional[str]
    predicted: Optional[str]
    number: Count


class Piece(TypedDict):
    """A part of a sentence."""

    text: str
    role: Literal["", "found", "gold", "agreed"]


class Name(TypedDict):
    """A name with which something goes wrong, and a sentence with it."""

    text: str
    label: str
    kind: Literal["type", "borders", "both", "missed", "spurious"]
    gold: Optional[str]
    number: Count
    context: List[Piece]


class Errors(TypedDict):
    """What goes wrong on a test set."""

    kinds: Kinds
    confusion: List[Confusion]
    false: List[Name]
    missed: List[Name]


class Domain(Scores):
    """What is known of a test set, why it has no score if it has none, and how NCRF++
    counts it if this is wanted."""

    no_score: str
    ncrfpp: NotRequired[Scores]
    errors: Errors
    per_type: Dict[str, Scores]
    sentences: Sentences
    words_per_second: Number


class Usage(TypedDict):
    """What a process took."""

    seconds: Number
    peak_mb: Optional[Number]


class Epoch(TypedDict):
    """What is used of a line of `spacy_moee.JsonlLogger.v1`."""

    epoch: Count
    step: Count
    score: Optional[float]
    scores: Dict[str, Optional[float]]


class Trained(TypedDict):
    """What is known of a training."""

    code: str
    versions: Dict[str, str]
    python: str
    device: str
    minutes: Number
    peak_mb: Optional[Number]
    epochs: Count
    best_epoch: Annotated[int, Field(ge=-1)]
    dev_curve: List[Annotated[List[Number], Field(min_length=2, max_length=2)]]


class Evaluated(TypedDict):
    """What is known of its test sets."""

    scores: Dict[str, Domain]
    dev_f1: Score


class ReadAs(TypedDict):
    """How a test set is read."""

    units: Literal["docs", "sentences"]
    gold_types: bool


class Result(Trained, Evaluated):
    """What a finished run leaves."""

    system: str
    embeddings: str
    config: str
    seed: Count
    data: Dict[str, str]
    types: Dict[str, Optional[List[str]]]
    read_as: Dict[str, ReadAs]


# which takes a while to make
_adapter = cache(TypeAdapter)


def read_record(path: Path, kind: Any) -> Record:
    """Read a JSON file of known content.

    path (Path): The file.
    kind (Any): What it should hold, such as `Result`.
    RETURNS (Record): What it holds.
    RAISES (MoeeError): M512, if it can't be read or holds anything else.
    """
    try:
        return parse(path.read_bytes(), kind)
    except OSError as error:
        problem = error.strerror or str(error)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        problem = first["msg"]
        if first["type"] != "json_invalid":
            place = ".".join(map(str, first["loc"])) or "it"
            is_shown = first["type"] != "missing"
            found = f" is {repr(first['input'])[:60]}" if is_shown else ""
            problem = f"{place}{found}: {problem}"
    raise MoeeError("M512", file=path, problem=problem)


def parse(data: bytes, kind: Any) -> Record:
    """Parse and check JSON.

    data (bytes): The JSON.
    kind (Any): What it should hold.
    RETURNS (Record): What it holds.
    RAISES (ValidationError): If it is no JSON, or holds anything else.
    """
    _adapter(kind).validate_json(data, strict=True)
    return json.loads(data)
