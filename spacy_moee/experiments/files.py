"""Hashes of what a result depends on, and files that are whole or not there."""

import hashlib
import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
# folders that no pipeline needs
AROUND = {"cli", "experiments", "insight"}
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


def code_hash() -> str:
    """Hash the code of the package that a pipeline's results depend on, which is not
    that of commands and reports. RETURNS (str): Twelve hexadecimal digits."""
    files = sorted(PACKAGE.rglob("*.py"))
    relevant = [x for x in files if x.relative_to(PACKAGE).parts[0] not in AROUND]
    return hash_of(*(file.read_bytes() for file in relevant))


def write_text(path: Path, text: str) -> None:
    """Write a file that is there as a whole, or as it was before.

    path (Path): The file; its folder is made.
    text (str): What it shall hold.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with draft.open("w", encoding="utf8") as stream:
        stream.write(text)
        stream.flush()
        # or a power cut could leave an empty file under the name
        os.fsync(stream.fileno())
    draft.replace(path)
