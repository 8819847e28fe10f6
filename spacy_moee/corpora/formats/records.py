"""JSON and JSON Lines, read strictly: every error has a place."""

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, NoReturn, Tuple

from ...errors import MoeeError
from .places import Place, shorten

SPACE = re.compile(r"[ \t\r\n]*")
LONGEST_NUMBER = 400


class Record(NamedTuple):
    """An object of a file.

    place (Place): Its place, such as "line 3" or "record 3".
    data (Dict[str, Any]): Its keys and values.
    """

    place: Place
    data: Dict[str, Any]


def iter_records(file: Path, text: str) -> Iterator[Record]:
    """Read the objects of a file: one per line, or in an array, or a single one.

    file (Path): The file, for messages.
    text (str): Its content.
    YIELDS (Record): The objects.
    RAISES (MoeeError): M332 for a value that is not JSON, M333 for one that is not an
        object.
    """
    start = _skip(text, 0)
    first_line = text[start:].split("\n", 1)[0].rstrip()
    if first_line.startswith("["):
        yield from _iter_array(file, text, start)
    elif first_line.startswith("{") and not first_line.endswith("}"):
        # one object, printed over many lines
        yield _read_only(Place(file, "record 1"), text)
    else:
        for number, line in enumerate(text.split("\n"), 1):
            if _skip(line, 0) < len(line):
                yield _read_only(Place(file, f"line {number}"), line, number)


def first_records(text: str) -> List[Dict[str, Any]]:
    """Read what can be read of the beginning of a file.

    text (str): The beginning; it may end anywhere.
    RETURNS (List[Dict[str, Any]]): The objects before the first error.
    """
    found = []
    try:
        for record in iter_records(Path(), text):
            found.append(record.data)
    except MoeeError:
        pass
    return found


def _iter_array(file: Path, text: str, start: int) -> Iterator[Record]:
    """Read an array one element after the other, so that each has its number."""
    number, at = 0, _skip(text, start + 1)
    while text[at : at + 1] != "]" or number:
        number += 1
        place = Place(file, f"record {number}")
        value, end = _decode(place, text, at)
        yield _as_record(place, value)
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            break
        if text[at : at + 1] != ",":
            _refuse(place, text, at, "expected a comma or ] after it")
        at = _skip(text, at + 1)
    _check_end(Place(file, "after the array"), text, at + 1)


def _read_only(place: Place, text: str, line: int = 1) -> Record:
    """Read a text that holds one object."""
    value, end = _decode(place, text, _skip(text, 0), line)
    _check_end(place, text, end)
    return _as_record(place, value)


def _decode(place: Place, text: str, start: int, line: int = 1) -> Tuple[Any, int]:
    """Read one value. `line` is the line of the file that `text` starts on."""
    try:
        return DECODER.raw_decode(text, start)
    except json.JSONDecodeError as err:
        at = f"line {line + err.lineno - 1}"
        where = at if place.where == at else f"{place.where}, {at}"
        place = place._replace(where=where)
        reason = f"{err.msg} (column {err.colno})"
    except RecursionError:
        reason = "lists or objects are nested too deeply"
    except ValueError as err:
        reason = str(err)
    raise place.error("M332", reason=reason)


def _check_end(place: Place, text: str, end: int) -> None:
    """Check that nothing follows the last value."""
    at = _skip(text, end)
    if at < len(text):
        _refuse(place, text, at, "expected nothing after the value")


def _refuse(place: Place, text: str, at: int, problem: str) -> NoReturn:
    found = shorten(text[at : at + 20]) if text[at:] else "the end of the file"
    raise place.error("M332", reason=f"found {found}, and {problem}")


def _as_record(place: Place, value: Any) -> Record:
    if not isinstance(value, dict):
        place.refuse("a record", value, "an object, {...}")
    return Record(place, value)


def _skip(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at


def _as_object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {shorten(repeated)} is twice in one object")
    return data


def _as_number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


DECODER = json.JSONDecoder(
    object_pairs_hook=_as_object,
    parse_int=_as_number,
    parse_constant=_refuse_constant,
)
