"""Words as one array of bytes, so that numpy can process them at once."""

from typing import Iterator, NamedTuple, Sequence, Tuple

import numpy
from numpy import ndarray


class Text(NamedTuple):
    """Words, each between < and >, one after the other.

    data (ndarray): The bytes, in UTF-8.
    characters (ndarray): The start of each character, and the end of the last one.
    words (ndarray): The number of the character < of each word, and the number of all
        characters.
    """

    data: ndarray
    characters: ndarray
    words: ndarray

    @property
    def bounds(self) -> Tuple[ndarray, ndarray]:
        """RETURNS (Tuple[ndarray, ndarray]): The start and end of each word's bytes,
        without < and >."""
        places = self.characters[self.words]
        return places[:-1] + 1, places[1:] - 1


def join_words(words: Sequence[str]) -> Text:
    """Join words into one text.

    words (Sequence[str]): At least one word.
    RETURNS (Text): The text.
    """
    raw = f"<{'><'.join(words)}>".encode("utf8", errors="surrogatepass")
    data = numpy.frombuffer(raw, dtype="uint8")
    starts = numpy.flatnonzero((data & 0xC0) != 0x80)
    lengths = numpy.fromiter(map(len, words), dtype="int64", count=len(words))
    firsts = numpy.concatenate([[0], numpy.cumsum(lengths + 2)])
    return Text(data, numpy.append(starts, len(data)), firsts)


def split_batches(words: Sequence[str], size: int) -> Iterator[Tuple[int, int]]:
    """Split a list of words into runs of about the same number of characters.

    words (Sequence[str]): The words.
    size (int): Characters of a run; only a single word can be longer.
    YIELDS (Tuple[int, int]): The start and the end of a run.
    """
    lengths = numpy.fromiter(map(len, words), dtype="int64", count=len(words))
    # with < and >
    yield from split_runs(lengths + 2, size)


def split_runs(lengths: ndarray, size: int) -> Iterator[Tuple[int, int]]:
    """Split a list into runs of about the same total length.

    lengths (ndarray): The length of each item.
    size (int): The length of a run; only a single item can be longer.
    YIELDS (Tuple[int, int]): The start and the end of a run.
    """
    ends = numpy.cumsum(lengths)
    start = 0
    while start < len(lengths):
        before = ends[start] - lengths[start]
        end = int(numpy.searchsorted(ends, before + size, side="right"))
        end = max(end, start + 1)
        yield start, end
        start = end
