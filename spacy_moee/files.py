"""Files that are whole or not there, and hashes of files."""

import errno
import hashlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterable, Iterator, Tuple

BLOCK = 1 << 20


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
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            total.update(block)
    return total.hexdigest()[:12]


def write_text(path: Path, text: str) -> None:
    """Write a file that is there as a whole, or as it was before.

    path (Path): The file; its folder is made.
    text (str): What it shall hold, in UTF-8.
    RAISES (OSError): If it can't be written.
    """
    write_all([(path, text.encode("utf8"))])


def write_all(files: Iterable[Tuple[Path, bytes]]) -> None:
    """Write all of some files, or on an error none. Each is written beside its place
    and renamed.

    files (Iterable[Tuple[Path, bytes]]): Files and what they shall hold. Missing
        folders are made.
    RAISES (OSError): If one can't be written; its `filename` is set.
    """
    drafts: Dict[Path, Path] = {}
    path = Path()
    try:
        for path, data in files:
            if path.exists() and not path.is_file():
                # renaming would replace a device such as /dev/null
                raise FileExistsError(errno.EEXIST, "It is not a regular file")
            path.parent.mkdir(parents=True, exist_ok=True)
            drafts[path] = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            with drafts[path].open("wb") as stream:
                stream.write(data)
                stream.flush()
                # or a power cut could leave an empty file under the name
                os.fsync(stream.fileno())
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        # a full disk does not say which file it is about
        error.filename = str(path)
        raise
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Make a folder that is there as a whole, or as it was before.

    path (Path): The folder. What it holds is replaced; missing folders above it are
        made.
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
                with file.open("rb") as stream:
                    os.fsync(stream.fileno())
        if path.exists():
            path.rename(before)
        draft.rename(path)
    except BaseException:
        if before.exists() and not path.exists():
            before.rename(path)
        raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)
