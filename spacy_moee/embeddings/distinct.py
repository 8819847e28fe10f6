"""Embed each distinct word of a batch once."""

from typing import Any, Callable, List, Tuple, cast

import numpy
from spacy.attrs import ORTH
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

# words that prediction embeds at once: what layers need between their input and their
# output is wider than that
MOST_WORDS = 2**14


def build_distinct_words_v1(
    embed: Model[List[Doc], List[Floats2d]],
) -> Model[List[Doc], List[Floats2d]]:
    """Run an embedding layer on one doc that holds each distinct word of the batch
    once, and hand its rows out to the tokens. The numbers are the layer's own; a
    batch of news text has about a third as many distinct words as tokens. Where they
    are very many, prediction embeds them in parts, which bounds its memory.
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
    embed = model.layers[0]
    if is_train:
        (table,), backprop_embed = embed.begin_update([Doc(vocab, words=forms)])
    else:
        runs = range(0, max(len(forms), 1), MOST_WORDS)
        parts: Any = [
            embed.predict([Doc(vocab, words=forms[start : start + MOST_WORDS])])[0]
            for start in runs
        ]
        xp: Any = model.ops.xp
        table = parts[0] if len(parts) == 1 else xp.concatenate(parts)
    index = model.ops.asarray1i(cast(Any, places))

    def backprop(d_output: List[Floats2d]) -> List[Doc]:
        d_table = model.ops.alloc2f(*table.shape)
        model.ops.scatter_add(d_table, index, model.ops.flatten(d_output))
        return backprop_embed([d_table])

    return model.ops.unflatten(table[index], lengths), backprop
