"""What training changes in the vectors of words: a row for each word that it saw.

A row holds the change and not the new vector. So an average of the parameters starts
at the word's vector, also if the word comes late, weight decay pulls towards the
vector, and nobody but the optimizer writes a row.
"""

from typing import Any, Iterator, Tuple, cast

import numpy
from numpy import ndarray
from thinc.api import Model
from thinc.types import Floats2d

# The optimizer's moments have the shape of their parameter, so that a parameter can't
# grow. There are as many as it takes, of this number of rows each: "E0", "E1", ...
# Saved models count on it.
ROWS = 4096
# the hashes of the words, in order, and the row of each
NO_WORDS = numpy.zeros((2, 0), dtype="uint64")


def reset(model: Model, width: int) -> None:
    """Forget all words.

    model (Model): The layer that keeps them; its dimension nO gets the width.
    width (int): The width of the vectors.
    """
    for name in model.param_names:
        model.set_param(name, None)  # else the width can't change
    model.set_dim("nO", width, force=True)
    for name in model.param_names:
        # thinc can't remove one, and a gradient left behind would wake it up
        model.set_param(name, model.ops.alloc2f(0, width))
        model.set_grad(name, model.ops.alloc2f(0, width))
    model.attrs["words"] = NO_WORDS


def add_words(model: Model, keys: ndarray) -> None:
    """Give a row to each word that has none: no change yet.

    model (Model): The layer.
    keys (ndarray): The hashes of distinct words.
    """
    words = model.attrs["words"]
    new = keys[find_rows(model, keys) < 0]
    if not len(new):
        return
    first, end = words.shape[1], words.shape[1] + len(new)
    for block in range(-(-first // ROWS), -(-end // ROWS)):
        shape = (ROWS, model.get_dim("nO"))
        model.set_param(f"E{block}", model.ops.alloc2f(*shape))
        model.set_grad(f"E{block}", model.ops.alloc2f(*shape))
    rows = numpy.arange(first, end, dtype="uint64")
    words = numpy.concatenate([words, numpy.stack([new, rows])], axis=1)
    model.attrs["words"] = words[:, numpy.argsort(words[0])]


def find_rows(model: Model, keys: ndarray) -> ndarray:
    """Look words up.

    model (Model): The layer.
    keys (ndarray): The hashes of the words.
    RETURNS (ndarray): The row of each; -1 for a word that was not learned.
    """
    known, rows = model.attrs["words"]
    if not len(known):
        return numpy.full(len(keys), -1, dtype="int64")
    places = numpy.minimum(numpy.searchsorted(known, keys), len(known) - 1)
    return numpy.where(known[places] == keys, rows[places].astype("int64"), -1)


def add_changes(model: Model, rows: ndarray, vectors: Floats2d) -> None:
    """Add what was learned to vectors, in place.

    model (Model): The layer.
    rows (ndarray): What `find_rows` returned.
    vectors (Floats2d): The vectors of these words.
    """
    for name, words, within in _blocks(model, rows):
        cast(Any, vectors)[words] += model.get_param(name)[within]


def inc_gradient(model: Model, rows: ndarray, d_vectors: Floats2d) -> None:
    """Hand the gradient of vectors on to the rows.

    model (Model): The layer.
    rows (ndarray): What `find_rows` returned, for distinct words.
    d_vectors (Floats2d): The gradient of the vectors of these words.
    """
    for name, words, within in _blocks(model, rows):
        gradient: Any = model.ops.alloc2f(ROWS, model.get_dim("nO"))
        gradient[within] = cast(Any, d_vectors)[words]
        model.inc_grad(name, gradient)


def _blocks(model: Model, rows: ndarray) -> Iterator[Tuple[str, Any, Any]]:
    """For each parameter with some of the rows: its name, which of the words they
    belong to, and where they are in it."""
    blocks = numpy.where(rows < 0, -1, rows // ROWS)
    for block in numpy.unique(blocks[blocks >= 0]).tolist():
        (words,) = numpy.nonzero(blocks == block)
        yield (
            f"E{block}",
            model.ops.asarray1i(cast(Any, words)),
            model.ops.asarray1i(cast(Any, rows[words] % ROWS)),
        )
