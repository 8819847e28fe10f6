"""Files that are whole or not there, and hashes of files."""

import errno
import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Dict, Iterable, Iterator, Tuple

BLOCK = 1 << 20
# of a file that is larger, a fingerprint reads so many samples of so many bytes
WHOLE, N_SAMPLES, SAMPLE = 1 << 26, 1 << 10, 1 << 16


def hash_of(*parts: object) -> str:
    """Hash texts and bytes, each apart from the next.

    *parts (str / bytes): What is hashed.
    RETURNS (str): Twelve hexadecimal digits.
    """
    total = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf8")
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()[:12]


def hash_of_path(path: Path) -> str:
    """Hash a file, or the names and files of a folder.

    path (Path): The file or folder.
    RETURNS (str): Twelve hexadecimal digits.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        names = [file.relative_to(path).as_posix() for file in files]
        return hash_of(*names, *map(hash_of_path, files))
    return sha256_of(path)[:12]


def sha256_of(path: Path) -> str:
    """Hash a file. RETURNS (str): SHA-256, as 64 hexadecimal digits."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            total.update(block)
    return total.hexdigest()


def fingerprint_of(path: Path) -> str:
    """Tell a file from others: a hash of its size and its bytes. Of a file of more than
    64 MB only 1,024 blocks of 64 KB are read, evenly spaced from the first to the last,
    so that it is cheap at every load.

    path (Path): The file.
    RETURNS (str): SHA-256, as 64 hexadecimal digits.
    """
    size = path.stat().st_size
    total = hashlib.sha256(size.to_bytes(8, "little"))
    with path.open("rb") as stream:
        if size <= WHOLE:
            total.update(stream.read())
        else:
            for number in range(N_SAMPLES):
                stream.seek(number * (size - SAMPLE) // (N_SAMPLES - 1))
                total.update(stream.read(SAMPLE))
    return total.hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a file that is there as a whole, or as it was before.

    path (Path): The file; its folder is made.
    text (str): What it shall hold, in UTF-8.
    RAISES (OSError): If it can't be written.
    """
    write_all([(path, text.encode("utf8"))])


def write_all(files: Iterable[Tuple[Path, bytes]]) -> None:
    """Write all of some files, or on an error none.

    files (Iterable[Tuple[Path, bytes]]): Files and what they shall hold. Missing
        folders are made.
    RAISES (OSError): If one can't be written; its `filename` is set.
    """
    contents = dict(files)
    with whole_files(contents) as drafts:
        for path, data in contents.items():
            try:
                drafts[path].write_bytes(data)
            except OSError as error:
                # a full disk does not say which file it is about
                error.filename = str(drafts[path])
                raise


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Make a file that is there as a whole, or as it was before.

    path (Path): The file. Missing folders are made.
    YIELDS (Path): The path beside it to write to; nothing is there.
    RAISES (OSError): If it can't be written; its `filename` is set.
    """
    with whole_files([path]) as drafts:
        yield drafts[path]


@contextmanager
def whole_files(paths: Iterable[Path]) -> Iterator[Dict[Path, Path]]:
    """Make files that are all there as a whole, or all as they were before. Each is
    written beside its place, and renamed when all are.

    paths (Iterable[Path]): The files. Missing folders are made.
    YIELDS (Dict[Path, Path]): For each file, the path to write to.
    RAISES (OSError): If one can't be written; its `filename` is set.
    """
    drafts: Dict[Path, Path] = {}
    path = Path()
    try:
        for path in paths:
            if path.exists() and not path.is_file():
                # renaming would replace a device such as /dev/null
                raise FileExistsError(errno.EEXIST, "It is not a regular file")
            path.parent.mkdir(parents=True, exist_ok=True)
            drafts[path] = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        yield drafts
        for path in drafts:
            _sync(drafts[path])
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        places = {str(draft): str(path) for path, draft in drafts.items()}
        error.filename = places.get(str(error.filename), str(path))
        raise
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()


def _sync(path: Path) -> None:
    # or a power cut could leave an empty file under the name
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


@contextmanager
def whole_folder(path: Path, keep: bool = False) -> Iterator[Path]:
    """Make a folder that is there as a whole, or as it was before.

    path (Path): The folder; missing folders above it are made.
    keep (bool): Keep what else it holds, beside what is new. By default all that it
        holds is replaced.
    YIELDS (Path): An empty folder beside it, to be filled.
    RAISES (OSError): If it can't be written.
    """
    path = path.resolve()
    stem = f".{path.name}.{os.getpid()}"
    draft, before = path.with_name(f"{stem}.tmp"), path.with_name(f"{stem}.old")
    draft.mkdir(parents=True)
    try:
        yield draft
        for file in draft.rglob("*"):
            if file.is_file():
                _sync(file)
        kept = [x.name for x in path.iterdir()] if keep and path.exists() else []
        if path.exists():
            path.rename(before)
        draft.rename(path)
        for name in kept:
            if not (path / name).exists():
                (before / name).rename(path / name)
        shutil.rmtree(before, ignore_errors=True)
    except BaseException:
        if before.exists() and not path.exists():
            before.rename(path)
        raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
