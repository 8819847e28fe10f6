"""What a run left is whole, or refused."""

import copy
import json
from pathlib import Path
from typing import Any, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_moee.errors import MoeeError
from spacy_moee.experiments.run.job import read_result
from spacy_moee.experiments.run.records import Result, read_record
from tests.experiments.util import (
    OTHER,
    TARGET,
    make_result,
    with_scores,
    without_score,
)

WHOLE = make_result(OTHER, 0)


def paths(value: Any, prefix: Tuple = ()) -> List[Tuple]:
    """Where values stand, at any depth."""
    items = value.items() if isinstance(value, dict) else []
    inner = [path for k, v in items for path in paths(v, (*prefix, k))]
    return [*([prefix] if prefix else []), *inner]


def at(value: Any, path: Tuple) -> Any:
    for key in path:
        value = value[key]
    return value


def write(folder: Path, content: Any) -> Path:
    path = folder / "result.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_whole_results(tmp_path: Path) -> None:
    assert read_result(tmp_path) is None
    for changed in (WHOLE, {**WHOLE, "peak_mb": None, "dev_f1": None}):
        for result in (changed, without_score(changed, TARGET)):
            write(tmp_path, result)
            assert read_result(tmp_path) == result


@pytest.mark.parametrize(
    "content, problem",
    [
        ("", "Invalid JSON"),
        ("{", "Invalid JSON"),
        ("[]", r"it is \[\]: "),
        ("[" * 100_000, "recursion limit"),
        ("{}", "code: Field required"),
        ({**WHOLE, "minutes": float("nan")}, "minutes is nan"),
        ({**WHOLE, "minutes": "1"}, "minutes is '1'"),
        ({**WHOLE, "seed": True}, "seed is True"),
        ({**WHOLE, "device": "\ud800"}, "used: Invalid JSON"),
        ({**WHOLE, "dev_curve": [[0, 1], [2]]}, r"dev_curve.1 is \[2\]"),
        ({**WHOLE, "versions": {"spacy": 3.8}}, "versions.spacy is 3.8"),
        (with_scores(WHOLE, TARGET, f1=101), "scores.tech.f1 is 101"),
        (with_scores(WHOLE, TARGET, counts=[3, 2, 9]), "scores.tech.counts is"),
        (with_scores(WHOLE, TARGET, f1=None), "F1 of tech is None"),
        (with_scores(WHOLE, TARGET, no_score="no docs"), "F1 of tech is 48.0"),
        (with_scores(WHOLE, TARGET, errors={}), "scores.tech.errors.kinds: Field"),
        ({**WHOLE, "types": {"tech": "PER"}}, "types.tech is 'PER'"),
        ({**WHOLE, "types": {"other": None}}, "not those of its targets"),
    ],
)
def test_damaged_results(tmp_path: Path, content: Any, problem: str) -> None:
    write(tmp_path, content)
    with pytest.raises(MoeeError, match=f"M512.*result.json.*{problem}"):
        read_result(tmp_path)


def test_sentences_that_do_not_add_up(tmp_path: Path) -> None:
    for name in ("correct", "gold"):
        result = copy.deepcopy(WHOLE)
        result["scores"]["source"]["sentences"][name].pop()
        write(tmp_path, result)
        with pytest.raises(MoeeError, match="M512.*sentences of source"):
            read_result(tmp_path)


@pytest.mark.parametrize(
    "part, key", [("kinds", "type"), ("kinds", "missed"), ("confusion", 0)]
)
def test_errors_that_do_not_add_up(tmp_path: Path, part: str, key: Any) -> None:
    result = copy.deepcopy(WHOLE)
    errors = result["scores"]["source"]["errors"][part]
    if part == "kinds":
        errors[key] += 1
    else:
        errors[key]["number"] += 1
    write(tmp_path, result)
    with pytest.raises(MoeeError, match="M512.*errors of source"):
        read_result(tmp_path)


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(MoeeError, match="M512.*s a directory"):
        read_record(tmp_path, Result)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_part_is_missing_or_wrong(tmp_path: Path, data: Any) -> None:
    result = copy.deepcopy(WHOLE)
    path = data.draw(st.sampled_from(paths(result)))
    outer, key = at(result, path[:-1]), path[-1]
    if data.draw(st.booleans()):
        outer[key] = data.draw(st.sampled_from([-5, "\u2026", [[]], {"a": 1}, 1e999]))
        accepted = isinstance(at(WHOLE, path), str) and isinstance(outer[key], str)
    else:
        del outer[key]
        # keys of any name: one less is not seen here
        names = ("per_type", "versions", "data", "scores", "types")
        accepted = path[-2:-1] in [(name,) for name in names]
    # what the runner adds to a record
    added = "experiment", "raw_text", "is_old"
    if accepted or path in [(name,) for name in added]:
        return
    with pytest.raises(MoeeError, match="M512"):
        read_record(write(tmp_path, result), Result)
