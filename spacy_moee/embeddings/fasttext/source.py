"""The fastText file that vectors come from: found, checked and opened when it is
first needed."""

import os
from pathlib import Path
from typing import Dict, Optional, Sequence, Tuple, Union
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy

from ...errors import MoeeError, warn
from ...files import sha256_of
from .cache import VectorCache
from .file import FastTextFile
from .reference import Reference

CONFIG = "the config's"

# Files that are open, by their path and state, and their fingerprints: two pipelines,
# or a thousand unpickled docs, share one.
_OPEN: "WeakValueDictionary[Tuple, FastTextFile]" = WeakValueDictionary()
_FINGERPRINTS: "WeakKeyDictionary[FastTextFile, str]" = WeakKeyDictionary()
_HASHES: "WeakKeyDictionary[FastTextFile, str]" = WeakKeyDictionary()


class FastTextSource:
    """A fastText file, and what is known of it before it is opened.

    path (Union[str, Path]): What the config says.
    lowercase (bool): Whether words are lower-cased before they are looked up, if no
        reference says otherwise.
    """

    def __init__(self, path: Union[str, Path], lowercase: bool) -> None:
        # without links resolved: that would read the disk
        self.path = Path(os.path.abspath(path))
        self._lowercase = lowercase
        self.expect(None, "the config")

    def expect(self, reference: Optional[Reference], place: str) -> None:
        """Stand for other vectors from now on. Nothing is opened.

        reference (Optional[Reference]): What was saved of them, None for whatever is
            at the config's path.
        place (str): What needs the vectors, for messages.
        """
        self.reference, self._place = reference, place
        self._file: Optional[FastTextFile] = None
        self._cache: Optional[VectorCache] = None

    def restore(self, reference: Reference, place: str, full_hash: bool) -> None:
        """Stand for saved vectors from now on, and open them: a file that is missing
        or was replaced is told at once.

        reference (Reference): What was saved of them.
        place (str): What needs the vectors, for messages.
        full_hash (bool): Whether to read the whole file, and compare its SHA-256.
        RAISES (MoeeError): As `file`; M265 and M266, for another SHA-256 and for none.
        """
        held = self._file
        self.expect(reference, place)
        if full_hash:
            check_hash(self.file, reference, place)
        else:
            self.file  # noqa: B018
        # most of the time it is the same file, which was not opened again
        del held

    @property
    def lowercase(self) -> bool:
        """Whether words are lower-cased. RETURNS (bool): What was saved, else what
        the config says."""
        return self._lowercase if self.reference is None else self.reference.lowercase

    @property
    def file(self) -> FastTextFile:
        """The file, opened at the first call.

        RETURNS (FastTextFile): The open file.
        RAISES (MoeeError): M220 to M223 for what is not found, and what
            `FastTextFile` raises.
        """
        if self._file is None:
            file = find_file(self.path, self.reference, self._place)
            if self.reference is not None:
                self.reference = self.reference._replace(path=str(file.path))
            self._cache = VectorCache(file.dim)
            self._file = file
        return self._file

    @property
    def is_unknown(self) -> bool:
        """Whether no file was ever seen. RETURNS (bool): Also if it is gone now."""
        seen = self._file is not None or self.reference is not None
        return not seen and not self.path.is_file()

    def identify(self) -> Reference:
        """Say which vectors these are.

        RETURNS (Reference): The file and its fingerprint.
        RAISES (MoeeError): As `file`.
        """
        if self.reference is None:
            self.reference = Reference(
                path=str(self.file.path),
                fingerprint=get_fingerprint(self.file),
                dim=self.file.dim,
                lowercase=self._lowercase,
                embedded=False,
            )
        return self.reference

    def look_up(self, words: Sequence[str]) -> numpy.ndarray:
        """Look words up, in the cache first.

        words (Sequence[str]): Distinct words, lower-cased if need be.
        RETURNS (ndarray): float32 [n_words, dim], the caller's own.
        RAISES (MoeeError): As `file`.
        """
        file, cache = self.file, self._cache
        assert cache is not None
        return cache.get(words, file.vectors)

    def clear_cache(self) -> None:
        """Forget the vectors that were looked up."""
        if self._cache is not None:
            self._cache.clear()


def open_file(path: Path) -> FastTextFile:
    """Open a file, or share it if it is open.

    path (Path): The file.
    RETURNS (FastTextFile): The open file.
    RAISES (MoeeError): What `FastTextFile` raises.
    """
    state = path.stat()
    key = (path, state.st_ino, state.st_size, state.st_mtime_ns)
    file = _OPEN.get(key)
    return _OPEN.setdefault(key, FastTextFile(path)) if file is None else file


def get_fingerprint(file: FastTextFile) -> str:
    """Get the fingerprint of an open file, computed once.

    file (FastTextFile): The file.
    RETURNS (str): Its fingerprint.
    """
    if file not in _FINGERPRINTS:
        _FINGERPRINTS[file] = file.fingerprint()
    return _FINGERPRINTS[file]


def get_hash(file: FastTextFile) -> str:
    """Get the SHA-256 of all of an open file, computed once.

    file (FastTextFile): The file.
    RETURNS (str): 64 hexadecimal digits.
    """
    if file not in _HASHES:
        _HASHES[file] = sha256_of(file.path)
    return _HASHES[file]


def check_hash(file: FastTextFile, reference: Reference, place: str) -> None:
    """See that every byte of a file is what was saved.

    file (FastTextFile): The file.
    reference (Reference): What was saved.
    place (str): What needs the vectors, for the message.
    RAISES (MoeeError): M265 for another SHA-256, M266 if none was saved.
    """
    if not reference.sha256:
        raise MoeeError("M266", place=place, path=file.path)
    found = get_hash(file)
    if found != reference.sha256:
        raise MoeeError(
            "M265", place=place, path=file.path, found=found, expected=reference.sha256
        )


def find_file(
    config_path: Path, reference: Optional[Reference], place: str
) -> FastTextFile:
    """Find the vectors of a pipeline and open them.

    config_path (Path): What the config says, as an absolute path.
    reference (Optional[Reference]): What was saved: the fingerprint decides, and the
        path is tried after the config's. None if nothing was saved.
    place (str): What needs the vectors, for the message.
    RETURNS (FastTextFile): The open file.
    RAISES (MoeeError): M220 if there is none, M221 if it has another fingerprint,
        M223 for a variable in the config's path.
    """
    if reference is None:
        if config_path.is_file():
            return open_file(config_path)
        raise _missing(place, {config_path: CONFIG}, "a fastText .bin file")
    found: Dict[Path, str] = {}
    if reference.embedded:
        paths = {Path(reference.path): "its own copy"}
    else:
        paths = {config_path: CONFIG, Path(reference.path): "noted at saving"}
    for path in paths:
        if not path.is_file():
            continue
        file = open_file(path)
        found[path] = get_fingerprint(file)
        if found[path] == reference.fingerprint:
            if len(found) > 1:
                warn("MW22", place=place, other=config_path, path=path)
            return file
    if found:
        shown = (f"'{path}' has {print_}" for path, print_ in found.items())
        expected = reference.fingerprint
        raise MoeeError("M221", place=place, found=", ".join(shown), expected=expected)
    expected = f"the file with the fingerprint {reference.fingerprint}"
    raise _missing(place, paths, expected)


def _missing(place: str, paths: Dict[Path, str], expected: str) -> MoeeError:
    for path, origin in paths.items():
        if origin == CONFIG and "${" in path.name:
            return MoeeError("M223", variable=path.name)
    tried = ", ".join(f"'{path}' ({origin})" for path, origin in paths.items())
    return MoeeError("M220", place=place, tried=tried, expected=expected)
