"""Files and words that would take the process's time, its memory or its life."""

import signal
import struct
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy
import pytest
import spacy

from spacy_moee.embeddings.fasttext import cache as fasttext_cache
from spacy_moee.embeddings.fasttext import subwords
from spacy_moee.embeddings.fasttext.cache import VectorCache
from spacy_moee.embeddings.fasttext.file import FastTextFile
from spacy_moee.embeddings.fasttext.layout import LONGEST_NGRAM, LONGEST_WORD
from spacy_moee.embeddings.fasttext.prune import write_pruned
from spacy_moee.errors import MoeeError
from tests.component.util import TINY, make_texts

from .util import write_fasttext

WORDS = ["ada", "in", "London"]


def spoil(path: Path, row: int, value: float, dim: int = 8) -> None:
    """Write a number into the input matrix, at the end of a row."""
    place = FastTextFile(path).layout.matrix + 4 * dim * (row + 1) - 4
    raw = bytearray(path.read_bytes())
    struct.pack_into("<f", raw, place, value)
    path.write_bytes(raw)


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, -numpy.inf])
def test_a_row_that_is_not_finite(tmp_path: Path, value: float) -> None:
    """It is found when it is read, by the first word that needs it."""
    path = write_fasttext(tmp_path / "model.bin", WORDS)
    spoil(path, 1, value)
    file = FastTextFile(path)
    assert numpy.isfinite(file.vectors(["ada", "London", "unseen"])).all()
    with pytest.raises(MoeeError, match="M246.*'in'.* 1 of 3 words") as caught:
        file.vectors(["ada", "in", "London"])
    assert str(path) in str(caught.value)


def test_an_ngram_that_is_not_finite(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS, bucket=1)
    spoil(path, len(WORDS), numpy.nan)
    with pytest.raises(MoeeError, match="M246.*'unseen'.* 2 of 2 words"):
        FastTextFile(path).vectors(["unseen", "word"])


def test_a_sum_that_is_too_large(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS, bucket=1)
    spoil(path, len(WORDS), 3e38)
    with pytest.raises(MoeeError, match="M246.*'unseen'"):
        FastTextFile(path).vectors(["unseen"])


def test_only_docs_with_the_bad_word_are_lost(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS)
    vectors = {"@vectors": "spacy_moee.FastTextVectors.v1", "path": str(path)}
    nlp = spacy.blank("en", config={"nlp": {"vectors": vectors}})
    tok2vec = {"@architectures": "spacy_moee.StaticEmbed.v1"}
    ner: Any = nlp.add_pipe("moee_ner", config={"model": {**TINY, "tok2vec": tok2vec}})
    ner.add_label("PER")
    nlp.initialize()
    spoil(path, 1, numpy.nan)
    nlp.vocab.vectors.source.expect(None, "the test")
    with pytest.raises(MoeeError, match="M246.*'in'"):
        nlp("Ada lives in London")
    handled: Any = []
    nlp.set_error_handler(lambda *args: handled.append(args))
    texts = ["Ada", *make_texts(2), "London"]
    assert [doc.text for doc in nlp.pipe(texts)] == ["Ada", texts[2], "London"]
    [(_, _, [doc], error)] = handled
    assert (doc.text, error.code) == (texts[1], "M246")


@pytest.mark.parametrize("pruned", [False, True])
def test_ngrams_that_no_model_has(tmp_path: Path, pruned: bool) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS, maxn=LONGEST_NGRAM)
    if pruned:
        write_pruned(FastTextFile(path), path, None)
    assert FastTextFile(path).vectors(["London"]).any()
    raw = path.read_bytes()
    for maxn in (LONGEST_NGRAM + 1, 2**31 - 1):
        # after the magic, the version, dim ... bucket and minn
        path.write_bytes(raw[:48] + struct.pack("<i", maxn) + raw[52:])
        with pytest.raises(MoeeError, match=f"M248.*maxn.* is {maxn}; .* 255") as error:
            FastTextFile(path)
        assert str(path) in str(error.value)


def test_an_entry_that_is_no_word(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", ["ada", "x" * LONGEST_WORD])
    assert FastTextFile(path).known(["x" * LONGEST_WORD, "x"]).tolist() == [True, False]
    write_fasttext(path, ["ada", "x" * (LONGEST_WORD + 1)])
    with pytest.raises(MoeeError, match="M248.*longest word.* is 16385; .* 16384"):
        FastTextFile(path)


def test_giant_word_takes_neither_time_nor_memory(tmp_path: Path) -> None:
    """It did: 80 bytes a character, and n-grams of any length at each."""
    path = write_fasttext(tmp_path / "model.bin", WORDS, dim=20, bucket=1000)
    file = FastTextFile(path)
    file.vectors(["a"])
    limit = file.ngrams.longest_word
    # as long as spaCy lets a text be
    assert limit >= spacy.blank("en").max_length
    word = "xyz" * 3_000_000
    tracemalloc.start()
    start = time.monotonic()
    with pytest.warns(UserWarning, match=r"MW23.* 9,000,000 .*'xyzxyz.* 1,048,576 "):
        vectors = file.vectors(["ada", word])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6
    assert time.monotonic() - start < 30
    numpy.testing.assert_array_equal(vectors, file.vectors(["ada", word[:limit]]))
    assert not file.known([word])[0]


def test_words_are_cut_where_their_ngrams_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subwords, "MOST_NGRAMS", 44)
    # four lengths: 11 characters
    file = FastTextFile(write_fasttext(tmp_path / "model.bin", WORDS))
    whole = file.vectors(["elevenchars", "ada"])
    with pytest.warns(UserWarning, match="MW23.* 12 characters"):
        found = file.vectors(["elevencharsX", "ada"])
    numpy.testing.assert_array_equal(found, whole)


def test_no_limit_cuts_a_word_of_the_dictionary() -> None:
    for minn in (1, 3, LONGEST_NGRAM):
        ngrams = subwords.Ngrams(minn, LONGEST_NGRAM, 10, 0)
        assert ngrams.longest_word > LONGEST_WORD


def test_giant_words_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasttext_cache, "CACHE_WORDS", 3)
    cache = VectorCache(1)
    words = ["a", "x" * 1000, "b", "y" * 257, "z" * 256]

    def compute(words: Any) -> numpy.ndarray:
        return numpy.asarray([[len(word)] for word in words], dtype="f")

    for _ in range(2):
        assert cache.get(words, compute)[:, 0].tolist() == [1, 1000, 1, 257, 256]
        assert len(cache) == 3
    assert cache.get(["new", "y" * 300], compute)[:, 0].tolist() == [3, 300]
    assert len(cache) == 1


CUT = """
import sys
from spacy_moee.embeddings.fasttext.file import FastTextFile
from spacy_moee.embeddings.fasttext.prune import write_pruned
from spacy_moee.errors import MoeeError

path = sys.argv[1]
file = FastTextFile(path)
file.vectors(["ada"])
with open(path, "r+b") as other:
    other.truncate(5000)
file.release()
uses = {
    "vectors": lambda: file.vectors(["ada", "London", "unseen"]),
    "known": lambda: file.known(["ada"]),
    "copy": lambda: write_pruned(file, path + ".copy", None),
}
for name, use in uses.items():
    try:
        use()
    except MoeeError as error:
        print(name, error.code, "has 5,000 bytes" in str(error))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a mapped file can't be cut")
def test_a_file_that_is_cut_while_it_is_open(tmp_path: Path) -> None:
    """In a process of its own, since it was killed (SIGBUS)."""
    path = write_fasttext(tmp_path / "model.bin", WORDS, dim=50, bucket=2000)
    command = [sys.executable, "-c", CUT, str(path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode != -signal.SIGBUS
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "vectors M249 True",
        "known M249 True",
        "copy M249 True",
    ]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.bin"]


def test_a_file_that_grows_or_is_replaced_stays_readable(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS)
    file = FastTextFile(path)
    expected = file.vectors(WORDS)
    write_fasttext(tmp_path / "new.bin", WORDS, seed=1).replace(path)
    numpy.testing.assert_array_equal(file.vectors(WORDS), expected)
