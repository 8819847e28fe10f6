"""Changes of word vectors by training: a row for each word of the training data.

A row holds the change and not the new vector. So an average of the parameters starts
at the word's vector, even if the word first occurs late in training; weight decay pulls
towards the vector; and once training has begun, only the optimizer writes a row.
"""

from typing import Any, Callable, Iterator, List, Tuple, cast

import numpy
from numpy import ndarray
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from .distinct import Distinct

# The optimizer's moments have the shape of their parameter, so a parameter can't grow.
# Instead there are as many parameters as needed, of this number of rows each: "E0",
# "E1", ... Saved models depend on the number.
ROWS = 4096
# the hashes of the words, in order, and the row of each
NO_WORDS = numpy.zeros((2, 0), dtype="uint64")


def reset(model: Model, width: int) -> None:
    """Drop all words.

    model (Model): The layer of the rows; its dimension nO becomes the width.
    width (int): The width of the vectors.
    """
    for name in model.param_names:
        model.set_param(name, None)  # otherwise the width can't change
    model.set_dim("nO", width, force=True)
    for name in model.param_names:
        # thinc can't remove a parameter, and an old gradient would bring it back
        model.set_param(name, model.ops.alloc2f(0, width))
        model.set_grad(name, model.ops.alloc2f(0, width))
    model.attrs["words"] = NO_WORDS


def add_words(model: Model, keys: ndarray) -> None:
    """Add a row of zeros for each word that has none.

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
    """Look up words.

    model (Model): The layer.
    keys (ndarray): The hashes of the words.
    RETURNS (ndarray): The row of each; -1 for a word without a row.
    """
    known, rows = model.attrs["words"]
    if not len(known):
        return numpy.full(len(keys), -1, dtype="int64")
    places = numpy.minimum(numpy.searchsorted(known, keys), len(known) - 1)
    return numpy.where(known[places] == keys, rows[places].astype("int64"), -1)


def add_changes(model: Model, rows: ndarray, vectors: Floats2d) -> None:
    """Add the changes to vectors, in place.

    model (Model): The layer.
    rows (ndarray): What `find_rows` returned.
    vectors (Floats2d): The vectors of these words.
    """
    for name, words, within in _blocks(model, rows):
        cast(Any, vectors)[words] += model.get_param(name)[within]


def set_rows(model: Model, rows: ndarray, changes: Floats2d) -> None:
    """Write rows: a start other than zero.

    model (Model): The layer.
    rows (ndarray): Some of its rows.
    changes (Floats2d): What they become.
    """
    for name, words, within in _blocks(model, rows):
        parameter: Any = model.get_param(name)
        parameter[within] = cast(Any, changes)[words]
        model.set_param(name, parameter)


def inc_gradient(model: Model, rows: ndarray, d_vectors: Floats2d) -> None:
    """Add the gradient of vectors to that of the rows.

    model (Model): The layer.
    rows (ndarray): What `find_rows` returned; words may share a row.
    d_vectors (Floats2d): The gradient of the vectors of these words.
    """
    for name, words, within in _blocks(model, rows):
        if not model.has_grad(name):  # it was loaded
            model.set_grad(name, model.ops.alloc2f(ROWS, model.get_dim("nO")))
        # in place: a batch has few of the rows, and `inc_grad` would add all of them
        gradient: Any = model.get_grad(name)
        model.ops.scatter_add(gradient, within, cast(Any, d_vectors)[words])
        model.set_grad(name, gradient)


def finish(
    model: Model, distinct: Distinct, rows: ndarray, table: Floats2d
) -> Tuple[List[Floats2d], Callable]:
    """Add the changes to the vectors of distinct words, and give each token its vector.

    model (Model): The layer. It learns if its attribute `trainable` says so.
    distinct (Distinct): The words, and where they are.
    rows (ndarray): The row of each; -1 for none.
    table (Floats2d): The vector of each, which changes in place.
    RETURNS (Tuple[List[Floats2d], Callable]): The vectors of each doc, and a callback
        with their gradient.
    """
    add_changes(model, rows, table)
    output, backprop_table = distinct.spread(model, table)

    def backprop(d_output: List[Floats2d]) -> List[Doc]:
        if model.attrs["trainable"]:
            inc_gradient(model, rows, backprop_table(d_output))
        return []

    return output, backprop


def _blocks(model: Model, rows: ndarray) -> Iterator[Tuple[str, Any, Any]]:
    """For each parameter with some of the rows: its name, the places of their words,
    and the places of the rows in it."""
    blocks = numpy.where(rows < 0, -1, rows // ROWS)
    for block in numpy.unique(blocks[blocks >= 0]).tolist():
        (words,) = numpy.nonzero(blocks == block)
        yield (
            f"E{block}",
            model.ops.asarray1i(cast(Any, words)),
            model.ops.asarray1i(cast(Any, rows[words] % ROWS)),
        )
