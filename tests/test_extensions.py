"""What is known of a text: its domain, and whether it is raw."""

from typing import Any

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from spacy_moee.errors import MoeeError
from spacy_moee.extensions import DOMAIN, RAW

NLP = spacy.blank("en")


def test_the_domain_of_a_doc() -> None:
    doc = NLP("Ada left London.")
    assert doc._.moee_domain is None and DOMAIN not in doc.user_data
    for domain in ("source", "target"):
        doc._.moee_domain = domain
        assert doc._.moee_domain == doc.user_data[DOMAIN] == domain
    doc._.moee_domain = None
    doc._.moee_domain = None
    assert doc.user_data == {}


@pytest.mark.parametrize("domain", ["sauce", "", "Source", 1, True])
def test_a_domain_that_can_not_be(domain: Any) -> None:
    doc = NLP("Ada")
    with pytest.raises(MoeeError, match="M605.*source, target"):
        doc._.moee_domain = domain
    assert doc._.moee_domain is None


def test_raw_text() -> None:
    doc = NLP("Ada left London.")
    assert doc._.moee_raw is False and RAW not in doc.user_data
    doc._.moee_raw = True
    assert doc._.moee_raw is True and doc.user_data[RAW] is True
    doc._.moee_raw = False
    assert doc.user_data == {}


def test_both_are_kept_by_what_spacy_copies() -> None:
    doc = NLP("Ada left London.")
    doc._.moee_domain, doc._.moee_raw = "source", True
    data = DocBin(docs=[doc], store_user_data=True).to_bytes()
    (stored,) = DocBin().from_bytes(data).get_docs(NLP.vocab)
    copies = [doc.copy(), Doc(NLP.vocab).from_bytes(doc.to_bytes()), stored]
    for copy in copies:
        assert copy._.moee_domain == "source" and copy._.moee_raw


def test_evaluation_keeps_the_domain() -> None:
    """It copies the docs."""
    nlp, seen = spacy.blank("en"), []

    @spacy.Language.component("note_domain")
    def note_domain(doc: Doc) -> Doc:
        seen.append(doc._.moee_domain)
        return doc

    nlp.add_pipe("note_domain")
    doc = nlp.make_doc("Ada left London.")
    doc._.moee_domain = "source"
    nlp.evaluate([Example(doc, nlp.make_doc(doc.text))])
    assert seen == ["source"]
