"""Embeddings in parts say what they say as a whole."""

from typing import Any, Dict, List

import numpy
import pytest
from spacy import registry
from spacy.vectors import Vectors
from thinc.api import fix_random_seed

from spacy_moee.embeddings.shared import join_embeddings
from spacy_moee.models.parts import Part, Pool, split_embeddings

from .util import VOCAB, WORDS, make_docs

HASHES: Dict[str, Any] = {
    "@architectures": "spacy.MultiHashEmbed.v2",
    "width": 4,
    "attrs": ["SUFFIX"],
    "rows": [20],
    "include_static_vectors": False,
}
CHARACTERS = {
    "@architectures": "spacy_moee.CharacterCNN.v1",
    **{"width": 3, "character_width": 2, "rows": 20},
}
STATIC = {"@architectures": "spacy_moee.StaticEmbed.v1"}


def concatenate(**blocks: Any) -> Dict[str, Any]:
    return {"@layers": "concatenate.v1", "*": blocks}


def distinct(block: Any) -> Dict[str, Any]:
    return {"@architectures": "spacy_moee.DistinctWords.v1", "embed": block}


def frozen(block: Any) -> Dict[str, Any]:
    return {"@architectures": "spacy_moee.FrozenEmbed.v1", "embed": block}


def make(block: Dict[str, Any], seed: int = 0) -> Any:
    fix_random_seed(seed)
    table = numpy.random.default_rng(0).normal(size=(len(WORDS), 5))
    VOCAB.vectors = Vectors(data=table.astype("float32"), keys=WORDS)
    model = registry.resolve({"model": block})["model"]
    model.initialize(X=make_docs(4))
    return model


PAIR = concatenate(a=HASHES, b=CHARACTERS)
BLOCKS: List[Any] = [
    (HASHES, ["x"]),
    (PAIR, ["a", "b"]),
    (distinct(concatenate(s=STATIC, a=HASHES, b=CHARACTERS)), ["s", "a", "b"]),
    (concatenate(words=distinct(PAIR), more=frozen(HASHES)), ["a", "b", "more"]),
    (frozen(distinct(PAIR)), ["a", "b"]),
    (concatenate(words=distinct(HASHES), more=PAIR), ["words", "a", "b"]),
    # Thinc has made one layer of both
    (concatenate(pair=PAIR, more=STATIC), ["x"]),
    (concatenate(one=HASHES), ["x"]),
]


@pytest.fixture(autouse=True)
def vectors() -> Any:
    before = VOCAB.vectors
    yield
    VOCAB.vectors = before


@pytest.mark.parametrize("block, names", BLOCKS)
def test_parts_are_the_columns_of_the_whole(block: Any, names: List[str]) -> None:
    model, docs = make(block), make_docs(5, 0, 3)
    parts = split_embeddings("x", block, model)
    assert [part.name for part in parts] == names
    joined = join_embeddings({p.name: p.model for p in parts}, names)
    found: Any
    wanted: Any
    for found, wanted in zip(joined.predict(docs), model.predict(docs), strict=True):
        assert found.shape == wanted.shape and numpy.allclose(found, wanted)
    for part in parts:
        again = registry.resolve({"part": part.config})["part"]
        again.from_bytes(part.model.to_bytes())
        pairs: Any = zip(again.predict(docs), part.model.predict(docs), strict=True)
        assert all(numpy.array_equal(a, b) for a, b in pairs)


def test_equal_parts_are_kept_once() -> None:
    pool = Pool()

    def add(block: Dict[str, Any], seed: int = 0) -> str:
        return pool.add(Part("words", block, make(block, seed)))

    assert add(HASHES) == add(HASHES) == "words"
    # other weights; other settings of the same weights
    assert add(HASHES, seed=1) == "words_2"
    assert add(HASHES, seed=1) == "words_2"
    assert add(STATIC) == "words_3"
    assert add({**STATIC, "trainable": True}) == "words_4"
    assert [*pool.parts] == ["words", "words_2", "words_3", "words_4"]


def test_vectors_of_the_vocabulary_are_no_part_of_it() -> None:
    part = Part("words", STATIC, make(STATIC))
    other = Part("words", STATIC, make(STATIC, seed=1))
    assert part.fingerprint == other.fingerprint
