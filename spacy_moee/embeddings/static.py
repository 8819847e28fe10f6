"""Word vectors of the vocabulary, as they are or as a start."""

from typing import Any, Callable, List, Optional, Sequence, Tuple, cast

import numpy
from numpy import ndarray
from spacy.attrs import intify_attr
from spacy.tokens import Doc
from spacy.vectors import BaseVectors, Mode, Vectors
from thinc.api import Model
from thinc.backends import get_array_ops
from thinc.types import Floats2d

from ..errors import MoeeError, check_setting
from ..finite import check_keys, check_vectors
from . import learned
from .distinct import find_distinct

PLACE = "spacy_moee.StaticEmbed.v1"


def build_static_embed_v1(
    trainable: bool = False, attr: str = "ORTH"
) -> Model[List[Doc], List[Floats2d]]:
    """Look up tokens in `doc.vocab.vectors`: the raw vectors, without a projection
    (paper, section 3: "freeze" and "unfreeze"). The vector of a missing word is zero.
    Registered as `spacy_moee.StaticEmbed.v1`.

    trainable (bool): Train the vectors of the words in the training data; other words
        keep the vocabulary's. The changes are saved with the model; the vocabulary's
        vectors stay as they are.
    attr (str): The token attribute to look up: ORTH, or LOWER for vectors of
        lower-cased words (decision D16). It is an argument because a vectors table
        loses its own `attr` when it is saved (spaCy 3.8).
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    RAISES (MoeeError): M103, for an unknown attribute. The layer raises M201 without
        vectors, M203 for those of another width, and M245 or M246 for vectors that
        are not finite.
    """
    number = intify_attr(attr)
    expected = "a token attribute such as ORTH or LOWER"
    check_setting(number is not None, "attr", PLACE, expected, repr(attr))
    return Model(
        "static_embed",
        forward,
        init=init,
        dims={"nO": None},
        attrs={"trainable": trainable, "attr": number, "words": learned.NO_WORDS},
    )


def init(model: Model, X=None, Y=None) -> None:
    """Take the width from the vectors, and drop learned changes."""
    if not X:
        return
    width = X[0].vocab.vectors.shape[1]
    if not width:
        raise MoeeError("M201", place=PLACE, lang=X[0].vocab.lang)
    check_vectors(X[0].vocab.vectors)
    learned.reset(model, width)


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Look up each distinct word once."""
    distinct = find_distinct(docs, model.attrs["attr"])
    table = look_up(model, docs[0].vocab.vectors, distinct.keys)
    if is_train and model.attrs["trainable"]:
        # A word without a vector stays zero: otherwise the network would not see in
        # training what an unknown word looks like.
        has_vector = model.ops.to_numpy(table.any(axis=1))
        learned.add_words(model, distinct.keys[has_vector])
    rows = learned.find_rows(model, distinct.keys)
    return learned.finish(model, distinct, rows, table)


def look_up(
    model: Model,
    vectors: BaseVectors,
    keys: ndarray,
    words: Optional[Sequence[str]] = None,
) -> Any:
    """Copy the vocabulary's vectors of words into a new array.

    model (Model): The layer, whose dimension nO is the width.
    vectors (BaseVectors): The vectors.
    keys (ndarray): The hashes of the words.
    words (Optional[Sequence[str]]): The words, if their strings may not be known to the
        vocabulary, and vectors that have no row a word need them.
    RETURNS (Floats2d): A vector each; zeros for a word without one.
    RAISES (MoeeError): M203 for vectors of another width, M246 for one that is not
        finite.
    """
    width = model.get_dim("nO")
    if vectors.shape[1] != width:
        raise MoeeError("M203", found=vectors.shape[1], expected=width)
    table: Any = model.ops.alloc2f(len(keys), width)
    if isinstance(vectors, Vectors) and vectors.mode == Mode.default:
        get = vectors.key2row.get
        rows = numpy.asarray([get(key, -1) for key in keys.tolist()], dtype="int32")
        known = numpy.nonzero(rows >= 0)[0]
        ops: Any = get_array_ops(vectors.data)
        found = vectors.data[ops.asarray1i(rows[known])]
        table[model.ops.asarray1i(cast(Any, known))] = model.ops.asarray(found)
    elif len(keys):
        table[:] = model.ops.asarray(vectors.get_batch(words or keys))
    check_keys(table, keys, vectors)
    return table
