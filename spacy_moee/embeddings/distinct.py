"""Embed each distinct word of a batch once."""

from typing import Any, Callable, List, NamedTuple, Tuple, cast

import numpy
from numpy import ndarray
from spacy.attrs import ORTH
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

# words that prediction embeds at once: between their input and their output, layers
# need wider arrays
MOST_WORDS = 2**14


class Distinct(NamedTuple):
    """The distinct values of an attribute in a batch of docs.

    keys (ndarray): The values.
    places (ndarray): For each token of all docs, the place of its value in `keys`.
    lengths (ndarray): The number of tokens of each doc.
    """

    keys: ndarray
    places: ndarray
    lengths: ndarray

    def spread(
        self, model: Model, table: Any
    ) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], Any]]:
        """Give each token its vector.

        model (Model): The layer.
        table (Floats2d): A vector for each of `keys`.
        RETURNS (Tuple[List[Floats2d], Callable]): The vectors of each doc, and a
            callback from their gradient to that of the table.
        """
        ops = model.ops
        index = ops.asarray1i(cast(Any, self.places))

        def backprop(d_output: List[Floats2d]) -> Any:
            d_table = ops.alloc2f(*table.shape)
            ops.scatter_add(d_table, index, ops.flatten(d_output))
            return d_table

        lengths = ops.asarray1i(cast(Any, self.lengths))
        return ops.unflatten(table[index], lengths), backprop


def find_distinct(docs: List[Doc], attr: int) -> Distinct:
    """Find the distinct values of an attribute.

    docs (List[Doc]): At least one doc.
    attr (int): The attribute.
    RETURNS (Distinct): The values, and where they are.
    """
    values = numpy.concatenate([doc.to_array(attr) for doc in docs])
    keys, places = numpy.unique(values, return_inverse=True)
    return Distinct(keys, places, numpy.asarray([len(doc) for doc in docs]))


def build_distinct_words_v1(
    embed: Model[List[Doc], List[Floats2d]],
) -> Model[List[Doc], List[Floats2d]]:
    """Run an embedding layer on one doc that holds each distinct word of the batch
    once, and give its rows to the tokens. The vectors are equal to those of the layer
    itself; a batch of news text has about a third as many distinct words as tokens. If
    there are very many, prediction embeds them in parts, which bounds its memory.
    Registered as `spacy_moee.DistinctWords.v1`.

    embed (Model[List[Doc], List[Floats2d]]): A layer that reads the form of each
        word and no context: static vectors, hash embeddings of lexical attributes,
        characters. It does not see a NORM that a tokenizer exception sets.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    return Model(
        "distinct_words", forward, init=init, layers=[embed], dims={"nO": None}
    )


def init(model: Model, X=None, Y=None) -> None:
    """Initialize the inner layer, and take its width."""
    embed = model.layers[0]
    embed.initialize(X=X, Y=Y)
    if embed.has_dim("nO"):
        model.set_dim("nO", embed.get_dim("nO"), force=True)
    elif X:
        model.set_dim("nO", embed.predict(X[:1])[0].shape[1], force=True)


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Embed the distinct words, then spread their vectors."""
    distinct, vocab = find_distinct(docs, ORTH), docs[0].vocab
    forms = [vocab.strings[orth] for orth in distinct.keys.tolist()]
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
    output, backprop_table = distinct.spread(model, table)

    def backprop(d_output: List[Floats2d]) -> List[Doc]:
        return backprop_embed([backprop_table(d_output)])

    return output, backprop
