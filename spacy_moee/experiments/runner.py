"""Runs an experiment: some processes at a time, and nothing twice."""

import json
import signal
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Deque, Dict, Iterator, List, Optional

from filelock import FileLock, Timeout

from ..errors import MoeeError
from .experiment import Experiment
from .files import write_text
from .grid import Run
from .job import Job, read_result

# seconds between two looks at the processes
PAUSE = 0.2


class State:
    """How far everything is.

    runs (List[Run]): All runs, in order.
    results (Dict[str, Dict]): The results of the finished ones, by key.
    failed (Dict[str, Path]): The logs of those that failed, by key.
    errors (Dict[str, str]): What stopped those that could not even write one.
    active (List[Job]): Those that run now.
    """

    def __init__(self, runs: List[Run], folder: Path) -> None:
        self.runs = runs
        self.folder = folder
        self.results: Dict[str, Dict[str, Any]] = {}
        self.failed: Dict[str, Path] = {}
        self.errors: Dict[str, str] = {}
        self.active: List[Job] = []
        for run in runs:
            result = read_result(self.folder_of(run))
            if result is not None:
                self.results[run.key] = result

    def folder_of(self, run: Run) -> Path:
        """RETURNS (Path): The folder of a run."""
        return self.folder / "runs" / run.name

    def finished(self) -> List[Dict[str, Any]]:
        """RETURNS (List[Dict[str, Any]]): The results, in the order of the runs."""
        return [self.results[r.key] for r in self.runs if r.key in self.results]


def run_all(
    experiment: Experiment,
    state: State,
    *,
    jobs: int,
    gpu_id: int,
    show: Callable[[State], None],
) -> None:
    """Run what is not finished. After every run `results.jsonl` has one line more.

    experiment (Experiment): The experiment.
    state (State): Where everything stands; it is kept up to date.
    jobs (int): How many runs at a time.
    gpu_id (int): The GPU, or -1.
    show (Callable[[State], None]): Called several times a second.
    RAISES (KeyboardInterrupt): After SIGINT or SIGTERM, when no process is left.
    """
    waiting: Deque[Run] = deque(r for r in state.runs if r.key not in state.results)
    write_lines(state)
    with signals_interrupt(), no_orphans(state):
        while waiting or state.active:
            while waiting and len(state.active) < jobs:
                _start(experiment, state, waiting.popleft(), gpu_id)
            for job in list(state.active):
                _look(state, job)
            show(state)
            time.sleep(PAUSE)


def _start(experiment: Experiment, state: State, run: Run, gpu_id: int) -> None:
    folder = state.folder_of(run)
    try:
        state.active.append(Job(experiment, run, folder, gpu_id))
    except OSError as error:
        state.failed[run.key] = folder / "train.log"
        state.errors[run.key] = str(error)


def _look(state: State, job: Job) -> None:
    """See whether a run is over. What goes wrong with its files, such as a full disk
    or a removed folder, is this run's failure and no other's."""
    try:
        if not job.is_over():
            return
    except (OSError, ValueError, KeyError) as error:
        job.ask_to_end()
        job.end()
        state.errors[job.run.key] = f"{type(error).__name__}: {error}"
    _settle(state, job)


def _settle(state: State, job: Job) -> None:
    state.active.remove(job)
    result = read_result(job.folder)
    if result is None:
        state.failed[job.run.key] = job.log
    else:
        state.results[job.run.key] = result
        write_lines(state)


def write_lines(state: State) -> None:
    """Write `results.jsonl`: one line for each finished run, without the counts of the
    sentences, which stay in the run's own folder.

    state (State): Where everything stands.
    """
    lines = []
    for result in state.finished():
        slim = dict(result)
        for domain in ("source", "target"):
            slim[domain] = {k: v for k, v in slim[domain].items() if k != "sentences"}
        lines.append(json.dumps(slim) + "\n")
    write_text(state.folder / "results.jsonl", "".join(lines))


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Keep other commands out of the output folder.

    folder (Path): The folder; it is made.
    RAISES (MoeeError): M506, if another command is working in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # the system lets it go, however this process ends
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise MoeeError("M506", folder=folder) from error
    with lock:
        yield


@contextmanager
def no_orphans(state: State) -> Iterator[None]:
    """End every process that still runs when the block is left."""
    try:
        yield
    finally:
        for job in state.active:
            job.ask_to_end()
        for job in state.active:
            job.end()


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Let SIGTERM do what SIGINT does: raise KeyboardInterrupt."""

    def interrupt(number: int, frame: Optional[FrameType]) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
