"""What [training] and [initialize] can name."""

import random
from pathlib import Path
from typing import List

import pytest
import spacy
import torch
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from spacy_moee.errors import MoeeError
from spacy_moee.training.batches import make_batch_by_length
from spacy_moee.training.epochs import epoch_steps
from spacy_moee.training.threads import make_torch_threads

NLP = spacy.blank("en")


def make_examples(lengths: List[int]) -> List[Example]:
    docs = [Doc(NLP.vocab, words=["a"] * length) for length in lengths]
    return [Example(doc, doc) for doc in docs]


def write(path: Path, n_docs: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    DocBin(docs=[NLP.make_doc("a b")] * n_docs).to_disk(path)
    return path


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


def test_epoch_steps(tmp_path: Path) -> None:
    path = write(tmp_path / "a.spacy", 7)
    assert epoch_steps(path, 3) == 3
    assert epoch_steps(str(path), 3, epochs=5) == 15
    write(tmp_path / "deep" / "b.spacy", 3)
    assert epoch_steps(tmp_path, 5) == 2


@pytest.mark.parametrize("name", ["absent.spacy", "", None])
def test_epoch_steps_of_nothing(tmp_path: Path, name) -> None:
    path = name and tmp_path / name
    with pytest.raises(MoeeError, match="M204") as error:
        epoch_steps(path, 32)
    assert str(path) in str(error.value)


def test_epoch_steps_of_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(MoeeError, match="M204"):
        epoch_steps(tmp_path, 32)


def test_torch_threads() -> None:
    before = torch.get_num_threads()
    try:
        assert make_torch_threads(2)(NLP) is NLP
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
