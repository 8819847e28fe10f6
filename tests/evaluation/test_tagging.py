"""What is found in docs that nobody has annotated."""

import json
from typing import List

import numpy
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span

from spacy_moee.evaluation.tagging import (
    Found,
    summarize,
    summary_rows,
    to_docbin,
    to_jsonl,
)
from spacy_moee.extensions import write_scores

NLP = spacy.blank("en")


def make(text: str, *ents: tuple) -> Doc:
    doc = NLP.make_doc(text)
    doc.set_ents([Span(doc, *ent) for ent in ents], default="outside")
    return doc


def read_lines(data: bytes) -> List[dict]:
    return [json.loads(line) for line in data.decode("utf8").splitlines()]


def test_prodigys_form() -> None:
    doc = make("Ada  left Zürich 🙂.", (0, 1, "PER"), (3, 4, "LOC"))
    assert read_lines(to_jsonl([doc, make("")])) == [
        {
            "text": "Ada  left Zürich 🙂.",
            "spans": [
                {"start": 0, "end": 3, "label": "PER"},
                {"start": 10, "end": 16, "label": "LOC"},
            ],
        },
        {"text": "", "spans": []},
    ]


def test_an_entity_has_its_score_if_there_is_one() -> None:
    doc = make("Ada left Zürich", (0, 1, "PER"), (2, 3, "LOC"))
    scores = numpy.array([0.98765432], dtype="float32")
    write_scores(doc, "sc", doc.ents[1:], scores, None, "moee_ner")
    (row,) = read_lines(to_jsonl([doc]))
    assert [span.get("score") for span in row["spans"]] == [None, 0.9877]


@given(st.lists(st.text(max_size=30).filter(lambda text: "\ud800" > text), max_size=3))
def test_a_line_is_a_doc_whatever_it_says(texts: List[str]) -> None:
    docs = [NLP.make_doc(text) for text in texts]
    for doc in docs:
        doc.set_ents([Span(doc, i, i + 1, "X") for i in range(len(doc))])
    lines = to_jsonl(docs).decode("utf8").split("\n")
    assert lines.pop() == ""
    for line, doc in zip(lines, docs, strict=True):
        row = json.loads(line)
        found = [row["text"][s["start"] : s["end"]] for s in row["spans"]]
        assert (row["text"], found) == (doc.text, [token.text for token in doc])


def test_spacy_file() -> None:
    doc = make("Ada left", (0, 1, "PER"))
    (read,) = DocBin().from_bytes(to_docbin([doc])).get_docs(NLP.vocab)
    assert [(ent.text, ent.label_) for ent in read.ents] == [("Ada", "PER")]
    assert read.has_annotation("ENT_IOB")


def test_summary() -> None:
    long = "New  York\nCity " + "of " * 9 + "England"
    docs = [
        make("Ada met Bo", (0, 1, "PER"), (2, 3, "PER")),
        make("Bo left Oslo", (0, 1, "PER"), (2, 3, "LOC")),
        make(long, (0, len(NLP.make_doc(long)), "ORG")),
        make("Cy Di Ed", (0, 1, "PER"), (1, 2, "PER"), (2, 3, "PER")),
    ]
    found = summarize(docs)
    assert list(found) == ["PER", "LOC", "ORG"]
    assert found["PER"] == Found(6, ["Bo", "Ada", "Cy"])
    assert summary_rows(found) == [
        ("PER", "6", "Bo, Ada, Cy"),
        ("LOC", "1", "Oslo"),
        ("ORG", "1", "New York City of of of of of …"),
    ]
    assert summarize([]) == {}
