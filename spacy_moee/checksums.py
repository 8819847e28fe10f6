"""Checksums of the files of a component. They detect damage, not attacks: an attacker
who changes a file can change its checksum, too."""

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
    """Write the checksums of files.

    folder (Path): Their folder.
    names (Collection[str]): Their names; missing files are left out.
    """
    found = [name for name in names if (folder / name).is_file()]
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in found]
    write_text(folder / NAME, "".join(lines))


def check_files(folder: Path, names: Collection[str]) -> None:
    """Check that files have not changed since they were saved. A pipeline of a version
    without checksums is not checked.

    folder (Path): Their folder.
    names (Collection[str]): The names of the files to check.
    RAISES (MoeeError): M020, for a file that has changed.
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
    # not `splitlines`: it also splits at damaged line breaks
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
    """Prepend a checksum to bytes. RETURNS (bytes): Sealed bytes, for `unseal`."""
    return SEAL + hashlib.sha256(data).digest() + data


def unseal(data: bytes) -> bytes:
    """Check and remove the checksum. Bytes of a version without checksums are not
    checked.

    data (bytes): The result of `seal`.
    RETURNS (bytes): The bytes without checksum.
    RAISES (MoeeError): M020, for bytes that have changed.
    """
    if not data.startswith(SEAL):
        return data
    content = data[SEALED:]
    found = hashlib.sha256(content).digest()
    expected = data[len(SEAL) : SEALED]
    if found != expected:
        values = {"found": found.hex(), "expected": expected.hex()}
        raise MoeeError("M020", what="The serialized component", **values)
    return content
