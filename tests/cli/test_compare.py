"""`spacy moee compare`, from the command line to the report."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
from spacy.cli import app
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.experiments.plan import grid
from tests.experiments.util import (
    BASELINE,
    OTHER,
    FakeJob,
    make_content,
    write_content,
)
from tests.test_configs import make_corpus

REPO = Path(__file__).parents[2]

pytest.importorskip("matplotlib")


def start(folder: Path, *args: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "spacy", "moee", "compare", "e.yml", "out"]
    return subprocess.Popen(
        [*command, *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPO), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf8",
    )


def run(folder: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    with start(folder, *args) as process:
        output, _ = process.communicate(timeout=600)
    return subprocess.CompletedProcess(args, process.returncode, output)


def wait(condition: Callable[[], Any], process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + 300
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def finished(folder: Path) -> Dict[Path, int]:
    found = folder.glob("out/runs/*/result.json")
    return {path: path.stat().st_mtime_ns for path in found}


def under_way(folder: Path) -> List[Path]:
    """Runs that train: their first log has a row, and they are not finished."""
    return [
        log
        for log in folder.glob("out/runs/*/train.log")
        if "ENTS_F" in log.read_text("utf8")
        and not (log.parent / "result.json").exists()
    ]


def children(folder: Path) -> List[str]:
    """Processes, other than the command itself, that work for one in `folder`."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            here = os.path.realpath(path / "cwd") == str(folder.resolve())
            command = (path / "cmdline").read_bytes().decode().replace("\0", " ")
        except OSError:
            continue
        if here and "experiments.run.child" in command:
            found.append(command)
    return found


def read_lines(folder: Path) -> List[Dict[str, Any]]:
    text = (folder / "out" / "results.jsonl").read_text("utf8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
def test_stopped_killed_and_finished(tmp_path: Path) -> None:
    write_content(tmp_path / "e.yml", make_content(tmp_path))
    with start(tmp_path) as process:
        wait(lambda: under_way(tmp_path), process)
        process.send_signal(signal.SIGTERM)
        assert "0 of 4 runs are finished" in process.communicate(timeout=600)[0]
    assert "no run is finished" in (tmp_path / "out" / "report.html").read_text("utf8")

    with start(tmp_path) as process:
        wait(lambda: finished(tmp_path) and under_way(tmp_path), process)
        before = finished(tmp_path)
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=600)[0]
    assert process.returncode == 130
    assert "1 of 4 runs are finished" in output
    assert "python -m spacy moee compare e.yml out\n" in output
    assert "| 1 of 2 |" in (tmp_path / "out" / "table.md").read_text("utf8")
    assert len(read_lines(tmp_path)) == len(before) == 1 and not children(tmp_path)

    with start(tmp_path, "--jobs", "2") as process:
        wait(lambda: len(under_way(tmp_path)) == 2, process)
        assert not Path("/proc/self").exists() or children(tmp_path)
        process.kill()
    end = time.monotonic() + 30
    while children(tmp_path):
        assert time.monotonic() < end, children(tmp_path)
        time.sleep(0.05)
    assert before.items() <= finished(tmp_path).items()

    done = run(tmp_path, "--jobs", "2")
    assert done.returncode == 0, done.stdout
    assert f"{OTHER} \u00b7 hash \u00b7 seed 1: F1 source " in done.stdout
    assert f"{OTHER} \u00b7 hash \u00b7 seed 1: epoch 1, dev F1 " in done.stdout
    after = finished(tmp_path)
    assert before.items() <= after.items() and len(after) == 4
    check_lines(read_lines(tmp_path))
    assert "| hash       | BiLSTM-CRF" in (tmp_path / "out" / "table.md").read_text()
    assert "<svg" in (tmp_path / "out" / "report.html").read_text("utf8")

    again = run(tmp_path)
    assert again.returncode == 0 and "4 of 4 runs finished before" in again.stdout
    assert finished(tmp_path) == after and "epoch" not in again.stdout
    fails_alone(tmp_path, after)


def check_lines(lines: List[Dict[str, Any]]) -> None:
    assert [(line["seed"], line["system"]) for line in lines] == [
        (seed, system) for seed in (0, 1) for system in (BASELINE, OTHER)
    ]
    for line in lines:
        # spaCy counts from 0 and evaluates before the first and after each but the last
        assert line["epochs"] == 2 and line["best_epoch"] in (1, 2)
        assert [epoch for epoch, _ in line["dev_curve"]] == [0, 1, 2]
        best = max(f1 for _, f1 in line["dev_curve"])
        assert line["dev_f1"] == pytest.approx(best, abs=0.01)
        assert line["minutes"] > 0 and line["peak_mb"] > 50
        assert set(line["data"]) >= {"train", "dev", "test", "targets.tech"}
        for scores in line["scores"].values():
            # eight docs of one PER and one LOC
            counts = [c["counts"][2] for c in scores["per_type"].values()]
            assert sum(counts) == scores["counts"][2] == 16
            assert scores["words_per_second"] > 0


def fails_alone(folder: Path, before: Dict[Path, int]) -> None:
    """A system more, which fails: the others stay, and are shown."""
    content = make_content(folder)
    config = content["systems"][OTHER]["config"]
    overrides = {"training.max_epochs": "many"}
    content["systems"]["Broken"] = {"config": config, "overrides": overrides}
    write_content(folder / "e.yml", content)
    done = run(folder, "--jobs", "2")
    assert done.returncode == 1 and finished(folder) == before
    assert "Broken \u00b7 hash \u00b7 seed 0: failed, see out/runs/" in done.stdout
    assert "    Config validation error: max_epochs " in done.stdout
    table = (folder / "out" / "table.md").read_text("utf8")
    assert "| Broken       | 0 of 2" in table and "## Failed" in table
    assert "| 2 failed: Config validation error: max_epochs " in table


def invoke(*args: object) -> Any:
    return CliRunner().invoke(app, ["moee", "compare", *map(str, args)])


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Any:
    FakeJob.install(monkeypatch)
    return FakeJob


def compare(folder: Path, *args: str, **changes: Any) -> Any:
    path = write_content(folder / "e.yml", make_content(folder, **changes))
    return invoke(path, folder / "out", *args)


def files(folder: Path) -> Dict[str, bytes]:
    paths = (path for path in (folder / "out").iterdir() if path.is_file())
    return {p.name: p.read_bytes() for p in paths if p.name != ".lock"}


def test_fewer_systems_replace_nothing(tmp_path: Path, fake: Any) -> None:
    assert compare(tmp_path).exit_code == 0
    before = files(tmp_path)
    assert before.keys() == {"results.jsonl", "table.md", "report.html"}
    systems = make_content(tmp_path)["systems"]
    less = compare(tmp_path, systems={BASELINE: systems[BASELINE]})
    assert less.exit_code == 0 and "[MW51]" in less.output
    assert f"{OTHER} \u00b7 hash \u00b7 seed 0 and 1 more" in less.output
    after = files(tmp_path)
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {
        "results-2.jsonl",
        "table-2.md",
        "report-2.html",
    }
    assert OTHER not in after["table-2.md"].decode()
    assert "table-2.md" in less.output
    again = compare(tmp_path)
    assert "[MW51]" not in again.output and files(tmp_path).keys() == before.keys()


def test_runs_of_other_code(
    tmp_path: Path, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compare(tmp_path).exit_code == 0
    monkeypatch.setattr(grid, "code_hash", lambda: "other")
    kept = compare(tmp_path, "--accept-old")
    assert kept.exit_code == 0 and len(fake.started) == 4
    assert "4 of 4 runs finished before, 4 of them with other code" in kept.output
    assert "[MW54]" not in kept.output
    table = files(tmp_path)["table.md"].decode()
    assert table.count("| other code with seed 0, 1 |") == 2
    report = files(tmp_path)["report.html"].decode()
    assert "other code with seed 0, 1" in report and "--accept-old" in report
    new = compare(tmp_path)
    assert new.exit_code == 0 and len(fake.started) == 8
    assert "[MW54] 4 of 4 runs were finished with other code" in new.output
    table = files(tmp_path)["table.md"].decode()
    assert "other code" not in table and files(tmp_path).keys() == {
        "results.jsonl",
        "table.md",
        "report.html",
    }


def test_runs_that_fail_again_replace_nothing(tmp_path: Path, fake: Any) -> None:
    assert compare(tmp_path).exit_code == 0
    before = files(tmp_path)
    # all is new, and nothing works
    make_corpus(tmp_path / "train.spacy", n_docs=7)
    fake.fails = [0, 1]
    result = compare(tmp_path)
    assert result.exit_code == 1 and "[M508]" in result.output
    assert {name: files(tmp_path)[name] for name in before} == before
    assert "No such thing" in files(tmp_path)["table-2.md"].decode()


def test_all_fail_alike(tmp_path: Path, fake: Any) -> None:
    fake.fails = list(range(9))
    result = compare(tmp_path, seeds=fake.fails)
    assert result.exit_code == 1 and len(fake.started) == 2
    assert "[M508] Stopped, because 2 of the 18 runs failed" in result.output
    assert "so would the other 16: No such thing." in result.output
    assert "1 failed: No such thing; 8 not run" in " ".join(result.output.split())
    table = (tmp_path / "out" / "table.md").read_text("utf8")
    assert "1 failed: No such thing; 8 not run" in table
    assert "16 runs were not tried" in table
    report = (tmp_path / "out" / "report.html").read_text("utf8")
    assert "No such thing" in report and "16 runs were not tried" in report


def test_damaged_files_are_made_again(tmp_path: Path, fake: Any) -> None:
    assert compare(tmp_path).exit_code == 0
    before = files(tmp_path)
    paths = sorted(tmp_path.glob("out/runs/*/result.json"))
    paths[0].write_text(paths[0].read_text()[:-9])
    (tmp_path / "out" / "results.jsonl").write_bytes(b"{\n" + before["results.jsonl"])
    result = compare(tmp_path)
    assert result.exit_code == 0 and len(fake.started) == 5
    assert f"[MW52] '{paths[0]}' is damaged: Invalid JSON" in result.output
    assert "[MW53] 1 lines of" in result.output
    # there were five lines
    assert "results-2.jsonl" in files(tmp_path)
    assert compare(tmp_path, seeds=[0, 1, 2]).exit_code == 0
    assert b"{\n" not in files(tmp_path)["results.jsonl"]


def test_folders_that_can_t_be_used(tmp_path: Path, fake: Any) -> None:
    path = write_content(tmp_path / "e.yml", make_content(tmp_path))
    result = invoke(path, path / "out")
    assert result.exit_code == 1 and "[M510]" in result.output
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "table.md").write_text("My own")
    result = compare(tmp_path)
    assert result.exit_code == 1 and "[M511]" in result.output and not fake.started


def test_full_disk(tmp_path: Path, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    assert compare(tmp_path).exit_code == 0
    before = files(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    result = compare(tmp_path)
    assert result.exit_code == 1 and "No space left" in result.output
    assert "[M510]" in result.output and files(tmp_path) == before


def test_errors_come_before_the_first_run(tmp_path: Path) -> None:
    path = write_content(tmp_path / "e.yml", make_content(tmp_path, seeds="all"))
    result = invoke(path, tmp_path / "out")
    assert result.exit_code == 1 and "[M502]" in result.output
    assert invoke(tmp_path / "none.yml", tmp_path / "out").exit_code == 2
    overrides = {"paths.vectors": str(tmp_path / "none"), "paths.init_tok2vec": "gone"}
    (tmp_path / "tech.spacy").unlink()
    content = make_content(tmp_path, overrides=overrides)
    (tmp_path / "tech.spacy").unlink()
    result = invoke(write_content(tmp_path / "e.yml", content), tmp_path / "out")
    assert result.exit_code == 1 and "[M503]" in result.output
    assert result.output.count("\n  - ") == 3
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("package", ["matplotlib", "scipy"])
def test_packages_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    path = write_content(tmp_path / "e.yml", make_content(tmp_path))
    result = invoke(path, tmp_path / "out")
    assert result.exit_code == 1 and "[M505]" in result.output
    assert "spacy-moee[insight]" in result.output and package in result.output
