"""Docs in another case."""

import random
from pathlib import Path
from typing import List

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.errors import MoeeError
from spacy_moee.training.batches import make_batch_by_length
from spacy_moee.training.case import change_case, make_vary_case

from .util import make_config, run_training

NLP = spacy.blank("en")
WORDS = ["Ada", "LOVELACE", "İstanbul", "ﬁn", "groß", " ", "👍", "U.S.", "x"]


def make_example(words: List[str]) -> Example:
    predicted, reference = Doc(NLP.vocab, words=words), Doc(NLP.vocab, words=words)
    if words:
        reference.ents = [Span(reference, 0, 1, label="PER", kb_id="Q7259")]
    return Example(predicted, reference)


@given(
    st.lists(st.sampled_from(WORDS), max_size=9), st.sampled_from(["lower", "upper"])
)
def test_tokens_and_entities_stay(words: List[str], name: str) -> None:
    change = getattr(str, name)
    example = make_example(words)
    changed = change_case(example, change)
    for doc in (changed.predicted, changed.reference):
        assert [token.text for token in doc] == [change(word) for word in words]
    before, after = example.reference, changed.reference
    assert [(e.start, e.end, e.label_, e.kb_id_) for e in before.ents] == [
        (e.start, e.end, e.label_, e.kb_id_) for e in after.ents
    ]
    assert [token.ent_iob for token in before] == [token.ent_iob for token in after]
    assert [token.text for token in before] == words


def test_all_annotation_stays() -> None:
    words = ["Ada", "wrote", "it", "."]
    doc = Doc(
        NLP.vocab,
        words=words,
        spaces=[True, True, False, False],
        tags=["NNP", "VBD", "PRP", "."],
        pos=["PROPN", "VERB", "PRON", "PUNCT"],
        lemmas=["Ada", "write", "it", "."],
        heads=[1, 1, 1, 1],
        deps=["nsubj", "ROOT", "obj", "punct"],
        ents=["B-PER", "O", "", "O"],
    )
    doc.spans["sc"] = [Span(doc, 1, 3, label="X", kb_id="Q1", span_id="s")]
    doc.cats["science"] = 1.0
    doc.user_data["id"] = 7
    changed = change_case(Example(doc, doc), str.upper).reference
    assert changed.text == "ADA WROTE IT."
    for name in (
        "tag_",
        "pos_",
        "lemma_",
        "dep_",
        "ent_iob",
        "ent_type_",
        "is_sent_start",
    ):
        expected = [getattr(token, name) for token in doc]
        assert [getattr(token, name) for token in changed] == expected, name
    assert [token.head.i for token in changed] == [1, 1, 1, 1]
    (span,) = changed.spans["sc"]
    assert (span.start, span.end, span.label_, span.kb_id_, span.id_) == (
        *(1, 3, "X", "Q1", "s"),
    )
    assert changed.cats == {"science": 1.0} and changed.user_data == {"id": 7}


@pytest.mark.parametrize("unknown", [True, False])
def test_spaces_that_are_unknown_stay_unknown(unknown: bool) -> None:
    """Else spaCy would train on tokens of its own."""
    spaces = None if unknown else [False, False]
    doc = Doc(NLP.vocab, words=["Ada", "."], spaces=spaces)
    changed = change_case(Example(doc, doc), str.lower).reference
    assert changed.has_unknown_spaces == doc.has_unknown_spaces
    assert changed.has_annotation("ENT_IOB") == doc.has_annotation("ENT_IOB")
    assert changed.has_annotation("SENT_START") == doc.has_annotation("SENT_START")


def shares(lower: float, upper: float) -> List[float]:
    examples = [make_example(["Ada"]) for _ in range(1000)]
    batcher = make_vary_case(make_batch_by_length(8), lower, upper)
    texts = [eg.text.strip() for batch in batcher(examples) for eg in batch]
    assert len(texts) == 1000
    return [texts.count(text) / 1000 for text in ("ada", "ADA")]


def test_shares_of_docs() -> None:
    random.seed(0)
    assert shares(0.3, 0.1) == pytest.approx([0.3, 0.1], abs=0.04)
    assert shares(0.0, 0.0) == [0.0, 0.0]
    assert shares(0.4, 0.6) == pytest.approx([0.4, 0.6], abs=0.04)


def test_it_is_drawn_anew_every_epoch() -> None:
    random.seed(0)
    batcher = make_vary_case(make_batch_by_length(12), 0.5, 0.0)
    examples = [make_example(["Ada", str(i)]) for i in range(12)]
    # spaCy calls the batcher once an epoch, with the same examples
    epochs = [
        sorted(eg.text for batch in batcher(examples) for eg in batch) for _ in range(4)
    ]
    assert len({*map(tuple, epochs)}) == 4
    assert all(eg.text.startswith("Ada") for eg in examples)


def test_a_pipeline_learns_to_read_lower_case(tmp_path: Path) -> None:
    config = make_config(tmp_path, [1] * 12)
    config["training"]["batcher"] = {
        "@batchers": "spacy_moee.vary_case.v1",
        "lower": 0.5,
        "upper": 0.2,
        "batcher": {"@batchers": "spacy_moee.batch_by_length.v1", "size": 4},
    }
    config["training"]["optimizer"]["learn_rate"] = 0.01
    config["initialize"]["after_init"].update(max_epochs=20, patience=0)
    nlp, _ = run_training(config)
    for text in ("Ada left London .", "ada left london .", "ADA LEFT LONDON ."):
        assert [ent.label_ for ent in nlp(text).ents] == ["PER", "LOC"]


@pytest.mark.parametrize("lower, upper", [(-0.1, 0.0), (0.0, 1.1), (0.6, 0.5)])
def test_shares_that_cannot_be(lower: float, upper: float) -> None:
    with pytest.raises(MoeeError, match="M103"):
        make_vary_case(make_batch_by_length(8), lower, upper)
