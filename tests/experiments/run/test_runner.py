"""What is run, how many at a time, and what is left when something goes wrong."""

import json
import os
import signal
from pathlib import Path
from typing import Any, List

import pytest

from spacy_moee.errors import MoeeError
from spacy_moee.experiments.plan import grid
from spacy_moee.experiments.plan.experiment import read_experiment
from spacy_moee.experiments.plan.grid import Run, make_runs
from spacy_moee.experiments.plan.inputs import TRAINED
from spacy_moee.experiments.run import runner
from spacy_moee.experiments.run.job import RESULT
from spacy_moee.experiments.run.records import Trained
from spacy_moee.experiments.run.results import own_folder
from tests.experiments.util import (
    BASELINE,
    OTHER,
    TARGET,
    FakeJob,
    make_content,
    make_result,
    write_content,
)
from tests.test_configs import make_corpus


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeJob.install(monkeypatch)


def run(folder: Path, show: Any = lambda state: None, jobs: int = 2, **changes: Any):
    content = make_content(folder, **changes)
    experiment = read_experiment(write_content(folder / "e.yml", content))
    state: Any = runner.State(experiment.title, make_runs(experiment), folder / "out")
    try:
        runner.run_all(state, jobs=jobs, gpu_id=-1, show=show)
    finally:
        lines = (folder / "out" / "results.jsonl").read_text().splitlines()
        state.lines = [json.loads(line) for line in lines]
    return state


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_jobs_at_a_time(tmp_path: Path, jobs: int) -> None:
    active = []
    state = run(tmp_path, lambda state: active.append(len(state.active)), jobs=jobs)
    assert max(active) == jobs and active[-1] == 0
    assert len(state.results) == len(FakeJob.started) == 4
    assert [(x["seed"], x["system"]) for x in state.lines] == [
        (run.seed, run.system) for run in state.runs
    ]
    assert all("sentences" not in line["scores"][TARGET] for line in state.lines)
    assert all("sentences" in result["scores"][TARGET] for result in state.finished())


def test_nothing_is_run_twice(tmp_path: Path) -> None:
    first = run(tmp_path)
    again = run(tmp_path)
    assert len(FakeJob.started) == 4 and again.lines == first.lines
    # other seeds, other runs; the lines are those of this experiment only
    third = run(tmp_path, seeds=[7, 0])
    assert [job.run.seed for job in FakeJob.started[4:]] == [7, 7]
    assert [line["seed"] for line in third.lines] == [7, 7, 0, 0]


def test_run_without_a_result_is_not_finished(tmp_path: Path) -> None:
    first = run(tmp_path)
    missing = first.runs[2]
    (first.folder_of(missing) / RESULT).unlink()
    second = run(tmp_path)
    assert [job.run for job in FakeJob.started[4:]] == [missing]
    assert second.lines == first.lines


def test_one_fails_and_the_others_go_on(tmp_path: Path) -> None:
    FakeJob.fails = [0]
    state = run(tmp_path)
    assert {line["seed"] for line in state.lines} == {1}
    assert len(state.lines) == len(state.failed) == 2
    for r in state.runs:
        if r.seed == 0:
            log = state.folder_of(r) / "train.log"
            assert state.failed[r.key] == (log, "No such thing", True)
    assert state.untried == []


def test_a_full_disk_is_one_run_s_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(FakeJob):
        def __init__(self, run: Run, *args: Any) -> None:
            if run.seed == 0 and run.system == BASELINE:
                raise OSError(28, "No space left on device")
            super().__init__(run, *args)

        def is_over(self) -> bool:
            if self.run.seed == 1 and self.run.system == BASELINE:
                raise FileNotFoundError("evaluate.json")
            return super().is_over()

    monkeypatch.setattr(runner, "Job", Full)
    state = run(tmp_path)
    assert [(x["seed"], x["system"]) for x in state.lines] == [(0, OTHER), (1, OTHER)]
    errors = [state.failed[r.key].reason for r in state.runs if r.key in state.failed]
    assert "No space left" in errors[0] and "evaluate.json" in errors[1]
    [job] = [j for j in FakeJob.started if (j.run.seed, j.run.system) == (1, BASELINE)]
    assert job.calls == ["ask", "end"]


def test_renamed_systems_keep_their_results(tmp_path: Path) -> None:
    first = run(tmp_path)
    content = make_content(tmp_path)
    # and one more, which is a training that is there
    systems = {"New": content["systems"][BASELINE], **content["systems"]}
    again = run(tmp_path, systems=systems, embeddings={"other": {}})
    assert len(FakeJob.started) == 4 and len(again.lines) == 6
    assert {line["embeddings"] for line in again.lines} == {"other"}
    by_name = {(line["system"], line["seed"]): line["scores"] for line in again.lines}
    for line in first.lines:
        assert by_name[line["system"], line["seed"]] == line["scores"]
    for seed in (0, 1):
        assert by_name["New", seed] == by_name[BASELINE, seed]


def test_systems_of_one_config_are_trained_once(tmp_path: Path) -> None:
    systems = make_content(tmp_path)["systems"]
    state = run(tmp_path, systems={"New": systems[BASELINE], **systems})
    assert len(FakeJob.started) == 4 and len(state.lines) == 6


def test_results_on_other_tests_do_not_count(tmp_path: Path) -> None:
    first = run(tmp_path)
    make_corpus(tmp_path / f"{TARGET}.spacy", n_docs=3)
    second = run(tmp_path)
    assert [job.folder for job in FakeJob.started[4:]] == [
        first.folder_of(r) for r in second.runs
    ]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"source": 1}', "NaN"])
def test_result_that_is_not_whole_is_run_again(tmp_path: Path, content: str) -> None:
    first = run(tmp_path)
    broken = first.runs[1]
    (first.folder_of(broken) / RESULT).write_text(content)
    second = run(tmp_path)
    assert [job.run for job in FakeJob.started[4:]] == [broken]
    assert second.lines == first.lines
    assert [str(error.values["file"]) for error in second.damaged] == [
        str(first.folder_of(broken) / RESULT)
    ]


def test_training_that_is_not_whole(tmp_path: Path) -> None:
    first = run(tmp_path)
    [unfinished, *_] = first.runs
    folder = first.folder_of(unfinished)
    (folder / RESULT).unlink()
    (folder / TRAINED).write_text("{")
    [error] = run(tmp_path).damaged
    assert error.code == "M512" and error.values["file"] == folder / TRAINED


def started() -> List[Any]:
    return [(job.run.system, job.run.seed) for job in FakeJob.started]


SEEDS = [0, 1, 2, 3]


@pytest.mark.parametrize("jobs, most", [(1, 2), (2, 4), (3, 6)])
def test_all_runs_fail_alike(tmp_path: Path, jobs: int, most: int) -> None:
    FakeJob.fails = SEEDS
    state = run(tmp_path, jobs=jobs, seeds=SEEDS)
    assert len(started()) <= most
    # the last one is tried as soon as one has failed
    assert (OTHER, 3) in started() and (BASELINE, 0) in started()
    tried = len(FakeJob.started)
    assert len(state.failed) == tried and len(state.untried) == 8 - tried
    assert state.lines == []


def test_each_system_fails_in_its_own_way(tmp_path: Path) -> None:
    FakeJob.fails, FakeJob.reasons = SEEDS, {OTHER: "Another thing"}
    state = run(tmp_path, jobs=1, seeds=SEEDS)
    assert len(state.failed) == 8 and state.untried == []


def test_one_system_fails_whatever_the_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class One(FakeJob):
        def is_over(self) -> bool:
            self.fails = SEEDS if self.run.system == BASELINE else []
            return super().is_over()

    monkeypatch.setattr(runner, "Job", One)
    state = run(tmp_path, jobs=1, seeds=SEEDS)
    assert len(state.failed) == 4 and len(state.lines) == 4
    assert started()[:3] == [(BASELINE, 0), (OTHER, 3), (OTHER, 0)]


def test_failures_after_the_first_epoch_are_no_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(FakeJob):
        def is_over(self) -> bool:
            self.rows = [{"step": 0}, {"step": 10}]
            return super().is_over()

    FakeJob.fails = SEEDS
    monkeypatch.setattr(runner, "Job", Late)
    state = run(tmp_path, jobs=1, seeds=SEEDS)
    assert len(state.failed) == 8 and state.untried == []


def test_a_run_that_gets_further_while_others_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(FakeJob):
        def is_over(self) -> bool:
            if (self.run.system, self.run.seed) != (OTHER, 0):
                return super().is_over()
            # when the first and the last one have failed, it has an epoch
            self.looks += 1
            self.rows = [{"step": 10}] if self.looks > 10 else []
            return self.looks > 20

    FakeJob.fails = SEEDS
    monkeypatch.setattr(runner, "Job", Slow)
    state = run(tmp_path, jobs=2, seeds=SEEDS)
    assert len(state.failed) == 8 and state.untried == []


def test_training_data_that_changes_meanwhile(tmp_path: Path) -> None:
    def show(state: runner.State) -> None:
        if len(state.results) == 2 and not changed:
            changed.append(make_corpus(tmp_path / "train.spacy", n_docs=5))

    changed: List[Path] = []
    state = run(tmp_path, show, jobs=1, seeds=SEEDS)
    # nothing is trained that would not count
    assert len(state.results) == 2 == len(FakeJob.started)
    assert all("[M507]" in failure.reason for failure in state.failed.values())


def test_touched_training_data_is_the_same(tmp_path: Path) -> None:
    def show(state: runner.State) -> None:
        (tmp_path / "train.spacy").touch()

    assert len(run(tmp_path, show, jobs=1).results) == 4


def test_full_disk_between_two_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = runner.write_results

    def refuse(folder: Path, lines: Any) -> Any:
        if len(lines) == 2:
            raise MoeeError("M510", file=folder, reason="full", folder=folder)
        return write(folder, lines)

    monkeypatch.setattr(runner, "write_results", refuse)
    state = run(tmp_path, jobs=1)
    assert len(state.lines) == len(state.results) == 4 and not state.failed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt(tmp_path: Path, number: signal.Signals) -> None:
    def show(state: runner.State) -> None:
        if len(state.results) == 2 and state.active:
            os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, show)
    assert signal.getsignal(number) == before
    calls = [job.calls for job in FakeJob.started]
    assert calls == [[], [], ["ask", "end"], ["ask", "end"]]
    lines = (tmp_path / "out" / "results.jsonl").read_text().splitlines()
    assert len(lines) == 2


def test_two_commands_in_one_folder(tmp_path: Path) -> None:
    with own_folder(tmp_path / "out"):
        with pytest.raises(MoeeError, match="M506.*out"):
            with own_folder(tmp_path / "out"):
                raise AssertionError("two at once")
    with own_folder(tmp_path / "out"):
        pass


def with_code(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the package's code be another."""
    monkeypatch.setattr(grid, "code_hash", lambda: code)


def test_other_code_is_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_code(monkeypatch, "a")
    first = run(tmp_path)
    with_code(monkeypatch, "b")
    experiment = read_experiment(tmp_path / "e.yml")
    runs = make_runs(experiment)
    new = runner.State("x", runs, tmp_path / "out")
    assert new.finished() == [] and new.n_old == 4
    kept = runner.State(experiment.title, runs, tmp_path / "out", accept_old=True)
    assert [line["is_old"] for line in kept.finished()] == [True] * 4 and not kept.n_old
    scores = [line["scores"] for line in kept.finished()]
    assert scores == [line["scores"] for line in first.finished()]
    assert not any(line["is_old"] for line in first.finished())
    # one run more is made with the new code
    run(tmp_path, seeds=[7])
    runs = make_runs(read_experiment(tmp_path / "e.yml"))
    both = runner.State("x", runs, tmp_path / "out", accept_old=True)
    assert not any(line["is_old"] for line in both.finished())


def test_old_runs_on_other_data_are_not_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no training that could be tested again; a run has its own folder."""
    with_code(monkeypatch, "a")
    run(tmp_path)
    with_code(monkeypatch, "b")
    make_corpus(tmp_path / f"{TARGET}.spacy", n_docs=3)
    runs = make_runs(read_experiment(tmp_path / "e.yml"))
    state = runner.State("x", runs, tmp_path / "out", accept_old=True)
    assert state.finished() == [] and state.n_old == 0
    assert all(state.folder_of(r).name == r.name for r in runs)
    # one that is there is tested by the code of today
    old = runner.State("x", runs, tmp_path / "out")._find_old(runs[0])[0]
    trained = {k: make_result(OTHER, 0)[k] for k in Trained.__annotations__}
    (old / TRAINED).write_text(json.dumps(trained))
    (old / "model-best").mkdir()
    state = runner.State("x", runs, tmp_path / "out", accept_old=True)
    assert state.folder_of(runs[0]) == old and state.finished() == []
    assert state.folder_of(runs[1]).name == runs[1].name


def test_types_are_scored_anew(tmp_path: Path) -> None:
    data = make_content(tmp_path)["data"]
    run(tmp_path)
    data["targets"][TARGET]["types"] = ["PER"]
    again = run(tmp_path, data=data)
    assert len(FakeJob.started) == 8
    assert [line["types"] for line in again.lines] == [{TARGET: ["PER"]}] * 4
