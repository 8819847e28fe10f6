"""VocabularyEmbed: word vectors as Jia et al. read and train them."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.strings import get_string_id
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vectors import Vectors
from spacy.vocab import Vocab
from thinc.api import Model, fix_random_seed

from spacy_moee.embeddings import learned
from spacy_moee.embeddings.distinct import build_distinct_words_v1
from spacy_moee.embeddings.vocabulary import build_vocabulary_embed_v1
from spacy_moee.errors import MoeeError
from spacy_moee.training.optimizers import RMSprop
from tests.component.util import (
    TINY,
    get_ner,
    initialize,
    make_examples,
    make_texts,
    predict_texts,
)

from .fasttext.util import write_fasttext
from .test_static import make_floret, make_sgd, step

NAME = "spacy_moee.VocabularyEmbed.v1"
# a row of zeros is no vector
VECTORS = {"ada": [1, 2], "Rome": [3, 4], "rome": [5, 6], "0.00": [7, 8], "nil": [0, 0]}
# by falling count; "Zork" and "nil" have no vector, and "Ada" only that of "ada"
WORDS = ["Rome", "Zork", "Ada", "0.00", "nil"]


def make_vocab(vectors: Optional[Dict[str, Any]] = None, words: Any = WORDS) -> Vocab:
    vocab = spacy.blank("en").vocab
    table = VECTORS if vectors is None else vectors
    if table:
        data = numpy.asarray([*table.values()], dtype="float32")
        keys = [*table]
        vocab.vectors = Vectors(strings=vocab.strings, data=data, keys=keys)
    for word in words:
        vocab.strings.add(word)
    return vocab


def make_index(words: Sequence[str]) -> numpy.ndarray:
    """Hashes in rising order, and the numbers of their words, from 1."""
    pairs = sorted((get_string_id(word), i + 1) for i, word in enumerate(words))
    return numpy.asarray(pairs, dtype="uint64").reshape(-1, 2).T


def make_layer(vocab: Vocab, words: Sequence[str] = WORDS, **settings: Any) -> Model:
    layer = build_vocabulary_embed_v1(**settings)
    layer.attrs["vocabulary"] = make_index(words)
    fix_random_seed(0)
    return layer.initialize(X=[Doc(vocab, words=["any"])])


def embed(layer: Model, vocab: Vocab, *words: str) -> Any:
    (vectors,) = layer.predict([Doc(vocab, words=list(words))])
    return numpy.round(vectors.astype("float64"), 5).tolist()


def test_look_up() -> None:
    vocab = make_vocab()
    layer = make_layer(vocab)
    assert layer.get_dim("nO") == 2
    # as it is, or else in lower case; digits are zeros
    assert embed(layer, vocab, "Rome", "ROME", "Ada") == [[3, 4], [5, 6], [1, 2]]
    assert embed(layer, vocab, "3.14", "0.00", "٣.١٤") == [[7, 8]] * 3
    # words outside the vocabulary without a vector are one
    a, b, zork, nil = embed(layer, vocab, "quux", "Blub", "Zork", "nil")
    assert a == b and a != zork != nil
    assert [v.shape for v in layer.predict([Doc(vocab)])] == [(0, 2)]


def test_start_of_words_without_a_vector() -> None:
    """Uniform in the published range, as the seed says."""
    words = [f"word{chr(97 + i)}{chr(97 + j)}" for i in range(20) for j in range(20)]
    vocab = make_vocab({"other": [1.0] * 12}, words)
    layer = make_layer(vocab, words)
    start = numpy.asarray(embed(layer, vocab, *words, "unknown"))
    limit = (3 / 12) ** 0.5
    assert numpy.abs(start).max() <= limit
    # of 4,812 uniform numbers
    assert start.max() > 0.99 * limit and start.min() < -0.99 * limit
    assert abs(start.mean()) < 0.02 and abs(start.std() - limit / 3**0.5) < 0.02
    assert len(numpy.unique(start, axis=0)) == len(start)
    assert embed(make_layer(vocab, words), vocab, *words) == start[:-1].tolist()


class Oracle:
    """One word at a time, as the description says."""

    def __init__(self, layer: Model, vectors: Dict[str, Any], words: Sequence[str]):
        blocks: Any = [layer.get_param(name) for name in layer.param_names]
        self.vectors = {w: numpy.asarray(v, "f") for w, v in vectors.items() if any(v)}
        self.rows = {word: i + 1 for i, word in enumerate(words)}
        self.changes: Any = numpy.concatenate(blocks)
        self.gradient = numpy.zeros_like(self.changes)

    def find(self, word: str) -> Tuple[numpy.ndarray, Optional[int]]:
        form = "".join("0" if c.isdecimal() else c for c in word)
        vector = self.vectors.get(form, self.vectors.get(form.lower()))
        row = self.rows.get(form)
        if row is None and vector is None:
            row = 0
        start = numpy.zeros(2, "f") if vector is None else vector
        return (start if row is None else start + self.changes[row]), row

    def add(self, word: str, gradient: numpy.ndarray) -> None:
        _, row = self.find(word)
        if row is not None:
            self.gradient[row] += gradient


letters = st.text(alphabet="aAbBİß17٣ ", min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.lists(letters, max_size=8), min_size=1, max_size=4),
    vectors=st.dictionaries(
        letters, st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=1
    ),
    words=st.lists(letters, unique=True, max_size=9),
    rows=st.sampled_from([2, 5, 4096]),
)
def test_against_one_word_at_a_time(
    texts: List[List[str]], vectors: Dict[str, Any], words: List[str], rows: int
) -> None:
    zeros = str.maketrans("17٣", "000")
    words = [*dict.fromkeys(word.translate(zeros) for word in words)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learned, "ROWS", rows)
        vocab = make_vocab(vectors, words)
        layer = make_layer(vocab, words)
        oracle = Oracle(layer, vectors, words)
        docs = [Doc(vocab, words=text) for text in texts]
        output, backprop = layer.begin_update(docs)
        random = numpy.random.default_rng(0)
        d_output = [random.normal(size=y.shape).astype("f") for y in output]
        backprop(d_output)
        for text, found, gradient in zip(texts, output, d_output, strict=True):
            for word, vector, d_vector in zip(text, found, gradient, strict=True):
                numpy.testing.assert_array_equal(vector, oracle.find(word)[0])
                oracle.add(word, d_vector)
        blocks: Any = [layer.get_grad(name) for name in layer.param_names]
    numpy.testing.assert_allclose(
        numpy.concatenate(blocks), oracle.gradient, rtol=1e-5, atol=1e-6
    )


def test_training() -> None:
    vocab = make_vocab()
    layer = make_layer(vocab)
    zork, unknown, nil = embed(layer, vocab, "Zork", "quux", "nil")
    text = ["Rome", "rome", "Zork", "3.14", "2.71", "quux", "Blub"]
    step(layer, [Doc(vocab, words=text)], make_sgd())
    after = embed(layer, vocab, "Rome", "rome", "0.00", "Zork", "quux", "Blub", "nil")
    # words of one row add up; "rome" is outside the vocabulary, and "nil" of the text
    expected: Any = [[2.9, 3.9], [5, 6], [6.8, 7.8]]
    expected += [[x - 0.1 for x in zork], *[[x - 0.2 for x in unknown]] * 2, nil]
    numpy.testing.assert_allclose(after, expected, atol=2e-5)
    numpy.testing.assert_array_equal(vocab.vectors.data, [*VECTORS.values()])


def test_no_training() -> None:
    vocab = make_vocab()
    layer = make_layer(vocab, trainable=False)
    before = layer.to_bytes()
    step(layer, [Doc(vocab, words=["Rome", "Zork", "quux"])], make_sgd())
    assert layer.to_bytes() == before


def test_prediction_writes_nothing() -> None:
    vocab = make_vocab()
    layer = make_layer(vocab)
    doc = Doc(vocab, words=["Unmet1"])
    before, n_strings = layer.to_bytes(), len(vocab.strings)
    layer.predict([doc])
    assert layer.to_bytes() == before and len(vocab.strings) == n_strings


def test_no_vocabulary() -> None:
    """Vectors, and the unknown word."""
    vocab = make_vocab()
    layer = make_layer(vocab, [])
    assert embed(layer, vocab, "Rome", "ADA") == [[3, 4], [1, 2]]
    (unknown,) = embed(layer, vocab, "Zork")
    step(layer, [Doc(vocab, words=["Rome", "Zork", "quux"])], make_sgd())
    after = embed(layer, vocab, "Rome", "quux")
    numpy.testing.assert_allclose(
        after, [[3, 4], [x - 0.2 for x in unknown]], atol=2e-5
    )


def test_no_vectors() -> None:
    """With a width, every word of the vocabulary starts at random."""
    vocab = make_vocab({})
    layer = make_layer(vocab, width=5)
    vectors = embed(layer, vocab, *WORDS, "quux")
    assert len({tuple(vector) for vector in vectors}) == len(WORDS) + 1
    assert len(vectors[0]) == 5
    # vectors that another vocabulary has do not matter
    assert embed(layer, make_vocab(), *WORDS, "quux") == vectors
    with pytest.raises(MoeeError, match=f"M201.*{NAME}"):
        make_layer(vocab)


def test_vectors_of_another_width() -> None:
    wide = make_vocab({"ada": [1, 2, 3]})
    with pytest.raises(MoeeError, match="M203.*have 3 .*with 2"):
        make_layer(wide, width=2)
    layer = make_layer(make_vocab())
    with pytest.raises(MoeeError, match="M203.*have 3 .*with 2"):
        embed(layer, wide, "ada")
    with pytest.raises(MoeeError, match="M203.*have 0 .*with 2"):
        embed(layer, make_vocab({}), "ada")


def test_invalid_width() -> None:
    with pytest.raises(MoeeError, match=f"M103.*width.*{NAME}"):
        build_vocabulary_embed_v1(width=0)


def test_words_that_have_no_string() -> None:
    """Their form in lower case can't be known."""
    with pytest.raises(MoeeError, match="M621.* 2 of the 7 words"):
        make_layer(make_vocab(), [*WORDS, "Gone", "Lost"])


def test_vectors_that_are_not_finite() -> None:
    vocab = make_vocab()
    layer = make_layer(vocab)
    vocab.vectors.data[vocab.vectors.find(key="ada"), 0] = numpy.nan
    assert numpy.isfinite(embed(layer, vocab, "Rome", "quux")).all()
    for word in ("ada", "Ada"):
        with pytest.raises(MoeeError, match="M246.*'ada'"):
            embed(layer, vocab, word)
    with pytest.raises(MoeeError, match="M245.*'ada'"):
        make_layer(vocab)


def test_initializing_again() -> None:
    """Another vocabulary has rows of its own, of which none is left from before."""
    vocab = make_vocab()
    layer = make_layer(vocab)
    step(layer, [Doc(vocab, words=["Rome", "Ada"])], make_sgd())
    layer.attrs["vocabulary"] = make_index(["Ada"])
    layer.initialize(X=[Doc(vocab, words=["any"])])
    assert embed(layer, vocab, "Rome", "Ada") == [[3, 4], [1, 2]]
    step(layer, [Doc(vocab, words=["Rome", "Ada"])], make_sgd())
    after = embed(layer, vocab, "Rome", "Ada")
    expected = numpy.array([[3, 4], [0.9, 1.9]])
    numpy.testing.assert_allclose(numpy.array(after), expected, atol=1e-5)
    assert not layer.get_param("E0")[2:].any()


def test_distinct_words() -> None:
    vocab = make_vocab()
    plain, inner = make_layer(vocab), make_layer(vocab)
    outer = build_distinct_words_v1(inner)
    outer.initialize(X=[Doc(vocab, words=["any"])])
    inner.from_bytes(plain.to_bytes())
    docs = [
        Doc(vocab, words=["Rome", "quux", "3.14", "1.41", "Rome"]),
        Doc(vocab, words=[]),
        Doc(vocab, words=["Zork", "quux"]),
    ]
    for _ in range(2):
        found = zip(plain.predict(docs), outer.predict(docs), strict=True)
        expected: Any
        vectors: Any
        for expected, vectors in found:
            numpy.testing.assert_allclose(vectors, expected, atol=1e-6)
        for layer in (plain, outer):
            step(layer, docs, RMSprop(0.1, switch_score=None))


def test_vectors_of_subwords(tmp_path: Path) -> None:
    """Every word has a vector, of the form that is looked up."""
    vocab = spacy.blank("en").vocab
    make_floret(vocab)
    vocab.strings.add("Ada")
    layer = make_layer(vocab, ["Ada"])
    expected: Any = [vocab.vectors[word].tolist() for word in ("Ada", "Rome", "0.00")]
    numpy.testing.assert_allclose(
        embed(layer, vocab, "Ada", "Rome", "3.14"), expected, atol=1e-5
    )
    file = write_fasttext(tmp_path / "words.bin", ["anna", "berlin"])
    vectors = {"@vectors": "spacy_moee.FastTextVectors.v1", "path": str(file)}
    vocab = spacy.blank("en", config={"nlp": {"vectors": vectors}}).vocab
    layer = make_layer(vocab, [])
    expected = vocab.vectors.get_batch(["Anna", "x00"]).tolist()
    found = embed(layer, vocab, "Anna", "x12")
    numpy.testing.assert_allclose(found, expected, atol=1e-5)


# In a pipeline


def make_nlp(distinct: bool = True) -> Language:
    nlp = spacy.blank("en")
    tok2vec: Dict[str, Any] = {"@architectures": NAME}
    if distinct:
        name = "spacy_moee.DistinctWords.v1"
        tok2vec = {"@architectures": name, "embed": tok2vec}
    nlp.add_pipe("moee_ner", config={"model": {**TINY, "tok2vec": tok2vec}})
    forms = sorted({t.lower() for text in make_texts() for t in text.split()})
    table = numpy.random.default_rng(0).normal(size=(len(forms), 8)).astype("f")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=forms)
    return nlp


def train(steps: int = 3) -> Language:
    nlp = make_nlp()
    words = sorted({t for text in make_texts() for t in text.split()})[::2]
    words.append("Zork")
    for word in words:
        nlp.vocab.strings.add(word)
    (node,) = find_layers(nlp)
    node.attrs["vocabulary"] = make_index(words)
    _, examples = initialize(nlp)
    optimizer = RMSprop(0.01, switch_score=None)
    for _ in range(steps):
        nlp.update(examples, sgd=optimizer)
    return nlp


def find_layers(nlp: Language) -> List[Model]:
    nodes = get_ner(nlp).model.walk()
    return [node for node in nodes if node.name == "vocabulary_embed"]


def get_vectors(nlp: Language) -> List[Any]:
    docs = [nlp.make_doc(text) for text in [*make_texts(), "Zork unmet 1 22 ZORK"]]
    return [v.tolist() for v in get_ner(nlp).tok2vec.predict(docs)]


def test_round_trips(tmp_path: Path) -> None:
    nlp = train()
    vectors, entities = get_vectors(nlp), predict_texts(nlp)
    nlp.to_disk(tmp_path)
    blank = make_nlp()
    others = {
        "disk": spacy.load(tmp_path),
        "bytes": blank.from_bytes(nlp.to_bytes()),
        "pickle": pickle.loads(pickle.dumps(nlp)),
        "deepcopy": copy.deepcopy(nlp),
    }
    for name, other in others.items():
        assert get_vectors(other) == vectors, name
        assert predict_texts(other) == entities, name
        assert get_ner(other).to_bytes() == get_ner(nlp).to_bytes(), name


def test_training_goes_on_after_loading(tmp_path: Path) -> None:
    nlp = train()
    nlp.to_disk(tmp_path)
    other = spacy.load(tmp_path)
    for each in (nlp, other):
        optimizer = RMSprop(0.01, switch_score=None)
        each.update(make_examples(each), sgd=optimizer, drop=0.0)
    assert get_vectors(other) == get_vectors(nlp)


def test_docs_of_another_vocabulary() -> None:
    """It reads the form of a word, which needs no lexical attributes."""
    nlp = train()
    vocab = Vocab(strings=nlp.vocab.strings)
    vocab.vectors = nlp.vocab.vectors
    text = make_texts()[0].split()
    own, other = (Doc(v, words=text) for v in (nlp.vocab, vocab))
    found, expected = (get_ner(nlp).tok2vec.predict([doc])[0] for doc in (other, own))
    numpy.testing.assert_array_equal(found, expected)
    assert [e.text for e in nlp(other).ents] == [e.text for e in nlp(own).ents]


def test_threads_give_the_serial_answer() -> None:
    nlp = train()
    expected = get_vectors(nlp)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: get_vectors(nlp), range(8)))
    assert all(result == expected for result in results)


def test_registered() -> None:
    assert registry.architectures.get(NAME) is build_vocabulary_embed_v1
