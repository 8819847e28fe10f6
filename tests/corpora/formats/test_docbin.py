"""`.spacy` files, as they are."""

import pytest
from spacy.tokens import Doc, DocBin, Span

from spacy_moee.corpora.files import write_docs
from spacy_moee.errors import MoeeError

from .util import NLP, convert, get_ents, write


def make_docs():
    doc = NLP.make_doc("Ada went to Bonn on Monday, twice.")
    ents = [Span(doc, 0, 1, "PER", kb_id="Q1"), Span(doc, 3, 4, "GPE")]
    ents.append(Span(doc, 5, 6, "DATE"))
    doc.set_ents(ents, missing=[doc[7:8]], default="outside")
    unlabelled = Doc(NLP.vocab, words=["can't", "stop"])
    return [doc, unlabelled]


def test_docs_stay_as_they_are(tmp_path):
    path = tmp_path / "data.spacy"
    write_docs([(path, make_docs())])
    found = convert(path)
    assert found.format == "spacy"
    old = [doc.to_json() for doc in make_docs()]
    assert [doc.to_json() for doc in found.docs] == old
    assert [doc.has_unknown_spaces for doc in found.docs] == [False, True]
    assert found.entities == {"PER": 1, "GPE": 1, "DATE": 1}
    assert found.tokens == 11 and found.source_types == ["DATE", "GPE", "PER"]


def test_types_are_renamed_and_dropped(tmp_path):
    path = tmp_path / "data.spacy"
    write_docs([(path, make_docs())])
    found = convert(path, types={"GPE": "LOC", "DATE": ""})
    doc, unlabelled = found.docs
    assert get_ents(doc) == [("Ada", "PER"), ("Bonn", "LOC")]
    assert doc.ents[0].kb_id_ == "Q1" and found.dropped == {"DATE": 1}
    # what was dropped is outside, and what was missing stays so
    assert [token.ent_iob_ for token in doc] == ["B", *"OO", "B", *"OOO", "", "O"]
    assert not unlabelled.has_annotation("ENT_IOB")
    with pytest.raises(MoeeError, match="M336.*'B-X'"):
        convert(path, types={"GPE": "B-X"})


@pytest.mark.parametrize("data", [b"", b"no such thing", b"\x78\x9c\x03\x00", None])
def test_files_that_are_no_docbin(tmp_path, data):
    if data is None:
        data = DocBin(docs=make_docs()).to_bytes()[:-20]
    path = write(tmp_path, data, "data.spacy")
    with pytest.raises(MoeeError, match="M345.*data.spacy"):
        convert(path)
