"""The fastText file of a pipeline's vectors: found, checked and opened when it is first
needed."""

import os
from pathlib import Path
from typing import Dict, Optional, Sequence, Tuple, Union
from weakref import WeakValueDictionary

import numpy

from ...errors import MoeeError, warn
from .cache import VectorCache
from .file import FastTextFile
from .reference import Reference

CONFIG = "the config's"

# Open files, by their path and state: two pipelines, or a thousand unpickled docs,
# share one file and its fingerprint.
_OPEN: "WeakValueDictionary[Tuple, FastTextFile]" = WeakValueDictionary()


class FastTextSource:
    """A fastText file, which is opened when it is needed.

    path (Union[str, Path]): The path in the config.
    lowercase (bool): Whether words are lower-cased before they are looked up; the
        setting in a reference overrides it.
    """

    def __init__(self, path: Union[str, Path], lowercase: bool) -> None:
        # links are not resolved: that would read the disk
        self.path = Path(os.path.abspath(path))
        self._lowercase = lowercase
        self.expect(None, "the config")

    def expect(self, reference: Optional[Reference], place: str) -> None:
        """Use other vectors from now on, without opening their file.

        reference (Optional[Reference]): The saved reference; None for the file at the
            config's path.
        place (str): The user of the vectors, for messages.
        """
        self.reference, self._place = reference, place
        self._file: Optional[FastTextFile] = None
        self._cache: Optional[VectorCache] = None

    def restore(self, reference: Reference, place: str, full_hash: bool) -> None:
        """Use saved vectors from now on, and open their file: a file that is missing or
        was replaced is reported at once.

        reference (Reference): The saved reference.
        place (str): The user of the vectors, for messages.
        full_hash (bool): Whether to read the whole file, and compare its SHA-256.
        RAISES (MoeeError): As `file`; M265 for another SHA-256, M266 if none was
            saved.
        """
        held = self._file
        self.expect(reference, place)
        file = self.file
        # it is usually the same file, which was not opened again
        del held
        if full_hash and not reference.sha256:
            raise MoeeError("M266", place=place, path=file.path)
        if full_hash and file.sha256 != reference.sha256:
            values = {"found": file.sha256, "expected": reference.sha256}
            raise MoeeError("M265", place=place, path=file.path, **values)

    @property
    def lowercase(self) -> bool:
        """RETURNS (bool): Whether words are lower-cased: the saved setting, else that
        of the config."""
        return self._lowercase if self.reference is None else self.reference.lowercase

    @property
    def file(self) -> FastTextFile:
        """The file, opened at the first call.

        RETURNS (FastTextFile): The open file.
        RAISES (MoeeError): M220 to M223 if it is not found, and the errors of
            `FastTextFile`.
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
        """RETURNS (bool): Whether there was never a file, and is none now."""
        seen = self._file is not None or self.reference is not None
        return not seen and not self.path.is_file()

    def identify(self) -> Reference:
        """Get the reference to these vectors.

        RETURNS (Reference): The file and its fingerprint.
        RAISES (MoeeError): As `file`.
        """
        if self.reference is None:
            self.reference = Reference(
                path=str(self.file.path),
                fingerprint=self.file.fingerprint,
                dim=self.file.dim,
                lowercase=self._lowercase,
                embedded=False,
            )
        return self.reference

    def look_up(self, words: Sequence[str]) -> numpy.ndarray:
        """Look up words, in the cache first.

        words (Sequence[str]): Distinct words, in lower case if `lowercase` is set.
        RETURNS (ndarray): A new array, float32 [n_words, dim].
        RAISES (MoeeError): As `file`.
        """
        file, cache = self.file, self._cache
        assert cache is not None
        return cache.get(words, file.vectors)

    def clear_cache(self) -> None:
        """Drop the cached vectors."""
        if self._cache is not None:
            self._cache.clear()


def open_file(path: Path) -> FastTextFile:
    """Open a file, or share it if it is open.

    path (Path): The file.
    RETURNS (FastTextFile): The open file.
    RAISES (MoeeError): The errors of `FastTextFile`.
    """
    state = path.stat()
    key = (path, state.st_ino, state.st_size, state.st_mtime_ns)
    file = _OPEN.get(key)
    return _OPEN.setdefault(key, FastTextFile(path)) if file is None else file


def find_file(
    config_path: Path, reference: Optional[Reference], place: str
) -> FastTextFile:
    """Find the vectors of a pipeline and open them.

    config_path (Path): The path in the config, made absolute.
    reference (Optional[Reference]): The saved reference, whose fingerprint decides; its
        path is tried after the config's. None if nothing was saved.
    place (str): The user of the vectors, for the message.
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
        found[path] = file.fingerprint
        if found[path] == reference.fingerprint:
            if len(found) > 1:
                warn("MW22", place=place, other=config_path, path=path)
            return file
    if found:
        shown = (f"'{path}' has {value}" for path, value in found.items())
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
