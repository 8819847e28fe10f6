"""Sequences of different lengths, concatenated or as padded batches, as arrays."""

from typing import Iterable, List, NamedTuple

import numpy
from numpy import ndarray

# Padded places that a network processes at once, and the numbers that they may take
# there. This bounds its memory.
MAX_PADDED = 4096
MAX_FLOATS = 2**23
# A batch more costs about as much time as this many more sequences in one, since an
# LSTM loads its weights for each step. Measured with one thread on a CPU.
BATCH_COST = 2


class Windows(NamedTuple):
    """What is read at once, a row each: a core, which the window answers for, and the
    context around it. The cores follow each other without a gap.

    start (ndarray): The first token that is read.
    end (ndarray): Where those tokens end (exclusive).
    core_start (ndarray): The first token of the core.
    core_end (ndarray): Where the core ends (exclusive).
    """

    start: ndarray
    end: ndarray
    core_start: ndarray
    core_end: ndarray

    @classmethod
    def of(cls, rows: Iterable) -> "Windows":
        """Make windows of rows.

        rows (Iterable): Any number of rows of four numbers.
        RETURNS (Windows): Their columns.
        """
        return cls(*numpy.array([*rows], dtype="int64").reshape(-1, 4).T)

    @property
    def lengths(self) -> ndarray:
        """RETURNS (ndarray): How many tokens each window reads."""
        return self.end - self.start


def join_windows(parts: List[Windows], lengths: Iterable[int]) -> Windows:
    """Join the windows of documents.

    parts (List[Windows]): Those of each document, counted from its first token.
    lengths (Iterable[int]): The tokens of each document.
    RETURNS (Windows): All of them, counted through all documents.
    """
    rows = [numpy.stack(part, axis=1) for part in parts]
    offsets = numpy.cumsum([0, *lengths])[:-1].tolist()
    shifted = [row + offset for row, offset in zip(rows, offsets, strict=True)]
    return Windows.of(numpy.concatenate([numpy.zeros((0, 4), "int64"), *shifted]))


def plan(lengths: ndarray, floats: int = 1) -> List[ndarray]:
    """Group sequences of similar length: batches fit into memory, and none has padding
    that takes more time than one batch more.

    lengths (ndarray): The length of each sequence.
    floats (int): The numbers that each place takes in the network.
    RETURNS (List[ndarray]): The indices of the sequences of each batch.
    """
    limit = most_places(floats)
    order = numpy.argsort(-lengths, kind="stable")
    groups: List[ndarray] = []
    first = 0
    while first < len(order):
        # the first one of a group is its longest
        size = max(1, limit // int(lengths[order[first]]))
        groups += _cut(order[first : first + size], lengths)
        first += size
    return groups


def count_places(groups: List[ndarray], lengths: ndarray) -> List[int]:
    """Count the places of padded batches.

    groups (List[ndarray]): The indices of the sequences of each batch, the longest
        first, as `plan` makes them.
    lengths (ndarray): The length of each sequence.
    RETURNS (List[int]): The places of each batch, padding among them.
    """
    return [len(rows) * int(lengths[rows[0]]) for rows in groups]


def most_places(floats: int) -> int:
    """Find what fits into memory.

    floats (int): The numbers that each place takes in the network.
    RETURNS (int): The most padded places that a network processes at once.
    """
    return min(MAX_PADDED, MAX_FLOATS // floats)


def _cut(group: ndarray, lengths: ndarray) -> List[ndarray]:
    """Cut a group, from long to short, where shorter ones are padded too much."""
    longest, *rest = lengths[group]
    shorter = numpy.asarray(rest, dtype="int64")
    saved = (longest - shorter) * numpy.arange(len(shorter), 0, -1)
    gains = saved - BATCH_COST * shorter
    if not len(gains) or gains.max() <= 0:
        return [group]
    best = int(gains.argmax()) + 1
    return [*_cut(group[:best], lengths), *_cut(group[best:], lengths)]


def padded_places(starts: ndarray, lengths: ndarray, padding: int) -> ndarray:
    """Compute the index of the item at each place of a padded batch.

    starts (ndarray): The index of the first item of each sequence, shape [batch].
    lengths (ndarray): The length of each sequence, shape [batch].
    padding (int): The index for padding.
    RETURNS (ndarray): Shape [batch, longest].
    """
    places = numpy.arange(int(lengths.max()))
    numbers = starts[:, None] + places
    numbers[places >= lengths[:, None]] = padding
    return numbers


def ranges(starts: ndarray, lengths: ndarray) -> ndarray:
    """Concatenate ranges of integers.

    starts (ndarray): The first integer of each range.
    lengths (ndarray): The length of each range.
    RETURNS (ndarray): All integers, one range after the other.
    """
    ends = numpy.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return numpy.arange(total) + numpy.repeat(starts - (ends - lengths), lengths)
