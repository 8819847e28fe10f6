"""`spacy moee compare`, from the command line to the report."""

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
from tests.experiments.util import BASELINE, OTHER, make_content, write_content

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
        output, _ = process.communicate(timeout=500)
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
        if here and "experiments.child" in command:
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
        assert "0 of 4 runs are finished" in process.communicate(timeout=60)[0]
    assert "no run is finished" in (tmp_path / "out" / "report.html").read_text("utf8")

    with start(tmp_path) as process:
        wait(lambda: finished(tmp_path) and under_way(tmp_path), process)
        before = finished(tmp_path)
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=60)[0]
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
    assert f"{OTHER} \u00b7 hash \u00b7 seed 1: target F1 " in done.stdout
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
        assert set(line["data"]) >= {"train", "dev", "test", "target"}
        for domain in ("source", "target"):
            # eight docs of one PER and one LOC
            counts = [c["counts"][2] for c in line[domain]["per_type"].values()]
            assert sum(counts) == line[domain]["counts"][2] == 16
            assert line[domain]["words_per_second"] > 0


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
    assert "max_epochs" in done.stdout
    table = (folder / "out" / "table.md").read_text("utf8")
    assert "| Broken       | 0 of 2" in table and "## Failed" in table


def invoke(*args: object) -> Any:
    return CliRunner().invoke(app, ["moee", "compare", *map(str, args)])


def test_errors_come_before_the_first_run(tmp_path: Path) -> None:
    path = write_content(tmp_path / "e.yml", make_content(tmp_path, seeds="all"))
    result = invoke(path, tmp_path / "out")
    assert result.exit_code == 1 and "[M502]" in result.output
    assert invoke(tmp_path / "none.yml", tmp_path / "out").exit_code == 2
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
