"""The words that a language model predicts."""

from pathlib import Path
from typing import Dict, List

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.strings import get_string_id
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_moee.errors import MoeeError
from spacy_moee.vocabulary import (
    find_words,
    index_words,
    normalise,
    read_vocabulary,
    write_vocabulary,
)

WORDS = ["the", "The", "0", "00", "0.0", "U.S.", "naïve", "👍", "İ", "\u2028", "a b"]
TOKENS = [*WORDS, "7", "1996", "٣", "3.5", "unknown", " ", "²"]


def test_digits_of_any_script_become_0() -> None:
    assert normalise("Boeing 747-8") == "Boeing 000-0"
    assert normalise("٣४７") == "000"
    # no decimal digits
    assert normalise("x² ½ Ⅷ") == "x² ½ Ⅷ"


@given(st.text())
def test_normalising_twice_changes_nothing(word: str) -> None:
    once = normalise(word)
    assert normalise(once) == once and len(once) == len(word)
    pairs = zip(word, once, strict=True)
    assert all(a == b or (a.isdecimal() and b == "0") for a, b in pairs)


def make_docs(batch: List[List[str]]) -> List[Doc]:
    # each of a vocabulary of its own, which knows the words of no other
    return [Doc(Vocab(), words=words) for words in batch]


@given(
    st.lists(st.lists(st.sampled_from(TOKENS), max_size=8), max_size=4),
    st.permutations(WORDS),
    st.integers(0, len(WORDS)),
)
def test_numbers_of_words(batch, words: List[str], size: int) -> None:
    words = words[:size]
    index = index_words(words)
    assert index.dtype == "uint64" and index.shape == (2, size)
    assert index[0].tolist() == sorted(map(get_string_id, words))
    found = find_words(index, make_docs(batch))
    # one word after the other
    expected = [
        [words.index(form) + 1 if (form := normalise(w)) in words else 0 for w in doc]
        for doc in batch
    ]
    assert [row.tolist() for row in found] == expected
    assert all(row.dtype == "int64" for row in found)


def test_a_batch_with_empty_docs() -> None:
    vocab = Vocab()
    docs = [Doc(vocab, words=words) for words in ([], ["a", "1"], [], ["b"], [])]
    found = find_words(index_words(["a", "0"]), docs)
    assert [row.tolist() for row in found] == [[], [1, 2], [], [0], []]
    assert find_words(index_words(["a"]), []) == []


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(normalise),
        st.integers(0, 10**9),
        min_size=1,
    )
)
def test_a_file_gives_the_words_back(tmp_path_factory, counts: Dict[str, int]) -> None:
    path = tmp_path_factory.mktemp("words") / "new" / "vocabulary.jsonl"
    write_vocabulary(path, counts)
    words = read_vocabulary(path)
    assert words == sorted(counts, key=lambda word: (-counts[word], word))


def test_the_file_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.jsonl"
    write_vocabulary(path, {"naïve": 1, "a": 1, "the": 3})
    assert path.read_text(encoding="utf8").splitlines() == [
        '{"word": "the", "count": 3}',
        '{"word": "a", "count": 1}',
        '{"word": "naïve", "count": 1}',
    ]


@pytest.mark.parametrize(
    "content, problem",
    [
        (None, "No such file"),
        (b"", "no word"),
        (b"\n \n", "no word"),
        (b'{"word": "a", "count": 1}\nb\n', "line 2: found 'b'"),
        (b'{"word": "a"}\n', "line 1: found"),
        (b"[1]", "line 1: found"),
        (b'{"word": "na\xefve", "count": 1}\n', "line 1: found"),
        (b'{"word": "", "count": 1}\n', "line 1: ''"),
        (b'{"word": 7, "count": 1}\n', "line 1: 7"),
        (b'{"word": "7", "count": 1}\n', "line 1: '7'"),
        (b'{"word": "a", "count": -1}\n', "line 1: -1"),
        (b'{"word": "a", "count": 1.5}\n', "line 1: 1.5"),
        (b'{"word": "a", "count": true}\n', "line 1: True"),
        (
            b'{"word": "a", "count": 1}\n\n{"word": "b", "count": 2}\n',
            "line 3: 2 comes after 1",
        ),
        (b'{"word": "a", "count": 1}\n' * 2, "line 2: 'a' is there twice"),
    ],
)
def test_what_is_no_vocabulary(tmp_path: Path, content, problem: str) -> None:
    path = tmp_path / "vocabulary.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MoeeError, match="M611") as error:
        read_vocabulary(path)
    assert problem in str(error.value) and str(path) in str(error.value)


def test_words_of_a_large_index() -> None:
    words = [f"w{chr(0x4E00 + i)}" for i in range(5000)]
    doc = Doc(Vocab(), words=words)
    (found,) = find_words(index_words(words), [doc])
    assert (found == numpy.arange(1, 5001)).all()
