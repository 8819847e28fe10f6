"""Word vectors in the text formats of word2vec, which has a header, and GloVe: a word
and its numbers per line."""

from itertools import chain
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple, cast

import numpy
from numpy import ndarray
from thinc.types import Floats2d

from ..errors import MoeeError
from ..finite import bad_rows
from .text_lines import Line, read_shape, split_lines
from .text_source import read_blocks

# numbers in the first table; it grows by an eighth
SIZE = 2**20


class TextVectors(NamedTuple):
    """The vectors of a file.

    words (List[str]): Distinct words.
    table (Floats2d): The vector of each, in single precision.
    left_out (Dict[str, Tuple[int, int]]): For each kind of line that is left out, its
        count and the number of the first one: "repeated" for a word that an earlier
        line has, "empty" for numbers without a word.
    """

    words: List[str]
    table: Floats2d
    left_out: Dict[str, Tuple[int, int]]


def read_text(path: Path) -> TextVectors:
    """Read a file of word vectors. A word may contain spaces. For a word with several
    lines the first one counts.

    path (Path): The file, in UTF-8; it may be compressed as .gz, .bz2, .xz or .zip.
    RETURNS (TextVectors): The vectors.
    RAISES (MoeeError): M207 for a line that can't be read, M245 for vectors that are
        not finite, M247 for another kind of file, M250 for a number of rows that
        differs from the header.
    """
    blocks = _number(read_blocks(path))
    lines: List[Line] = []
    while len(lines) < 2 and (block := next(blocks, None)) is not None:
        lines += block
    n_rows, width = read_shape(path, lines)
    rows = _Rows(path, width)
    for block in chain([lines if n_rows is None else lines[1:]], blocks):
        if block:
            rows.add(block)
    if n_rows not in (None, rows.n_read):
        raise MoeeError("M250", source=path, found=rows.n_read, expected=n_rows)
    return rows.finish()


def _number(blocks: Iterator[List[bytes]]) -> Iterator[List[Line]]:
    """Number the lines, and leave out blank ones."""
    start = 1
    for block in blocks:
        numbered = enumerate(map(bytes.rstrip, block), start)
        yield [Line(number, text) for number, text in numbered if text]
        start += len(block)


class _Rows:
    """Collects the vectors of a file.

    path (Path): The file, for messages.
    width (int): Numbers in a row.
    """

    def __init__(self, path: Path, width: int) -> None:
        self.path = path
        self.width = width
        self.n_read = 0
        self.words: Dict[str, None] = {}
        n_rows = max(SIZE // width, 1)
        self.table: ndarray = numpy.empty((n_rows, width), dtype="float32")
        self.left_out: Dict[str, Tuple[int, int]] = {}
        self.n_bad = 0
        self.first_bad: Optional[Tuple[str, int]] = None

    def add(self, lines: List[Line]) -> None:
        """Read some lines, at least one."""
        self.n_read += len(lines)
        words, vectors = split_lines(self.path, lines, self.width)
        start = len(self.words)
        kept = self._keep(words, lines)
        bad = bad_rows(vectors[kept])
        if len(bad):
            place = kept[bad[0]]
            self.n_bad += len(bad)
            self.first_bad = self.first_bad or (words[place], lines[place].number)
        end = len(self.words)
        if end > len(self.table):
            shape = (max(end, len(self.table) * 9 // 8), self.width)
            # in place if the system can; there is no other reference to it
            self.table.resize(shape, refcheck=False)
        self.table[start:end] = vectors[kept]

    def _keep(self, words: List[str], lines: List[Line]) -> List[int]:
        kept = []
        for place, word in enumerate(words):
            if word and word not in self.words:
                self.words[word] = None
                kept.append(place)
                continue
            kind = "repeated" if word else "empty"
            count, first = self.left_out.get(kind, (0, lines[place].number))
            self.left_out[kind] = (count + 1, first)
        return kept

    def finish(self) -> TextVectors:
        """RETURNS (TextVectors): All vectors. RAISES (MoeeError): M207 without vectors,
        M245 for vectors that are not finite."""
        if self.first_bad is not None:
            word, number = self.first_bad
            raise MoeeError(
                "M245",
                place=f"'{self.path}'",
                count=self.n_bad,
                total=len(self.words),
                first=f"that of {word!r} (line {number})",
            )
        if not self.words:
            raise MoeeError("M207", source=self.path, problem="it has no word vector")
        self.table.resize((len(self.words), self.width), refcheck=False)
        return TextVectors(list(self.words), cast(Floats2d, self.table), self.left_out)
