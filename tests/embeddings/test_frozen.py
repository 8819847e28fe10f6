"""FrozenEmbed: once a doc, and never trained."""

import copy
import pickle

import numpy
import pytest
import spacy
from numpy.testing import assert_array_equal
from spacy.tokens import Doc
from thinc.api import Model

from spacy_moee.embeddings.frozen import build_frozen_embed_v1
from spacy_moee.errors import MoeeError

NLP = spacy.blank("en")
WIDTH = 256  # 1 kB a token


def make_counter():
    """A layer that counts the docs that it sees, and must not be trained."""
    seen = []

    def forward(model, docs, is_train):
        assert not is_train
        seen.extend(docs)
        vectors = [
            numpy.repeat(doc.to_array("LENGTH")[:, None], WIDTH, 1).astype("f")
            for doc in docs
        ]
        return vectors, None

    return Model("counter", forward, dims={"nO": WIDTH}), seen


def make_docs(*sentences):
    return [Doc(NLP.vocab, words=text.split()) for text in sentences]


def make_layer(**kwargs):
    embed, seen = make_counter()
    layer = build_frozen_embed_v1(embed, **kwargs)
    layer.initialize(X=make_docs("a"))
    seen.clear()
    return layer, seen


def test_once_a_doc_of_a_training_run():
    layer, seen = make_layer()
    docs = make_docs("a bb ccc", "", "a bb", "a bb")
    expected = [[1, 2, 3], [], [1, 2], [1, 2]]
    for _ in range(3):
        vectors, backprop = layer.begin_update(docs)
        assert [v[:, 0].tolist() for v in vectors] == expected
        assert backprop([numpy.ones_like(v) for v in vectors]) == []
    assert len(seen) == 3  # the last two are one
    # the dev set, whose docs are made anew at each evaluation
    for _ in range(2):
        (vectors,) = layer.predict(make_docs("dddd a"))
        assert vectors[:, 0].tolist() == [4, 1]
    assert len(seen) == 4


def test_words_decide_and_their_order():
    layer, seen = make_layer()
    layer.begin_update(make_docs("a bb"))
    for text in ("bb a", "a", "a bb c"):
        (vectors,) = layer.predict(make_docs(text))
        assert vectors[:, 0].tolist() == [len(word) for word in text.split()]
    assert len(seen) == 4


def test_use_keeps_nothing():
    layer, seen = make_layer()
    for _ in range(2):
        layer.predict(make_docs("a bb"))
    assert len(seen) == 2
    assert layer.attrs["cache"].n_bytes == 0


def test_size_is_limited():
    layer, seen = make_layer(cache_mb=4 / 1024)
    for text in ("a b", "c d e", "f g", "h"):
        layer.begin_update(make_docs(text))
    assert layer.attrs["cache"].n_bytes == 4096
    seen.clear()
    layer.begin_update(make_docs("a b", "c d e", "f g", "h"))
    assert [doc.text for doc in seen] == ["c d e ", "h "]
    layer, seen = make_layer(cache_mb=0)
    for _ in range(2):
        layer.begin_update(make_docs("a"))
    assert len(seen) == 2


def test_kept_vectors_are_not_a_view_of_the_batch():
    layer, _ = make_layer()
    (vectors,), _ = layer.begin_update(make_docs("a bb"))
    vectors[:] = 7
    (again,) = layer.predict(make_docs("a bb"))
    assert_array_equal(again[:, 0], [1, 2])


def test_cache_is_neither_copied_nor_saved():
    layer, _ = make_layer(cache_mb=2.0)
    size = len(layer.to_bytes())
    layer.begin_update(make_docs("a bb"))
    assert len(layer.to_bytes()) == size
    for copied in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        cache = copied(layer.attrs["cache"])
        assert (cache.n_bytes, cache.vectors, cache.max_mb) == (0, {}, 2.0)


def test_negative_size():
    with pytest.raises(MoeeError, match="M103.*cache_mb"):
        build_frozen_embed_v1(make_counter()[0], cache_mb=-1)
