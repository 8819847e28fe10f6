"""StaticEmbed: the vocabulary's vectors, as they are or as a start."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vectors import Vectors
from thinc.api import Model, Optimizer

from spacy_moee.embeddings import learned
from spacy_moee.embeddings.static import build_static_embed_v1
from spacy_moee.errors import MoeeError
from tests.component.util import (
    TINY,
    get_gradients,
    get_ner,
    initialize,
    make_texts,
    train,
)

from .fasttext.util import write_fasttext

WORDS = ["ada", "London", ".", "void"]
TABLE = numpy.asarray([[1, 2], [3, 4], [5, 6], [0, 0]], dtype="float32")


def make_vocab(table: numpy.ndarray = TABLE):
    vocab = spacy.blank("en").vocab
    vocab.vectors = Vectors(data=table.copy(), keys=WORDS, strings=vocab.strings)
    return vocab


def make_docs(vocab) -> List[Doc]:
    words = [["Ada", "ada", "in"], [], ["London", ".", "London"], ["void"]]
    return [Doc(vocab, words=row) for row in words]


def make_floret(vocab) -> None:
    """Vectors that have no row a word, as those of subwords."""
    table = numpy.random.default_rng(0).normal(size=(50, 8)).astype("f")
    vocab.vectors = Vectors(
        strings=vocab.strings,
        data=table,
        mode="floret",
        minn=2,
        maxn=3,
        hash_count=2,
        hash_seed=1,
    )


def make_plain(vocab) -> None:
    """A row for some words of the training data, and for some that it lacks."""
    words = ["Anna", "Berlin", "lives", "in", ".", "Oslo", "unseen"]
    table = numpy.random.default_rng(0).normal(size=(len(words), 8)).astype("f")
    vocab.vectors = Vectors(strings=vocab.strings, data=table, keys=words)


def make_layer(vocab, trainable: bool = True) -> Model:
    layer = build_static_embed_v1(trainable=trainable)
    return layer.initialize(X=make_docs(vocab))


def make_sgd(**kwargs: Any) -> Optimizer:
    """Each weight moves by a tenth of its gradient."""
    plain: Dict[str, Any] = {"L2": 0.0, "grad_clip": 0.0, "beta1": 0.0, "beta2": 0.0}
    return Optimizer(0.1, **{"use_averages": False, **plain, **kwargs})


def step(layer: Model, docs: List[Doc], optimizer: Optimizer, size: float = 1) -> None:
    vectors, backprop = layer.begin_update(docs)
    assert backprop([numpy.full_like(v, size) for v in vectors]) == []
    layer.finish_update(optimizer)


def embed(layer: Model, vocab, *words: str) -> List[List[float]]:
    (vectors,) = layer.predict([Doc(vocab, words=list(words))])
    return numpy.round(vectors.astype("float64"), 5).tolist()


def test_vectors_are_raw_and_missing_words_are_zero() -> None:
    docs = make_docs(make_vocab())
    layer = build_static_embed_v1()
    layer.initialize(X=docs)
    assert layer.get_dim("nO") == 2
    vectors = [v.tolist() for v in layer.predict(docs[:3])]
    assert vectors == [[[0, 0], [1, 2], [0, 0]], [], [[3, 4], [5, 6], [3, 4]]]
    assert layer.predict(docs[1:2])[0].shape == (0, 2)


def test_lower_case_look_up() -> None:
    docs = make_docs(make_vocab())
    layer = build_static_embed_v1(attr="LOWER")
    layer.initialize(X=docs)
    assert layer.predict(docs)[0].tolist() == [[1, 2], [1, 2], [0, 0]]
    assert layer.predict(docs)[2].tolist() == [[0, 0], [5, 6], [0, 0]]


def test_frozen_learns_nothing() -> None:
    docs = make_docs(make_vocab())
    layer = make_layer(docs[0].vocab, trainable=False)
    before = layer.to_bytes()
    step(layer, docs, make_sgd())
    assert not layer.param_names
    assert layer.to_bytes() == before
    numpy.testing.assert_array_equal(docs[0].vocab.vectors.data, TABLE)


def test_frozen_layer_of_version_0_1_loads() -> None:
    docs = make_docs(make_vocab())
    layer = make_layer(docs[0].vocab, trainable=False)
    saved = layer.to_dict()
    del saved["attrs"][0]["words"]
    loaded = build_static_embed_v1().from_dict(saved)
    assert loaded.predict(docs)[0].tolist() == layer.predict(docs)[0].tolist()


def test_words_of_training_are_learned() -> None:
    docs = make_docs(make_vocab())
    vocab = docs[0].vocab
    layer = make_layer(vocab)
    vectors, _ = layer.begin_update(docs[2:3])
    assert vectors[0].tolist() == [[3, 4], [5, 6], [3, 4]]
    step(layer, docs[2:3], make_sgd())
    # "London" stands there twice
    numpy.testing.assert_allclose(embed(layer, vocab, "London"), [[2.8, 3.8]])
    numpy.testing.assert_allclose(embed(layer, vocab, "."), [[4.9, 5.9]])
    assert embed(layer, vocab, "ada", "london") == [[1, 2], [0, 0]]
    # the vocabulary's own vectors stay
    numpy.testing.assert_array_equal(vocab.vectors.data, TABLE)


def test_only_words_of_the_batch_have_a_gradient() -> None:
    docs = make_docs(make_vocab())
    layer = make_layer(docs[0].vocab)
    step(layer, docs, make_sgd())
    vectors, backprop = layer.begin_update(docs[2:3])
    backprop([numpy.ones_like(v) for v in vectors])
    gradient: Any = layer.get_grad("E0")
    assert gradient.shape == (learned.ROWS, 2)
    assert sorted(gradient[gradient.any(axis=1)].tolist()) == [[1, 1], [2, 2]]


def test_words_of_prediction_get_nothing() -> None:
    docs = make_docs(make_vocab())
    layer = make_layer(docs[0].vocab)
    before = layer.to_bytes()
    layer.predict(docs)
    assert layer.to_bytes() == before and not layer.param_names


def test_words_without_a_vector_stay_zero() -> None:
    docs = make_docs(make_vocab())
    vocab = docs[0].vocab
    layer = make_layer(vocab)
    # "in" is missing, and the vector of "void" is zero
    step(layer, [Doc(vocab, words=["in", "void", "ada"])], make_sgd())
    assert embed(layer, vocab, "in", "void", "ada") == [[0, 0], [0, 0], [0.9, 1.9]]


def learn_eleven_words(vocab) -> Model:
    """Nine words come one batch after the other, two not at all."""
    words = [f"word{i}" for i in range(11)]
    table = numpy.random.default_rng(0).normal(size=(11, 3)).astype("f")
    vocab.vectors = Vectors(strings=vocab.strings, data=table, keys=words)
    layer = make_layer(vocab)
    optimizer = make_sgd()
    for end in (1, 4, 6, 6, 9):
        step(layer, [Doc(vocab, words=words[:end] + words[:2])], optimizer, end)
    return layer


def test_full_parameters_are_followed_by_new_ones(monkeypatch) -> None:
    """What is learned does not depend on how the rows are cut into parameters."""
    vocab = spacy.blank("en").vocab
    words = [f"word{i}" for i in range(11)]
    one = learn_eleven_words(vocab)
    assert one.param_names == ("E0",)
    expected = embed(one, vocab, *words)
    monkeypatch.setattr(learned, "ROWS", 4)
    three = learn_eleven_words(vocab)
    assert three.param_names == ("E0", "E1", "E2")
    assert {three.get_param(name).shape for name in three.param_names} == {(4, 3)}
    vectors = embed(three, vocab, *words)
    assert vectors == expected
    change = numpy.subtract(vectors, vocab.vectors.data)[:, 0] * -10
    # word0 and word1 stand in each batch twice, but for word1 in the first
    sizes = [52, 51, 25, 25, 21, 21, 9, 9, 9, 0, 0]
    numpy.testing.assert_allclose(change, sizes, atol=1e-3)
    loaded = build_static_embed_v1(trainable=True).from_bytes(three.to_bytes())
    for other in (loaded, three.copy()):
        assert embed(other, vocab, *words) == vectors
    nothing: Any = {(three.id, name): numpy.zeros((4, 3), "f") for name in ("E1", "E2")}
    with three.use_params(nothing):
        first = embed(three, vocab, *words)
    same = (numpy.equal(first, vectors)).all(axis=1)
    # four rows of E0, and the words that were never learned
    assert same.sum() == 4 + 2
    assert embed(three, vocab, *words) == vectors


def test_average_of_a_word_that_comes_late() -> None:
    """Near the word's vector, and not near zero, where thinc's averages start."""
    vocab = make_vocab()
    layer = make_layer(vocab)
    optimizer = make_sgd(use_averages=True)
    for _ in range(200):
        step(layer, [Doc(vocab, words=["ada"])], optimizer, 0.0)
    step(layer, [Doc(vocab, words=["London"])], optimizer, 1e-3)
    assert optimizer.averages is not None
    with layer.use_params(optimizer.averages):
        averages = embed(layer, vocab, "London", "ada")
    numpy.testing.assert_allclose(averages, [[3, 4], [1, 2]], atol=1e-3)


def test_initializing_again_forgets(monkeypatch) -> None:
    monkeypatch.setattr(learned, "ROWS", 2)
    docs = make_docs(make_vocab())
    layer = make_layer(docs[0].vocab)
    step(layer, docs, make_sgd())
    assert layer.param_names == ("E0", "E1")
    wider = make_vocab(numpy.arange(1, 13, dtype="f").reshape(4, 3))
    layer.initialize(X=make_docs(wider))
    assert embed(layer, wider, "ada") == [[1, 2, 3]]
    step(layer, [Doc(wider, words=["ada"])], make_sgd())
    assert embed(layer, wider, "ada", "London") == [[0.9, 1.9, 2.9], [4, 5, 6]]
    assert layer.get_param("E0").shape == (2, 3)
    assert layer.get_param("E1").shape == (0, 3)
    step(layer, make_docs(wider), make_sgd())
    assert layer.get_param("E1").shape == (2, 3)


def make_nlp(set_vectors, config: Any = None) -> Language:
    nlp = spacy.blank("en", config=config or {})
    tok2vec = {"@architectures": "spacy_moee.StaticEmbed.v1", "trainable": True}
    nlp.add_pipe("moee_ner", config={"model": {**TINY, "tok2vec": tok2vec}})
    set_vectors(nlp.vocab)
    return nlp


def get_vectors(nlp: Language) -> List[Any]:
    texts = [*make_texts(), "unseen words , Oslo"]
    docs = [nlp.make_doc(text) for text in texts]
    return [v.tolist() for v in get_ner(nlp).tok2vec.predict(docs)]


@pytest.mark.parametrize("set_vectors", [make_plain, make_floret])
def test_pipeline_round_trips(set_vectors, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(learned, "ROWS", 4)
    nlp = make_nlp(set_vectors)
    initialize(nlp)
    before = get_vectors(nlp)
    train(nlp, steps=10)
    vectors = get_vectors(nlp)
    # the last text ends with a word that was trained
    assert vectors[-1][:3] == before[-1][:3]
    assert vectors[-1][3] != before[-1][3]
    nlp.to_disk(tmp_path)
    others = {
        "disk": spacy.load(tmp_path),
        "bytes": make_nlp(set_vectors).from_bytes(nlp.to_bytes()),
        "pickle": pickle.loads(pickle.dumps(nlp)),
        "deepcopy": copy.deepcopy(nlp),
    }
    for name, other in others.items():
        assert get_vectors(other) == vectors, name
        assert get_ner(other).to_bytes() == get_ner(nlp).to_bytes(), name


def test_fasttext_vectors(tmp_path) -> None:
    """Words of training move, others keep the vector of their n-grams."""
    file = write_fasttext(tmp_path / "words.bin", ["anna", "berlin"])
    vectors = {"@vectors": "spacy_moee.FastTextVectors.v1", "path": str(file)}
    nlp = make_nlp(lambda vocab: None, {"nlp": {"vectors": vectors}})
    train(nlp, steps=5)
    layer = get_ner(nlp).tok2vec
    words = ["lives", "livid", "Zzz"]
    after = numpy.asarray(embed(layer, nlp.vocab, *words))
    before = numpy.asarray([nlp.vocab[word].vector for word in words])
    assert before.any(axis=1).all()
    moved = numpy.abs(after - before).max(axis=1) > 1e-4
    assert moved.tolist() == [True, False, False]
    nlp.to_disk(tmp_path / "nlp")
    assert get_vectors(spacy.load(tmp_path / "nlp")) == get_vectors(nlp)


def test_training_goes_on_after_loading(monkeypatch) -> None:
    monkeypatch.setattr(learned, "ROWS", 4)
    nlp = make_nlp(make_floret)
    train(nlp, steps=3)
    other = make_nlp(make_floret).from_bytes(nlp.to_bytes())
    docs = [nlp.make_doc("Anna knows some new people in Paris")]
    for each in (nlp, other):
        layer = get_ner(each).tok2vec
        step(layer, [each.make_doc(docs[0].text)], make_sgd())
    assert get_vectors(other) == get_vectors(nlp)
    words = {nlp.vocab.strings[key] for key in layer.attrs["words"][0].tolist()}
    assert {"Anna", "Paris"} <= words and "Oslo" in words


def test_gradients_accumulate() -> None:
    nlp = make_nlp(make_plain)
    optimizer, examples = initialize(nlp)
    no_step: Any = False
    nlp.update(examples[:5], sgd=no_step, drop=0.0)
    nlp.update(examples[5:9], sgd=no_step, drop=0.0)
    found = [key for key in get_gradients(nlp) if isinstance(key, tuple)]
    assert [name for _, name in found] == ["E0"]


def test_threads_give_the_serial_answer() -> None:
    nlp = make_nlp(make_floret)
    train(nlp, steps=3)
    expected = get_vectors(nlp)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: get_vectors(nlp), range(16)))
    assert all(result == expected for result in results)


def test_vectors_without_a_table_of_words() -> None:
    nlp = spacy.blank("en")
    make_floret(nlp.vocab)
    docs = [nlp.make_doc("Ada in Lomdom"), nlp.make_doc(""), nlp.make_doc("in")]
    layer = build_static_embed_v1(trainable=True)
    layer.initialize(X=docs)
    vectors: Any
    for doc, vectors in zip(docs, layer.predict(docs), strict=True):
        expected = [nlp.vocab.vectors[token.text] for token in doc]
        numpy.testing.assert_allclose(vectors, numpy.reshape(expected, (-1, 8)))
    step(layer, docs[:1], make_sgd())
    for word, change in (("Ada", -0.1), ("in", -0.1), ("Londom", 0)):
        (vector,) = embed(layer, nlp.vocab, word)
        expected = nlp.vocab.vectors[word] + change
        numpy.testing.assert_allclose(vector, expected, atol=1e-5)


# What is not finite


def spoil(vocab, word: str = "London", value: float = numpy.nan) -> None:
    vocab.vectors.data[vocab.vectors.find(key=word), -1] = value


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, -numpy.inf])
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_a_table_that_is_not_finite(value: float, dtype: str) -> None:
    vocab = make_vocab(TABLE.astype(dtype))
    spoil(vocab, value=value)
    spoil(vocab, "ada", value=value)
    for trainable in (False, True):
        layer = build_static_embed_v1(trainable=trainable)
        with pytest.raises(MoeeError, match="M245.*2 of the 4 .*'ada' .row 0"):
            layer.initialize(X=make_docs(vocab))


def test_a_number_that_single_precision_cannot_hold() -> None:
    vocab = make_vocab(TABLE.astype("float64"))
    spoil(vocab, value=1e39)
    with pytest.raises(MoeeError, match="M245.*1 of the 4 .*'London' .row 1"):
        make_layer(vocab)


def test_half_precision() -> None:
    layer = make_layer(make_vocab(TABLE.astype("float16")))
    vocab = make_vocab(TABLE.astype("float16"))
    assert embed(layer, vocab, "ada", "London", "in") == [[1, 2], [3, 4], [0, 0]]
    assert layer.predict(make_docs(vocab))[0].dtype == "float32"


def test_rows_that_no_word_has_may_be_anything() -> None:
    vocab = spacy.blank("en").vocab
    table = numpy.concatenate([TABLE, numpy.full((2, 2), numpy.nan, dtype="f")])
    vocab.vectors = Vectors(data=table, keys=WORDS, strings=vocab.strings)
    assert embed(make_layer(vocab), vocab, "ada") == [[1, 2]]


def test_a_floret_table_that_is_not_finite() -> None:
    vocab = spacy.blank("en").vocab
    make_floret(vocab)
    layer = make_layer(vocab)
    vocab.vectors.data[7, 0] = numpy.nan
    with pytest.raises(MoeeError, match="M245.*1 of the 50 .*row 7, which parts"):
        make_layer(vocab)
    words = [f"word{i}" for i in range(20)]
    with pytest.raises(MoeeError, match="M246.*'word"):
        layer.predict([Doc(vocab, words=words)])


def test_a_word_without_a_string_is_named_by_its_hash() -> None:
    vocab = spacy.blank("en").vocab
    table = numpy.full((1, 2), numpy.nan, dtype="f")
    vocab.vectors = Vectors(data=table, strings=vocab.strings)
    vocab.vectors.key2row[1234] = 0
    with pytest.raises(MoeeError, match="M245.*hash 1234. .row 0"):
        make_layer(vocab)


def test_vectors_that_were_replaced() -> None:
    """Every look-up is checked: nobody says when a table changes."""
    docs = make_docs(make_vocab())
    layer = make_layer(docs[0].vocab)
    spoil(docs[0].vocab)
    assert numpy.isfinite(layer.predict(docs[:1])[0]).all()
    with pytest.raises(MoeeError, match="M246.*'London'.* 1 of 2 words"):
        layer.predict(docs[2:3])
    with pytest.raises(MoeeError, match="M246.*'London'"):
        layer.begin_update(docs[2:3])


def test_a_loaded_pipeline_with_nan(tmp_path) -> None:
    """It silently found nothing in every doc of the batch."""
    nlp = make_nlp(make_plain)
    train(nlp, steps=10)
    texts = make_texts()
    expected = [doc.text for doc in nlp.pipe(texts) if "in" not in doc.text.split()]
    spoil(nlp.vocab, "in")
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    with pytest.raises(MoeeError, match="M246.*'in'"):
        list(loaded.pipe(texts))
    handled: List[Any] = []
    add: Any = handled.append
    loaded.set_error_handler(lambda *args: add(args))
    assert [doc.text for doc in loaded.pipe(texts)] == expected
    assert len(handled) == len(texts) - len(expected) > 0
    with pytest.raises(MoeeError, match="M245.*'in'"):
        initialize(loaded)


def test_errors() -> None:
    blank = [spacy.blank("en").make_doc("Ada")]
    with pytest.raises(MoeeError, match="M201"):
        build_static_embed_v1().initialize(X=blank)
    with pytest.raises(MoeeError, match="M103"):
        build_static_embed_v1(attr="FORM")
    for trainable in (False, True):
        layer = make_layer(make_vocab(), trainable)
        with pytest.raises(MoeeError, match="M203.* 5 dimensions.* with 2"):
            layer.predict(make_docs(make_vocab(numpy.ones((4, 5), dtype="f"))))
