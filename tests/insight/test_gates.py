"""The picture of the gates: a table, an SVG, a PNG."""

import re
import struct
import sys
from types import SimpleNamespace
from typing import Any, List
from xml.etree import ElementTree

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy import displacy
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_moee.errors import MoeeError
from spacy_moee.insight import render_gates

from .pictures import EVIL, LABELS, Page, make_doc

WORDS = ["Drudge", "attemps", "to", "contact", "Gab", "Inc."]
TAGS = ["B-PER", "O", "O", "O", "B-ORG", "I-ORG"]
SVG = "{http://www.w3.org/2000/svg}"
HTML = {"style", "figure", "div", "table", "caption", "thead", "tbody"}
HTML |= {"tr", "th", "td", "span"}
# what StringStore takes: no surrogates
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def texts_of(markup: str) -> List[str]:
    root = ElementTree.fromstring(markup)
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def size_of(png: bytes) -> tuple:
    assert png.startswith(b"\x89PNG\r\n")
    return struct.unpack(">II", png[16:24])


def test_html_is_a_table() -> None:
    doc = make_doc(WORDS, TAGS)
    page = Page(render_gates(doc))
    assert page.rows[0] == ["Token", "Tag", *LABELS]
    weights = doc.user_data["moee_gates"]["weights"]
    for row, word, tag, values in zip(
        page.rows[1:], WORDS, TAGS, weights.tolist(), strict=True
    ):
        assert row == [word, tag, *(f"{value:.2f}" for value in values)]
    scopes = [a["scope"] for tag, a in page.attributes if tag == "th"]
    assert scopes == ["col"] * 7 + ["row"] * 6
    assert page.tags.count("caption") == 1


def test_colors_belong_to_the_picture_alone() -> None:
    """Every rule is about a class of the picture: a notebook has other tables."""
    for style in ("html", "svg"):
        markup = render_gates(make_doc(WORDS), style)
        sheet = re.search("<style>(.*?)</style>", markup, re.DOTALL)
        assert sheet is not None
        rules = re.sub(r"@media[^{]*\{", "", sheet[1])
        for selector in re.findall(r"([^{}]+)\{", rules):
            parts = selector.replace(":is(th,td)", "").split(",")
            assert all(".moee-gates" in x or ".moee-svg" in x for x in parts), parts
        assert "light-dark(" in sheet[1]
        # for what does not know it: the light one comes before
        assert re.search("(fill|background):#[0-9a-f]{6};\\1:light-dark", sheet[1])
        assert 'data-jp-theme-light="false"' in sheet[1]


def test_every_cell_has_a_color() -> None:
    markup = render_gates(make_doc(["word"] * 50))
    used = {*re.findall(r'<td class="(moee-\d+)"', markup)}
    assert len(used) > 5
    assert used == {*re.findall(r"\.(moee-\d+)\{", markup)}


def test_vmax() -> None:
    doc = make_doc(["a"], labels=["O", "X"])
    doc.user_data["moee_gates"]["weights"][0] = [0.6, 0.4]
    assert '<td class="moee-30">0.60</td><td class="moee-20">0.40' in render_gates(doc)
    found = render_gates(doc, vmax=0.35)
    assert '<td class="moee-50">0.60</td><td class="moee-50">0.40' in found
    for style in ("html", "svg"):
        clipped = render_gates(doc, style, vmax=0.35)
        assert "\u2265 0.35" in clipped and "0.35 and more look the same" in clipped
        assert "\u2265" not in render_gates(doc, style)


@pytest.mark.parametrize("vmax", [0, -1, float("nan"), float("inf"), "1", None, True])
def test_vmax_that_is_none(vmax: Any) -> None:
    with pytest.raises(MoeeError, match="M752") as error:
        render_gates(make_doc(WORDS), vmax=vmax)
    assert repr(vmax) in str(error.value)


def test_unknown_style() -> None:
    with pytest.raises(MoeeError, match="M750.*'gif'.*html, svg, png"):
        render_gates(make_doc(WORDS), "gif")  # type: ignore[call-overload]


def test_doc_without_gates() -> None:
    doc = Doc(Vocab(), words=["<Ada>", "x"])
    with pytest.raises(MoeeError, match="M751.*<Ada> x.*gates"):
        render_gates(doc)


@pytest.mark.parametrize("thing", ["text", 7, None, {"text": "x"}, ["text"], [None]])
def test_what_is_no_doc(thing: Any) -> None:
    with pytest.raises(MoeeError, match="M753"):
        render_gates(thing)


def test_svg_is_a_picture_of_text() -> None:
    doc = make_doc(WORDS, TAGS)
    markup = render_gates(doc, "svg")
    root = ElementTree.fromstring(markup)
    assert root.get("role") == "img"
    title, desc = root[0], root[1]
    assert (title.tag, desc.tag) == (f"{SVG}title", f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert "Drudge (B-PER): " in str(desc.text) and "Inc. (I-ORG)" in str(desc.text)
    weights = doc.user_data["moee_gates"]["weights"]
    expected = [f"{x:.2f}" for x in weights.ravel().tolist()]
    found = texts_of(markup)
    assert {*WORDS, *TAGS, *LABELS, "Token", "Tag", *expected} <= {*found}
    assert sum(text in {*expected} for text in found) >= len(expected)
    # nothing from elsewhere, and nothing that runs
    assert not re.search("href|url\\(|script|@import|@font-face", markup)


def test_svg_is_always_the_same() -> None:
    doc = make_doc(WORDS, TAGS)
    assert render_gates(doc, "svg") == render_gates(doc, "svg")
    other = make_doc(WORDS[:3])
    ids = [re.findall(' id="(.*?)"', render_gates(x, "svg")) for x in (doc, other)]
    assert len({*ids[0], *ids[1]}) == 4


def test_png() -> None:
    pytest.importorskip("matplotlib")
    width, height = size_of(render_gates(make_doc(WORDS, TAGS), "png"))
    assert 800 < width < 2000 and 300 < height < 1000


def test_png_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MoeeError, match=r"M754.*spacy-moee\[insight\]"):
        render_gates(make_doc(WORDS), "png")


def test_png_of_strange_text() -> None:
    """No formula, and one warning for all that has no glyph."""
    pytest.importorskip("matplotlib")
    assert render_gates(make_doc(["$x^$", "\\frac", "%", "#"]), "png")
    with pytest.warns(UserWarning, match="MW75.*: 2 ") as caught:
        render_gates(make_doc(["\U00010330", "\U00010331" * 3]), "png")
    assert len(caught) == 1


def test_png_that_is_too_tall() -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(MoeeError, match="M755.*2,000 tokens"):
        render_gates(make_doc(["word"] * 2000), "png")


@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_any_text(words: List[str], label: str) -> None:
    doc = make_doc([*words, EVIL], labels=["O", label, EVIL])
    doc.user_data["title"] = label
    page = Page(render_gates(doc))
    assert {*page.tags} == HTML | {"figcaption"}
    assert [len(row) for row in page.rows] == [5] * (len(words) + 2)
    assert page.rows[-1][0] == EVIL == page.rows[0][-1]
    assert all(row[0].strip() for row in page.rows)
    markup = render_gates(doc, "svg")
    assert EVIL in "".join(texts_of(markup))
    elements = {x.tag.removeprefix(SVG) for x in ElementTree.fromstring(markup).iter()}
    assert elements == {"svg", "title", "desc", "style", "rect", "path", "g", "text"}
    assert render_gates(doc, "html", page=True).encode("utf8")


def test_entities_of_any_type() -> None:
    vocab = Vocab()
    doc = make_doc(["a", "b", "c"], ["B-<i>", "I-<i>", "O"], vocab=vocab)
    assert [row[1] for row in Page(render_gates(doc)).rows[1:]] == [
        *("B-<i>", "I-<i>", "O")
    ]
    # not annotated, and blocked
    doc.set_ents([], missing=[doc[0:1]], blocked=[doc[1:2]], default="outside")
    assert [row[1] for row in Page(render_gates(doc)).rows[1:]] == ["-", "O", "O"]


def test_white_space_can_be_seen() -> None:
    doc = make_doc(["a", "\n\n", "\u200b"])
    expected = ["Token", "a", "\u21b5\u21b5", "U+200B"]
    assert [row[0] for row in Page(render_gates(doc)).rows] == expected
    assert {*expected} <= {*texts_of(render_gates(doc, "svg"))}


def test_right_to_left() -> None:
    doc = make_doc(["محمد", "(Gab)"], vocab=spacy.blank("ar").vocab)
    page = Page(render_gates(doc, page=True))
    tables = [a for tag, a in page.attributes if tag == "table"]
    assert tables[0]["dir"] == "rtl"
    tokens = [a for tag, a in page.attributes if a.get("scope") == "row"]
    assert all((a["dir"], a["lang"]) == ("auto", "ar") for a in tokens)
    root = ElementTree.fromstring(render_gates(doc, "svg"))
    groups = {x.text: group for group in root.iter(f"{SVG}g") for x in group}
    assert groups["محمد"].attrib == {"text-anchor": "start", "direction": "rtl"}
    assert groups["(Gab)"].attrib == {"text-anchor": "end"}


def test_thousand_tokens_and_long_ones() -> None:
    words = ["word", "x" * 5000, "日本" * 500] + ["word"] * 997
    doc = make_doc(words)
    markup = render_gates(doc)
    assert len(Page(markup).rows) == 1001
    assert len(markup) < 300_000
    drawn = render_gates(doc, "svg")
    assert len(drawn) < 500_000
    size = ElementTree.fromstring(drawn).attrib
    assert float(size["width"]) < 900 and float(size["height"]) < 29_000


def test_span_and_several_docs() -> None:
    doc, other = make_doc(WORDS, TAGS), make_doc(["Ada"], labels=["O", "X"])
    assert Page(render_gates(doc[4:6])).rows[1:] == Page(render_gates(doc)).rows[5:]
    assert [row[0] for row in Page(render_gates([doc[:1], other])).rows] == [
        *("Token", "Drudge", "Token", "Ada")
    ]
    assert Page(render_gates([doc, other])).tags.count("style") == 1
    assert "Ada" in texts_of(render_gates(iter([doc, other]), "svg"))


def test_nothing_to_draw() -> None:
    assert Page(render_gates(make_doc([]))).rows == [["Token", "Tag", *LABELS]]
    assert Page(render_gates([])).rows == []
    for markup in (render_gates(make_doc([]), "svg"), render_gates([], "svg")):
        assert ElementTree.fromstring(markup).tag == f"{SVG}svg"


def test_page() -> None:
    for style in ("html", "svg"):
        page = render_gates(make_doc(WORDS), style, page=True)
        assert page.startswith("<!DOCTYPE html>")
        assert {"html", "title", "h1", "body"} <= {*Page(page).tags}
        assert '<meta name="color-scheme" content="light dark">' in page


def test_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: List[Any] = []
    fake = SimpleNamespace(HTML=lambda x: x, Image=lambda x: x, display=shown.append)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    doc = make_doc(WORDS)
    markup = render_gates(doc, jupyter=False)
    assert not shown
    assert render_gates(doc, jupyter=True) is None
    assert shown == [f'<div class="tex2jax_ignore">{markup}</div>']
    monkeypatch.setattr("spacy_moee.insight.display.is_in_jupyter", lambda: True)
    assert render_gates(doc) is None
    assert shown[1] == shown[0]
    assert render_gates(doc, jupyter=False) == markup
    pytest.importorskip("matplotlib")
    assert render_gates(doc, "png") is None
    assert shown[2] == render_gates(doc, "png", jupyter=False)


def test_render_wrapper_of_displacy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(displacy, "RENDER_WRAPPER", lambda x: f"<main>{x}</main>")
    assert render_gates(make_doc(WORDS)).startswith("<main>")
