"""Learned spelling features: a convolution over the characters of each word."""

from functools import partial
from typing import Any, Callable, Iterator, List, Tuple, cast

import numpy
from spacy.tokens import Doc
from thinc.api import (
    HashEmbed,
    Linear,
    Model,
    Ragged,
    chain,
    expand_window,
    reduce_max,
    with_array,
)
from thinc.types import Floats2d

from ..vocabulary import normalise
from .fasttext.text import split_runs

# marks around each word, so that prefixes and suffixes differ from infixes
BEGIN, END = 2, 3
# by default the hash depends on the number of layers made before in the process, so
# that two runs with one seed would differ
HASH_SEED = 23
# memory for the characters that are convolved at once: about 5,000 words
RUN_BYTES = 2**25


def build_character_cnn_v1(
    width: int = 50,
    character_width: int = 30,
    window_size: int = 1,
    rows: int = 1000,
    max_characters: int = 40,
    zero_digits: bool = False,
) -> Model[List[Doc], List[Floats2d]]:
    """Embed the characters of each token, convolve them and keep the maximum over
    the word (Ma and Hovy 2016, section 2.1). Many words are convolved in runs, which
    bounds the memory. Registered as `spacy_moee.CharacterCNN.v1`.

    width (int): Width of the output: the number of filters.
    character_width (int): Width of the character embeddings.
    window_size (int): Characters on either side of the one in a filter's middle.
    rows (int): Rows of the hash table of characters; any Unicode character fits.
    max_characters (int): The most characters of a token to read, from its start.
    zero_digits (bool): Read each digit as 0.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    convolve: Model[Ragged, Ragged] = chain(
        with_array(HashEmbed(character_width, rows, seed=HASH_SEED)),
        expand_window(window_size),
        with_array(Linear(width, character_width * (2 * window_size + 1))),
    )
    pool = chain(convolve, reduce_max())
    # the numbers for each character: its hashes, its vector, its window, its filters
    columns = 4 + character_width * (2 * window_size + 2) + width
    return Model(
        "character_cnn",
        forward,
        init=init,
        layers=[pool],
        dims={"nO": width},
        attrs={
            "max_characters": max_characters,
            "zero_digits": zero_digits,
            # not a number: that would be saved, and override a later version's
            "cut": partial(split_runs, size=RUN_BYTES // (4 * columns)),
        },
    )


def init(model: Model, X=None, Y=None) -> None:
    """Initialize the layers; their sizes are known."""
    model.layers[0].initialize()


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Embed all tokens: at once or, if there are many, in runs. For runs, backprop
    computes the layers again, so that nothing has to be kept."""
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    words = [token.text for doc in docs for token in doc]
    if model.attrs["zero_digits"]:
        words = [*map(normalise, words)]
    codes, sizes = character_codes(words, model.attrs["max_characters"])
    runs = list(model.attrs["cut"](sizes))
    pool: Model[Ragged, Floats2d] = model.layers[0]
    if len(runs) == 1:
        vectors, backprop_all = pool(_make_ragged(model, codes, sizes), is_train)
    else:
        parts = list(_cut(model, codes, sizes, runs))
        vectors = model.ops.alloc2f(len(words), model.get_dim("nO"))
        for (start, end), part in zip(runs, parts, strict=True):
            vectors[start:end] = pool.predict(part)

        def backprop_all(d_vectors: Floats2d) -> None:
            for (start, end), part in zip(runs, parts, strict=True):
                pool.begin_update(part)[1](d_vectors[start:end])

    def backprop(d_output: List[Floats2d]) -> List[Doc]:
        backprop_all(model.ops.flatten(d_output))
        return []

    return model.ops.unflatten(vectors, lengths), backprop


def _cut(
    model: Model, codes: numpy.ndarray, sizes: numpy.ndarray, runs: List[Tuple]
) -> Iterator[Ragged]:
    ends = numpy.concatenate([[0], numpy.cumsum(sizes)])
    for start, end in runs:
        yield _make_ragged(model, codes[ends[start] : ends[end]], sizes[start:end])


def _make_ragged(model: Model, codes: numpy.ndarray, sizes: numpy.ndarray) -> Ragged:
    return Ragged(*(model.ops.asarray1i(cast(Any, a)) for a in (codes, sizes)))


def character_codes(
    words: List[str], max_characters: int
) -> Tuple[numpy.ndarray, numpy.ndarray]:
    """Turn words into code points.

    words (List[str]): The words.
    max_characters (int): The most characters of each word to read.
    RETURNS (Tuple[ndarray, ndarray]): The code points of all words, one word after the
        other, each between two marks; and their number for each word.
    """
    marked = [f"{chr(BEGIN)}{word[:max_characters]}{chr(END)}" for word in words]
    text = "".join(marked).encode("utf-32-le", errors="surrogatepass")
    sizes = numpy.fromiter(map(len, marked), dtype="int32", count=len(marked))
    return numpy.frombuffer(text, dtype="<u4").astype("int32"), sizes
