"""How tags are numbered: the only place that knows.

For the labels `["LOC", "PER"]` the tags are `O, B-LOC, I-LOC, B-PER, I-PER`,
numbered from 0 (paper, section 2.2; decision D15). `MISSING` marks a token
whose gold tag is unknown.
"""

from functools import lru_cache
from typing import Any, Dict, NamedTuple, Tuple, TypeVar

import numpy
from numpy import ndarray

MISSING = -1
OUTSIDE = 0
# in the place of a label's number
ANY_LABEL = -1
# what a tag says of the borders of an entity, beside OUTSIDE
BEGIN, INSIDE = 1, 2

# an int, or an array or tensor of them
Numbers = TypeVar("Numbers", bound=Any)


class TagScheme(NamedTuple):
    """What a network has to know about the tags, as arrays.

    category (ndarray): The entity category of each tag, shape [tags]; 0 is O.
        These are the gate's gold classes (decision D3).
    boundary (ndarray): 0 for O, 1 for B, 2 for I, shape [tags]: the tags of
        entity detection (paper, section 2.1; decision D4).
    legal (ndarray): `legal[a, b]` says whether tag b may follow tag a, shape
        [tags + 1, tags]; the last row stands for the start of the sequence.
    """

    category: ndarray
    boundary: ndarray
    legal: ndarray

    @property
    def sizes(self) -> Dict[str, int]:
        """RETURNS (Dict[str, int]): How many tags and categories there are."""
        n_categories = int(self.category.max()) + 1
        return {"n_tags": len(self.category), "n_categories": n_categories}


@lru_cache(maxsize=8)
def iob2_scheme(n_labels: int) -> TagScheme:
    """Number the IOB2 tags of `n_labels` entity types.

    n_labels (int): The number of entity types.
    RETURNS (TagScheme): Arrays over the 2 * n_labels + 1 tags.
    """
    tags = numpy.arange(2 * n_labels + 1)
    before = numpy.append(tags, OUTSIDE)[:, None]
    return TagScheme(category_of(tags), boundary_of(tags), may_follow(before, tags))


def tag_of(label: Numbers, boundary: int) -> Numbers:
    """Number a tag, or many.

    label (int / ndarray / Tensor): The number of its entity type, from 0.
    boundary (int): `BEGIN` or `INSIDE`.
    RETURNS (int / ndarray / Tensor): The tag.
    """
    return label * 2 + boundary


def category_of(tags: ndarray) -> ndarray:
    """Find the entity category of each tag: 0 of O and of unknown ones, 1 of the first
    type.

    tags (ndarray): Tag numbers, any shape.
    RETURNS (ndarray): The same shape.
    """
    return (tags + 1) // 2


def boundary_of(tags: ndarray) -> ndarray:
    """Find what each tag says of borders: O and unknown ones `OUTSIDE`, B `BEGIN`, I
    `INSIDE`.

    tags (ndarray): Tag numbers, any shape.
    RETURNS (ndarray): The same shape.
    """
    return numpy.where(tags <= OUTSIDE, OUTSIDE, 2 - tags % 2)


def may_follow(before: ndarray, after: ndarray) -> ndarray:
    """Say which tags may follow which: an I only a tag of its type.

    before (ndarray): Tag numbers; O for the start of a sequence.
    after (ndarray): Tag numbers, of a shape that fits.
    RETURNS (ndarray): Bools.
    """
    same = category_of(before) == category_of(after)
    return (boundary_of(after) != INSIDE) | same


def possible_tags(tags: ndarray, n_tags: int) -> ndarray:
    """Say which tags each token may have, given gold that is partly unknown. Gold
    entities are whole: a token of unknown gold goes on with none that is known, and
    with nothing at the start of a sequence. What else a sequence of tags rules out,
    `TagScheme.legal` says.

    tags (ndarray): Gold tags of sequences, below 0 where unknown, shape [batch, seq].
    n_tags (int): The number of tags.
    RETURNS (ndarray): Bools, shape [batch, seq, tags].
    """
    numbers = numpy.arange(n_tags)
    unknown = tags < OUTSIDE
    after_known = numpy.ones_like(unknown)
    after_known[:, 1:] = ~unknown[:, :-1]
    free = unknown[..., None] & (boundary_of(numbers) != INSIDE)
    free |= (unknown & ~after_known)[..., None]
    return free | (tags[..., None] == numbers)


def spans(tags: ndarray) -> Tuple[ndarray, ndarray, ndarray]:
    """Read the entities of one sequence of tags, the conlleval way: an entity
    starts at a B, and at an I that continues no entity of its type.

    tags (ndarray): Tag numbers, shape [tokens].
    RETURNS (Tuple[ndarray, ndarray, ndarray]): The first token, the end (exclusive)
        and the label number of each entity, in order.
    """
    before = numpy.append(OUTSIDE, tags[:-1])[: len(tags)]
    inside = tags > OUTSIDE
    starts = (boundary_of(tags) == BEGIN) | ~may_follow(before, tags)
    ends = inside.copy()
    ends[:-1] &= starts[1:] | ~inside[1:]
    first = numpy.flatnonzero(starts)
    return first, numpy.flatnonzero(ends) + 1, category_of(tags[first]) - 1
