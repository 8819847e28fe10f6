"""Static word vectors, as they are."""

from typing import Any, Callable, List, Tuple, cast

import numpy
from spacy.attrs import intify_attr
from spacy.tokens import Doc
from spacy.vectors import BaseVectors, Mode, Vectors
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import MoeeError


def build_static_embed_v1(
    trainable: bool = False, attr: str = "ORTH"
) -> Model[List[Doc], List[Floats2d]]:
    """Look tokens up in `doc.vocab.vectors`: its raw rows, without a projection
    (paper, section 3: "freeze" and "unfreeze"). A missing word is zero. Registered
    as `spacy_moee.StaticEmbed.v1`.

    trainable (bool): Learn the rows, starting at the vectors. The learned table is
        saved with the model; the vocabulary's stays as it is.
    attr (str): The token attribute to look up: ORTH, or LOWER for vectors of
        lower-cased words (decision D16). It is an argument because a vectors
        table forgets its own `attr` when it is saved (spaCy 3.8).
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    RAISES (MoeeError): M103, for an unknown attribute.
    """
    number = intify_attr(attr)
    if number is None:
        raise MoeeError(
            "M103",
            argument="attr",
            place="spacy_moee.StaticEmbed.v1",
            expected="a token attribute such as ORTH or LOWER",
            found=repr(attr),
        )
    return Model(
        "static_embed",
        forward,
        init=init,
        dims={"nO": None},
        params={"E": None} if trainable else {},
        attrs={"trainable": trainable, "attr": number},
    )


def init(model: Model, X=None, Y=None) -> None:
    """Take the width, and for a trainable layer the rows, from the vectors."""
    if not X:
        return
    vectors = X[0].vocab.vectors
    width = vectors.shape[1]
    if not width:
        raise MoeeError("M201", lang=X[0].vocab.lang)
    model.set_dim("nO", width, force=True)
    if model.attrs["trainable"]:
        if not _has_rows(vectors):
            raise MoeeError("M202", found=type(vectors).__name__)
        model.set_param("E", model.ops.asarray2f(vectors.data).copy())


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Look all tokens up at once."""
    vectors = docs[0].vocab.vectors
    table, rows = _look_up(model, vectors, docs)
    output: Any = table[rows]
    output[rows < 0] = 0

    def backprop(d_output: List[Floats2d]) -> List[Doc]:
        if model.attrs["trainable"]:
            known = rows >= 0
            d_rows: Any = model.ops.flatten(d_output)
            gradient = model.ops.alloc2f(*table.shape)
            model.ops.scatter_add(gradient, rows[known], d_rows[known])
            model.inc_grad("E", gradient)
        return []

    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    return model.ops.unflatten(output, lengths), backprop


def _look_up(model: Model, vectors: BaseVectors, docs: List[Doc]) -> Tuple[Any, Any]:
    """The table of vectors, and the row of each token; -1 for a missing word."""
    width = model.get_dim("nO")
    learned = model.get_param("E") if model.attrs["trainable"] else None
    n_rows = vectors.shape[0] if learned is None else learned.shape[0]
    if tuple(vectors.shape) != (n_rows, width):
        raise MoeeError("M203", found=tuple(vectors.shape), expected=(n_rows, width))
    keys = numpy.concatenate([doc.to_array(model.attrs["attr"]) for doc in docs])
    # each distinct word is looked up once
    distinct, places = numpy.unique(keys, return_inverse=True)
    if _has_rows(vectors):
        table = model.ops.asarray(vectors.data) if learned is None else learned
        rows = numpy.asarray([vectors.key2row.get(k, -1) for k in distinct.tolist()])
    else:
        table, rows = vectors.get_batch(distinct), numpy.arange(len(distinct))
    return table, model.ops.asarray1i(cast(Any, rows[places]))


def _has_rows(vectors: BaseVectors) -> bool:
    return isinstance(vectors, Vectors) and vectors.mode == Mode.default
