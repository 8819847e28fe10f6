"""Checksums of what a component saved. They find damage, not attackers: who can change
a file can change its checksum, too."""

import hashlib
import re
from pathlib import Path
from typing import Collection, Dict

from .errors import MoeeError
from .files import sha256_of, write_text

# `sha256sum --check checksums.sha256` reads it
NAME = "checksums.sha256"
LINE = re.compile(r"([0-9a-f]{64})  (\w+)")
# in front of bytes; msgpack, which older versions wrote, never starts like this
SEAL = b"moee-sha256:"
SEALED = len(SEAL) + hashlib.sha256().digest_size


def write_checksums(folder: Path, names: Collection[str]) -> None:
    """Write down what some files hold.

    folder (Path): Their folder.
    names (Collection[str]): Their names; one that is not there is left out.
    """
    there = [name for name in names if (folder / name).is_file()]
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in there]
    write_text(folder / NAME, "".join(lines))


def check_files(folder: Path, names: Collection[str]) -> None:
    """See that files are what they were when they were saved. What was saved by a
    version without checksums is not checked.

    folder (Path): Their folder.
    names (Collection[str]): The names of the files that are going to be read.
    RAISES (MoeeError): M020, for a file that is not what was saved.
    """
    if not (folder / NAME).is_file():
        return
    checksums = _read_checksums(folder / NAME)
    for name in names:
        path = folder / name
        found = sha256_of(path) if path.is_file() else "missing"
        expected = checksums.get(name, "missing")
        if found != expected:
            raise MoeeError("M020", what=f"'{path}'", found=found, expected=expected)


def _read_checksums(file: Path) -> Dict[str, str]:
    # not `splitlines`, to which a damaged line break may still be one
    *lines, rest = file.read_text(encoding="utf8", errors="replace").split("\n")
    matches = [LINE.fullmatch(line) for line in lines]
    if rest or not all(matches):
        raise MoeeError(
            "M020",
            what=f"'{file}'",
            found=repr("\n".join([*lines, rest])[:200]),
            expected="64 hexadecimal digits and a name in each line",
        )
    return {match[2]: match[1] for match in matches if match}


def seal(data: bytes) -> bytes:
    """Put a checksum in front of bytes. RETURNS (bytes): What `unseal` takes."""
    return SEAL + hashlib.sha256(data).digest() + data


def unseal(data: bytes) -> bytes:
    """Take the checksum off. Bytes of a version without checksums are not checked.

    data (bytes): What `seal` returned.
    RETURNS (bytes): What `seal` was given.
    RAISES (MoeeError): M020, for bytes that are not what was saved.
    """
    if not data.startswith(SEAL):
        return data
    content = data[SEALED:]
    found = hashlib.sha256(content).digest()
    expected = data[len(SEAL) : SEALED]
    if found != expected:
        found_hex, expected_hex = found.hex(), expected.hex()
        raise MoeeError(
            "M020", what="What was given", found=found_hex, expected=expected_hex
        )
    return content
