"""Sequences of different lengths, concatenated or as padded batches, as arrays."""

from typing import List

import numpy
from numpy import ndarray

# Padded places that a network processes at once, and the numbers that they may take
# there. This bounds its memory.
MAX_PADDED = 4096
MAX_FLOATS = 2**23


def plan(lengths: ndarray, floats: int = 1) -> List[ndarray]:
    """Group sequences of similar length.

    lengths (ndarray): The length of each sequence.
    floats (int): The numbers that each place takes in the network.
    RETURNS (List[ndarray]): The indices of the sequences of each batch.
    """
    limit = min(MAX_PADDED, MAX_FLOATS // floats)
    order = numpy.argsort(-lengths, kind="stable")
    groups, first = [], 0
    while first < len(order):
        # the first one of a group is its longest
        size = max(1, limit // int(lengths[order[first]]))
        groups.append(order[first : first + size])
        first += size
    return groups


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
