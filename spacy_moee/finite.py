"""Checks for finite numbers in weights and word vectors: one NaN reaches every token of
its batch, and silently removes all entities."""

import math
from typing import Any, Sequence

import numpy
from numpy import ndarray
from spacy.vectors import BaseVectors, Mode, Vectors
from thinc.api import get_array_module
from thinc.types import Floats2d
from thinc.util import to_numpy

from .errors import MoeeError

# numbers that are checked at once
BLOCK = 2**22


def is_finite(values: Any) -> bool:
    """Check that there is no NaN and no infinity.

    values (ndarray / Tensor): Numbers of any shape and type.
    RETURNS (bool): Whether all are finite.
    """
    # a sum is ten times as fast as a check of each number, but can overflow
    with numpy.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(float(values.sum())) or math.isfinite(
            float(abs(values).max())
        )


def bad_rows(vectors: Any) -> ndarray:
    """Find the rows of a table that are not finite, or too large for single precision.

    vectors (Floats2d): Vectors of any precision, on any device.
    RETURNS (ndarray): The numbers of the rows.
    """
    xp = get_array_module(vectors)
    n_rows = max(BLOCK // max(vectors.shape[1], 1), 1)
    found = []
    for start in range(0, len(vectors), n_rows):
        block = vectors[start : start + n_rows]
        with numpy.errstate(over="ignore"):
            finite = xp.isfinite(block.astype("float32", copy=False))
        if not finite.all():
            rows = (~finite.all(axis=1)).nonzero()[0] + start
            found.append(to_numpy(rows))
    return numpy.concatenate(found) if found else numpy.zeros(0, dtype="int64")


def check_rows(vectors: Any, words: Sequence[str], place: str) -> None:
    """Check that the vectors of words are finite.

    vectors (Floats2d): Vectors, on any device.
    words (Sequence[str]): The word of each.
    place (str): The source of the vectors, for the message.
    RAISES (MoeeError): M246, if one is not.
    """
    bad = bad_rows(vectors)
    if len(bad):
        word, count = words[bad[0]], len(bad)
        raise MoeeError("M246", place=place, word=word, count=count, total=len(words))


def check_keys(found: Floats2d, keys: ndarray, vectors: BaseVectors) -> None:
    """Check that vectors that were looked up by hash are finite.

    found (Floats2d): The vectors, on any device.
    keys (ndarray): The hash of each word.
    vectors (BaseVectors): The source of the vectors.
    RAISES (MoeeError): M246, if a vector is not finite.
    """
    if len(bad_rows(found)):
        words = [_word(vectors, key) for key in keys.tolist()]
        check_rows(found, words, name_vectors(vectors))


def check_vectors(vectors: BaseVectors) -> None:
    """Check that the rows of words in a vectors table are finite. Vectors without a
    table are checked when they are read.

    vectors (BaseVectors): The vectors of a vocabulary.
    RAISES (MoeeError): M245, if it is not.
    """
    if not isinstance(vectors, Vectors):
        return
    bad = bad_rows(vectors.data)
    if not len(bad):
        return
    total, first = len(vectors.data), f"row {bad[0]}, which parts of words share"
    if vectors.mode == Mode.default:
        used = numpy.unique(numpy.fromiter(vectors.key2row.values(), dtype="int64"))
        bad, total = numpy.intersect1d(bad, used), len(used)
        if not len(bad):
            return
        key = next(key for key, row in vectors.key2row.items() if row == bad[0])
        first = f"that of {_word(vectors, key)!r} (row {bad[0]})"
    place = name_vectors(vectors)
    raise MoeeError("M245", place=place, count=len(bad), total=total, first=first)


def name_vectors(vectors: BaseVectors) -> str:
    """Name vectors in a message.

    vectors (BaseVectors): The vectors of a vocabulary.
    RETURNS (str): Their name.
    """
    name = getattr(vectors, "name", None)
    return f"the vectors table '{name}'" if name else "the vectors table"


def _word(vectors: BaseVectors, key: int) -> str:
    try:
        return vectors.strings[key]
    except KeyError:
        return f"hash {key}"
