"""Prodigy's tasks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import DocBin

from spacy_moee.corpora.convert import convert_file
from spacy_moee.corpora.detect import detect_format
from spacy_moee.corpora.options import Options
from spacy_moee.corpora.spans import INCORRECT
from spacy_moee.errors import MoeeError

from .util import NLP, SETTINGS, get_chars, get_ents, kinds, read, texts, write

TEXT = "Ada went to Bonn."
SPANS = [
    {"start": 0, "end": 3, "label": "PER", "token_start": 0, "token_end": 0},
    {"start": 12, "end": 16, "label": "LOC"},
]


def test_only_accepted_answers_are_read(tmp_path):
    tasks = [
        {"text": TEXT, "spans": SPANS, "answer": "accept", "_input_hash": 1},
        {"text": TEXT, "spans": SPANS[:1], "answer": "reject"},
        {"text": TEXT, "answer": "ignore"},
        {"text": TEXT, "spans": SPANS[1:]},
    ]
    path = write(tmp_path, tasks)
    assert detect_format(path) == "prodigy"
    found = read(path)
    both = [("Ada", "PER"), ("Bonn", "LOC")]
    assert [get_ents(doc) for doc in found.docs] == [both, both[1:]]
    assert kinds(found) == ["rejected", "ignored"]
    assert [notice.where for notice in found.notices] == ["line 2", "line 3"]


def test_tokens_of_the_file_are_used(tmp_path):
    text = "can't  stop\nAda"
    tokens = [(0, 3), (3, 5), (7, 11), (12, 12), (12, 15)]
    task = {"text": text, "spans": [{"start": 12, "end": 15, "label": "PER"}]}
    task["tokens"] = [
        {"text": text[a:b], "start": a, "end": b, "id": i, "ws": True}
        for i, (a, b) in enumerate(tokens)
    ]
    strings = [token["text"] for token in task["tokens"] if token["text"]]
    found = read(write(tmp_path, [task, {**task, "tokens": strings}]))
    for doc in found.docs:
        assert [t.text for t in doc if not t.is_space] == ["can", "'t", "stop", "Ada"]
        assert doc.text == text and get_ents(doc) == [("Ada", "PER")]


@pytest.mark.parametrize("borders", [[(0, 3)], [(0, 2), (4, 8)], [(2, 9), (0, 2)]])
def test_tokens_that_are_not_the_text(tmp_path, borders):
    tokens = [{"start": a, "end": b} for a, b in borders]
    path = write(tmp_path, [{"text": "Ada went", "spans": [], "tokens": tokens}])
    with pytest.raises(MoeeError, match="M337.*line 1"):
        read(path)


def test_without_a_span_all_is_outside_unless_it_was_no_question(tmp_path):
    tasks = [
        {"text": "a b", "spans": [], "answer": "accept"},
        {"text": "a b", "answer": "accept", "_view_id": "ner_manual"},
        # a question about one span says nothing of the rest
        {
            "text": "Ada b",
            "spans": [{"start": 0, "end": 3, "label": "PER"}],
            "answer": "accept",
            "_view_id": "ner",
        },
        {"text": "a b", "label": "SPORTS", "answer": "accept"},
        {"text": "a b", "options": [], "accept": [], "answer": "accept"},
        {"text": "a b", "_input_hash": 1},
    ]
    docs = read(write(tmp_path, tasks)).docs
    iob = [[token.ent_iob_ for token in doc] for doc in docs]
    assert iob == [["O", "O"], ["O", "O"], ["B", ""], ["", ""], ["", ""], ["", ""]]
    assert not docs[3].has_annotation("ENT_IOB")


@SETTINGS
@given(st.lists(texts(), min_size=1, max_size=4))
def test_round_trip(tmp_path, items):
    tasks = [
        {
            "text": text,
            "answer": "accept",
            "spans": [{"start": a, "end": b, "label": label} for a, b, label in spans],
        }
        for text, spans in items
    ]
    found = read(write(tmp_path, tasks))
    assert [(doc.text, get_chars(doc)) for doc in found.docs] == items
    assert kinds(found) == []


@SETTINGS
@given(texts())
def test_round_trip_of_what_spacy_writes(tmp_path, item):
    """Tasks as Prodigy makes them from spaCy's docs."""
    text, spans = item
    doc = NLP.make_doc(text)
    tokens = [
        {
            "text": token.text,
            "start": token.idx,
            "end": token.idx + len(token),
            "id": token.i,
            "ws": bool(token.whitespace_),
        }
        for token in doc
    ]
    spans = [{"start": a, "end": b, "label": label} for a, b, label in spans]
    found = read(write(tmp_path, [{"text": text, "tokens": tokens, "spans": spans}]))
    assert get_chars(found.docs[0]) == item[1]
    assert [token.text for token in found.docs[0]] == [token.text for token in doc]


def test_what_is_rejected_in_the_binary_interface_is_no_entity(tmp_path):
    binary = {"text": TEXT, "answer": "reject", "_view_id": "ner"}
    tasks = [
        {**binary, "spans": SPANS[:1]},
        {**binary, "spans": [SPANS[1], {"start": 9, "end": 16, "label": "ORG"}]},
        {**binary, "spans": [{"start": 13, "end": 16, "label": "ORG"}]},
        # what is wrong with these is not said
        {**binary, "spans": []},
        {**binary, "spans": SPANS, "_view_id": "ner_manual"},
        {"text": TEXT, "spans": SPANS, "answer": "accept", "_view_id": "ner"},
    ]
    found = read(write(tmp_path, tasks), types={"ORG": "COMPANY"})
    rejected = [
        [(span.text, span.label_) for span in doc.spans.get(INCORRECT, ())]
        for doc in found.docs
    ]
    to_bonn = [("Bonn", "LOC"), ("to Bonn", "COMPANY")]
    assert rejected == [[("Ada", "PER")], to_bonn, [], []]
    assert [doc.has_annotation("ENT_IOB") for doc in found.docs] == [False] * 3 + [True]
    assert kinds(found) == ["rejected", "rejected", "misaligned"]


def test_rejected_spans_are_renamed_with_the_entities(tmp_path):
    spans = [SPANS[0], {**SPANS[1], "label": "GPE"}, {**SPANS[1], "label": "ORG"}]
    task = {"text": TEXT, "spans": spans, "answer": "reject", "_view_id": "ner"}
    docs = read(write(tmp_path, [task])).docs
    DocBin(docs=docs).to_disk(tmp_path / "docs.spacy")
    options = {"GPE": "LOC", "ORG": ""}
    (doc,) = convert_file(tmp_path / "docs.spacy", Options(types=options)).docs
    found = [(span.text, span.label_) for span in doc.spans[INCORRECT]]
    assert found == [("Ada", "PER"), ("Bonn", "LOC")]
