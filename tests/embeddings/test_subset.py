"""A part of a table of word vectors."""

from typing import Dict, List, Set

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.vectors import Vectors

from spacy_moee.embeddings.subset import check_table, make_subset, unused_strings
from spacy_moee.errors import MoeeError

from .fasttext.util import write_fasttext
from .test_static import make_floret, make_plain

WORDS = [f"w{i}" for i in range(12)]


@st.composite
def tables(draw) -> Vectors:
    """Words with rows of their own or shared ones, in any order; rows of no word."""
    n_rows = draw(st.integers(1, 8))
    words = draw(st.lists(st.sampled_from(WORDS), unique=True))
    data = numpy.arange(n_rows * 2, dtype="float32").reshape(n_rows, 2)
    vectors = Vectors(strings=spacy.strings.StringStore(WORDS), data=data, name="table")
    for word in words:
        vectors.add(word, row=draw(st.integers(0, n_rows - 1)))
    return vectors


@given(tables(), st.sets(st.sampled_from(WORDS)), st.integers(0, 9))
def test_keeps_what_it_is_asked_to(
    vectors: Vectors, words: Set[str], n_rows: int
) -> None:
    keys = {vectors.strings[word] for word in words}
    rows: Dict[int, int] = dict(vectors.key2row)
    expected = {k for k, row in rows.items() if k in keys or row < n_rows}
    subset = make_subset(vectors, keys, n_rows)
    assert set(subset.key2row) == expected
    assert subset.shape == (len({rows[key] for key in expected}), 2)
    for key in expected:
        assert subset[key].tolist() == vectors[key].tolist()
    # in the same order, so that the first rows can be kept again
    order: List[int] = sorted(expected, key=lambda key: rows[key])
    kept = [subset.key2row[key] for key in order]
    assert kept == sorted(kept)
    assert (subset.name, subset.attr) == (vectors.name, vectors.attr)
    assert dict(vectors.key2row) == rows


def test_tables_that_have_no_row_a_word(tmp_path) -> None:
    nlp = spacy.blank("en")
    with pytest.raises(MoeeError, match="M714.*no vectors"):
        check_table(nlp.vocab.vectors, "model")
    make_floret(nlp.vocab)
    with pytest.raises(MoeeError, match="M714.*floret"):
        check_table(nlp.vocab.vectors, "model")
    path = str(write_fasttext(tmp_path / "words.bin", ["ada"]))
    block = {"@vectors": "spacy_moee.FastTextVectors.v1", "path": path}
    nlp = spacy.blank("en", config={"nlp": {"vectors": block}})
    with pytest.raises(MoeeError, match="M713.*'nlp.vectors.prune': True"):
        check_table(nlp.vocab.vectors, "model")
    make_plain(nlp.vocab)
    assert check_table(nlp.vocab.vectors, "model") is nlp.vocab.vectors


def test_unused_strings() -> None:
    nlp = spacy.blank("en")
    make_plain(nlp.vocab)
    words = ["Anna", "Berlin", "lives", "in", ".", "Oslo", "unseen", "of no vector"]
    for word in words:
        nlp.vocab.strings.add(word)
    subset = make_subset(nlp.vocab.vectors, {nlp.vocab.strings["Anna"]})
    gone = words[1:-1]
    assert sorted(unused_strings(nlp, subset)) == sorted(gone)
    nlp.add_pipe("moee_ner").add_label("unseen")  # type: ignore[attr-defined]
    assert sorted(unused_strings(nlp, subset)) == sorted(gone[:-1])
    # its suffixes are strings of the vocabulary, and nobody's labels
    nlp.add_pipe("trainable_lemmatizer")
    assert unused_strings(nlp, subset) == []
