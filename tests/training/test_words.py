"""The vocabulary of a training with raw text."""

from collections import Counter
from pathlib import Path
from typing import Dict, List

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model, chain

from spacy_moee.errors import MoeeError
from spacy_moee.training.words import choose_words, make_read_vocabulary
from spacy_moee.vocabulary import find_words, normalise, write_vocabulary

COUNTS = st.dictionaries(
    st.sampled_from(["a", "b", "A", "1", "2", "10", "00", "x7"]), st.integers(1, 9)
)


@given(
    st.fixed_dictionaries(
        {"path": COUNTS}, optional=dict.fromkeys(("source", "target", "test"), COUNTS)
    ),
    st.integers(1, 12),
)
def test_choice(counts: Dict[str, Dict[str, int]], least: int) -> None:
    # one occurrence after the other
    read = {
        name: [normalise(w) for w, n in words.items() for _ in range(n)]
        for name, words in counts.items()
    }
    raw = Counter(read.get("source", []) + read.get("target", []))
    known = {*read["path"], *read.get("test", [])}
    every = Counter(word for words in read.values() for word in words)
    expected = {w: n for w, n in every.items() if w in known or raw[w] >= least}
    assert choose_words(counts, least) == expected


class Pipe:
    def __init__(self, model: object) -> None:
        self.model = model

    def __call__(self, doc: Doc) -> Doc:
        return doc


def make_pipeline(models: List[object]) -> Language:
    nlp = spacy.blank("en")
    for i, model in enumerate(models):
        Language.component(f"pipe{i}", func=Pipe(model))
        nlp.add_pipe(f"pipe{i}")
    return nlp


def make_node(**attrs: object) -> Model:
    return Model("node", lambda model, X, is_train: (X, lambda d: d), attrs=attrs)


def test_every_model_that_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.jsonl"
    write_vocabulary(path, {"the": 3, "Ada": 2})
    inner, outer = make_node(vocabulary=None), make_node(vocabulary=None, size=1)
    other = make_node(size=1)
    nlp = make_pipeline([chain(other, inner), "no model", None, outer])
    nlp.disable_pipe("pipe3")
    assert make_read_vocabulary(path)(nlp) is nlp
    doc = Doc(Vocab(), words=["Ada", "the", "x"])
    for node in (inner, outer):
        (found,) = find_words(node.attrs["vocabulary"], [doc])
        assert found.tolist() == [2, 1, 0]
    assert "vocabulary" not in other.attrs


def test_no_model_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.jsonl"
    write_vocabulary(path, {"the": 3})
    nlp = make_pipeline([make_node(), None])
    with pytest.raises(MoeeError, match="M612.*pipe0, pipe1.*vocabulary.jsonl"):
        make_read_vocabulary(path)(nlp)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    callback = make_read_vocabulary(tmp_path / "absent.jsonl")
    with pytest.raises(MoeeError, match="M611.*absent.jsonl"):
        callback(make_pipeline([]))
