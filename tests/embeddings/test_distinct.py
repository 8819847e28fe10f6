"""DistinctWords gives the numbers and the gradients of the layer inside it."""

import tracemalloc

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.ml.models.tok2vec import MultiHashEmbed
from spacy.tokens import Doc
from thinc.api import (
    Maxout,
    Model,
    chain,
    concatenate,
    fix_random_seed,
    with_array,
)

from spacy_moee.embeddings import distinct as distinct_module
from spacy_moee.embeddings.characters import build_character_cnn_v1
from spacy_moee.embeddings.distinct import build_distinct_words_v1

VOCAB = spacy.blank("en").vocab
WORDS = st.sampled_from(["Ada", "ada", "IBM", "x-1", "é", "🙂", " ", "London"])
DOCS = st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=4)


def make_embed() -> Model:
    attrs = ["PREFIX", "SUFFIX", "SHAPE"]
    hashes = MultiHashEmbed(4, attrs, [20, 20, 20], include_static_vectors=False)
    return concatenate(hashes, build_character_cnn_v1(width=3, character_width=2))


def maxed_out(embed: Model) -> Model:
    reduce: Model = with_array(Maxout(nO=8, nI=96, nP=8))
    layer = chain(embed, reduce)
    layer.set_dim("nO", 8)
    return layer


def make_pair(docs):
    layers = []
    for wrap in (lambda embed: embed, build_distinct_words_v1):
        fix_random_seed(0)
        layers.append(wrap(make_embed()))
        layers[-1].initialize(X=docs)
    return layers


def gradients(model: Model):
    return [
        node.get_grad(name)
        for node in model.walk()
        for name in node.param_names
        if node.has_grad(name)
    ]


@given(DOCS)
def test_equals_the_layer_inside(rows) -> None:
    if not any(rows):
        rows = [["Ada"], []]
    docs = [Doc(VOCAB, words=words) for words in rows]
    plain, distinct = make_pair(docs)
    assert distinct.get_dim("nO") == 7
    expected, backprop = plain.begin_update(docs)
    found, backprop_distinct = distinct.begin_update(docs)
    d_vectors = [numpy.cos(numpy.arange(v.size)).reshape(v.shape) for v in expected]
    d_vectors = [d.astype("f") for d in d_vectors]
    for one, other in zip(expected, found, strict=True):
        numpy.testing.assert_allclose(one, other, atol=1e-6)
    backprop(d_vectors)
    backprop_distinct(d_vectors)
    pairs = list(zip(gradients(plain), gradients(distinct), strict=True))
    assert pairs
    for one, other in pairs:
        numpy.testing.assert_allclose(one, other, atol=1e-4)


def test_round_trip() -> None:
    docs = [Doc(VOCAB, words=["Ada", "Ada"])]
    _, layer = make_pair(docs)
    loaded = build_distinct_words_v1(make_embed()).from_bytes(layer.to_bytes())
    numpy.testing.assert_array_equal(loaded.predict(docs)[0], layer.predict(docs)[0])


@given(DOCS, st.integers(1, 4))
def test_many_words_are_embedded_in_parts(rows, most) -> None:
    """In prediction."""
    docs = [Doc(VOCAB, words=words) for words in rows]
    _, distinct = make_pair([Doc(VOCAB, words=["Ada"])])
    expected = distinct.predict(docs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct_module, "MOST_WORDS", most)
        found = distinct.predict(docs)
    for one, other in zip(expected, found, strict=True):
        assert one.shape == other.shape
        numpy.testing.assert_allclose(one, other, atol=1e-6)


def test_memory_of_many_words() -> None:
    """What layers need between their input and their output is wide."""
    attrs = ["PREFIX", "SUFFIX", "SHAPE", "NORM"]
    embed = MultiHashEmbed(96, attrs, [500] * 4, include_static_vectors=False)
    layer = build_distinct_words_v1(maxed_out(embed))
    docs = [Doc(VOCAB, words=[f"word{i}" for i in range(60_000)])]
    layer.initialize(X=[Doc(VOCAB, words=["Ada"])])
    tracemalloc.start()
    (vectors,) = layer.predict(docs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert vectors.shape == (60_000, 8)
    # it was 244 MB
    assert peak < 120e6
