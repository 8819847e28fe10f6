"""FrozenEmbed: once a doc, and never trained."""

import copy
import pickle

import numpy
import pytest
import spacy
from numpy.testing import assert_array_equal
from spacy.ml.models.tok2vec import (
    MaxoutWindowEncoder,
    MultiHashEmbed,
    build_Tok2Vec_model,
)
from spacy.tokens import Doc
from spacy.vectors import Vectors
from thinc.api import (
    Adam,
    Model,
    PyTorchWrapper,
    chain,
    fix_random_seed,
    with_array,
)
from torch import nn

from spacy_moee.embeddings import frozen
from spacy_moee.embeddings.frozen import build_frozen_embed_v1
from spacy_moee.embeddings.static import build_static_embed_v1
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
    # what was learned from is known to an evaluation
    layer.predict(docs)
    assert len(seen) == 3


def test_evaluations_of_a_training_run():
    """The docs of the dev set are made anew at each evaluation, and come again."""
    layer, seen = make_layer()
    counts = []
    for _ in range(5):
        layer.begin_update(make_docs("a bb ccc"))
        (vectors,) = layer.predict(make_docs("dddd a"))
        assert vectors[:, 0].tolist() == [4, 1]
        counts.append(len(seen))
    assert counts == [2, 3, 3, 3, 3]


def test_service_after_a_training_run_keeps_nothing(monkeypatch):
    layer, seen = make_layer()
    cache = layer.attrs["cache"]
    monkeypatch.setattr(frozen, "MOST_DOCS", 10)
    layer.begin_update(make_docs("a bb"))
    layer.predict(make_docs("dev"))
    layer.begin_update(make_docs("a bb"))
    layer.predict(make_docs("dev"))
    before = cache.n_bytes
    for i in range(50):
        for _ in range(2):
            (vectors, _) = layer.predict(make_docs("x" * i, "dev"))
            assert vectors[:, 0].tolist() == [i] * len(vectors)
    assert cache.n_bytes == before == 3 * 1024
    assert len(cache.vectors) == 2
    assert len(cache.predicted) == 10


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


def make_hashes():
    """A layer of Thinc's, with weights of its own."""
    embed = MultiHashEmbed(8, ["ORTH"], [50], False)
    return build_Tok2Vec_model(embed, MaxoutWindowEncoder(8, 1, 2, 1))


def embed_ones(model, docs, is_train):
    return [model.ops.alloc2f(len(doc), 2) + 1 for doc in docs], lambda d_output: []


def check_fresh(layer, docs):
    """What comes out is what the inner layer computes now."""
    for found, expected in zip(
        layer.predict(docs), layer.layers[0].predict(docs), strict=True
    ):
        assert_array_equal(found, expected)


def make_warm(embed):
    layer = build_frozen_embed_v1(embed)
    docs = make_docs("a bb ccc", "a")
    layer.initialize(X=docs)
    layer.begin_update(docs)
    assert layer.attrs["cache"].n_bytes
    return layer, docs


@pytest.mark.parametrize("way", ["bytes", "disk", "inner", "initialize"])
def test_other_weights(way, tmp_path):
    layer, docs = make_warm(make_hashes())
    before = layer.predict(docs)
    other, _ = make_warm(make_hashes())
    for node in other.walk():
        for name in node.param_names:
            node.set_param(name, node.get_param(name) + 1)
    if way == "bytes":
        layer.from_bytes(other.to_bytes())
    elif way == "disk":
        other.to_disk(tmp_path / "model")
        layer.from_disk(tmp_path / "model")
    elif way == "inner":
        layer.layers[0].from_bytes(other.layers[0].to_bytes())
    else:
        fix_random_seed(7)
        layer.initialize(X=docs)
        assert layer.attrs["cache"].n_bytes == 0
    check_fresh(layer, docs)
    assert not numpy.array_equal(layer.predict(docs)[0], before[0])
    cache = layer.attrs["cache"]
    assert (cache.is_on, cache.n_bytes) == (False, 0)
    layer.begin_update(docs)
    assert cache.n_bytes
    check_fresh(layer, docs)


@pytest.mark.parametrize("kind", ["thinc", "torch"])
def test_weights_that_are_trained_elsewhere(kind):
    """A layer that another part of the pipeline learns, too."""
    if kind == "thinc":
        embed = make_hashes()
    else:
        linear = PyTorchWrapper(nn.Linear(2, 3))
        embed = chain(Model("ones", embed_ones), with_array(linear))
        embed.set_dim("nO", 3)
    layer, docs = make_warm(embed)
    optimizer = Adam(0.1)
    for _ in range(3):
        before = layer.predict(docs)
        vectors, backprop = embed.begin_update(docs)
        backprop([numpy.ones_like(v) for v in vectors])
        embed.finish_update(optimizer)
        check_fresh(layer, docs)
        assert not numpy.array_equal(layer.predict(docs)[0], before[0])
        layer.begin_update(docs)


def test_averages():
    """Other weights for a while, as in an evaluation."""
    layer, docs = make_warm(make_hashes())
    node, name = next(
        (node, name)
        for node in layer.walk()
        for name in node.param_names
        if name == "W"
    )
    weights = node.get_param(name)
    with layer.use_params({(node.id, name): weights + 1}):
        check_fresh(layer, docs)
        layer.begin_update(docs)
    check_fresh(layer, docs)


def test_other_vectors():
    nlp = spacy.blank("en")
    layer = build_frozen_embed_v1(build_static_embed_v1())
    nlp.vocab.set_vector("a", numpy.ones(2, dtype="f"))
    docs = [nlp.make_doc("a")]
    layer.initialize(X=docs)
    layer.begin_update(docs)
    nlp.vocab.vectors = Vectors(
        data=numpy.full((1, 2), 3, dtype="f"), keys=["a"], strings=nlp.vocab.strings
    )
    assert layer.predict(docs)[0].tolist() == [[3, 3]]
    # docs of another vocabulary
    layer.begin_update(docs)
    other = spacy.blank("en")
    other.vocab.set_vector("a", numpy.full(2, 5, dtype="f"))
    assert layer.predict([other.make_doc("a")])[0].tolist() == [[5, 5]]


def test_what_is_gone_is_not_mistaken_for_what_is_new():
    """The memory of an array is used again for the next."""
    cache = frozen.DocCache(1)
    for _ in range(20):
        array = numpy.zeros(100_000)
        cache.start([(array, 0)], True)
        assert not cache.vectors
        cache.add(b"key", array)
        del array


def test_listener():
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec")
    listener = {
        "@architectures": "spacy.Tok2VecListener.v1",
        "width": 96,
        "upstream": "*",
    }
    embed = {"@architectures": "spacy_moee.FrozenEmbed.v1", "embed": listener}
    ner = nlp.add_pipe("moee_ner", config={"model": {"tok2vec": embed}})
    ner.add_label("PER")
    with pytest.raises(MoeeError, match="M251.*listener.*frozen_components"):
        nlp.initialize()


def test_negative_size():
    with pytest.raises(MoeeError, match="M103.*cache_mb"):
        build_frozen_embed_v1(make_counter()[0], cache_mb=-1)
