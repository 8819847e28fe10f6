"""The fastText vectors of a saved pipeline: a reference to them, and optionally a
copy."""

import os
import shutil
from pathlib import Path
from typing import Iterable, NamedTuple, Optional, Union

import numpy
import srsly

from ...errors import MoeeError, os_errors
from ...files import hash_of, whole_file, write_all
from .file import FastTextFile
from .prune import write_pruned

# in the folder `vocab` of a saved pipeline
REFERENCE = "fasttext.json"
COPY = "fasttext.vectors"
CHECKSUM = "checksum"


class Reference(NamedTuple):
    """The vectors of a saved pipeline.

    path (str): The file: an absolute path, or its name in the folder of the reference.
    fingerprint (str): The fingerprint of the file.
    dim (int): The width of the vectors.
    lowercase (bool): Whether words are lower-cased before they are looked up.
    embedded (bool): Whether the file is a copy inside the pipeline.
    sha256 (str): The SHA-256 of the whole file; empty without `full_hash`.
    """

    path: str
    fingerprint: str
    dim: int
    lowercase: bool
    embedded: bool
    sha256: str = ""


def to_json(reference: Reference) -> bytes:
    """Write a reference, with its checksum. RETURNS (bytes): JSON for `from_json`."""
    fields = {**reference._asdict(), CHECKSUM: hash_of(*reference)}
    return srsly.json_dumps(fields, indent=2).encode("utf8")


def from_json(data: Union[str, bytes], place: str) -> Reference:
    """Read a reference.

    data (Union[str, bytes]): The result of `to_json`.
    place (str): The source of the data, for the message.
    RETURNS (Reference): The reference.
    RAISES (MoeeError): M222, for anything else.
    """
    try:
        fields = srsly.json_loads(data)
    except ValueError as error:
        raise MoeeError("M222", place=place, problem=error) from None
    if not isinstance(fields, dict):
        raise MoeeError("M222", place=place, problem=f"it is {type(fields).__name__}")
    expected = fields.pop(CHECKSUM, None)
    if expected is None:
        # of a version without checksums
        fields = {**Reference._field_defaults, **fields}
    for name, kind in Reference.__annotations__.items():
        if type(fields.get(name)) is not kind:
            problem = f"'{name}' is {fields.get(name)!r}, not of type {kind.__name__}"
            raise MoeeError("M222", place=place, problem=problem)
    unknown = sorted(fields.keys() - {*Reference._fields})
    if unknown:
        raise MoeeError("M222", place=place, problem=f"it has the unknown {unknown}")
    reference = Reference(**fields)
    if expected not in (None, hash_of(*reference)):
        problem = f"its checksum is {hash_of(*reference)}, not {expected}"
        raise MoeeError("M222", place=place, problem=problem)
    return reference


def read_reference(folder: Path) -> Optional[Reference]:
    """Read the reference of a saved pipeline.

    folder (Path): Its folder `vocab`.
    RETURNS (Optional[Reference]): The reference with an absolute path; None if there
        is none.
    RAISES (MoeeError): M222, if it can't be read.
    """
    file = folder / REFERENCE
    if not file.is_file():
        return None
    reference = from_json(file.read_bytes(), f"'{file}'")
    return reference._replace(path=str(folder.absolute() / reference.path))


def holds_table(folder: Path) -> bool:
    """Check whether a pipeline was saved with a vectors table of spaCy.

    folder (Path): Its folder `vocab`.
    RETURNS (bool): Whether it was; False for a table without rows.
    """
    table = folder / "vectors"
    if not table.is_file():
        return False
    with table.open("rb") as file:
        numpy.lib.format.read_magic(file)
        shape, _, _ = numpy.lib.format.read_array_header_1_0(file)
    return shape[0] > 0


def write_reference(folder: Path, reference: Reference) -> None:
    """Write the reference of a saved pipeline, and remove the copy of an earlier one.

    folder (Path): Its folder `vocab`.
    reference (Reference): The reference.
    RAISES (MoeeError): M216, if it can't be written.
    """
    with os_errors("M216"):
        write_all([(folder / REFERENCE, to_json(reference))])
    if not reference.embedded:
        (folder / COPY).unlink(missing_ok=True)


def save_copy(
    file: FastTextFile,
    reference: Reference,
    folder: Path,
    words: Optional[Iterable[str]],
) -> Reference:
    """Save a copy of a pipeline's vectors. The copy from which it was loaded is linked,
    or copied if the file system has no links.

    file (FastTextFile): The vectors.
    reference (Reference): The reference to them.
    folder (Path): The folder `vocab` of the pipeline.
    words (Optional[Iterable[str]]): The words of a .bin file to keep, None for all.
    RETURNS (Reference): The reference to the copy.
    RAISES (MoeeError): M216, if it can't be written; M215, for a value that is too
        large for half precision.
    """
    copy = folder / COPY
    saved = reference._replace(path=COPY, embedded=True)
    if is_own_copy(file.path, folder):
        return saved
    if reference.embedded:
        with os_errors("M216", file=copy), whole_file(copy) as draft:
            _link_or_copy(file.path, draft)
        return saved
    write_pruned(file, copy, words)
    return saved._replace(fingerprint=FastTextFile(copy).fingerprint, sha256="")


def is_own_copy(path: Path, folder: Path) -> bool:
    """Check whether a file is the copy inside a pipeline.

    path (Path): The file.
    folder (Path): The folder `vocab` of the pipeline.
    RETURNS (bool): Whether it is; True for other names of the copy, too.
    """
    copy = folder / COPY
    return path.exists() and copy.exists() and path.samefile(copy)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
