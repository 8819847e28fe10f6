"""The files that a person reads, which are never replaced by less.

`results.jsonl`, `table.md` and `report.html` belong together. They stay if the new ones
would show less: fewer finished runs, because the command was stopped, a run failed or a
system was taken out of the experiment, or runs of another experiment that was given the
same folder. The new ones then lie beside them, as `results-2.jsonl`, `table-2.md` and
`report-2.html`.
"""

import json
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Iterator, List, NamedTuple, Sequence, Tuple

from filelock import FileLock, Timeout

from ...errors import MoeeError, os_errors
from ...files import write_all
from .records import Record

RUNS = "runs"


class Paths(NamedTuple):
    """Files that belong together.

    results (Path): A line for each finished run.
    table (Path): The table.
    report (Path): The report.
    """

    results: Path
    table: Path
    report: Path


class Shown(NamedTuple):
    """A run in a results file.

    key (str): What the run's training depends on, hashed.
    experiment (str): The experiment's title.
    name (str): What the run is called in it.
    """

    key: str
    experiment: str
    name: str


class Earlier(NamedTuple):
    """What a results file holds.

    runs (List[Shown]): The runs.
    n_damaged (int): How many lines can't be read.
    """

    runs: List[Shown]
    n_damaged: int


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Keep other commands out of the output folder.

    folder (Path): The folder; it is made.
    RAISES (MoeeError): M506, if another command is working in it; M510, if nothing can
        be written there; M511, if it has files of another origin that this command
        would replace.
    """
    # the system lets it go, however this process ends
    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise MoeeError("M506", folder=folder) from error
    except (OSError, NotImplementedError) as error:
        # the latter from a file system without locks
        file = getattr(error, "filename", None) or folder
        reason = getattr(error, "strerror", None) or error
        values = {"file": file, "reason": reason, "folder": folder / RUNS}
        raise MoeeError("M510", **values) from error
    with lock:
        _check_origin(folder)
        yield


def _check_origin(folder: Path) -> None:
    paths = name_paths(folder, 1)
    earlier = _read(paths.results)
    is_ours = paths.results.exists() and (earlier.runs or not earlier.n_damaged)
    for path in paths:
        if path.exists() and not is_ours and not (folder / RUNS).is_dir():
            raise MoeeError("M511", file=path)


def name_paths(folder: Path, number: int) -> Paths:
    """Name the files of one number.

    folder (Path): The output folder.
    number (int): The number, from 1.
    RETURNS (Paths): The files.
    """
    mark = "" if number == 1 else f"-{number}"
    names = (f"results{mark}.jsonl", f"table{mark}.md", f"report{mark}.html")
    return Paths(*(folder / name for name in names))


def choose_paths(folder: Path, lines: Sequence[Record]) -> Tuple[Paths, List[str]]:
    """Choose the files that results may replace: the first that show no other run.

    folder (Path): The output folder.
    lines (Sequence[Record]): The results that are to be written.
    RETURNS (Tuple[Paths, List[str]]): The files, and the runs for which `table.md` and
        the others stay; none if it is they that may be replaced.
    RAISES (MoeeError): M512, if there is a results file that can't be read.
    """
    kept: List[str] = []
    for number in count(1):
        paths = name_paths(folder, number)
        if number > 1 and not paths.results.exists() and any(p.exists() for p in paths):
            # a person's own, as `_check_origin` says of the first ones
            continue
        lost = find_lost(_read(paths.results), lines)
        if not lost:
            return paths, kept
        kept = kept or lost
    raise AssertionError("there is always a number that is free")


def find_lost(earlier: Earlier, lines: Sequence[Record]) -> List[str]:
    """Find the runs that would be lost if some results replaced others. Nothing is, if
    the same experiment has as many results as before: a person has changed it. Else a
    run is not, if its training has a result under any name, or its name another result.

    earlier (Earlier): What would be replaced.
    lines (Sequence[Record]): The results that would replace it.
    RETURNS (List[str]): The runs, as a person knows them.
    """
    new = list(map(_identify, lines))
    keys = {shown.key for shown in new}
    names = {shown[1:] for shown in new}
    titles = {shown.experiment for shown in new}
    has_as_many = len(lines) >= len(earlier.runs) + earlier.n_damaged
    if has_as_many and all(shown.experiment in titles for shown in earlier.runs):
        return []
    lost = [x.name for x in earlier.runs if x.key not in keys and x[1:] not in names]
    if not lost and earlier.n_damaged and not has_as_many:
        lost = ["a line that is damaged"]
    return lost


def find_damaged(folder: Path) -> int:
    """Count the lines of `results.jsonl` that can't be read.

    folder (Path): The output folder.
    RETURNS (int): How many there are.
    RAISES (MoeeError): M512, if the whole file can't be read.
    """
    return _read(name_paths(folder, 1).results).n_damaged


def _read(path: Path) -> Earlier:
    runs: List[Shown] = []
    n_damaged = 0
    try:
        data = path.read_bytes() if path.exists() else b""
    except OSError as error:
        problem = error.strerror or str(error)
        raise MoeeError("M512", file=path, problem=problem) from error
    for line in data.splitlines():
        try:
            runs.append(_identify(json.loads(line)))
        except (ValueError, KeyError, TypeError, RecursionError):
            n_damaged += bool(line.strip())
    return Earlier(runs, n_damaged)


def _identify(line: Record) -> Shown:
    name = f"{line['system']} \u00b7 {line['embeddings']} \u00b7 seed {line['seed']}"
    return Shown(str(line["config"]), str(line["experiment"]), name)


def write_results(
    folder: Path, lines: Sequence[Record], documents: Sequence[str] = ()
) -> Paths:
    """Write a line for each result, without the counts of the sentences and without
    names and sentences of the test sets, which stay in the run's own folder; and what
    is made of them. All is written or nothing.

    folder (Path): The output folder.
    lines (Sequence[Record]): The results.
    documents (Sequence[str]): The table and the report; none while more results are
        to come.
    RETURNS (Paths): Where they are.
    RAISES (MoeeError): M510, if they can't be written.
    """
    paths, _ = choose_paths(folder, lines)
    text = "".join(json.dumps(_without_texts(line)) + "\n" for line in lines)
    files = zip(paths, (text, *documents), strict=False)
    with os_errors("M510", folder=folder / RUNS):
        write_all([(path, content.encode("utf8")) for path, content in files])
        _remove_less(folder, paths, lines)
    return paths


def _without_texts(line: Record) -> Record:
    scores = {
        name: {
            **{k: v for k, v in found.items() if k != "sentences"},
            "errors": {k: found["errors"][k] for k in ("kinds", "confusion")},
        }
        for name, found in line["scores"].items()
    }
    return {**line, "scores": scores}


def _remove_less(folder: Path, written: Paths, lines: Sequence[Record]) -> None:
    """Remove the files of other numbers that show nothing more."""
    for number in count(2):
        paths = name_paths(folder, number)
        if paths == written:
            continue
        if not paths.results.exists():
            break
        if not find_lost(_read(paths.results), lines):
            for path in paths:
                path.unlink(missing_ok=True)
