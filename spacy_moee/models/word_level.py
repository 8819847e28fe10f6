"""Which columns of token vectors know a word and nothing of the words beside it."""

from typing import List, Sequence

import numpy
from numpy import ndarray
from spacy.tokens import Doc

from .types import Tok2VecT

# tokens of each doc that are looked at
LONGEST = 24
# How far numbers may differ that are computed in another order, as a part of the
# largest one of their column.
TOLERANCE = 1e-4


def find_word_level(tok2vec: Tok2VecT, sample: Sequence[Doc]) -> ndarray:
    """Find the columns that are the same for a word in a text and for the word alone.
    It is tried, and not read off the layers: whatever they are, nothing of the next
    word may be in what predicts it. A column that is 0 for all words is none of these:
    layers that listen to another component say nothing here.

    tok2vec (Model[List[Doc], List[Floats2d]]): The token embeddings.
    sample (Sequence[Doc]): Some docs.
    RETURNS (ndarray): A bool for each column.
    """
    docs = [doc[:LONGEST].as_doc() for doc in sample if len(doc)]
    alone = [Doc(doc.vocab, words=[token.text]) for doc in docs for token in doc]
    together = _embed(tok2vec, docs)
    largest = numpy.abs(together).max(axis=0)
    distance = numpy.abs(together - _embed(tok2vec, alone)).max(axis=0)
    found: ndarray = (distance <= TOLERANCE * largest) & (largest > 0)
    return found


def _embed(tok2vec: Tok2VecT, docs: List[Doc]) -> ndarray:
    to_numpy = tok2vec.ops.to_numpy
    return numpy.concatenate([to_numpy(table) for table in tok2vec.predict(docs)])
