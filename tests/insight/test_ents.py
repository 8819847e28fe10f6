"""Entities with how sure each is."""

import re
import sys
from types import SimpleNamespace
from typing import Any, Dict, List, Optional

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy import displacy
from spacy.displacy.render import DEFAULT_ENTITY_COLOR
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from spacy_moee.errors import MoeeError
from spacy_moee.extensions import write_scores
from spacy_moee.insight import render_ents
from spacy_moee.insight.colors import COLORS
from spacy_moee.insight.display import INK, PAPER
from spacy_moee.insight.heat import contrast, parse

from .pictures import EVIL, Page

VOCAB = Vocab()
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def make_doc(
    words: List[str], ents: List[str], scores: Dict[int, float], vocab: Vocab = VOCAB
) -> Doc:
    """scores: by the first token of an entity."""
    doc = Doc(vocab, words=words, ents=ents)
    spans = [ent for ent in doc.ents if ent.start in scores]
    values = numpy.array([scores[ent.start] for ent in spans], dtype="float32")
    write_scores(doc, "moee_ner", spans, values, None, "moee_ner")
    return doc


def make_sentence() -> Doc:
    words = ["Gab", "met", "Drudge", "Report", "and", "Ada"]
    tags = ["B-ORG", "O", "B-MISC", "I-MISC", "O", "B-PER"]
    return make_doc(words, tags, {0: 0.951, 2: 0.7, 5: 0.4949})


def looks_of(markup: str) -> List[str]:
    marks = (a for tag, a in Page(markup).attributes if tag == "mark")
    return [a["class"].split()[-1].removeprefix("moee-") for a in marks]


def test_each_has_its_probability() -> None:
    markup = render_ents(make_sentence())
    text = " ".join("".join(Page(markup).texts).split())
    assert text == (
        "Gab ORG, probability 0.95 met Drudge Report MISC, probability 0.70 "
        "and Ada PER, probability 0.49"
    )
    assert looks_of(markup) == ["sure", "likely", "unsure"]
    colors = re.findall("--moee-color:(#[0-9a-f]{6})", markup)
    assert colors == [COLORS["ORG"], COLORS["MISC"], COLORS["PER"]]


@pytest.mark.parametrize(
    "score, look",
    [(1, "sure"), (0.8951, "sure"), (0.8949, "likely"), (0.4951, "likely")],
)
def test_look_is_that_of_the_number(score: float, look: str) -> None:
    assert looks_of(render_ents(make_doc(["Ada"], ["B-PER"], {0: score}))) == [look]


def test_entity_without_a_score_has_no_number() -> None:
    doc = make_doc(["Gab", "Ada"], ["B-ORG", "B-PER"], {1: 0.2})
    markup = render_ents(doc)
    assert looks_of(markup) == ["unknown", "unsure"]
    assert "".join(Page(markup).texts).count("probability") == 1
    assert looks_of(render_ents(Doc(VOCAB, words=["Gab"], ents=["B-ORG"]))) == [
        "unknown"
    ]


@pytest.mark.parametrize("color", [*COLORS.values(), DEFAULT_ENTITY_COLOR])
@pytest.mark.parametrize("share", [0.3, 0.1])
def test_pale_is_readable(color: str, share: float) -> None:
    """The ink of the page, on the page with a share of the colour."""
    digits = color[1:] if len(color) == 7 else "".join(x * 2 for x in color[1:])
    for ink, paper in zip(INK, PAPER, strict=True):
        pairs = zip(parse(f"#{digits}"), parse(paper), strict=True)
        mixed = (round(255 * (share * a + (1 - share) * b)) for a, b in pairs)
        fill = "#" + "".join(f"{x:02x}" for x in mixed)
        assert contrast(ink, fill) >= 4.5
    assert f" {share:.0%},transparent" in render_ents(make_sentence())


def test_comma_stays_beside_its_entity() -> None:
    doc = spacy.blank("en")("Ada, Gab.")
    doc.set_ents([Span(doc, 0, 1, "PER"), Span(doc, 2, 3, "ORG")])
    markup = render_ents(doc)
    assert "</mark>, <mark" in markup and "</mark>.</div>" in markup


def test_options_are_those_of_displacy() -> None:
    doc = make_sentence()
    markup = render_ents(doc, options={"ents": ["org"], "colors": {"ORG": "#123456"}})
    assert looks_of(markup) == ["sure"] and "--moee-color:#123456" in markup
    assert "Ada" in markup
    template = "<mark>{text}|{label}|{score}|{look}</mark>"
    markup = render_ents(doc, options={"template": template})
    assert "<mark>Gab|ORG|<span" in markup and "|moee-likely</mark>" in markup
    doc.set_ents([Span(doc, 0, 1, "ORG", kb_id='Q1"<')])
    markup = render_ents(doc, options={"kb_url_template": "https://example.com/{}"})
    links = [a for tag, a in Page(markup).attributes if tag == "a"]
    assert [a["href"] for a in links] == ['https://example.com/Q1"<']


@given(st.lists(TEXTS, max_size=4), TEXTS, st.floats(0, 1))
def test_any_text(words: List[str], label: str, score: float) -> None:
    if label.isspace():
        label = "X"
    doc = Doc(VOCAB, words=[*words, "Ada", EVIL])
    n = len(words)
    spans = [Span(doc, n, n + 1, label=label), Span(doc, n + 1, n + 2, label=EVIL)]
    doc.set_ents(spans)
    write_scores(doc, "k", spans, numpy.full(2, score, "float32"), None, "moee_ner")
    doc.user_data["title"] = EVIL
    page = Page(render_ents(doc))
    known = {"style", "figure", "div", "mark", "span", "br", "h2"}
    assert {*page.tags} <= known and page.tags.count("mark") == 2
    assert "".join(page.texts).count(EVIL) == 3
    assert not {*"".join(page.texts)} & {*map(chr, range(32))} - {"\n", "\t"}


def test_text_is_as_displacy_shows_it() -> None:
    doc = make_doc(["Gab", "\n", "met\t", "Ada", "."], ["O"] * 3 + ["B-PER", "O"], {})
    words = ["".join(Page(x).texts).split() for x in _both(doc)]
    assert words[0] == words[1] == ["Gab", "met", "Ada", "PER", "."]
    assert all(x.count("<br>") == 1 for x in _both(doc))


def _both(doc: Doc) -> List[str]:
    return [render_ents(doc), displacy.render(doc, style="ent", jupyter=False)]


def test_span_and_several_docs() -> None:
    doc = make_sentence()
    part = doc[2:6]
    text = " ".join("".join(Page(render_ents(part)).texts).split())
    assert text.startswith("Drudge Report MISC, probability 0.70 and Ada PER")
    # what it does not hold whole is no entity of it
    assert looks_of(render_ents(doc[3:6])) == ["unsure"]
    arabic = make_doc(["محمد"], ["B-PER"], {0: 0.9}, spacy.blank("ar").vocab)
    page = Page(render_ents([doc, arabic]))
    figures = [a for tag, a in page.attributes if tag == "figure"]
    assert [a["lang"] for a in figures] == ["", "ar"]
    markup = render_ents([doc, arabic])
    assert re.findall("direction: (...)", markup) == ["ltr", "rtl"]
    assert 'lang="ar" dir="rtl"' in render_ents(arabic, page=True)


def test_page() -> None:
    markup = render_ents(make_sentence(), page=True)
    assert markup.startswith("<!DOCTYPE html>")
    assert "dashed: below 0.50" in "".join(Page(markup).texts)


@pytest.mark.parametrize("docs", [[], Doc(VOCAB), Doc(VOCAB, words=["It", "rains"])])
def test_nothing_to_draw(docs: Any) -> None:
    assert "mark" not in Page(render_ents(docs, page=True)).tags


@pytest.mark.parametrize("thing", ["text", None, {"text": "x", "ents": []}])
def test_what_is_no_doc(thing: Any) -> None:
    with pytest.raises(MoeeError, match="M753"):
        render_ents(thing)


@pytest.mark.parametrize("jupyter", [True, None])
def test_notebook(jupyter: Optional[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    shown: List[Any] = []
    fake = SimpleNamespace(HTML=lambda x: x, Image=None, display=shown.append)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    monkeypatch.setattr("spacy_moee.insight.display.is_in_jupyter", lambda: True)
    assert render_ents(make_sentence(), jupyter=jupyter) is None
    markup = render_ents(make_sentence(), jupyter=False)
    assert shown == [f'<div class="tex2jax_ignore">{markup}</div>']
