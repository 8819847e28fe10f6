"""Learned spelling features: a convolution over the characters of each word."""

from typing import Any, Callable, List, Tuple, cast

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

# marks around each word, so that prefixes and suffixes differ from what is inside
BEGIN, END = 2, 3
# by default the hash depends on how many layers were made before in the process, so
# that two runs with one seed would differ
HASH_SEED = 23


def build_character_cnn_v1(
    width: int = 50,
    character_width: int = 30,
    window_size: int = 1,
    rows: int = 1000,
    max_characters: int = 40,
) -> Model[List[Doc], List[Floats2d]]:
    """Embed the characters of each token, convolve them and keep the maximum over
    the word (Ma and Hovy 2016, section 2.1). Registered as
    `spacy_moee.CharacterCNN.v1`.

    width (int): Width of the output: the number of filters.
    character_width (int): Width of the character embeddings.
    window_size (int): Characters on either side of the one in a filter's middle.
    rows (int): Rows of the hash table of characters; any Unicode character fits.
    max_characters (int): How much of a token is read, from its start.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    convolve: Model[Ragged, Ragged] = chain(
        with_array(HashEmbed(character_width, rows, seed=HASH_SEED)),
        expand_window(window_size),
        with_array(Linear(width, character_width * (2 * window_size + 1))),
    )
    pool = chain(convolve, reduce_max())
    return Model(
        "character_cnn",
        forward,
        init=init,
        layers=[pool],
        dims={"nO": width},
        attrs={"max_characters": max_characters},
    )


def init(model: Model, X=None, Y=None) -> None:
    """Initialize the layers; their sizes are known."""
    model.layers[0].initialize()


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Embed all tokens at once."""
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    words = [token.text for doc in docs for token in doc]
    characters, sizes = character_codes(words, model.attrs["max_characters"])
    ragged = Ragged(*(model.ops.asarray1i(cast(Any, a)) for a in (characters, sizes)))
    vectors, backprop_pool = model.layers[0](ragged, is_train)

    def backprop(d_output: List[Floats2d]) -> List[Doc]:
        backprop_pool(model.ops.flatten(d_output))
        return []

    return model.ops.unflatten(vectors, lengths), backprop


def character_codes(
    words: List[str], max_characters: int
) -> Tuple[numpy.ndarray, numpy.ndarray]:
    """Spell words out.

    words (List[str]): The words.
    max_characters (int): How much of each is read.
    RETURNS (Tuple[ndarray, ndarray]): The code points of all words, each between
        two marks, one after the other; and how many belong to each word.
    """
    marked = [f"{chr(BEGIN)}{word[:max_characters]}{chr(END)}" for word in words]
    text = "".join(marked).encode("utf-32-le", errors="surrogatepass")
    sizes = numpy.fromiter(map(len, marked), dtype="int32", count=len(marked))
    return numpy.frombuffer(text, dtype="<u4").astype("int32"), sizes
