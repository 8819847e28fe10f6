"""The raw text of a domain."""

import json
import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import List

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from spacy_moee.errors import MoeeError
from spacy_moee.training.raw import RawText, count_words, shuffle_ahead

NLP = spacy.blank("en")
TEXTS = [f"Ada left {i}. She came back {i}!\n\nHeadline {i}" for i in range(20)]


def write_jsonl(path: Path, texts: List[str]) -> Path:
    lines = (json.dumps({"text": text, "id": 7}) for text in texts)
    path.write_text("\n".join(lines), encoding="utf8")
    return path


def write_all_kinds(folder: Path) -> List[str]:
    """A folder with raw text of every kind. Returns its sentences."""
    write_jsonl(folder / "a.jsonl", TEXTS[:5])
    (folder / "deep").mkdir()
    lines = ["\ufeffLine 0. Naïve 0.", *(f"Line {i}." for i in range(1, 9))]
    (folder / "deep" / "b.txt").write_bytes("\r\n\r\n".join(lines).encode("utf8"))
    docs = [NLP.make_doc(text) for text in TEXTS[5:8]]
    DocBin(docs=docs).to_disk(folder / "c.spacy")
    (folder / "notes.md").write_text("not read", encoding="utf8")
    sentences = [
        sentence.format(i)
        for i in range(8)
        for sentence in ("Ada left {}.", "She came back {}!", "Headline {}")
    ]
    return [*sentences, "Naïve 0.", *(f"Line {i}." for i in range(9))]


def make_raw(*paths: Path, max_length: int = 0) -> RawText:
    return RawText(paths, "source", "source", max_length)


def read(raw: RawText) -> List[str]:
    return [doc.text for doc in raw.read(NLP)]


def shuffle(raw: RawText, seed: int, buffer: int = 5) -> List[str]:
    return [doc.text for doc in raw.shuffled(NLP, Random(seed), buffer)]


def test_every_sentence_of_every_kind_of_file(tmp_path: Path) -> None:
    expected = write_all_kinds(tmp_path)
    raw = make_raw(tmp_path)
    first = read(raw)
    assert Counter(first) == Counter(expected)
    assert raw.n_sentences == len(expected) == 34
    # in the order of the files
    assert first == [*read(make_raw(tmp_path / "a.jsonl")), *first[15:]]
    for seed in range(5):
        assert Counter(shuffle(raw, seed)) == Counter(expected)
    orders = {tuple(shuffle(raw, seed)) for seed in (0, 1, 2, 0)}
    assert len(orders) == 3


def test_several_paths_are_each_read_once(tmp_path: Path) -> None:
    write_all_kinds(tmp_path)
    raw = make_raw(tmp_path / "a.jsonl", tmp_path / "deep", tmp_path)
    assert len(read(raw)) == 34


def test_texts_are_mixed_beyond_the_buffer(tmp_path: Path) -> None:
    """The files may be sorted by topic."""
    raw = make_raw(write_jsonl(tmp_path / "a.jsonl", [f"{i}" for i in range(1000)]))
    read(raw)
    order = [int(text) for text in shuffle(raw, 0, buffer=2)]
    assert sorted(order) == list(range(1000))
    assert min(order[:100]) < 100 and max(order[:100]) > 900


def test_long_sentences_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl", ["A big. See the sea. F\n\nG h i j", "A b c"]
    )
    for limit, expected in ((4, 3), (3, 1)):
        raw = make_raw(path, max_length=limit)
        with pytest.warns(UserWarning, match="MW60") as warned:
            found = read(raw)
        assert len(found) == raw.n_sentences == expected
        assert f"{5 - expected} of 5 sentences" in str(warned[0].message)
        assert str(path) in str(warned[0].message)
        assert sorted(shuffle(raw, 1)) == sorted(found)
        assert all(len(NLP.make_doc(text)) < limit for text in found)


@pytest.mark.parametrize("content", ["", "\n \n", '{"text": "\\n"}\n\n{"text": ""}\n'])
def test_no_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.jsonl").write_text(content, encoding="utf8")
    with pytest.raises(MoeeError, match="M606.*'source'.*Found none"):
        read(make_raw(tmp_path))


def test_only_long_sentences(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", ["One two. Three four."])
    with pytest.raises(MoeeError, match="M606.*Found 2, all of 3 tokens or more"):
        read(make_raw(path, max_length=3))


@pytest.mark.parametrize(
    "name, content, code",
    [
        ("a.txt", None, "M710"),
        ("a.txt", b"na\xefve", "M711.*line 1"),
        ("a.jsonl", b'{"text": "a"}\n{"text": "b"', "M711.*line 2"),
        ("a.jsonl", b'{"text": "a"}\n\n{"body": "b"}\n', "M711.*line 3"),
        ("a.jsonl", b'{"text": "\\ud83d"}\n', "M711.*line 1"),
        ("a.jsonl", b'{"text": 7}\n', "M711.*line 1"),
        ("a.spacy", b"junk", "M711"),
        ("a.csv", b"a,b", "M710"),
    ],
)
def test_what_can_not_be_read(tmp_path: Path, name: str, content, code: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(MoeeError, match=code):
        read(make_raw(tmp_path / name))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def change_a_letter(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"Ada", b"Eva"))


@pytest.mark.parametrize("change", [cut_off, change_a_letter, os.unlink])
def test_a_file_that_changes_between_epochs(tmp_path: Path, change) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", TEXTS)
    raw = make_raw(tmp_path)
    read(raw)
    assert len(shuffle(raw, 0)) == 60
    change(path)
    with pytest.raises(MoeeError, match="M610.*a.jsonl"):
        shuffle(raw, 0)


def test_a_file_that_is_written_again_as_it_was(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", TEXTS)
    raw = make_raw(path)
    read(raw)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    os.utime(path, (1, 1))
    assert len(shuffle(raw, 0)) == 60


@pytest.mark.parametrize("change", [cut_off, os.unlink])
def test_a_file_that_changes_within_an_epoch(tmp_path: Path, change) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", TEXTS)
    raw = make_raw(path)
    read(raw)
    stream = raw.shuffled(NLP, Random(0), 1)
    next(stream)
    change(path)
    with pytest.raises(MoeeError, match="M610.*a.jsonl"):
        list(stream)


def test_texts_are_streamed(tmp_path: Path) -> None:
    """A broken line far behind is not found before it is read."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "One. Two."}\n' * 3 + "{", encoding="utf8")
    stream = make_raw(path).read(NLP)
    assert [next(stream).text for _ in range(6)] == ["One.", "Two."] * 3
    with pytest.raises(MoeeError, match="M711.*line 4"):
        next(stream)


@given(st.lists(st.integers(), max_size=60), st.integers(1, 70), st.integers(0, 2**32))
def test_a_shuffled_stream_has_each_item_once(items, buffer: int, seed: int) -> None:
    numbered = list(enumerate(items))
    found = list(shuffle_ahead(iter(numbered), Random(seed), buffer))
    assert sorted(found) == numbered
    assert found == list(shuffle_ahead(numbered, Random(seed), buffer))
    # none is read before the buffer can hold it
    assert all(number <= place + buffer for place, (number, _) in enumerate(found))


def test_a_buffer_makes_every_order() -> None:
    found = {tuple(shuffle_ahead("abc", Random(seed), 2)) for seed in range(200)}
    # c can't be first: it is not in the buffer yet
    assert found == {("a", "b", "c"), ("a", "c", "b"), ("b", "a", "c"), ("b", "c", "a")}


def test_count_words() -> None:
    docs = [Doc(NLP.vocab, words=["a", " ", "b", "a"]), Doc(NLP.vocab, words=["a"])]
    assert count_words(docs) == {"a": 3, "b": 1}
    assert count_words([]) == {}
