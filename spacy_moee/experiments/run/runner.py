"""Runs an experiment: some processes at a time, and nothing twice."""

import signal
import time
from collections import deque
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Callable, Deque, Dict, Iterator, List, Optional

from ...errors import MoeeError
from ..plan.grid import Run
from ..plan.inputs import check_hash, is_test, stamp
from .failure import Failure, Watch
from .job import RESULT, Job, is_trained, read_result
from .records import Record
from .results import RUNS, write_results

# seconds between two looks at the processes
PAUSE = 0.2


class State:
    """How far everything is.

    title (str): The experiment's title.
    runs (List[Run]): All runs, in order.
    folder (Path): The output folder.
    accept_old (bool): Whether runs that other code of this package has finished are
        taken as they are.
    results (Dict[str, Record]): The results of the finished ones, by key.
    failed (Dict[str, Failure]): Those that failed, by key.
    damaged (List[MoeeError]): Why runs that were finished are not.
    active (List[Job]): Those that run now.
    untried (List[Run]): Those that are left when all that were tried failed alike.
    n_old (int): How many runs other code has finished, and this has not.
    """

    def __init__(
        self, title: str, runs: List[Run], folder: Path, accept_old: bool = False
    ) -> None:
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
        self._folders: Dict[str, Path] = {}
        self.n_old = 0
        for run in {run.key: run for run in runs}.values():
            old = self._find_old(run)
            own = self._find_own(run)
            if accept_old and not _is_usable(own, run):
                own = next((x for x in old if _is_usable(x, run)), own)
            self._folders[run.key] = own
            try:
                if not self.read(run):
                    is_trained(own)
                    is_offered = any((x / RESULT).exists() for x in old)
                    self.n_old += is_offered and not accept_old
            except MoeeError as error:
                self.damaged.append(error)

    def read(self, run: Run) -> bool:
        """Look for the result of a run.

        run (Run): The run.
        RETURNS (bool): Whether there is one, on the data of today.
        RAISES (MoeeError): M512, if it is damaged.
        """
        result = read_result(self.folder_of(run))
        if result is None or not _is_current(result, run):
            return False
        self.results[run.key] = result
        return True

    def folder_of(self, run: Run) -> Path:
        """RETURNS (Path): The folder of a run."""
        return self._folders[run.key]

    def _find_own(self, run: Run) -> Path:
        """The folder of a run, which may have had another name when it was made."""
        made = sorted((self.folder / RUNS).glob(f"*_{run.key}"))
        return made[0] if made else self.folder / RUNS / run.name

    def _find_old(self, run: Run) -> List[Path]:
        """Those of the same run with other code, the newest first."""
        found = set((self.folder / RUNS).glob(f"*_{run.setup}-*"))
        old = (folder for folder in found if not folder.name.endswith(run.key))
        return sorted(old, key=lambda folder: folder.stat().st_mtime, reverse=True)

    def finished(self) -> List[Record]:
        """RETURNS (List[Record]): The results, in the order of the runs, under the
        names that these have now."""
        return [
            {
                "experiment": self.title,
                **self.results[run.key],
                "system": run.system,
                "embeddings": run.embeddings,
                "raw_text": run.raw_text,
                "is_old": self.results[run.key]["code"] != run.code,
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
            if not is_test(name) and stamp(path) != self._stamps[path]:
                check_hash(path, run.data[name])


def _is_current(result: Record, run: Run) -> bool:
    """Whether a result is one on the test sets of today."""
    found = result["data"], result["types"], result["read_as"]
    return found == (run.data, run.types, run.read_as)


def _is_usable(folder: Path, run: Run) -> bool:
    """Whether a folder holds a training of a run, or all that would be done with it."""
    with suppress(MoeeError):
        result = read_result(folder)
        return is_trained(folder) or (result is not None and _is_current(result, run))
    return False


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
