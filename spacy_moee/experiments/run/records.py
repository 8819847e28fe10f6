"""The JSON files that a run leaves: read whole, with every value what it should be, or
refused. A disk that was full, a hand or a power cut may have been at them."""

import json
import math
from pathlib import Path
from typing import Any, Dict, List

from ...errors import MoeeError

Record = Dict[str, Any]


def is_text(value: Any) -> bool:
    """RETURNS (bool): Whether a value is a text."""
    return isinstance(value, str)


def is_number(value: Any) -> bool:
    """RETURNS (bool): Whether a value is a finite number that is not negative."""
    return type(value) in (int, float) and math.isfinite(value) and value >= 0


def is_count(value: Any) -> bool:
    """RETURNS (bool): Whether a value is a whole number from 0."""
    return type(value) is int and value >= 0


def is_score(value: Any) -> bool:
    """RETURNS (bool): Whether a value is a percentage, or None for one that is
    undefined."""
    return value is None or (is_number(value) and value <= 100)


def is_counts(value: Any) -> bool:
    """RETURNS (bool): Whether a value is the counts of correct, predicted and gold
    entities."""
    whole = isinstance(value, list) and len(value) == 3 and all(map(is_count, value))
    return whole and value[0] <= min(value[1:])


def _is_epoch(value: Any) -> bool:
    return type(value) is int and value >= -1


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


def _is_types(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(map(is_text, value)))


def _is_known_number(value: Any) -> bool:
    return value is None or is_number(value)


# what is expected: a test, a table of keys, a table of any keys, or a list
SCORES = {"precision": is_score, "recall": is_score, "f1": is_score}
SCORES["counts"] = is_counts
DOMAIN = {
    **SCORES,
    "no_score": is_text,
    "per_type": {str: SCORES},
    "sentences": {name: [is_count] for name in ("correct", "predicted", "gold")},
    "words_per_second": is_number,
}
USAGE = {"seconds": is_number, "peak_mb": _is_known_number}
TRAINED = {
    "code": is_text,
    "versions": {str: is_text},
    "python": is_text,
    "device": is_text,
    "minutes": is_number,
    "peak_mb": _is_known_number,
    "epochs": is_count,
    "best_epoch": _is_epoch,
    "dev_curve": [_is_point],
}
EVALUATED = {"scores": {str: DOMAIN}, "mean_f1": is_score, "dev_f1": is_score}
RESULT = {
    **dict.fromkeys(("system", "embeddings", "config"), is_text),
    "seed": is_count,
    "data": {str: is_text},
    "types": {str: _is_types},
    **TRAINED,
    **EVALUATED,
}


def read_record(path: Path, expected: Dict[Any, Any]) -> Record:
    """Read a JSON file of known content.

    path (Path): The file.
    expected (Dict[Any, Any]): What it should hold, such as `RESULT`.
    RETURNS (Record): What it holds.
    RAISES (MoeeError): M512, if it can't be read or holds anything else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf8"))
        # half of a surrogate pair is JSON, and can stand in no report
        json.dumps(content, ensure_ascii=False).encode("utf8")
        problem = find_problem(content, expected)
    except OSError as error:
        problem = error.strerror or str(error)
    except (ValueError, RecursionError) as error:
        problem = f"it is not JSON: {error}"
    if problem:
        raise MoeeError("M512", file=path, problem=problem)
    return content


def find_problem(value: Any, expected: Any, place: str = "") -> str:
    """Find the first thing in a value that is not what it should be.

    value (Any): The value.
    expected (Any): A test; a table of what is expected by key, or for all keys by the
        key `str`; or a list of what is expected of every item.
    place (str): Where the value stands.
    RETURNS (str): What is wrong; empty if nothing is.
    """
    if isinstance(expected, dict):
        if not isinstance(value, dict):
            return _say(place, value)
        missing = [key for key in expected if key is not str and key not in value]
        if missing:
            return f"there is no {f'{place}.{missing[0]}'.strip('.')}"
        every = expected.get(str)
        parts = [(k, v, every or expected.get(k)) for k, v in value.items()]
        return _first(
            [(f"{place}.{k}".strip("."), v, test) for k, v, test in parts if test]
        )
    if isinstance(expected, list):
        if not isinstance(value, list):
            return _say(place, value)
        [test] = expected
        return _first([(f"{place}[{i}]", v, test) for i, v in enumerate(value)])
    return "" if expected(value) else _say(place, value)


def _first(parts: List) -> str:
    found = (find_problem(value, test, place) for place, value, test in parts)
    return next(filter(None, found), "")


def _say(place: str, value: Any) -> str:
    return f"{place or 'it'} is {repr(value)[:60]}"
