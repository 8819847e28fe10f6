"""The rows of words against fastText's own, and the look-up of words."""

import tempfile
from pathlib import Path
from typing import List

import numpy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spacy_moee.embeddings.fasttext import subwords as fasttext_subwords
from spacy_moee.embeddings.fasttext import words as fasttext_words
from spacy_moee.embeddings.fasttext.file import FastTextFile
from spacy_moee.embeddings.fasttext.text import join_words, split_batches

from .util import write_fasttext

fasttext = pytest.importorskip("fasttext")

WORDS = ["ada", "</s>", "日本", "é", "naïve", "😀a", "a", "ab" * 40]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
STRINGS = st.one_of(TEXTS, st.sampled_from([*WORDS, "", " ", "<", "<>", "adaa", "a\n"]))


def rows_of(model: FastTextFile, words: List[str]) -> List[List[int]]:
    rows, counts = model.subwords(words)
    parts = numpy.split(rows, numpy.cumsum(counts)[:-1])
    return [part.tolist() for part in parts]


@settings(max_examples=60)
@given(
    words=st.lists(STRINGS, min_size=1, max_size=30),
    minn=st.integers(0, 7),
    maxn=st.integers(0, 7),
    bucket=st.integers(1, 200),
    block=st.sampled_from([1, 7, 64, 2**18]),
)
@example(words=["", "x", "</s>"], minn=1, maxn=1, bucket=1, block=1)
def test_rows_are_those_of_fasttext(words, minn, maxn, bucket, block) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(fasttext_subwords, "BLOCK", block)
        path = Path(folder) / "model.bin"
        write_fasttext(path, WORDS, dim=1, minn=minn, maxn=maxn, bucket=bucket)
        reference = fasttext.load_model(str(path))
        expected = [reference.get_subwords(word)[1].tolist() for word in words]
        assert rows_of(FastTextFile(path), words) == expected


def test_all_words_have_the_same_hash(tmp_path: Path, monkeypatch) -> None:
    def hash_words(data, starts, ends):
        return numpy.zeros(len(starts), dtype="uint64")

    monkeypatch.setattr(fasttext_words, "hash_words", hash_words)
    model = FastTextFile(write_fasttext(tmp_path / "model.bin", WORDS))
    assert model.rows([*WORDS, "ad", ""]).tolist() == [*range(len(WORDS)), -1, -1]


@given(st.lists(st.text(max_size=4), max_size=40))
def test_hash_is_that_of_each_word_alone(words: List[str]) -> None:
    hashes = [fasttext_words.hash_words(*spell(word))[0] for word in words]
    if words:
        text = join_words(words)
        together = fasttext_words.hash_words(text.data, *text.bounds)
        assert together.tolist() == hashes
    assert len(set(hashes)) == len(set(words))


def spell(word: str):
    text = join_words([word])
    return text.data, *text.bounds


def test_repeated_word_is_its_last_entry(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", ["a", "b", "a"])
    reference = fasttext.load_model(str(path))
    rows = FastTextFile(path).rows(["a", "b"]).tolist()
    assert rows == [reference.get_word_id("a"), reference.get_word_id("b")] == [2, 1]


def test_entry_is_not_read_beyond_its_end(tmp_path: Path) -> None:
    # what follows "a" in the file
    path = write_fasttext(tmp_path / "model.bin", ["a", "b"])
    model = FastTextFile(path)
    behind = "a\0\2\0\0\0\0\0\0\0\0b"
    assert behind.encode() in path.read_bytes()
    assert model.rows([behind, "a\0", "\0", "a"]).tolist() == [-1, -1, -1, 0]


@given(st.lists(st.text(max_size=9)), st.integers(1, 30))
def test_batches_cover_the_words(words: List[str], size: int) -> None:
    bounds = list(split_batches(words, size))
    assert [word for start, end in bounds for word in words[start:end]] == words
    for start, end in bounds:
        lengths = [len(word) + 2 for word in words[start:end]]
        assert len(lengths) == 1 or 0 < sum(lengths) <= size
