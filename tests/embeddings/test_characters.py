"""CharacterCNN: a convolution over the characters of each word."""

import tracemalloc
from functools import partial

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from thinc.api import fix_random_seed

from spacy_moee.embeddings.characters import build_character_cnn_v1, character_codes
from spacy_moee.embeddings.fasttext.text import split_runs
from tests.marks import slow

VOCAB = spacy.blank("en").vocab


def make_layer(**kwargs):
    layer = build_character_cnn_v1(width=5, character_width=3, **kwargs)
    layer.initialize()
    return layer


def embed(layer, *words: str) -> numpy.ndarray:
    return layer.predict([Doc(VOCAB, words=list(words))])[0]


@given(st.lists(st.text(max_size=6), max_size=5), st.integers(1, 4))
def test_codes_spell_the_words(words, length) -> None:
    codes, sizes = character_codes(words, length)
    expected = [[2, *map(ord, word[:length]), 3] for word in words]
    assert sizes.tolist() == [len(row) for row in expected]
    assert codes.tolist() == [code for row in expected for code in row]


def test_a_word_is_embedded_alone() -> None:
    layer = make_layer()
    together = embed(layer, "Ada", "London", "Ada")
    numpy.testing.assert_array_equal(together[0], together[2])
    numpy.testing.assert_allclose(together[1], embed(layer, "London")[0], rtol=1e-6)
    assert not numpy.allclose(together[0], together[1])


@pytest.mark.parametrize(
    "word", ["🙂", "e\u0301", "\0", "\u200b", "שלום", "x" * 300_000]
)
def test_any_word(word: str) -> None:
    vectors = embed(make_layer(), word)
    assert vectors.shape == (1, 5) and numpy.isfinite(vectors).all()


def test_only_the_start_is_read() -> None:
    layer = make_layer(max_characters=4)
    vectors = embed(layer, "abcdX", "abcdY", "abcX")
    numpy.testing.assert_array_equal(vectors[0], vectors[1])
    assert not numpy.allclose(vectors[0], vectors[2])


def test_order_and_edges_matter() -> None:
    layer = make_layer()
    assert not numpy.allclose(*embed(layer, "ab", "ba"))
    assert not numpy.allclose(*embed(layer, "a", "aa"))


def test_gradient() -> None:
    """The gradient of each weight, against finite differences."""
    fix_random_seed(0)  # not where two characters tie for the maximum
    layer = make_layer()
    docs = [Doc(VOCAB, words=["Ada", "of", "Ada"])]
    weights = numpy.cos(numpy.arange(15)).reshape(3, 5).astype("f")
    _, backprop = layer.begin_update(docs)
    backprop([weights])
    linear = next(node for node in layer.walk() if node.name == "linear")
    grad, step = linear.get_grad("W"), 1e-2
    for place in [(0, 0), (2, 4), (4, 8)]:
        values = []
        for sign in (1, -1):
            linear.get_param("W")[place] += sign * step
            values.append(float((layer.predict(docs)[0] * weights).sum()))
            linear.get_param("W")[place] -= sign * step
        assert (values[0] - values[1]) / (2 * step) == pytest.approx(
            grad[place], abs=1e-3
        )


@given(st.lists(st.text(max_size=9), max_size=12), st.integers(1, 30))
def test_runs_give_the_same(words, size) -> None:
    """Many words are not convolved at once, in training neither."""
    docs = [Doc(VOCAB, words=[word or " " for word in words]), Doc(VOCAB)]
    found = []
    for n_characters in (10**9, size):
        fix_random_seed(0)
        layer = make_layer()
        layer.attrs["cut"] = partial(split_runs, size=n_characters)
        vectors, backprop = layer.begin_update(docs)
        numpy.testing.assert_array_equal(vectors[0], layer.predict(docs)[0])
        backprop([numpy.cos(v) for v in vectors])
        gradients = [
            node.get_grad(name)
            for node in layer.walk()
            for name in node.param_names
            if node.has_grad(name)
        ]
        found.append([*vectors, *gradients])
    for one, other in zip(*found, strict=True):
        numpy.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("length", [8, *slow(80)])
def test_memory_of_many_words(length: int) -> None:
    layer = build_character_cnn_v1()
    layer.initialize()
    words = [f"{i:{length}}".replace(" ", "x") for i in range(30_000)]
    docs = [Doc(VOCAB, words=words)]
    tracemalloc.start()
    (vectors,) = layer.predict(docs)
    predicted = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    (vectors,), backprop = layer.begin_update(docs)
    backprop([vectors])
    learned = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # they took 700 bytes a character
    assert max(predicted, learned) < 100e6


def test_size_of_runs_is_not_saved() -> None:
    layer = make_layer()
    before = layer.attrs["cut"]
    other = make_layer()
    other.attrs["cut"] = partial(split_runs, size=1)
    assert layer.from_bytes(other.to_bytes()).attrs["cut"] is before


def test_embeddings_are_concatenated_in_a_config() -> None:
    config = {
        "embed": {
            "@layers": "concatenate.v1",
            "*": {
                "first": {"@architectures": "spacy_moee.CharacterCNN.v1", "width": 5},
                "second": {"@architectures": "spacy_moee.CharacterCNN.v1", "width": 3},
            },
        }
    }
    spacy.blank("en")  # fills the registry
    layer = spacy.registry.resolve(config)["embed"]
    docs = [Doc(VOCAB, words=["Ada", "of"])]
    layer.initialize(X=docs)
    assert layer.predict(docs)[0].shape == (2, 8)
