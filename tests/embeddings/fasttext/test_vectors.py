"""FastTextVectors: what spaCy reads of them. The oracle is the package fasttext."""

import threading
import warnings
from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.attrs import ORTH
from spacy.lang.en import English
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import load_model_from_config
from spacy.vocab import Vocab
from thinc.api import Config, NumpyOps, get_current_ops, set_current_ops

from spacy_moee.embeddings.fasttext import cache as fasttext_cache
from spacy_moee.embeddings.fasttext.cache import VectorCache
from spacy_moee.embeddings.fasttext.vectors import FastTextVectors
from spacy_moee.embeddings.static import build_static_embed_v1
from spacy_moee.errors import MoeeError

from .util import write_fasttext

WORDS = ["</s>", "Ada", "ada", "London", "lives", "in", "."]
TEXT = ["Ada", "lives", "in", "Lomdon", ",", "ada", "lives", "!"]
DIM, BUCKET = 8, 50


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors")
    return write_fasttext(folder / "words.bin", WORDS, dim=DIM, bucket=BUCKET)


@pytest.fixture(scope="module")
def oracle(path: Path) -> Any:
    fasttext = pytest.importorskip("fasttext")
    return fasttext.load_model(str(path))


@pytest.fixture(scope="module")
def bare_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without n-grams: a word that is not in the file has no vector."""
    folder = tmp_path_factory.mktemp("bare")
    return write_fasttext(folder / "bare.bin", WORDS, DIM, minn=0, maxn=0, bucket=0)


def make_nlp(path: Any, **settings: bool) -> Language:
    vectors = {"@vectors": "spacy_moee.FastTextVectors.v1", "path": str(path)}
    return spacy.blank("en", config={"nlp": {"vectors": {**vectors, **settings}}})


def look_up(oracle: Any, words: List[str]) -> numpy.ndarray:
    rows = [oracle.get_word_vector(word) for word in words]
    return numpy.asarray(rows, dtype="f").reshape(len(words), DIM)


def assert_close(found: Any, expected: Any) -> None:
    numpy.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_tokens_docs_spans_and_lexemes(path: Path, oracle: Any) -> None:
    nlp = make_nlp(path)
    doc = Doc(nlp.vocab, words=TEXT)
    expected = look_up(oracle, TEXT)
    assert_close([token.vector for token in doc], expected)
    assert_close(doc.vector, expected.mean(axis=0))
    assert_close(doc[2:5].vector, expected[2:5].mean(axis=0))
    assert_close(doc[3].vector_norm, numpy.linalg.norm(expected[3]))
    assert_close(nlp.vocab["Lomdon"].vector, expected[3])
    assert_close(nlp.vocab.get_vector("neverseen"), look_up(oracle, ["neverseen"])[0])
    assert doc.has_vector and doc[2:5].has_vector
    has_vector = expected.any(axis=1).tolist()
    assert [token.has_vector for token in doc] == has_vector
    assert [token.is_oov for token in doc] == [not x for x in has_vector]
    assert [nlp.vocab.has_vector(word) for word in TEXT] == has_vector


def test_empty_doc(path: Path) -> None:
    nlp = make_nlp(path)
    doc = nlp("")
    assert doc.vector.tolist() == [0] * DIM
    assert not doc.has_vector


def test_similarity(path: Path, oracle: Any) -> None:
    nlp = make_nlp(path)
    one, other = look_up(oracle, ["London", "Lomdon"])
    cosine = one @ other / numpy.linalg.norm(one) / numpy.linalg.norm(other)
    # no W007, no W008: warnings are errors
    left, right = nlp("London"), nlp("Lomdon")
    assert left.similarity(right) == pytest.approx(cosine, rel=1e-5)
    assert left[0].similarity(right[0]) == pytest.approx(cosine, rel=1e-5)
    assert left[0:1].similarity(right[0:1]) == pytest.approx(cosine, rel=1e-5)
    assert left.similarity(nlp("London")) == 1


WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(
    words=st.lists(WORD | st.sampled_from(WORDS), max_size=8), lowercase=st.booleans()
)
def test_any_words(path: Path, oracle: Any, words: List[str], lowercase: bool) -> None:
    vectors = FastTextVectors(path, lowercase=lowercase)
    keys = [
        vectors.strings.add(word) if i % 2 else word for i, word in enumerate(words)
    ]
    texts = [word.lower() if lowercase else word for word in words]
    expected = look_up(oracle, texts)
    for _ in range(2):
        found = vectors.get_batch(keys)
        assert found.dtype == "float32" and found.shape == (len(words), DIM)
        assert_close(found, expected)
    assert [key in vectors for key in keys] == expected.any(axis=1).tolist()


def test_arrays_of_hashes(path: Path, oracle: Any) -> None:
    nlp = make_nlp(path)
    doc = Doc(nlp.vocab, words=TEXT)
    vectors = nlp.vocab.vectors
    keys = doc.to_array(ORTH)
    assert keys.dtype == "uint64"
    assert_close(vectors.get_batch(keys), look_up(oracle, TEXT))
    assert_close(vectors.get_batch(list(keys)), look_up(oracle, TEXT))
    assert_close(vectors[keys[0]], look_up(oracle, TEXT)[0])
    assert keys[0] in vectors
    assert vectors.get_batch(keys[:0]).shape == (0, DIM)
    assert vectors.get_batch([]).shape == (0, DIM)


def test_unknown_hash(path: Path) -> None:
    vectors = make_nlp(path).vocab.vectors
    unknown = 12345678901234567890
    assert unknown not in vectors
    with pytest.raises(KeyError, match="E018"):
        vectors[unknown]
    with pytest.raises(KeyError, match="E018"):
        vectors.get_batch(numpy.asarray([unknown], dtype="uint64"))


def test_result_is_the_caller_s_own(path: Path, oracle: Any) -> None:
    vectors = make_nlp(path).vocab.vectors
    vectors.get_batch(["Ada", "Ada"])[:] = 0
    vectors["Ada"][:] = 0
    assert_close(vectors["Ada"], look_up(oracle, ["Ada"])[0])


def test_lower_case(path: Path, oracle: Any) -> None:
    nlp = make_nlp(path, lowercase=True)
    doc = Doc(nlp.vocab, words=["LONDON", "ADA", "London", "Ada"])
    expected = look_up(oracle, ["london", "ada", "london", "ada"])
    assert_close([token.vector for token in doc], expected)
    assert_close(nlp.vocab.vectors.get_batch(doc.to_array(ORTH)), expected)


def test_members_that_spacy_reads(path: Path) -> None:
    nlp = make_nlp(path)
    vectors = nlp.vocab.vectors
    n_rows = len(WORDS) + BUCKET
    assert vectors.shape == (n_rows, DIM) and len(vectors) == n_rows
    assert vectors.size == n_rows * DIM and vectors.vectors_length == DIM
    assert vectors.n_keys == len(WORDS)
    assert vectors.attr == ORTH and vectors.mode == "fasttext"
    assert vectors.data.shape == (0, DIM)
    assert not vectors.is_full
    assert len(vectors.keys()) == 0 and vectors.key2row == {} and list(vectors) == []
    assert vectors.name == "words"
    vectors.name = "mine"
    meta = {"width": DIM, "vectors": n_rows, "keys": len(WORDS), "name": "mine"}
    assert nlp.meta["vectors"] == {**meta, "mode": "fasttext"}
    nlp.vocab.vectors.to_ops(get_current_ops())
    assert nlp.vocab["Ada"].rank == spacy.util.OOV_RANK


def test_current_ops(path: Path) -> None:
    class Device(NumpyOps):
        seen: List[tuple] = []

        def asarray2f(self, data, *, dtype="float32"):
            self.seen.append(data.shape)
            return super().asarray2f(data, dtype=dtype)

    vectors = make_nlp(path).vocab.vectors
    before = get_current_ops()
    set_current_ops(Device())
    try:
        vectors.get_batch(["Ada", "in", "Ada"])
    finally:
        set_current_ops(before)
    assert Device.seen == [(3, DIM)]


class TestWordsWithoutAVector:
    def test_are_oov(self, bare_path: Path) -> None:
        nlp = make_nlp(bare_path)
        doc = Doc(nlp.vocab, words=["Ada", "Lomdon"])
        assert [token.has_vector for token in doc] == [True, False]
        assert [token.is_oov for token in doc] == [False, True]
        assert not doc[1].vector.any() and doc[1].vector.shape == (DIM,)
        assert doc.has_vector

    def test_retokenizer_merges(self, bare_path: Path) -> None:
        nlp = make_nlp(bare_path)
        doc = nlp("Ada lives in London")
        # it sets a vector for what it merged
        with pytest.warns(UserWarning, match="MW21"):
            with doc.retokenize() as retokenizer:
                retokenizer.merge(doc[0:2])
        assert doc[0].text == "Ada lives" and not doc[0].has_vector


def test_merge_with_ngrams(path: Path, oracle: Any) -> None:
    doc = make_nlp(path)("Ada lives in London")
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    assert_close(doc[0].vector, look_up(oracle, ["Ada lives"])[0])


def test_what_can_not_be_done(path: Path, oracle: Any) -> None:
    vocab: Any = make_nlp(path).vocab
    for setter in (
        lambda: vocab.set_vector("Ada", numpy.ones(DIM)),
        lambda: setattr(vocab["Ada"], "vector", numpy.ones(DIM)),
    ):
        with pytest.warns(UserWarning, match="MW21"):
            setter()
    assert_close(vocab["Ada"].vector, look_up(oracle, ["Ada"])[0])
    for method, args in (("prune_vectors", [1]), ("deduplicate_vectors", [])):
        with pytest.raises(ValueError, match="E849"):
            getattr(vocab, method)(*args)
    with pytest.raises(ValueError, match="E849"):
        vocab.reset_vectors(width=3)


def test_static_vectors_of_other_components(path: Path, oracle: Any) -> None:
    from spacy.ml.staticvectors import StaticVectors

    nlp = make_nlp(path)
    docs = [Doc(nlp.vocab, words=words) for words in (TEXT, [], ["London"])]
    layer = StaticVectors(nO=DIM)
    layer.initialize(X=docs)
    identity: Any = numpy.eye(DIM, dtype="f")
    layer.set_param("W", identity)
    assert_close(layer.predict(docs).data, look_up(oracle, [*TEXT, "London"]))
    _, backprop = layer.begin_update(docs)
    backprop(layer.predict(docs))
    assert layer.has_grad("W")


def test_static_embed(path: Path, oracle: Any) -> None:
    nlp = make_nlp(path)
    docs = [Doc(nlp.vocab, words=words) for words in (TEXT, [], ["London"])]
    layer: Any = build_static_embed_v1()
    layer.initialize(X=docs)
    assert layer.get_dim("nO") == DIM
    assert_close(
        numpy.concatenate(layer.predict(docs)), look_up(oracle, [*TEXT, "London"])
    )


VARIABLE = """
[paths]
bin = "{path}"

[nlp]
lang = "en"

[nlp.vectors]
@vectors = "spacy_moee.FastTextVectors.v1"
path = ${{paths.bin}}
"""


class TestAbsentFile:
    """Nothing is opened until it is needed."""

    def test_config(self, tmp_path: Path) -> None:
        nlp = make_nlp(tmp_path / "absent.bin", lowercase=True)
        filled = English.from_config(nlp.config).config["nlp"]["vectors"]
        assert filled["embed"] is False and filled["lowercase"] is True
        assert nlp("Ada lives")[0].text == "Ada"
        # loading a pipeline reads it before the pipeline's own copy is known
        assert nlp.meta["vectors"]["keys"] == 0

    def test_unread_file_is_not_opened(self, tmp_path: Path) -> None:
        path = tmp_path / "words.bin"
        path.write_bytes(b"no vectors")
        English.from_config(make_nlp(path).config)

    @pytest.mark.parametrize(
        "use",
        [
            lambda nlp: nlp("Ada")[0].vector,
            lambda nlp: nlp("Ada")[0].has_vector,
            lambda nlp: nlp("Ada").vector,
            lambda nlp: nlp.vocab.vectors.get_batch(["Ada"]),
            lambda nlp: nlp.initialize(),
            lambda nlp: nlp.vocab.vectors.to_disk("unused"),
        ],
        ids=["vector", "has_vector", "doc", "batch", "initialize", "to_disk"],
    )
    def test_error_where_it_is_needed(self, tmp_path: Path, use, monkeypatch) -> None:
        monkeypatch.chdir(tmp_path)
        nlp = make_nlp("somewhere/absent.bin")
        with pytest.raises(MoeeError, match="M220") as error:
            use(nlp)
        assert str(tmp_path / "somewhere" / "absent.bin") in str(error.value)

    def test_variable(self, path: Path) -> None:
        """spaCy leaves it as it is."""
        config = Config().from_str(VARIABLE.format(path=path), interpolate=False)
        nlp = load_model_from_config(config, auto_fill=True)
        with pytest.raises(MoeeError, match="M223.*paths.bin.*--nlp.vectors.path"):
            nlp("Ada").vector  # noqa: B018

    def test_file_that_appears(self, tmp_path: Path) -> None:
        nlp = make_nlp(tmp_path / "late.bin")
        with pytest.raises(MoeeError, match="M220"):
            nlp("Ada").vector  # noqa: B018
        write_fasttext(tmp_path / "late.bin", WORDS, dim=DIM)
        assert nlp("Ada").vector.any()


def test_relative_path(path: Path, oracle: Any, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(path.parent)
    nlp = make_nlp("words.bin")
    # it means the folder of then
    monkeypatch.chdir(tmp_path)
    assert_close(nlp("Ada")[0].vector, look_up(oracle, ["Ada"])[0])


class TestCache:
    def test_each_word_is_computed_once(self, path: Path, monkeypatch) -> None:
        vectors = make_nlp(path, lowercase=True).vocab.vectors
        calls: List[str] = []
        compute = vectors.source.file.vectors

        def count(words: List[str]) -> Any:
            calls.extend(words)
            return compute(words)

        monkeypatch.setattr(vectors.source.file, "vectors", count)
        vectors.get_batch(["Ada", "ada", "in", "Ada"])
        vectors.get_batch(["in", "ADA", "."])
        assert calls == ["ada", "in", "."]

    def test_never_over_its_bound(self, monkeypatch) -> None:
        monkeypatch.setattr(fasttext_cache, "CACHE_WORDS", 10)
        cache = VectorCache(2)

        def compute(words):
            return numpy.asarray([[len(w), hash(w) % 97] for w in words], dtype="f")

        rng = numpy.random.default_rng(0)
        sizes = set()
        for _ in range(200):
            n = rng.integers(0, 25)
            words = [str(x) for x in rng.choice(60, size=n, replace=False)]
            numpy.testing.assert_array_equal(
                cache.get(words, compute), compute(words).reshape(-1, 2)
            )
            sizes.add(len(cache))
        assert max(sizes) == 10 and len(sizes) > 3

    def test_memory_zone_forgets(self, path: Path) -> None:
        nlp = make_nlp(path)
        cache = nlp.vocab.vectors.source._cache
        assert cache is None
        with nlp.memory_zone():
            assert nlp("Ada lives").vector.any()
        cache = nlp.vocab.vectors.source._cache
        assert len(cache) == 0
        with pytest.raises(RuntimeError, match="mine"):
            with nlp.memory_zone():
                before = nlp("Ada lives zzzz").vector
                assert len(cache) == 3
                raise RuntimeError("mine")
        assert len(cache) == 0
        numpy.testing.assert_array_equal(nlp("Ada lives zzzz").vector, before)

    def test_unopened_in_a_memory_zone(self, tmp_path: Path) -> None:
        nlp = make_nlp(tmp_path / "absent.bin")
        with nlp.memory_zone():
            nlp("Ada")

    def test_threads(self, path: Path, oracle: Any, monkeypatch) -> None:
        # so small that they replace each other's words all the time
        monkeypatch.setattr(fasttext_cache, "CACHE_WORDS", 20)
        vectors = make_nlp(path).vocab.vectors
        words = [f"word{i}" for i in range(60)]
        expected = look_up(oracle, words)
        wrong: List[Any] = []
        start = threading.Barrier(8)

        def work(seed: int) -> None:
            rng = numpy.random.default_rng(seed)
            start.wait()
            try:
                for _ in range(100):
                    picked = rng.integers(0, len(words), size=15)
                    found = vectors.get_batch([words[i] for i in picked])
                    assert_close(found, expected[picked])
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong


STATIC_TOK2VEC = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "pretrained_vectors": True,
    "width": 8,
    "depth": 1,
    "embed_size": 20,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": False,
}


def test_workers(path: Path) -> None:
    nlp = make_nlp(path)
    nlp.add_pipe("tok2vec", config={"model": STATIC_TOK2VEC})
    texts = ["Ada lives in Lomdon", "zzzz", "", "in London ."] * 5
    examples = [Example.from_dict(nlp.make_doc(text), {}) for text in texts]
    nlp.initialize(lambda: examples)
    expected = [doc.tensor for doc in nlp.pipe(texts)]
    found = [doc.tensor for doc in nlp.pipe(texts, n_process=2, batch_size=4)]
    for left, right in zip(found, expected, strict=True):
        numpy.testing.assert_array_equal(left, right)


def test_vectors_without_a_vocab(path: Path, oracle: Any) -> None:
    vectors = FastTextVectors(path)
    vocab = Vocab()
    vocab.vectors = vectors
    assert vectors.strings is vocab.strings
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_close(vocab["Lomdon"].vector, look_up(oracle, ["Lomdon"])[0])
