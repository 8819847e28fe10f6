"""What [training] and [initialize] can name."""

import random
from typing import List

import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example

from spacy_moee.training.batches import make_batch_by_length

NLP = spacy.blank("en")


def make_examples(lengths: List[int]) -> List[Example]:
    docs = [Doc(NLP.vocab, words=["a"] * length) for length in lengths]
    return [Example(doc, doc) for doc in docs]


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 5), st.integers(1, 3))
def test_batches_hold_each_example_once(lengths, size, buffer) -> None:
    examples = make_examples(lengths)
    batches = list(make_batch_by_length(size, buffer)(examples))
    given_ids = sorted(id(eg) for eg in examples)
    assert sorted(id(eg) for batch in batches for eg in batch) == given_ids
    # as many batches as epoch_steps counts, whatever the buffer
    assert len(batches) == -(-len(examples) // size)


def test_batches_are_of_similar_length_and_in_random_order() -> None:
    examples = make_examples(list(range(1, 65)))
    make = make_batch_by_length(4, 16)
    random.seed(0)
    first = [[len(eg) for eg in batch] for batch in make(examples)]
    assert all(max(batch) - min(batch) == 3 for batch in first)
    assert first != sorted(first)
    random.seed(0)
    assert first == [[len(eg) for eg in batch] for batch in make(examples)]


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(0, 60))
def test_batches_of_long_docs_have_fewer_of_them(lengths, words) -> None:
    examples = make_examples(lengths)
    batches = list(make_batch_by_length(4, words=words)(examples))
    assert sum(map(len, batches)) == len(examples)
    for batch in batches:
        longest = max(len(eg) for eg in batch)
        assert len(batch) == 1 or not words or longest * len(batch) <= words
        assert len(batch) <= 4
