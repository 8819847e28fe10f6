"""Checksums of what a component saved. They find damage, not attackers: who can change
a file can change its checksum, too."""

import re
from pathlib import Path
from typing import Iterable

from .errors import MoeeError
from .files import sha256_of, write_text

# `sha256sum --check checksums.sha256` reads it
NAME = "checksums.sha256"
LINE = re.compile(r"([0-9a-f]{64})  (\w+)")


def write_checksums(folder: Path, names: Iterable[str]) -> None:
    """Write down what some files hold.

    folder (Path): Their folder.
    names (Iterable[str]): Their names; one that is not there is left out.
    """
    there = [name for name in names if (folder / name).is_file()]
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in there]
    write_text(folder / NAME, "".join(lines))


def check_files(folder: Path, exclude: Iterable[str]) -> None:
    """See that files are what they were when they were saved. What was saved by a
    version without checksums is not checked.

    folder (Path): Their folder.
    exclude (Iterable[str]): Names of files that are not read.
    RAISES (MoeeError): M020, for a file that is not what was saved.
    """
    file = folder / NAME
    if not file.is_file():
        return
    left_out = {*exclude}
    for line in file.read_text(encoding="utf8", errors="replace").splitlines():
        match = LINE.fullmatch(line)
        if match is None:
            raise MoeeError("M020", file=file, found=line[:100], expected="checksums")
        expected, name = match.groups()
        path = folder / name
        if name in left_out:
            continue
        found = sha256_of(path) if path.is_file() else "nothing"
        if found != expected:
            raise MoeeError("M020", file=path, found=found, expected=expected)
