"""How tags are numbered: the only place that knows.

For the labels `["LOC", "PER"]` the tags are `O, B-LOC, I-LOC, B-PER, I-PER`,
numbered from 0 (paper, section 2.2; decision D15). `MISSING` marks a token
whose gold tag is unknown.
"""

from typing import Dict, NamedTuple

import numpy
from numpy import ndarray

MISSING = -1
OUTSIDE = 0


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


def iob2_scheme(n_labels: int) -> TagScheme:
    """Number the IOB2 tags of `n_labels` entity types.

    n_labels (int): The number of entity types.
    RETURNS (TagScheme): Arrays over the 2 * n_labels + 1 tags.
    """
    tags = numpy.arange(2 * n_labels + 1)
    category = (tags + 1) // 2
    boundary = numpy.where(tags == OUTSIDE, 0, 2 - tags % 2)
    same_entity = numpy.append(category, 0)[:, None] == category[None, :]
    legal = (boundary != 2)[None, :] | same_entity
    return TagScheme(category, boundary, legal)
