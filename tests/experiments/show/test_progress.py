"""What a person sees, on a terminal and elsewhere."""

import io
from pathlib import Path
from typing import Any, Dict, List

import pytest
from rich.console import Console

from spacy_moee.experiments.plan.experiment import read_experiment
from spacy_moee.experiments.plan.grid import Run, make_runs
from spacy_moee.experiments.run.failure import Failure
from spacy_moee.experiments.run.runner import State
from spacy_moee.experiments.show import progress
from tests.experiments.util import (
    BASELINE,
    OTHER,
    TARGET,
    make_content,
    make_result,
    without_score,
    write_content,
)


class FakeJob:
    step = "train"

    def __init__(self, run: Run) -> None:
        self.run = run
        self.rows: List[Dict[str, Any]] = []

    def read_epochs(self) -> List[Dict[str, Any]]:
        return self.rows


@pytest.fixture
def state(tmp_path: Path) -> State:
    """Of four runs one is finished, two train, and one waits."""
    path = write_content(tmp_path / "e.yml", make_content(tmp_path))
    state = State("x", make_runs(read_experiment(path)), tmp_path / "out")
    finished, *active = state.runs[:3]
    state.results[finished.key] = make_result(
        finished.system, finished.seed, code=finished.code
    )
    jobs: Any = [FakeJob(run) for run in active]
    state.active = jobs
    return state


def show_all(state: State, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> str:
    """Let one run fail and the other reach its second epoch, and look often."""
    monkeypatch.setattr(progress, "PAUSE", -1)
    file = io.StringIO()
    # as wide as no line is
    console = Console(file=file, force_terminal=terminal, width=200, color_system=None)
    with progress.Progress(console) as shown:
        shown.show(state)
        one, two = state.active
        for epoch, f1 in enumerate([0.0, 81.25, 80.5]):
            scores = {"ents_f": f1 / 100}
            row = {"epoch": epoch, "step": 10 * epoch, "scores": scores}
            two.rows.append(row)  # type: ignore[attr-defined]
            shown.show(state)
        state.active.remove(one)
        log = state.folder / "[log].txt"
        state.failed[one.run.key] = Failure(log, "[red] is no colour")
        shown.show(state)
        shown.show(state)
    return file.getvalue()


def check_ended(output: str, state: State) -> None:
    [done] = [line for line in output.splitlines() if "\u2714" in line]
    assert (
        f"{BASELINE} \u00b7 hash \u00b7 seed 0: F1 source 48.00, tech 48.00, " in done
    )
    [failed] = [line for line in output.splitlines() if "\u2718" in line]
    assert OTHER in failed and str(state.folder / "[log].txt") in failed
    assert output.count("    [red] is no colour") == 1


def test_lines(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    output = show_all(state, monkeypatch, terminal=False)
    check_ended(output, state)
    epochs = [
        line for line in output.splitlines() if "epoch" in line and "dev F1" in line
    ]
    assert epochs == [
        f"  {BASELINE} \u00b7 hash \u00b7 seed 1: epoch {i}, dev F1 {f1}"
        for i, f1 in enumerate(["0.00", "81.25", "80.50"])
    ]


def test_live_table(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    output = show_all(state, monkeypatch, terminal=True)
    check_ended(output, state)
    table = output[output.rindex("running") :].splitlines()
    assert table[1].split()[-4:] == ["1", "2", "80.50", "81.25"]
    assert "1/4 finished \u00b7 1 failed" in table[2]


def test_target_that_nobody_has_annotated(state: State) -> None:
    file = io.StringIO()
    [key] = state.results
    state.results[key] = without_score(state.results[key], TARGET)
    progress.Progress(Console(file=file, width=200)).show(state)
    assert "F1 source 48.00, tech - (not annotated), dev " in file.getvalue()


def test_finished_before(state: State) -> None:
    file = io.StringIO()
    shown = progress.Progress(Console(file=file, width=200))
    shown.tell_finished_before(state)
    shown.show(state)
    assert file.getvalue() == "1 of 4 runs finished before\n"
