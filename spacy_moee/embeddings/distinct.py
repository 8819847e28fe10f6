"""Embed each distinct word of a batch once."""

from typing import Any, Callable, List, Tuple, cast

import numpy
from spacy.attrs import ORTH
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d


def build_distinct_words_v1(
    embed: Model[List[Doc], List[Floats2d]],
) -> Model[List[Doc], List[Floats2d]]:
    """Run an embedding layer on one doc that holds each distinct word of the batch
    once, and hand its rows out to the tokens. The numbers are the layer's own; a
    batch of news text has about a third as many distinct words as tokens.
    Registered as `spacy_moee.DistinctWords.v1`.

    embed (Model[List[Doc], List[Floats2d]]): A layer that reads the form of each
        word and nothing around it: static vectors, hash embeddings of lexical
        attributes, characters. A NORM set by a tokenizer exception is not seen.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    return Model(
        "distinct_words", forward, init=init, layers=[embed], dims={"nO": None}
    )


def init(model: Model, X=None, Y=None) -> None:
    """Initialize the inner layer, and learn its width."""
    embed = model.layers[0]
    embed.initialize(X=X, Y=Y)
    if embed.has_dim("nO"):
        model.set_dim("nO", embed.get_dim("nO"), force=True)
    elif X:
        model.set_dim("nO", embed.predict(X[:1])[0].shape[1], force=True)


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Embed the distinct words, then gather."""
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    words = numpy.concatenate([doc.to_array(ORTH) for doc in docs])
    distinct, places = numpy.unique(words, return_inverse=True)
    vocab = docs[0].vocab
    forms = [vocab.strings[orth] for orth in distinct.tolist()]
    (table,), backprop_embed = model.layers[0]([Doc(vocab, words=forms)], is_train)
    index = model.ops.asarray1i(cast(Any, places))

    def backprop(d_output: List[Floats2d]) -> List[Doc]:
        d_table = model.ops.alloc2f(*table.shape)
        model.ops.scatter_add(d_table, index, model.ops.flatten(d_output))
        return backprop_embed([d_table])

    return model.ops.unflatten(table[index], lengths), backprop
