"""Docs as a web page."""

import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Span

from spacy_moee.insight.pages import entity_page

from .pictures import Page

NLP = spacy.blank("en")
EVIL = "<script>alert('x')</script> & \"Ada\" {text}"


def test_everything_is_escaped() -> None:
    doc = NLP.make_doc(EVIL)
    ents = [Span(doc, 0, 3, label="<b>X</b>"), Span(doc, 5, 6, label="{MISC}")]
    doc.set_ents(ents)
    page = entity_page([doc], title="<i>title</i>")
    known = {"html", "head", "meta", "title", "link", "style", "body", "h1", "p"}
    seen = Page(page)
    assert set(seen.tags) == known | {"figure", "div", "mark", "span"}
    text = " ".join("".join(seen.texts).split())
    assert "<i>title</i>" in text and "<b>X</b>" in text and "{MISC}" in text
    assert "alert('x')" in text
    assert '<meta charset="utf-8">' in page


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    doc = NLP.make_doc(text)
    doc.set_ents([Span(doc, i, i + 1, "MISC") for i in range(0, len(doc), 2)])
    expected = set(Page(entity_page([], "t")).tags) | {"figure", "div"}
    page = Page(entity_page([doc], "t"))
    assert set(page.tags) <= expected | {"mark", "span", "br"}
    assert page.tags.count("mark") == len(doc.ents)


def test_docs_without_entities_and_without_docs() -> None:
    # displaCy warns of the former
    page = Page(entity_page([NLP.make_doc("It rains."), NLP.make_doc("")], "t"))
    assert page.tags.count("figure") == 2
    assert Page(entity_page([], "t")).tags.count("figure") == 0


def test_direction() -> None:
    page = entity_page([spacy.blank("ar").make_doc("مرحبا")], "t")
    assert 'lang="ar"' in page and "direction: rtl" in page
