"""Spans of examples that are known to be no entities."""

from itertools import accumulate
from typing import List

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.errors import MoeeError
from spacy_moee.incorrect import read_incorrect
from spacy_moee.scheme import ANY_LABEL
from spacy_moee.tags import read_gold

VOCAB = spacy.blank("en").vocab
LABELS = {"PER": 0, "LOC": 1}
KEY = "wrong"


def make_doc(words: List[str], spaces: bool = True, **kwargs) -> Doc:
    return Doc(VOCAB, words=words, spaces=[spaces] * len(words), **kwargs)


def read(predicted: Doc, reference: Doc, *spans: tuple, key: str = KEY):
    reference.spans[KEY] = [Span(reference, *span) for span in spans]
    example = Example(predicted, reference)
    gold = read_gold(example, LABELS, "ner")
    found = read_incorrect(example, gold, LABELS, key, "ner").tolist()
    return found, {code: texts for code, texts in gold.faults.items() if texts}


def read_same(words: List[str], *spans: tuple, **kwargs):
    return read(make_doc(words), make_doc(words, **kwargs), *spans)


def test_spans_of_the_same_tokens() -> None:
    found, faults = read_same(
        ["Anna", "Li", "in", "Rome"], (0, 2, "LOC"), (3, 4, "PER"), (0, 1, "PER")
    )
    assert found == [[0, 1, 0], [0, 2, 1], [3, 4, 0]]
    assert not faults


def test_without_a_label_it_is_none_of_any() -> None:
    assert read_same(["Anna", "sings"], (0, 1))[0] == [[0, 1, ANY_LABEL]]


def test_of_an_unknown_label_it_is_left_out() -> None:
    """It can't be predicted anyway."""
    assert read_same(["Anna", "sings"], (0, 1, "ORG")) == ([], {})


def test_each_counts_once() -> None:
    words = ["Anna", "\n", "sings"]
    assert read_same(words, (0, 1, "PER"), (0, 2, "PER"))[0] == [[0, 1, 0]]


def test_white_space_is_no_part_of_it() -> None:
    words = [" ", "Anna", "\t", "\n"]
    found, faults = read_same(words, (0, 4, "PER"), (2, 4, "PER"))
    assert found == [[1, 2, 0]]
    assert not faults


@pytest.mark.parametrize("key", [None, "others"])
def test_other_keys_are_not_read(key: str) -> None:
    doc = make_doc(["Anna"])
    assert read(doc, doc.copy(), (0, 1, "PER"), key=key) == ([], {})


def test_other_tokens() -> None:
    predicted = make_doc(["in", "New", "York", "City"])
    reference = make_doc(["in", "New York", "City"])
    spans = (1, 2, "LOC"), (1, 3, "LOC"), (2, 3)
    found, faults = read(predicted, reference, *spans)
    assert found == [[1, 3, 1], [1, 4, 1], [3, 4, ANY_LABEL]]
    assert not faults


def test_half_a_token_is_misaligned() -> None:
    predicted = make_doc(["in", "New York"])
    reference = make_doc(["in", "New", "York"])
    spans = (1, 2, "PER"), (1, 3, "LOC"), (2, 3, "PER")
    found, faults = read(predicted, reference, *spans)
    assert found == [[1, 2, 1]]
    assert faults == {"MW08": ["New", "York"]}


@pytest.mark.parametrize("label", ["PER", ""])
def test_an_entity_of_the_gold_is_a_conflict(label: str) -> None:
    words, ents = ["Anna", "Li", "sings"], ["B-PER", "I-PER", "O"]
    with pytest.raises(MoeeError, match=r"\[M012\] 'ner' .*'Anna Li'.*'wrong'"):
        read_same(words, (0, 2, label), ents=ents)
    with pytest.raises(MoeeError, match="M012"):
        # what spaCy takes for the entity: its end is unknown
        read_same(words, (0, 2, label), ents=["B-PER", "I-PER", ""])


def test_what_is_near_an_entity_is_no_conflict() -> None:
    ents = ["B-PER", "I-PER", "O"]
    spans = (0, 2, "LOC"), (0, 1, "PER"), (1, 2, "PER"), (0, 3, "PER"), (2, 3, "PER")
    assert len(read_same(["Anna", "Li", "sings"], *spans, ents=ents)[0]) == 5


def test_an_entity_that_is_trimmed_is_a_conflict() -> None:
    words, ents = ["Anna", "\n", "sings"], ["B-PER", "I-PER", "O"]
    with pytest.raises(MoeeError, match="M012"):
        read_same(words, (0, 1, "PER"), ents=ents)


@given(
    first=st.lists(st.integers(1, 3), min_size=1, max_size=6),
    second=st.lists(st.integers(1, 3), min_size=1, max_size=6),
    data=st.data(),
)
def test_any_tokens_are_aligned_or_counted(first, second, data) -> None:
    """Each span of the reference is one of the same characters, or misaligned."""
    length = min(sum(first), sum(second))
    text = "abcdefghijklmnopqrstuvwxyz"[:length]

    def cut(sizes: List[int]) -> Doc:
        ends = [*accumulate(sizes, initial=0), length]
        words = [text[a:b] for a, b in zip(ends, ends[1:], strict=False)]
        return make_doc([word for word in words if word], spaces=False)

    predicted, reference = cut(first), cut(second)
    start = data.draw(st.integers(0, len(reference) - 1))
    end = data.draw(st.integers(start + 1, len(reference)))
    span = reference[start:end]
    found, faults = read(predicted, reference, (start, end, "PER"))
    wanted = predicted.char_span(span.start_char, span.end_char)
    if wanted is None:
        assert (found, faults["MW08"]) == ([], [span.text])
    else:
        assert found == [[wanted.start, wanted.end, 0]]
