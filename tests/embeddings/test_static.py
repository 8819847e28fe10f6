"""StaticEmbed: the raw rows of the vocabulary's vectors."""

import numpy
import pytest
import spacy
from spacy.tokens import Doc
from spacy.vectors import Vectors
from thinc.api import Optimizer

from spacy_moee.embeddings.static import build_static_embed_v1
from spacy_moee.errors import MoeeError

WORDS = ["ada", "London", "."]
TABLE = numpy.arange(1, 7, dtype="float32").reshape(3, 2)


def make_vocab(table: numpy.ndarray = TABLE):
    vocab = spacy.blank("en").vocab
    vocab.vectors = Vectors(data=table.copy(), keys=WORDS, strings=vocab.strings)
    return vocab


def make_docs(vocab):
    words = [["Ada", "ada", "in"], [], ["London", ".", "London"]]
    return [Doc(vocab, words=row) for row in words]


def test_rows_are_raw_and_missing_words_are_zero() -> None:
    docs = make_docs(make_vocab())
    layer = build_static_embed_v1()
    layer.initialize(X=docs)
    assert layer.get_dim("nO") == 2
    vectors = [v.tolist() for v in layer.predict(docs)]
    assert vectors == [[[0, 0], [1, 2], [0, 0]], [], [[3, 4], [5, 6], [3, 4]]]


def test_lower_case_look_up() -> None:
    docs = make_docs(make_vocab())
    layer = build_static_embed_v1(attr="LOWER")
    layer.initialize(X=docs)
    assert layer.predict(docs)[0].tolist() == [[1, 2], [1, 2], [0, 0]]
    assert layer.predict(docs)[2].tolist() == [[0, 0], [5, 6], [0, 0]]


def test_frozen_learns_nothing() -> None:
    docs = make_docs(make_vocab())
    layer = build_static_embed_v1()
    layer.initialize(X=docs)
    vectors, backprop = layer.begin_update(docs)
    assert backprop([numpy.ones_like(v) for v in vectors]) == []
    assert not layer.param_names
    numpy.testing.assert_array_equal(docs[0].vocab.vectors.data, TABLE)


def test_trained_rows_are_those_of_the_batch() -> None:
    docs = make_docs(make_vocab())
    layer = build_static_embed_v1(trainable=True)
    layer.initialize(X=docs)
    vectors, backprop = layer.begin_update(docs[2:])
    backprop([numpy.ones_like(v) for v in vectors])
    # "London" stands there twice
    assert layer.get_grad("E").tolist() == [[0, 0], [2, 2], [1, 1]]
    layer.finish_update(Optimizer(0.1, L2=0.0, grad_clip=0.0, beta1=0.0, beta2=0.0))
    numpy.testing.assert_allclose(layer.predict(docs)[2][0], [2.8, 3.8], rtol=1e-6)
    # the vocabulary's own vectors stay
    numpy.testing.assert_array_equal(docs[0].vocab.vectors.data, TABLE)
    loaded = build_static_embed_v1(trainable=True).from_bytes(layer.to_bytes())
    numpy.testing.assert_array_equal(loaded.predict(docs)[2], layer.predict(docs)[2])


def test_vectors_without_a_table_of_words() -> None:
    nlp = spacy.blank("en")
    table = numpy.random.default_rng(0).normal(size=(20, 4)).astype("f")
    nlp.vocab.vectors = Vectors(
        data=table, mode="floret", minn=2, maxn=3, hash_count=2, hash_seed=1
    )
    docs = [nlp.make_doc("Ada in Lomdom"), nlp.make_doc("in")]
    layer = build_static_embed_v1()
    layer.initialize(X=docs)
    for doc, vectors in zip(docs, layer.predict(docs), strict=True):
        expected = [nlp.vocab.vectors[token.text] for token in doc]
        numpy.testing.assert_allclose(vectors, expected, rtol=1e-6)
    with pytest.raises(MoeeError, match="M202"):
        build_static_embed_v1(trainable=True).initialize(X=docs)


def test_errors() -> None:
    blank = [spacy.blank("en").make_doc("Ada")]
    with pytest.raises(MoeeError, match="M201"):
        build_static_embed_v1().initialize(X=blank)
    with pytest.raises(MoeeError, match="M103"):
        build_static_embed_v1(attr="FORM")
    for trainable in (False, True):
        layer = build_static_embed_v1(trainable=trainable)
        layer.initialize(X=make_docs(make_vocab()))
        wider = make_docs(make_vocab(numpy.ones((3, 5), dtype="f")))
        with pytest.raises(MoeeError, match="M203"):
            layer.predict(wider)
