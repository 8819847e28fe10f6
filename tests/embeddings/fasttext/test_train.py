"""Training fastText vectors; fastText itself says what came out."""

import sys
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, List

import numpy
import pytest
import spacy
import srsly
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from spacy_moee.embeddings.fasttext.file import FastTextFile
from spacy_moee.embeddings.fasttext.train import (
    RETRIES,
    enough_buckets,
    read_sentences,
    train_vectors,
    write_text,
)
from spacy_moee.errors import MoeeError

from .util import write_fasttext

SENTENCES = [["Ada", "met", "Byron", "."], ["Byron", "left", "Ada", "__label__x"]]
SMALL = {"dim": 10, "epoch": 2, "bucket": 1, "thread": 1, "minn": 2, "maxn": 4}

# a byte order mark is no part of the first word of a file
MARK = "\ufeff"
words = st.text(min_size=1, max_size=8).filter(
    lambda word: word.split() == [word] and not word.startswith(MARK)
)
sentences = st.lists(st.lists(words, max_size=6), max_size=6)


def write_docs(path: Path, docs: List[List[str]]) -> Path:
    vocab = spacy.blank("en").vocab
    path.parent.mkdir(parents=True, exist_ok=True)
    DocBin(docs=[Doc(vocab, words=doc) for doc in docs]).to_disk(path)
    return path


def write_lines(path: Path, lines: List[List[str]]) -> Path:
    text = "".join(f"{' '.join(words)}\n" for words in lines)
    path.write_text(text, encoding="utf8")
    return path


def train(corpus: Path, output: Path, **changes: Any):
    given = {"lowercase": True, "learn_rate": 0.05, "min_count": 1, **SMALL, **changes}
    return train_vectors(corpus, output, **given)


def names(folder: Path) -> List[str]:
    return sorted(path.name for path in folder.iterdir())


@settings(max_examples=20)
@given(sentences)
def test_words_of_docs_and_of_text_are_the_same(tmp_path_factory, lines) -> None:
    folder = tmp_path_factory.mktemp("corpus")
    text = write_lines(folder / "a.txt", lines)
    docs = write_docs(folder / "a.spacy", lines)
    assert list(read_sentences(text)) == lines
    assert [s for s in read_sentences(docs) if s] == [s for s in lines if s]
    # and they come out of the file that fastText reads
    write_text(lines, folder / "b.txt", lowercase=False)
    assert list(read_sentences(folder / "b.txt")) == lines


def test_sentences_of_docs(tmp_path: Path) -> None:
    vocab = spacy.blank("en").vocab
    words = ["Ada", "\n", "left", " ", "Byron", "sat"]
    cut = Doc(vocab, words=words, sent_starts=[True, False, False, False, True, False])
    whole = Doc(vocab, words=["One", "doc"])
    for name, doc in (("b/c.spacy", cut), ("a.spacy", whole), ("a.txt", whole)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        DocBin(docs=[doc]).to_disk(path)
    # a folder is read in order, with its subfolders
    expected = [["One", "doc"], ["Ada", "left"], ["Byron", "sat"]]
    assert list(read_sentences(tmp_path)) == expected


def test_text_file_that_starts_with_a_mark(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfAda left\r\n")
    assert list(read_sentences(tmp_path / "a.txt")) == [["Ada", "left"]]


def test_lower_case(tmp_path: Path) -> None:
    write_text([["Ada", "ÉMILE"]], tmp_path / "a", lowercase=True)
    assert (tmp_path / "a").read_text(encoding="utf8") == "ada émile\n"


@pytest.mark.parametrize("lowercase", [True, False])
def test_trains_what_fasttext_reads(tmp_path: Path, lowercase: bool) -> None:
    fasttext = pytest.importorskip("fasttext")
    corpus = write_docs(tmp_path / "a.spacy", SENTENCES * 3)
    output = tmp_path / "new" / "a.bin"
    buckets = 2**25 // 40 + 1
    assert train(corpus, output, lowercase=lowercase) == (6, buckets)
    assert names(output.parent) == ["a.bin"]
    model = fasttext.load_model(str(output))
    expected = {word.lower() if lowercase else word for s in SENTENCES for word in s}
    assert set(model.get_words()) == expected | {"</s>"}
    args = model.f.getArgs()
    found = [args.dim, args.epoch, args.bucket, args.minn, args.maxn, args.minCount]
    assert found == [10, 2, buckets, 2, 4, 1]
    assert args.model == fasttext.FastText._parse_model_string("skipgram")
    known, unknown = FastTextFile(output).vectors(["byron", "byronic"])
    numpy.testing.assert_allclose(known, model.get_word_vector("byron"), rtol=1e-5)
    numpy.testing.assert_allclose(unknown, model.get_word_vector("byronic"), rtol=1e-5)
    assert known.any() and unknown.any()


@pytest.mark.parametrize("n_words", [1, 10, 12_345])
@pytest.mark.parametrize("dim", [1, 10, 300])
def test_enough_buckets(n_words: int, dim: int) -> None:
    buckets = enough_buckets(n_words, dim)
    n_rows = n_words + 1 + buckets
    assert n_rows * dim // 10 >= (n_words + 1) * dim
    assert 4 * buckets * dim >= 2**25


def test_rare_words(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    corpus = write_lines(tmp_path / "a.txt", [["rare", "often", "often"]] * 3)
    assert train(corpus, tmp_path / "a.bin", min_count=4)[0] == 1
    model = fasttext.load_model(str(tmp_path / "a.bin"))
    assert "rare" not in model.get_words()
    with pytest.raises(MoeeError, match="M232.*a.txt.* 7 times"):
        train(corpus, tmp_path / "b.bin", min_count=7)
    # line ends are no words
    write_lines(corpus, [[]] * 7)
    with pytest.raises(MoeeError, match="M232"):
        train(corpus, tmp_path / "b.bin", min_count=7)


def fake_fasttext(monkeypatch, failures: int, save: Any = write_fasttext) -> List:
    """A fastText whose training fails. Returns what it gets to see."""
    calls: List[dict] = []

    def train_unsupervised(text: str, **kwargs: Any):
        calls.append(kwargs)
        if len(calls) <= failures:
            raise RuntimeError("Encountered NaN.")
        return SimpleNamespace(save_model=lambda path: save(Path(path), ["ada"]))

    module = SimpleNamespace(train_unsupervised=train_unsupervised)
    monkeypatch.setitem(sys.modules, "fasttext", module)
    return calls


def test_tries_lower_rates(tmp_path: Path, monkeypatch) -> None:
    calls = fake_fasttext(monkeypatch, 2)
    corpus = write_lines(tmp_path / "a.txt", SENTENCES)
    train(corpus, tmp_path / "a.bin", learn_rate=0.4)
    assert [call.pop("lr") for call in calls] == [0.4, 0.2, 0.1]
    assert calls[0] == calls[1] == calls[2]


def test_gives_up(tmp_path: Path, monkeypatch) -> None:
    calls = fake_fasttext(monkeypatch, 100)
    corpus = write_lines(tmp_path / "a.txt", SENTENCES)
    (tmp_path / "a.bin").write_text("old")
    last = 0.4 / 2**RETRIES
    with pytest.raises(MoeeError, match=f"M233.*a.txt.*NaN.* 0.4 down to {last}"):
        train(corpus, tmp_path / "a.bin", learn_rate=0.4)
    assert len(calls) == RETRIES + 1
    assert names(tmp_path) == ["a.bin", "a.txt"]
    assert (tmp_path / "a.bin").read_text() == "old"


def test_fasttext_fails_with_a_high_rate(tmp_path: Path) -> None:
    pytest.importorskip("fasttext")
    corpus = write_lines(tmp_path / "a.txt", SENTENCES * 10)
    with pytest.raises(MoeeError, match="M233"):
        train(corpus, tmp_path / "a.bin", learn_rate=1e30, epoch=50)


def test_disk_that_is_full(tmp_path: Path, monkeypatch) -> None:
    def save(path: Path, words: List[str]) -> None:
        write_fasttext(path, words)
        with path.open("rb+") as file:
            file.truncate(path.stat().st_size - 100)

    fake_fasttext(monkeypatch, 0, save)
    corpus = write_lines(tmp_path / "a.txt", SENTENCES)
    (tmp_path / "a.bin").write_text("old")
    with pytest.raises(MoeeError, match="M216.*a.bin.*not complete"):
        train(corpus, tmp_path / "a.bin")
    assert names(tmp_path) == ["a.bin", "a.txt"]
    assert (tmp_path / "a.bin").read_text() == "old"


def test_package_is_missing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "fasttext", None)
    corpus = write_lines(tmp_path / "a.txt", SENTENCES)
    with pytest.raises(MoeeError, match=r'M230.*pip install "spacy-moee\[fasttext\]"'):
        train(corpus, tmp_path / "a.bin")


@pytest.mark.parametrize(
    "name", ["absent.txt", "absent.spacy", "empty", "x.spacy", "y.spacy"]
)
def test_corpus_that_cannot_be_read(tmp_path: Path, name: str, monkeypatch) -> None:
    fake_fasttext(monkeypatch, 0)
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.spacy").write_bytes(b"no docs")
    (tmp_path / "y.spacy").write_bytes(zlib.compress(srsly.msgpack_dumps({})))
    with pytest.raises(MoeeError, match=f"M231.*{name}"):
        train(tmp_path / name, tmp_path / "a.bin")
    assert names(tmp_path) == ["empty", "x.spacy", "y.spacy"]


def test_text_in_another_encoding(tmp_path: Path, monkeypatch) -> None:
    fake_fasttext(monkeypatch, 0)
    (tmp_path / "a.txt").write_bytes("Émile".encode("latin1"))
    with pytest.raises(MoeeError, match="M231.*a.txt.*utf-8"):
        train(tmp_path / "a.txt", tmp_path / "a.bin")


def test_output_that_cannot_be_written(tmp_path: Path, monkeypatch) -> None:
    calls = fake_fasttext(monkeypatch, 0)
    corpus = write_lines(tmp_path / "a.txt", SENTENCES)
    with pytest.raises(MoeeError, match="M216.*a.bin"):
        train(corpus, corpus / "a.bin")
    assert not calls
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(MoeeError, match="M216.*a.bin"):
        train(corpus, tmp_path / "a.bin")
    assert names(tmp_path) == ["a.bin", "a.txt"]
