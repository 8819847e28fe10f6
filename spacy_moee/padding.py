"""Stretches of different lengths as padded batches, in whole arrays."""

from typing import List

import numpy
from numpy import ndarray

# Padded places that go through a network at once: what bounds its memory.
MAX_PADDED = 4096


def plan(lengths: ndarray) -> List[ndarray]:
    """Group stretches of similar length.

    lengths (ndarray): The places of each stretch.
    RETURNS (List[ndarray]): The numbers of the stretches of each batch.
    """
    order = numpy.argsort(-lengths, kind="stable")
    groups, first = [], 0
    while first < len(order):
        # the first of a group is its longest
        size = max(1, MAX_PADDED // int(lengths[order[first]]))
        groups.append(order[first : first + size])
        first += size
    return groups


def padded_places(starts: ndarray, lengths: ndarray, padding: int) -> ndarray:
    """Number what stands at each place of a padded batch.

    starts (ndarray): The number of the first item of each stretch, shape [batch].
    lengths (ndarray): The items of each stretch, shape [batch].
    padding (int): The number that stands for padding.
    RETURNS (ndarray): Shape [batch, longest].
    """
    places = numpy.arange(int(lengths.max()))
    numbers = starts[:, None] + places
    numbers[places >= lengths[:, None]] = padding
    return numbers
