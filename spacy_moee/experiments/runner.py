"""Runs an experiment: some processes at a time, and nothing twice."""

import json
import signal
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Deque, Dict, Iterator, List, NamedTuple, Optional

from filelock import FileLock, Timeout

from ..errors import MoeeError
from ..files import write_text
from .grid import Run
from .job import Job, read_result

# seconds between two looks at the processes
PAUSE = 0.2


class Failure(NamedTuple):
    """Why a run has no result.

    log (Path): The log of the process that failed.
    error (str): What stopped a run that could not even write one; else "".
    """

    log: Path
    error: str = ""


class State:
    """How far everything is.

    runs (List[Run]): All runs, in order.
    results (Dict[str, Dict]): The results of the finished ones, by key.
    failed (Dict[str, Failure]): Those that failed, by key.
    active (List[Job]): Those that run now.
    """

    def __init__(self, runs: List[Run], folder: Path) -> None:
        self.runs = runs
        self.folder = folder
        self.results: Dict[str, Dict[str, Any]] = {}
        self.failed: Dict[str, Failure] = {}
        self.active: List[Job] = []
        for run in runs:
            self.read(run)

    def read(self, run: Run) -> bool:
        """Look for the result of a run. RETURNS (bool): Whether there is one."""
        result = read_result(self.folder_of(run))
        if result is None or result["data"] != run.data:
            return False
        self.results[run.key] = result
        return True

    def folder_of(self, run: Run) -> Path:
        """RETURNS (Path): The folder of a run, which may have had another name when it
        was made."""
        folder = self.folder / "runs"
        made = sorted(folder.glob(f"*_{run.key}"))
        return made[0] if made else folder / run.name

    def finished(self) -> List[Dict[str, Any]]:
        """RETURNS (List[Dict[str, Any]]): The results, in the order of the runs, under
        the names that these have now."""
        return [
            {
                **self.results[run.key],
                "system": run.system,
                "embeddings": run.embeddings,
            }
            for run in self.runs
            if run.key in self.results
        ]


def run_all(
    state: State,
    *,
    jobs: int,
    gpu_id: int,
    show: Callable[[State], None],
) -> None:
    """Run what is not finished. After every run `results.jsonl` has one line more.

    state (State): Where everything stands; it is kept up to date.
    jobs (int): How many runs at a time.
    gpu_id (int): The GPU, or -1.
    show (Callable[[State], None]): Called several times a second.
    RAISES (KeyboardInterrupt): After SIGINT or SIGTERM, when no process is left.
    """
    # runs with one key are one
    todo = {run.key: run for run in state.runs if run.key not in state.results}
    waiting: Deque[Run] = deque(todo.values())
    write_lines(state)
    with signals_interrupt(), no_orphans(state):
        while waiting or state.active:
            while waiting and len(state.active) < jobs:
                _start(state, waiting.popleft(), gpu_id)
            for job in list(state.active):
                _look(state, job)
            show(state)
            time.sleep(PAUSE)


def _start(state: State, run: Run, gpu_id: int) -> None:
    folder = state.folder_of(run)
    try:
        state.active.append(Job(run, folder, gpu_id))
    except OSError as error:
        state.failed[run.key] = Failure(folder / "train.log", str(error))


def _look(state: State, job: Job) -> None:
    """See whether a run is over. What goes wrong with its files, such as a full disk
    or a removed folder, is this run's failure and no other's."""
    problem = ""
    try:
        if not job.is_over():
            return
    except (OSError, ValueError, KeyError) as error:
        job.ask_to_end()
        job.end()
        problem = f"{type(error).__name__}: {error}"
    state.active.remove(job)
    if state.read(job.run):
        write_lines(state)
    else:
        state.failed[job.run.key] = Failure(job.log, problem)


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
