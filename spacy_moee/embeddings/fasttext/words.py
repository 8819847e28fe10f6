"""Look up words in the dictionary of a file, without a Python object per word."""

import numpy
from numpy import ndarray

from ...padding import ranges
from .layout import ENTRY_TAIL
from .text import Text, split_runs

# an odd number of 64 bits: the fractional part of the golden ratio
FACTOR = numpy.uint64(0x9E3779B97F4A7C15)
LOW_HALF, HIGH_HALF = numpy.uint64(0xFFFFFFFF), numpy.uint64(0xFFFFFFFF00000000)
HALF = numpy.uint64(32)
# bytes that are hashed at once
BLOCK = 2**19


class WordIndex:
    """The dictionary, sorted by a hash of the words. It takes 16 bytes per word; the
    words stay in the file.

    data (ndarray): The bytes of the file.
    starts (ndarray): The start of each entry, and the end of the last one.
    """

    def __init__(self, data: ndarray, starts: ndarray) -> None:
        self.data = data
        self.starts = starts
        # the hash in the high half, the number of the word in the low half
        self.keys = numpy.arange(len(starts) - 1, dtype="uint64")
        sizes = numpy.diff(starts)
        self.longest = int(sizes.max(initial=ENTRY_TAIL)) - ENTRY_TAIL
        for start, end in split_runs(sizes, BLOCK):
            bounds = starts[start : end + 1]
            hashes = hash_words(data, bounds[:-1], bounds[1:] - ENTRY_TAIL)
            self.keys[start:end] |= hashes
        self.keys.sort()

    def find(self, text: Text) -> ndarray:
        """Look up words.

        text (Text): The words.
        RETURNS (ndarray): The number of each word in the dictionary, -1 if it is not
            in it. A word with several entries has the number of the last one.
        """
        starts, ends = text.bounds
        # not hashed, which takes many bytes of memory for each of their bytes
        is_too_long = ends - starts > self.longest
        hashes = hash_words(text.data, starts, numpy.where(is_too_long, starts, ends))
        found = numpy.full(len(hashes), -1)
        places = numpy.searchsorted(self.keys, hashes | LOW_HALF, side="right") - 1
        # different words with the same hash are next to each other
        left = numpy.flatnonzero((places >= 0) & ~is_too_long)
        while len(left):
            keys = self.keys[places[left]]
            is_near = keys & HIGH_HALF == hashes[left]
            left = left[is_near]
            numbers = (keys[is_near] & LOW_HALF).astype("int64")
            is_same = self._equal(numbers, text, starts[left], ends[left])
            found[left[is_same]] = numbers[is_same]
            left = left[~is_same]
            places[left] -= 1
            left = left[places[left] >= 0]
        return found

    def _equal(
        self, numbers: ndarray, text: Text, starts: ndarray, ends: ndarray
    ) -> ndarray:
        """Check whether entries of the dictionary are equal to the words."""
        places = self.starts[numbers]
        lengths = ends - starts
        is_same = self.starts[numbers + 1] - places - ENTRY_TAIL == lengths
        lengths = numpy.where(is_same, lengths, 0)
        ours = self.data[ranges(places, lengths)]
        differs = ours != text.data[ranges(starts, lengths)]
        owners = numpy.repeat(numpy.arange(len(numbers)), lengths)
        is_same[owners[differs]] = False
        return is_same


def hash_words(data: ndarray, starts: ndarray, ends: ndarray) -> ndarray:
    """Hash runs of bytes.

    data (ndarray): Bytes.
    starts (ndarray): The start of each run.
    ends (ndarray): The end of each run.
    RETURNS (ndarray): Hashes as uint64; the low half is zero.
    """
    lengths = ends - starts
    hashes = numpy.zeros(len(lengths), dtype="uint64")
    if not lengths.any():
        return hashes
    within = ranges(numpy.zeros_like(lengths), lengths)
    # a polynomial, with a power of FACTOR for each place in the word
    powers = numpy.full(int(lengths.max()), FACTOR).cumprod()
    values = data[numpy.repeat(starts, lengths) + within] + numpy.uint64(1)
    offsets = numpy.cumsum(lengths) - lengths
    is_filled = lengths > 0
    sums = numpy.add.reduceat(values * powers[within], offsets[is_filled])
    hashes[is_filled] = (sums ^ (sums >> HALF)) * FACTOR & HIGH_HALF
    return hashes
