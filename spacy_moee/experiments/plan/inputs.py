"""What the result of a run depends on besides its config: files and folders."""

import json
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

from confection import Config

from ...errors import MoeeError
from ...files import hash_of_path, write_text
from .experiment import Experiment

# files in the folder of a run: what it reads, how its test sets are read, and what is
# known of its training once that is finished
INPUTS = "inputs.json"
READINGS = "readings.json"
TRAINED = "trained.json"


def find_inputs(experiment: Experiment, config: Config) -> Dict[str, Path]:
    """List the files and folders that a run reads: the experiment's data, and whatever
    its config names that is there, such as vectors, an encoder or a pipeline to take
    components from.

    experiment (Experiment): The experiment.
    config (Config): The config of the run.
    RETURNS (Dict[str, Path]): The paths, by the key of the experiment's data or of
        the config.
    """
    values = config.interpolate()
    # variables: what reads a file stands in the other sections
    values.pop("paths", None)
    found = experiment.data.files
    for name, path in _paths(values):
        # of a pipeline that is there for its vectors, nothing else is read
        if name == "initialize.vectors" and (path / "vocab").is_dir():
            path = path / "vocab"
        if path not in found.values():
            found[name] = path
    return found


def is_test(name: str) -> bool:
    """RETURNS (bool): Whether a run is tested by the input of this name, and not
    trained by it."""
    return name == "test" or name.startswith("targets.")


def _paths(values: Dict[str, Any], prefix: str = "") -> Iterator[Tuple[str, Path]]:
    for key, value in values.items():
        if isinstance(value, list):
            value = {str(number): item for number, item in enumerate(value)}
        if isinstance(value, dict):
            yield from _paths(value, f"{prefix}{key}.")
        elif isinstance(value, str) and is_there(value):
            yield f"{prefix}{key}", Path(value)


def is_there(value: str) -> bool:
    """See whether a text names a file or a folder.

    value (str): Any text.
    RETURNS (bool): Whether there is one of this name, other than the current folder.
    """
    path = Path(value)
    try:
        # "" and "." are the current folder; a device or a pipe has no end
        return path.name != "" and (path.is_file() or path.is_dir())
    except (OSError, ValueError):
        # no path at all: too long, or with a null character
        return False


def is_file(path: Path) -> bool:
    """See whether a path is that of a file.

    path (Path): Any path.
    RETURNS (bool): False also for what no file can be called.
    """
    return is_there(str(path)) and path.is_file()


def write_inputs(file: Path, inputs: Dict[str, Path], hashes: Dict[str, str]) -> None:
    """Write down what a run reads, for `check_inputs`.

    file (Path): The file.
    inputs (Dict[str, Path]): The paths.
    hashes (Dict[str, str]): Their hashes when the command started.
    """
    content = {k: {"path": str(v), "hash": hashes[k]} for k, v in inputs.items()}
    write_text(file, json.dumps(content, indent=2))


def check_inputs(folder: Path) -> Dict[str, Path]:
    """See that what a run was trained on, and is to be tested on, is what it was when
    the command started.

    folder (Path): The folder of the run. If what it was trained on has changed, its
        training does not count.
    RETURNS (Dict[str, Path]): The paths, by name.
    RAISES (MoeeError): M507, if something has changed.
    """
    content = json.loads((folder / INPUTS).read_text(encoding="utf8"))
    for name, entry in content.items():
        try:
            check_hash(Path(entry["path"]), entry["hash"])
        except MoeeError:
            if not is_test(name):
                (folder / TRAINED).unlink(missing_ok=True)
            raise
    return {name: Path(entry["path"]) for name, entry in content.items()}


def check_hash(path: Path, expected: str) -> None:
    """See that a file or folder is what it was.

    path (Path): The file or folder.
    expected (str): Its hash when the command started.
    RAISES (MoeeError): M507, if it has changed or is gone.
    """
    found = hash_of_path(path) if path.exists() else "nothing"
    if found != expected:
        raise MoeeError("M507", path=path, expected=expected, found=found)


def stamp(path: Path) -> Tuple[Tuple[str, int, int], ...]:
    """Say what a file or folder is like, without reading it.

    path (Path): The file or folder.
    RETURNS (Tuple[Tuple[str, int, int], ...]): The names, sizes and times of its files;
        they are equal if nothing was written.
    """
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    states = [(str(file), file.stat()) for file in files if file.is_file()]
    return tuple((name, x.st_size, x.st_mtime_ns) for name, x in states)
