"""JSON and JSON Lines, read strictly: every mistake has a place."""

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from ...errors import MoeeError
from .checks import refuse, shorten

SPACE = re.compile(r"[ \t\r\n]*")
LONGEST_NUMBER = 400


class Record(NamedTuple):
    """One object of a file.

    where (str): Its place, such as "line 3" or "record 3".
    data (Dict[str, Any]): Its keys and values.
    """

    where: str
    data: Dict[str, Any]


def iter_records(file: Path, text: str) -> Iterator[Record]:
    """Read the objects of a file: one a line, or in an array, or a single one.

    file (Path): Its name, for messages.
    text (str): What it holds.
    YIELDS (Record): The objects.
    RAISES (MoeeError): M332 for what is no JSON, M333 for what is no object.
    """
    start = _skip(text, 0)
    first_line = text[start:].split("\n", 1)[0].rstrip()
    if first_line.startswith("["):
        yield from _iter_array(file, text, start)
    elif first_line.startswith("{") and not first_line.endswith("}"):
        # one object, printed over many lines
        value, end = _decode(file, "record 1", text, start)
        _check_end(file, "record 1", text, end)
        yield _as_record(file, "record 1", value)
    else:
        for number, line in enumerate(text.split("\n"), 1):
            if _skip(line, 0) < len(line):
                place = f"line {number}"
                value, end = _decode(file, place, line, _skip(line, 0), number)
                _check_end(file, place, line, end)
                yield _as_record(file, place, value)


def first_records(text: str) -> List[Dict[str, Any]]:
    """Read what can be read of the beginning of a file.

    text (str): The beginning; it may end anywhere.
    RETURNS (List[Dict[str, Any]]): The objects before the first mistake.
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
        place = f"record {number}"
        value, end = _decode(file, place, text, at)
        yield _as_record(file, place, value)
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            break
        if text[at : at + 1] != ",":
            _complain(file, place, text, at, "expected a comma or ] after it")
        at = _skip(text, at + 1)
    _check_end(file, "after the array", text, at + 1)


def _decode(
    file: Path, place: str, text: str, start: int, line: int = 1
) -> Tuple[Any, int]:
    """Read one value. `line` is the line of the file that `text` starts on."""
    try:
        return DECODER.raw_decode(text, start)
    except json.JSONDecodeError as err:
        at = f"line {line + err.lineno - 1}"
        where = at if place == at else f"{place}, {at}"
        reason = f"{err.msg} (column {err.colno})"
        raise MoeeError("M332", file=file, where=where, reason=reason) from None
    except RecursionError:
        reason = "lists or objects lie too deep in one another"
    except ValueError as err:
        reason = str(err)
    raise MoeeError("M332", file=file, where=place, reason=reason)


def _check_end(file: Path, place: str, text: str, end: int) -> None:
    """Find what stands behind the last value."""
    at = _skip(text, end)
    if at < len(text):
        _complain(file, place, text, at, "something stands after the value")


def _complain(file: Path, place: str, text: str, at: int, problem: str) -> None:
    found = shorten(text[at : at + 20]) if text[at:] else "the end of the file"
    reason = f"found {found}, and {problem}"
    raise MoeeError("M332", file=file, where=place, reason=reason)


def _as_record(file: Path, place: str, value: Any) -> Record:
    if not isinstance(value, dict):
        refuse(file, place, "a record", value, "an object, {...}")
    return Record(place, value)


def _skip(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at


def _as_object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {shorten(twice)} stands twice in one object")
    return data


def _as_number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


DECODER = json.JSONDecoder(
    object_pairs_hook=_as_object,
    parse_int=_as_number,
    parse_constant=_refuse_constant,
)
