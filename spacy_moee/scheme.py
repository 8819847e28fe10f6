"""How tags are numbered: the only place that knows.

For the labels `["LOC", "PER"]` the tags are `O, B-LOC, I-LOC, B-PER, I-PER`,
numbered from 0 (paper, section 2.2; decision D15). `MISSING` marks a token
whose gold tag is unknown.

A network may have other tags inside: those of BIOES are `O, B-LOC, I-LOC, E-LOC, S-LOC,
B-PER, ...`. Each legal sequence of them is one of the tags above, and the other way
round; only such a network sees them.
"""

from enum import Enum
from functools import lru_cache
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple, TypeVar

import numpy
from numpy import ndarray

MISSING = -1
OUTSIDE = 0
# in the place of a label's number
ANY_LABEL = -1
# what a tag says of the borders of an entity, beside OUTSIDE
BEGIN, INSIDE = 1, 2
# and what tags of BIOES say beside these: its last token, its only one
END, SINGLE = 3, 4

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


class Notation(Enum):
    """What kind of tags a chain has: by the borders that the tags of each label stand
    for, in the order of their numbers."""

    IOB2 = (BEGIN, INSIDE)
    BIOES = (BEGIN, INSIDE, END, SINGLE)

    @property
    def closes(self) -> bool:
        """RETURNS (bool): Whether a tag says that its token is the last of an entity,
        and not the next one."""
        return END in self.value

    def count_labels(self, n_tags: int) -> int:
        """Count the entity types.

        n_tags (int): The number of tags, O included.
        RETURNS (int): Their number.
        """
        return (n_tags - 1) // len(self.value)

    def tag_of(self, label: Numbers, border: Numbers) -> Numbers:
        """Number a tag, or many.

        label (int / ndarray / Tensor): The number of its entity type, from 0.
        border (int / ndarray / Tensor): One of its borders, such as `BEGIN`.
        RETURNS (int / ndarray / Tensor): The tag.
        """
        return label * len(self.value) + border

    def border_at(self, is_first: Numbers, is_last: Numbers) -> Numbers:
        """Say which border a token of an entity has.

        is_first (ndarray / Tensor): Whether the token is its first one.
        is_last (ndarray / Tensor): Whether it is its last one, of a shape that fits.
        RETURNS (ndarray / Tensor): Borders.
        """
        border = is_first * BEGIN + ~is_first * INSIDE
        if not self.closes:
            return border
        return border * ~is_last + is_last * (is_first * SINGLE + ~is_first * END)

    def tags_of(self, border: int) -> slice:
        """Find the tags of a border.

        border (int): Such as `BEGIN`.
        RETURNS (slice): One tag for each label, in their order.
        """
        return slice(border, None, len(self.value))


class ChainScheme(NamedTuple):
    """What the tags of a chain are, in any notation, as arrays.

    outer (ndarray): The IOB2 tag that each stands for, shape [tags].
    category (ndarray): The entity category of each tag, shape [tags]; 0 is O.
    border (ndarray): `OUTSIDE`, or one of the notation's borders, shape [tags].
    legal (ndarray): `legal[a, b]` says whether tag b may follow tag a, shape
        [tags + 1, tags]; the last row stands for the start of the sequence.
    last (ndarray): Whether a sequence may end with each tag, shape [tags].
    """

    outer: ndarray
    category: ndarray
    border: ndarray
    legal: ndarray
    last: ndarray


@lru_cache(maxsize=8)
def chain_scheme(notation: Notation, n_labels: int) -> ChainScheme:
    """Describe the tags of a chain.

    notation (Notation): Their kind.
    n_labels (int): The number of entity types.
    RETURNS (ChainScheme): Arrays over the tags.
    """
    if notation is Notation.IOB2:
        category, border, legal = iob2_scheme(n_labels)
        tags = numpy.arange(len(category))
        return ChainScheme(tags, category, border, legal, tags >= OUTSIDE)
    tags = numpy.arange(len(notation.value) * n_labels + 1)
    label, border = numpy.divmod(tags - 1, len(notation.value))
    border = numpy.where(tags == OUTSIDE, OUTSIDE, border + 1)
    starts = (border == BEGIN) | (border == SINGLE)
    outer = label * 2 + numpy.where(starts, BEGIN, INSIDE)
    goes_on = (border == INSIDE) | (border == END)
    is_open = (border == BEGIN) | (border == INSIDE)
    same = label[:, None] == label
    legal = numpy.where(goes_on, is_open[:, None] & same, ~is_open[:, None])
    return ChainScheme(
        outer=numpy.where(tags == OUTSIDE, OUTSIDE, outer),
        category=label + 1,
        border=border,
        legal=numpy.append(legal, legal[:1], axis=0),
        last=~is_open,
    )


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


def tag_names(labels: Sequence[str]) -> List[str]:
    """Name all tags.

    labels (Sequence[str]): The entity types.
    RETURNS (List[str]): By their numbers, such as `["O", "B-LOC", "I-LOC"]`.
    """
    return ["O", *(f"{border}-{label}" for label in labels for border in "BI")]


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


def to_bioes(tags: Numbers) -> Numbers:
    """Find the BIOES tags that say what IOB2 tags say. An entity starts and ends where
    `spans` finds it; what is unknown goes on with none.

    tags (ndarray / Tensor): Tag numbers of sequences, below 0 where unknown and on
        padding, shape [batch, seq].
    RETURNS (ndarray / Tensor): BIOES tag numbers, of the same shape and kind; what is
        unknown is as before.
    """
    inside = tags > OUTSIDE
    category = category_of(tags)
    continues = inside[:, 1:] & (tags[:, 1:] % 2 == 0)
    goes_on = continues & (category[:, :-1] == category[:, 1:])
    is_first, is_last = tags == tags, tags == tags  # all true, of the kind of the tags
    is_first[:, 1:], is_last[:, :-1] = ~goes_on, ~goes_on
    border = Notation.BIOES.border_at(is_first, is_last)
    found = Notation.BIOES.tag_of(category - 1, border)
    return found * inside + tags * ~inside


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
