"""The rows of fastText's matrix whose mean is the vector of a word: one for the word,
and one for each of its character n-grams (Bojanowski et al. 2017, section 3.2)."""

from typing import Iterator, List, NamedTuple, Tuple

import numpy
from numpy import ndarray

from .text import Text

# FNV-1a, except that fastText extends the sign of each byte
OFFSET, PRIME = numpy.uint32(2166136261), numpy.uint32(16777619)
# rows that are found at once
BLOCK = 2**18
# The most n-grams of one word, from its start: with the usual four lengths, those of
# the first million characters, the longest text that spaCy reads (nlp.max_length). No
# word of a dictionary has as many.
MOST_NGRAMS = 2**22


class Ngrams(NamedTuple):
    """The n-grams of a model.

    minn (int): Characters of the shortest n-gram.
    maxn (int): Characters of the longest n-gram; 0 for none.
    bucket (int): The number of rows that they share.
    first (int): The first of these rows.
    """

    minn: int
    maxn: int
    bucket: int
    first: int

    @property
    def lengths(self) -> range:
        """RETURNS (range): The numbers of characters that n-grams have."""
        return range(max(self.minn, 1), max(self.minn, 1, self.maxn + 1))

    @property
    def longest_word(self) -> int:
        """RETURNS (int): The most characters of a word that are read."""
        return MOST_NGRAMS // max(len(self.lengths), 1)


class Spelling(NamedTuple):
    """The characters of a text.

    own (ndarray): For each character the row of the word that starts there, or -1.
    is_first (ndarray): Whether a word starts at a character.
    room (ndarray): The length of the longest n-gram that starts at a character.
    codes (List[ndarray]): The first byte of each character, the second, and so on, with
        signs extended.
    has_code (List[ndarray]): Whether a character has a first byte, a second, and so
        on.
    """

    own: ndarray
    is_first: ndarray
    room: ndarray
    codes: List[ndarray]
    has_code: List[ndarray]


def subword_rows(
    text: Text, own: ndarray, is_whole: ndarray, ngrams: Ngrams
) -> Tuple[ndarray, ndarray]:
    """Find the rows of words, in fastText's order: first that of the word, then those
    of its n-grams, sorted by start and length.

    text (Text): The words.
    own (ndarray): The row of each word, -1 for none.
    is_whole (ndarray): Whether a word has no n-grams.
    ngrams (Ngrams): The n-grams of the model.
    RETURNS (Tuple[ndarray, ndarray]): The rows of all words as int32, one word after
        the other; and their number for each word.
    """
    sizes = numpy.diff(text.words)
    lengths = ngrams._replace(maxn=int(min(ngrams.maxn, sizes.max()))).lengths
    n_before_last = numpy.arange(lengths.start, lengths.stop) - 1
    n_ngrams = numpy.maximum(sizes[:, None] - n_before_last, 0).sum(axis=1)
    # not < or > alone
    n_ngrams -= 2 * (1 in lengths)
    counts = numpy.where(is_whole, 0, n_ngrams) + (own >= 0)
    spelling = _spell(text, own, is_whole, lengths)
    size = max(BLOCK // (len(lengths) + 1), 1)
    parts = [
        _block_rows(
            spelling, start, min(start + size, len(spelling.own)), lengths, ngrams
        )
        for start in range(0, len(spelling.own), size)
    ]
    return numpy.concatenate(parts), counts


def _spell(text: Text, own: ndarray, is_whole: ndarray, lengths: range) -> Spelling:
    n_characters = int(text.words[-1])
    firsts = text.words[:-1]
    own_there = numpy.full(n_characters, -1, dtype="int32")
    own_there[firsts] = own
    is_first = numpy.zeros(n_characters, dtype="bool")
    is_first[firsts] = True
    ends = numpy.where(is_whole, 0, text.words[1:])
    room = numpy.repeat(ends, numpy.diff(text.words)) - numpy.arange(n_characters)
    # a margin, so that n-grams can be read behind the last character
    margin = (0, lengths.stop - 1 if lengths else 0)
    starts = numpy.pad(text.characters[:-1], margin)
    sizes = numpy.pad(numpy.diff(text.characters), margin)
    signed = text.data.view("int8").astype("int32").view("uint32")
    places = range(int(sizes.max()))
    codes = [signed[numpy.minimum(starts + i, len(signed) - 1)] for i in places]
    return Spelling(own_there, is_first, room, codes, [sizes > i for i in places])


def _block_rows(
    spelling: Spelling, start: int, end: int, lengths: range, ngrams: Ngrams
) -> ndarray:
    """Find the rows of the words and n-grams that start at some of the characters."""
    rows = numpy.empty((end - start, len(lengths) + 1), dtype="int32")
    is_row = numpy.empty(rows.shape, dtype="bool")
    rows[:, 0] = spelling.own[start:end]
    is_row[:, 0] = rows[:, 0] >= 0
    room = spelling.room[start:end]
    for length, hashes in _hash_ngrams(spelling, start, end, lengths):
        column = length - lengths.start + 1
        rows[:, column] = hashes % numpy.uint32(ngrams.bucket)
        rows[:, column] += ngrams.first
        is_row[:, column] = room >= length
        if length == 1:
            is_row[:, column] &= (room > 1) & ~spelling.is_first[start:end]
    return rows[is_row]


def _hash_ngrams(
    spelling: Spelling, start: int, end: int, lengths: range
) -> Iterator[Tuple[int, ndarray]]:
    """Hash the n-grams that start at some of the characters, one length at a time."""
    hashes = numpy.full(end - start, OFFSET)
    for length in range(1, lengths.stop if lengths else 1):
        last = slice(start + length - 1, end + length - 1)
        # every character has a first byte
        hashes = (hashes ^ spelling.codes[0][last]) * PRIME
        for codes, has_code in zip(
            spelling.codes[1:], spelling.has_code[1:], strict=True
        ):
            longer = (hashes ^ codes[last]) * PRIME
            hashes = numpy.where(has_code[last], longer, hashes)
        if length in lengths:
            yield length, hashes
