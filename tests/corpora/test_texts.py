"""Texts of any kind."""

import zlib
from pathlib import Path
from typing import List

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_moee.corpora.texts import (
    find_texts,
    parse_line,
    read_docs,
    read_examples,
    read_lines,
    read_texts,
)
from spacy_moee.errors import MoeeError

NLP = spacy.blank("en")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf8")
    return path


def read(path: Path) -> List[List[str]]:
    return [[token.text for token in doc] for doc, _ in read_texts(NLP, path)]


def test_a_line_of_text_is_a_doc(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "\ufeffAda's here.\n\n  \nLondon!")
    assert read(path) == [["Ada", "'s", "here", "."], ["London", "!"]]


def test_a_line_may_be_longer_than_spacy_allows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "word " * (NLP.max_length // 5 + 1))
    assert len(read(path)[0]) == NLP.max_length // 5 + 1


def test_jsonl(tmp_path: Path) -> None:
    lines = '{"text": "Ada left.", "spans": []}\n\n{"id": 1, "text": ""}\n'
    assert read(write(tmp_path / "a.jsonl", lines)) == [["Ada", "left", "."]]


def test_spacy_file_is_cut_by_the_pipeline_and_by_itself(tmp_path: Path) -> None:
    words = ["Ada's", "here."]
    known = Doc(NLP.vocab, words=words, spaces=[True, False])
    unknown = Doc(NLP.vocab, words=words)
    DocBin(docs=[known, unknown]).to_disk(tmp_path / "a.spacy")
    pairs = list(read_texts(NLP, tmp_path / "a.spacy"))
    cut = [[[t.text for t in doc] for doc in pair] for pair in pairs]
    assert cut == [[["Ada", "'s", "here", "."], words], [words, words]]


def test_find_texts(tmp_path: Path) -> None:
    names = ["b/c.spacy", "a.txt", "d.JSONL", ".hidden.txt", "e.md"]
    for name in names:
        write(tmp_path / name, "")
    (tmp_path / "folder.txt").mkdir()
    found = [tmp_path / name for name in ("a.txt", "b/c.spacy", "d.JSONL")]
    assert find_texts([tmp_path]) == found
    assert find_texts([tmp_path / "a.txt", tmp_path]) == found


def test_tags_that_are_no_entities(tmp_path: Path) -> None:
    doc = Doc(NLP.vocab, words=["Ada"], ents=["I-PER"])
    DocBin(docs=[doc]).to_disk(tmp_path / "a.spacy")
    with pytest.raises(MoeeError, match="M711.*E093"):
        list(read_examples(NLP, tmp_path / "a.spacy"))


@pytest.mark.parametrize("name", ["absent.txt", "data.conll", "empty"])
def test_nothing_to_read(name: str, tmp_path: Path) -> None:
    write(tmp_path / "data.conll", "Ada B-PER\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MoeeError, match=f"M710.*{name}.*moee convert"):
        find_texts([tmp_path / name])


@pytest.mark.parametrize(
    "name, content, problem",
    [
        ("a.txt", b"na\xefve", "0xef"),
        ("a.jsonl", b'{"text": "a"}\n{"tokens": ["a"]}\n', "line 2"),
        ("a.jsonl", b"[1]\n", "line 1"),
        ("a.jsonl", b'"text"\n', "line 1"),
        ("a.jsonl", b"{\n", "line 1"),
        ("a.jsonl", b'{"text": "\\ud83d"}\n', "line 1"),
        ("a.spacy", b"", "E1014"),
        ("a.spacy", zlib.compress(b"junk"), "ExtraData"),
        ("a.spacy", zlib.compress(b"\x81\xa1a\x01"), "KeyError"),
        ("a.spacy", zlib.compress(b"\x92\x01\x02"), "TypeError"),
    ],
)
def test_what_can_not_be_read(
    name: str, content: bytes, problem: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MoeeError, match=f"M711.*{name}.*{problem}"):
        read(tmp_path / name)


def test_lines_and_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    data = "\ufeffnaïve\r\n\n  \n👍 b\nlast".encode()
    path.write_bytes(data)
    lines = list(read_lines(path))
    assert [(line.number, line.text) for line in lines] == [
        *((1, "naïve"), (4, "👍 b"), (5, "last")),
    ]
    for line in lines:
        (end,) = data[line.start :].splitlines(keepends=True)[:1]
        assert parse_line(end, path, line.number) == line.text


def test_lines_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "a"}\n{"text": "na\xefve"}\n')
    lines = read_lines(path)
    assert next(lines).text == "a"
    with pytest.raises(MoeeError, match="M711.*line 2: .*0xef"):
        next(lines)


def test_docs_with_the_tokens_of_the_file(tmp_path: Path) -> None:
    docs = [Doc(NLP.vocab, words=words) for words in (["don't", "."], [], ["a"])]
    DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    found = [[t.text for t in doc] for doc in read_docs(NLP, tmp_path / "a.spacy")]
    assert found == [["don't", "."], ["a"]]
