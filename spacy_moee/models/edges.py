"""The edges of entities, where no white space is."""

from typing import NamedTuple

import numpy
from numpy import ndarray
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc


class Edges(NamedTuple):
    """Where spans of a doc start and end without the white space at their edges.

    starts (ndarray): By the first token, shape [tokens + 1].
    ends (ndarray): By the end (exclusive), shape [tokens + 1].
    """

    starts: ndarray
    ends: ndarray

    @classmethod
    def of(cls, doc: Doc) -> "Edges":
        """Find them.

        doc (Doc): The doc.
        RETURNS (Edges): Places.
        """
        is_word = doc.to_array(IS_SPACE) == 0
        places = numpy.arange(len(doc) + 1)
        starts = numpy.where(numpy.append(is_word, True), places, len(doc))
        starts = numpy.minimum.accumulate(starts[::-1])[::-1]
        ends = numpy.where(numpy.append(True, is_word), places, 0)
        return cls(starts, numpy.maximum.accumulate(ends))

    def trim(self, entities: ndarray) -> ndarray:
        """Take the white space off entities.

        entities (ndarray): First token, end and label, shape [entities, 3].
        RETURNS (ndarray): The same of those of which something is left.
        """
        start, end, label = entities.T
        trimmed = numpy.stack([self.starts[start], self.ends[end], label], axis=1)
        return trimmed[trimmed[:, 0] < trimmed[:, 1]]
