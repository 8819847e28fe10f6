"""The files that a person reads are never replaced by less."""

import errno
import json
import os
from pathlib import Path
from typing import Any, Dict, List

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_moee.errors import MoeeError
from spacy_moee.experiments.run.results import (
    choose_paths,
    find_damaged,
    own_folder,
    write_results,
)
from tests.experiments.util import BASELINE, OTHER, TITLE, make_result

ALL = [(system, seed) for seed in (0, 1) for system in (BASELINE, OTHER)]


def results(*runs: Any, key: str = "", **changes: Any) -> List[Dict[str, Any]]:
    found = [make_result(system, seed, **changes) for system, seed in runs]
    return [{**result, "config": key + result["config"]} for result in found]


def write(folder: Path, lines: Any, text: str = "") -> Path:
    documents = [f"table {text}", f"report {text}"] if text else []
    return write_results(folder, lines, documents).results


def seen(folder: Path) -> Dict[str, List[Any]]:
    """The runs of each results file."""
    found = {}
    for path in sorted(folder.glob("results*")):
        lines = [json.loads(line) for line in path.read_text("utf8").splitlines()]
        found[path.name] = [(line["system"], line["seed"]) for line in lines]
    return found


def test_lines(tmp_path: Path) -> None:
    lines = results(*ALL)
    path = write(tmp_path, lines, "one")
    assert path == tmp_path / "results.jsonl"
    found = [json.loads(line) for line in path.read_text("utf8").splitlines()]
    for line, result in zip(found, lines, strict=True):
        for name, scores in result["scores"].items():
            slim = line["scores"][name]
            whole = {name: scores[name] for name in ("sentences", "errors")}
            assert {**slim, **whole} == scores and line["experiment"] == TITLE
            assert "sentences" not in slim
            # no text of a test set
            errors = scores["errors"]
            assert slim["errors"] == {k: errors[k] for k in ("kinds", "confusion")}
            assert errors["false"] and errors["missed"] is not None
    assert "Byron" in str(lines) and "Byron" not in path.read_text("utf8")
    assert (tmp_path / "table.md").read_text() == "table one"
    assert (tmp_path / "report.html").read_text() == "report one"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        # stopped, with another corpus
        results(*ALL[:3], key="new "),
        # a system less
        results((BASELINE, 0), (BASELINE, 1)),
        # another experiment, with more runs
        results(*ALL, ("third", 0), key="new ", experiment="Another"),
    ],
)
def test_better_files_stay(tmp_path: Path, lines: Any) -> None:
    write(tmp_path, results(*ALL), "one")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert write(tmp_path, lines, "two").name == "results-2.jsonl"
    assert {path: path.read_bytes() for path in before} == before
    assert (tmp_path / "table-2.md").read_text() == "table two"
    assert (tmp_path / "report-2.html").read_text() == "report two"
    _, lost = choose_paths(tmp_path, lines)
    assert lost and " \u00b7 hash \u00b7 seed " in lost[0]


@pytest.mark.parametrize(
    "lines",
    [
        results(*ALL),
        # all of them again, on another corpus
        results(*ALL, key="new "),
        # other seeds, no fewer
        results((BASELINE, 0), (OTHER, 0), (BASELINE, 7), (OTHER, 7)),
        # the experiment has another title, and more systems
        results(*ALL, ("third", 0), experiment="Another"),
    ],
)
def test_files_that_are_no_less_replace_them(tmp_path: Path, lines: Any) -> None:
    write(tmp_path, results(*ALL), "one")
    assert write(tmp_path, lines, "two").name == "results.jsonl"
    assert (tmp_path / "table.md").read_text() == "table two"
    assert choose_paths(tmp_path, lines)[1] == []


def test_renamed_systems_are_the_same_runs(tmp_path: Path) -> None:
    write(tmp_path, results(*ALL, ("alias", 0)), "one")
    lines = [{**line, "system": f"My {line['system']}"} for line in results(*ALL)]
    alias = results(("alias", 0))[0]["config"]
    lines[0]["config"] = alias
    # a key is missing now
    assert write(tmp_path, lines, "two").name == "results-2.jsonl"
    assert write(tmp_path, [*lines, *results(ALL[0])], "two").name == "results.jsonl"


def test_what_was_beside_goes_when_it_shows_nothing_more(tmp_path: Path) -> None:
    write(tmp_path, results(*ALL), "one")
    for n in (1, 2, 3):
        path = write(tmp_path, results(*ALL[:n], key="new "))
        assert path.name == "results-2.jsonl"
    other = results(("third", 0), key="third ", experiment="Another")
    assert write(tmp_path, other, "three").name == "results-3.jsonl"
    assert write(tmp_path, results(*ALL, key="new "), "four").name == "results.jsonl"
    assert seen(tmp_path) == {"results.jsonl": ALL, "results-3.jsonl": [("third", 0)]}
    assert (tmp_path / "table-3.md").exists()
    assert not (tmp_path / "table-2.md").exists()


def test_a_person_s_own_files_beside(tmp_path: Path) -> None:
    write(tmp_path, results(*ALL), "one")
    (tmp_path / "table-2.md").write_text("My own")
    assert write(tmp_path, results(ALL[0]), "two").name == "results-3.jsonl"
    assert (tmp_path / "table-2.md").read_text() == "My own"


@pytest.mark.parametrize("line", ["{", "[1]", '{"system": 1}', "\ud800"])
def test_damaged_lines(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, results(*ALL), "one")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = line.encode("utf8", "surrogatepass") + b"\n"
    path.write_bytes(b"".join(lines))
    assert find_damaged(tmp_path) == 1
    # nobody knows which run it was
    assert write(tmp_path, results(*ALL[:3])).name == "results-2.jsonl"
    assert write(tmp_path, results(*ALL)).name == "results.jsonl"
    assert seen(tmp_path) == {"results.jsonl": ALL} and find_damaged(tmp_path) == 0


def test_results_that_can_t_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results.jsonl").mkdir()
    with pytest.raises(MoeeError, match="M512.*results.jsonl"):
        write(tmp_path, [])


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    write(tmp_path, results(ALL[0]), "one")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MoeeError, match="M510.*results.jsonl.*No space left"):
        write(tmp_path, results(*ALL), "two")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_folder_that_can_t_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "out", tmp_path / ("x" * 300)):
        with pytest.raises(MoeeError, match="M510"):
            with own_folder(folder):
                raise AssertionError("there is no such folder")


def test_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> int:
        raise OSError(errno.EROFS, "Read-only file system", "out/.lock")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(MoeeError, match="M510.*lock.*Read-only"):
        with own_folder(tmp_path):
            raise AssertionError("it can be written to")


@pytest.mark.parametrize("name", ["table.md", "report.html", "results.jsonl"])
def test_files_of_another_origin(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("My own notes\n")
    with pytest.raises(MoeeError, match=f"M511.*{name}"):
        with own_folder(tmp_path):
            raise AssertionError("they would be lost")
    assert (tmp_path / name).read_text() == "My own notes\n"
    # what the command has made before is its own, also without what was trained
    (tmp_path / name).unlink()
    write(tmp_path, results(*ALL), "one")
    with own_folder(tmp_path):
        pass


RUNS = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(0, 2)), unique=True, max_size=6
)
STEPS = st.lists(
    st.tuples(RUNS, st.sampled_from(["one ", "two "]), st.sampled_from(["X", "Y"])),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(STEPS)
def test_whatever_is_written_in_turn(
    tmp_path_factory: pytest.TempPathFactory, steps: Any
) -> None:
    """What is replaced has no more runs, or all of them are elsewhere; and the last
    results are always there."""
    folder = tmp_path_factory.mktemp("out")
    for runs, key, title in steps:
        before = seen(folder)
        lines = results(*runs, key=key, experiment=title)
        path = write(folder, lines)
        after = seen(folder)
        assert after[path.name] == list(runs)
        for name, old in before.items():
            if name == path.name or name not in after:
                assert len(old) <= len(runs) or set(old) <= set(runs)
            else:
                assert after[name] == old
