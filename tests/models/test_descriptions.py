"""Descriptions and examples as vectors."""

from pathlib import Path
from typing import Any

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.vectors import Vectors
from spacy.vocab import Vocab

from spacy_moee.embeddings.fasttext.vectors import FastTextVectors
from spacy_moee.embeddings.static import build_static_embed_v1
from spacy_moee.errors import MoeeError
from spacy_moee.models.concept import build_concept_tagger_v1, build_robust_tagger_v1
from spacy_moee.models.descriptions import (
    DESCRIPTIONS,
    EXAMPLES,
    Described,
    embed_phrases,
    join_types,
    sizes_of,
    type_vectors,
)

from ..embeddings.fasttext.util import write_fasttext
from .util import make_tok2vec

WORDS = {
    "consumer": [1, 0, 0],
    "product": [0, 2, 0],
    "new": [0, 0, 4],
    "York": [8, 0, 0],
}


@pytest.fixture
def vocab() -> Vocab:
    vocab = spacy.blank("en").vocab
    table = numpy.asarray(list(WORDS.values()), dtype="float32")
    vocab.vectors = Vectors(data=table, keys=list(WORDS))
    return vocab


def make_model(examples=None):
    if examples is None:
        return build_concept_tagger_v1(make_tok2vec())
    return build_robust_tagger_v1(make_tok2vec(), examples=examples)


def vectors_of(vocab, descriptions, examples=None):
    described = Described(descriptions, examples)
    return type_vectors(make_model(examples), vocab, list(descriptions), described)


def test_defaults_are_those_of_the_paper() -> None:
    assert list(DESCRIPTIONS) == list(EXAMPLES) == ["LOC", "PER", "ORG", "MISC"]
    assert build_robust_tagger_v1(make_tok2vec()).attrs["examples"] == EXAMPLES
    assert build_concept_tagger_v1(make_tok2vec()).attrs["descriptions"] == DESCRIPTIONS


def test_words_are_summed_in_descriptions(vocab: Vocab) -> None:
    texts = {"A": "consumer product", "B": "new", "C": " product, nothing "}
    with pytest.warns(UserWarning, match=r"\[MW11\].*'C'.*\['nothing'\]"):
        found = vectors_of(vocab, texts)
    assert set(found) == {"rank", "descriptions"}
    assert found["descriptions"].tolist() == [[1, 2, 0], [0, 0, 4], [0, 2, 0]]
    assert found["rank"].tolist() == [0, 1, 2]
    assert sizes_of(found) == {"vector_width": 3, "n_examples": 0}


def test_words_are_averaged_in_examples(vocab: Vocab) -> None:
    examples = {"A": ["New York", "nothing", "product"], "B": ["York"]}
    found = vectors_of(vocab, {"A": "new", "B": "new", "C": "new"}, examples)
    assert found["examples"].tolist() == [
        [[4, 0, 2], [0, 0, 0], [0, 2, 0]],
        [[8, 0, 0], [0, 0, 0], [0, 0, 0]],
        [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
    ]
    # a missing example and one without a vector are the same
    assert found["is_example"].tolist() == [
        [True, False, True], [True, False, False], [False, False, False]
    ]  # fmt: skip
    assert sizes_of(found) == {"vector_width": 3, "n_examples": 3}


def test_type_whose_examples_have_no_vector(vocab: Vocab) -> None:
    with pytest.warns(UserWarning, match=r"\[MW12\].*'A'.*\['x', 'y z'\]"):
        found = vectors_of(vocab, {"A": "new"}, {"A": ["x", "y z"]})
    assert not found["is_example"].any()


def test_words_are_looked_up_as_the_tokens_are(vocab: Vocab) -> None:
    vocab.vectors.add("New", row=0)
    model = build_concept_tagger_v1(build_static_embed_v1(attr="LOWER"))
    found = embed_phrases(model, vocab, ["New", "new", "(New)"])
    assert found.tolist() == [[0, 0, 4]] * 3
    model = build_concept_tagger_v1(build_static_embed_v1())
    assert embed_phrases(model, vocab, ["New", "NEW"]).tolist() == [
        [1, 0, 0], [0, 0, 4]
    ]  # fmt: skip


@pytest.mark.parametrize(
    "argument, value",
    [
        ("description", 5), ("description", ["a"]), ("description", ""),
        ("description", " , "), ("examples", "france"), ("examples", [None]),
        ("examples", 5),
    ],
)  # fmt: skip
def test_what_describes_nothing(argument: str, value: Any) -> None:
    before = Described({"A": "new"}, {"A": ["x"]})
    with pytest.raises(MoeeError, match=rf"\[M103\].*{argument}.*add_label"):
        before.add("A", **{argument: value})


def test_no_example_at_all(vocab: Vocab) -> None:
    found = vectors_of(vocab, {"A": "new"}, {})
    assert found["is_example"].tolist() == [[False]]


def test_word_as_it_is_comes_before_lower_case(vocab: Vocab) -> None:
    vocab.vectors.add("New", row=0)
    assert vectors_of(vocab, {"A": "New"})["descriptions"].tolist() == [[1, 0, 0]]
    assert vectors_of(vocab, {"A": "NEW"})["descriptions"].tolist() == [[0, 0, 4]]
    # York has no entry in lower case
    with pytest.warns(UserWarning, match="MW11"):
        vectors_of(vocab, {"A": "york"})


def test_fasttext_knows_every_word(tmp_path: Path) -> None:
    vocab = spacy.blank("en").vocab
    path = write_fasttext(tmp_path / "words.bin", ["product"], dim=5)
    vocab.vectors = FastTextVectors(path, strings=vocab.strings)
    found = vectors_of(vocab, {"A": "product", "B": "consumer product"})
    parts = [vocab.get_vector(word) for word in ("consumer", "product")]
    assert parts[0].any()
    assert numpy.allclose(found["descriptions"], [parts[1], parts[0] + parts[1]])


def test_a_type_is_called_its_label() -> None:
    described = Described({"PER": "person"}, {"PER": ["x"]})
    described = described.add("PRODUCT").add("PER").add("ZOO", "animals", ["a b"])
    assert described.descriptions == {
        "PER": "person", "PRODUCT": "product", "ZOO": "animals"
    }  # fmt: skip
    assert described.examples == {"PER": ["x"], "ZOO": ["a b"]}
    assert described.add("PER", "people").descriptions["PER"] == "people"
    with pytest.raises(MoeeError, match="M106"):
        Described({}, None).add("PER", None, ["x"])


def random_types(seed, n_types, n_examples, width=2):
    rng = numpy.random.default_rng(seed)
    return {
        "rank": rng.integers(9, size=n_types),
        "descriptions": rng.normal(size=(n_types, width)),
        "examples": rng.normal(size=(n_types, n_examples, width)),
        "is_example": rng.random((n_types, n_examples)) < 0.5,
    }


@given(*[st.integers(1, 4)] * 4)
def test_types_are_put_after_others(n_old, n_new, old_examples, new_examples) -> None:
    old, new = (
        random_types(0, n_old, old_examples),
        random_types(1, n_new, new_examples),
    )
    joined = join_types(old, new)
    most = max(old_examples, new_examples)
    shapes = {name: rows.shape for name, rows in joined.items()}
    n_types = n_old + n_new
    assert shapes == {
        "rank": (n_types,),
        "descriptions": (n_types, 2),
        "examples": (n_types, most, 2),
        "is_example": (n_types, most),
    }
    for name, rows in joined.items():
        assert rows.dtype == old[name].dtype
        for types, here in ((old, rows[:n_old]), (new, rows[n_old:])):
            there = types[name]
            if there.ndim == 1 or name == "descriptions":
                assert numpy.array_equal(here, there)
            else:
                assert numpy.array_equal(here[:, : there.shape[1]], there)
                assert not here[:, there.shape[1] :].any()


def test_other_width() -> None:
    with pytest.raises(MoeeError, match="M203.*3.*2"):
        join_types(random_types(0, 1, 1), random_types(0, 1, 1, width=3))
