"""Runs an experiment: some processes at a time, and nothing twice."""

import signal
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Callable, Deque, Dict, Iterator, List, Optional

from ...errors import MoeeError
from ..plan.grid import Run
from ..plan.inputs import TESTS, check_hash, stamp
from .failure import Failure, Watch
from .job import Job, is_trained, read_result
from .records import Record
from .results import RUNS, write_results

# seconds between two looks at the processes
PAUSE = 0.2


class State:
    """How far everything is.

    title (str): The experiment's title.
    runs (List[Run]): All runs, in order.
    folder (Path): The output folder.
    results (Dict[str, Record]): The results of the finished ones, by key.
    failed (Dict[str, Failure]): Those that failed, by key.
    damaged (List[MoeeError]): Why runs that were finished are not.
    active (List[Job]): Those that run now.
    untried (List[Run]): Those that are left when all that were tried failed alike.
    """

    def __init__(self, title: str, runs: List[Run], folder: Path) -> None:
        self.title = title
        self.runs = runs
        self.folder = folder
        self.results: Dict[str, Record] = {}
        self.failed: Dict[str, Failure] = {}
        self.damaged: List[MoeeError] = []
        self.active: List[Job] = []
        self.untried: List[Run] = []
        paths = {path for run in runs for path in run.inputs.values()}
        self._stamps = {path: stamp(path) for path in paths}
        for run in {run.key: run for run in runs}.values():
            try:
                if not self.read(run):
                    is_trained(self.folder_of(run))
            except MoeeError as error:
                self.damaged.append(error)

    def read(self, run: Run) -> bool:
        """Look for the result of a run.

        run (Run): The run.
        RETURNS (bool): Whether there is one, on the data of today.
        RAISES (MoeeError): M512, if it is damaged.
        """
        result = read_result(self.folder_of(run))
        if result is None or result["data"] != run.data:
            return False
        self.results[run.key] = result
        return True

    def folder_of(self, run: Run) -> Path:
        """RETURNS (Path): The folder of a run, which may have had another name when it
        was made."""
        folder = self.folder / RUNS
        made = sorted(folder.glob(f"*_{run.key}"))
        return made[0] if made else folder / run.name

    def finished(self) -> List[Record]:
        """RETURNS (List[Record]): The results, in the order of the runs, under the
        names that these have now."""
        return [
            {
                "experiment": self.title,
                **self.results[run.key],
                "system": run.system,
                "embeddings": run.embeddings,
            }
            for run in self.runs
            if run.key in self.results
        ]

    def check_inputs(self, run: Run) -> None:
        """See that what a run would be trained on is what it was when the command
        started.

        run (Run): The run.
        RAISES (MoeeError): M507, if something has changed.
        """
        for name, path in run.inputs.items():
            if name not in TESTS and stamp(path) != self._stamps[path]:
                check_hash(path, run.data[name])


def run_all(
    state: State, *, jobs: int, gpu_id: int, show: Callable[[State], None]
) -> None:
    """Run what is not finished. After every run `results.jsonl` has one line more. If
    all runs fail alike, not all of them are tried.

    state (State): Where everything stands; it is kept up to date.
    jobs (int): How many runs at a time.
    gpu_id (int): The GPU, or -1.
    show (Callable[[State], None]): Called several times a second.
    RAISES (MoeeError): M510, if the output folder can't be written to.
    RAISES (KeyboardInterrupt): After SIGINT or SIGTERM, when no process is left.
    """
    # runs with one key are one
    todo = {run.key: run for run in state.runs if run.key not in state.results}
    waiting: Deque[Run] = deque(todo.values())
    watch = Watch()
    write_results(state.folder, state.finished())
    with signals_interrupt(), no_orphans(state):
        while state.active or (waiting and not watch.is_shared):
            while waiting and len(state.active) < jobs and not watch.is_shared:
                if watch.wants_probe:
                    waiting.rotate()
                    watch.set_probe(waiting[0].key)
                _start(state, waiting.popleft(), gpu_id, watch)
            for job in list(state.active):
                _look(state, job, watch)
            show(state)
            time.sleep(PAUSE)
    state.untried = list(waiting)


def _start(state: State, run: Run, gpu_id: int, watch: Watch) -> None:
    folder = state.folder_of(run)
    try:
        state.check_inputs(run)
        state.active.append(Job(run, folder, gpu_id))
    except (OSError, MoeeError) as error:
        coded = isinstance(error, MoeeError)
        reason = str(error) if coded else f"{type(error).__name__}: {error}"
        failure = Failure(folder / "train.log", reason, is_early=True)
        state.failed[run.key] = failure
        watch.fail(run.key, failure, folder)


def _look(state: State, job: Job, watch: Watch) -> None:
    """See whether a run is over. What goes wrong with its files, such as a full disk
    or a removed folder, is this run's failure and no other's."""
    problem = ""
    if watch.is_waiting and not job.is_early:
        watch.get_further()
    try:
        if not job.is_over():
            return
        if state.read(job.run):
            state.active.remove(job)
            watch.get_further()
            _save(state)
            return
    except MoeeError as error:
        problem = str(error)
    except (OSError, ValueError, KeyError) as error:
        problem = f"{type(error).__name__}: {error}"
    if problem:
        job.ask_to_end()
        job.end()
    state.active.remove(job)
    failure = job.explain(problem)
    state.failed[job.run.key] = failure
    watch.fail(job.run.key, failure, job.folder)


def _save(state: State) -> None:
    try:
        write_results(state.folder, state.finished())
    except MoeeError:
        # no reason to end the runs that train: the result is in its own folder, and
        # the file is written again after the next run and at the end
        pass


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
