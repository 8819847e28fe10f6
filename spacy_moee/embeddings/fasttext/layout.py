"""The layout of a file in fastText's binary format, and checks that it is complete."""

import struct
from mmap import mmap
from pathlib import Path
from typing import Iterator, NamedTuple

import numpy
from numpy import ndarray

from ...errors import MoeeError

MAGIC = 793712314
# a copy in half precision without the output matrix, made by `write_pruned`
PRUNED_MAGIC = int.from_bytes(b"Moe2", "little")
VERSIONS = (11, 12)
SUPERVISED = 3
# magic, version; dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn,
# maxn, lrUpdateRate, t; entries, words, labels, tokens, pruned n-grams
HEADER = struct.Struct("<2i12id3i2q")
# quantized or not, rows, columns
MATRIX = struct.Struct("<?2q")
# the bytes after a word: NUL, its frequency, whether it is a label
ENTRY_TAIL = 10
FLOAT = 4
# More than any model has. A word has as many n-grams of each length as characters, so a
# damaged header could make one word take minutes, and a missing NUL gigabytes.
LONGEST_NGRAM = 255
LONGEST_WORD = 2**14


class Header(NamedTuple):
    """The part of the header that is needed for vectors.

    magic (int): `MAGIC` or `PRUNED_MAGIC`.
    version (int): The version of the format.
    dim (int): Width of the vectors.
    model (int): 1 for cbow, 2 for skipgram, 3 for supervised.
    bucket (int): Rows for n-grams.
    minn (int): Characters of the shortest n-gram.
    maxn (int): Characters of the longest n-gram; 0 for none.
    n_entries (int): Words and labels.
    n_words (int): Words.
    n_labels (int): Labels.
    n_pruned (int): -1, or the number of n-grams in a pruned model.
    """

    magic: int
    version: int
    dim: int
    model: int
    bucket: int
    minn: int
    maxn: int
    n_entries: int
    n_words: int
    n_labels: int
    n_pruned: int

    @property
    def n_rows(self) -> int:
        """RETURNS (int): Rows of the input matrix."""
        return self.n_words + self.bucket

    @property
    def dtype(self) -> numpy.dtype:
        """RETURNS (dtype): The type of the input matrix."""
        return numpy.dtype("<f2" if self.magic == PRUNED_MAGIC else "<f4")

    @property
    def longest_ngram(self) -> int:
        """RETURNS (int): Characters of the longest n-gram that has a row."""
        # supervised models of the older version were trained without n-grams
        is_old = self.version == 11 and self.model == SUPERVISED
        return 0 if is_old or not self.bucket else self.maxn


class Layout(NamedTuple):
    """The layout of a file.

    header (Header): The header.
    starts (ndarray): The start of each entry of the dictionary, and the end of the
        last one.
    matrix (int): The start of the input matrix.
    """

    header: Header
    starts: ndarray
    matrix: int


def read_layout(path: Path, memory: mmap) -> Layout:
    """Read the header and the dictionary, and check every size.

    path (Path): The file, for messages.
    memory (mmap): Its content.
    RETURNS (Layout): The layout.
    RAISES (MoeeError): M211 to M214, for a file that is not a dense model, or whose
        sizes don't add up; M248, for a size that no model has.
    """
    header = read_header(path, memory)
    starts = _read_dictionary(path, memory, header)
    place = int(starts[-1])
    _check_matrix(path, memory, place, (header.n_rows, header.dim))
    matrix = place + MATRIX.size
    end = matrix + header.n_rows * header.dim * header.dtype.itemsize
    if header.magic == MAGIC:
        n_outputs = header.n_labels if header.model == SUPERVISED else header.n_words
        if end + MATRIX.size <= len(memory):
            _check_matrix(path, memory, end, (n_outputs, header.dim))
        end += MATRIX.size + n_outputs * header.dim * FLOAT
    _require(path, "its size in bytes", len(memory), end)
    return Layout(header, starts, matrix)


def read_header(path: Path, memory: mmap) -> Header:
    """Read and check the header.

    path (Path): The file, for messages.
    memory (mmap): Its content.
    RETURNS (Header): The header.
    RAISES (MoeeError): M211 to M214, and M248.
    """
    opening = bytes(memory[:4])
    if int.from_bytes(opening, "little") not in (MAGIC, PRUNED_MAGIC):
        raise MoeeError("M211", path=path, found=f"{opening!r} at its start")
    _require_least(path, "its size in bytes", len(memory), HEADER.size)
    values = HEADER.unpack_from(memory)
    header = Header._make([*values[:3], *values[9:13], *values[15:18], values[19]])
    if header.version not in VERSIONS:
        raise MoeeError("M212", path=path, found=header.version, expected=VERSIONS)
    for name in ("dim", "bucket", "minn", "maxn", "n_words", "n_labels"):
        least = 1 if name == "dim" else 0
        _require_least(path, f"{name} in its header", getattr(header, name), least)
    entries = header.n_words + header.n_labels
    _require(path, "the number of entries of its dictionary", header.n_entries, entries)
    # so that a wrong count does not lead through gigabytes
    least = HEADER.size + header.n_entries * ENTRY_TAIL + MATRIX.size
    _require_least(path, "its size in bytes", len(memory), least)
    if header.n_pruned != -1:
        raise MoeeError("M213", path=path, found="a pruned dictionary")
    what = "maxn, the length of its longest n-grams,"
    _require_most(path, what, header.longest_ngram, LONGEST_NGRAM)
    return header


def _read_dictionary(path: Path, memory: mmap, header: Header) -> ndarray:
    ends = numpy.fromiter(_entry_ends(memory, header.n_entries), dtype="int64")
    _require(
        path, "the number of entries of its dictionary", len(ends), header.n_entries
    )
    starts = numpy.concatenate([[HEADER.size], ends + ENTRY_TAIL])
    _require_least(path, "its size in bytes", len(memory), starts[-1] + MATRIX.size)
    longest = int(numpy.diff(starts).max(initial=ENTRY_TAIL)) - ENTRY_TAIL
    _require_most(path, "its longest word, in bytes,", longest, LONGEST_WORD)
    kinds = numpy.frombuffer(memory, dtype="int8")[starts[1:] - 1]
    n_labels = numpy.count_nonzero(kinds == 1)
    n_words = numpy.count_nonzero(kinds == 0)
    _require(path, "the number of its words", n_words, header.n_words)
    _require(path, "the number of its labels", n_labels, header.n_labels)
    return starts


def _entry_ends(memory: mmap, n_entries: int) -> Iterator[int]:
    """Find the NUL after each word; fewer if the file ends too early."""
    find, start = memory.find, HEADER.size
    for _ in range(n_entries):
        end = find(b"\0", start)
        if end < 0:
            return
        yield end
        start = end + ENTRY_TAIL


def _check_matrix(path: Path, memory: mmap, place: int, shape: tuple) -> None:
    flag = memory[place]
    if flag == 1:
        raise MoeeError("M213", path=path, found="a quantized matrix")
    _require(path, f"byte {place} (is the matrix quantized?)", flag, 0)
    found = MATRIX.unpack_from(memory, place)[1:]
    _require(path, f"the shape of the matrix at byte {place}", found, shape)


def _require(path: Path, what: str, found: object, expected: object) -> None:
    if found != expected:
        raise MoeeError("M214", path=path, what=what, found=found, expected=expected)


def _require_most(path: Path, what: str, found: int, most: int) -> None:
    if found > most:
        raise MoeeError("M248", path=path, what=what, found=found, expected=most)


def _require_least(path: Path, what: str, found: int, least: int) -> None:
    if found < least:
        expected = f"at least {least}"
        raise MoeeError("M214", path=path, what=what, found=found, expected=expected)
