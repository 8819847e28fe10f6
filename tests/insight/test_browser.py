"""Pictures in a browser: narrow, dark, long, and among the styles of a notebook."""

from pathlib import Path
from typing import Any, Iterator

import pytest
import spacy

from spacy_moee.insight import render_ents, render_gates

from .pictures import make_doc

api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium"),
]
WORDS = ["Drudge", "https://example.com/" + "x" * 300, "Gab"]
# as JupyterLab styles the tables of its outputs
NOTEBOOK = """<!DOCTYPE html><style>
.jp td, .jp th {text-align: right; border: 1px solid red; padding: 9px}
.jp tbody tr:nth-child(odd) {background: rgb(255, 0, 0)}
</style><body data-jp-theme-light="%s"><div class="jp">%s
<table id="other"><tbody><tr><td>1</td></tr></tbody></table></div>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def open_page(browser: Any, markup: str, width: int = 1280, scheme: str = "light"):
    size = {"width": width, "height": 700}
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.set_content(markup)
    return page


def color_of(page: Any, selector: str, name: str = "backgroundColor") -> str:
    script = "([s, n]) => getComputedStyle(document.querySelector(s))[n]"
    return page.evaluate(script, [selector, name])


@pytest.mark.parametrize("width", [400, 1280])
def test_page_does_not_scroll_sideways(browser: Any, width: int) -> None:
    doc = make_doc(WORDS * 2, ["O", "O", "B-ORG", "O", "B-MISC", "O"])
    doc.user_data["title"] = WORDS[1]
    for markup in (render_gates(doc, page=True), render_ents(doc, page=True)):
        page = open_page(browser, markup, width)
        found = page.evaluate("document.documentElement.scrollWidth")
        assert found <= width
        page.close()


@pytest.mark.parametrize("scheme, paper", [("light", 252), ("dark", 21)])
def test_light_and_dark(browser: Any, scheme: str, paper: int) -> None:
    doc = make_doc(["Gab"], labels=["O", "ORG"])
    doc.user_data["moee_gates"]["weights"][0] = [0, 1]
    page = open_page(browser, render_gates(doc, page=True), scheme=scheme)
    for selector in ("body", "figure", "thead th"):
        assert color_of(page, selector).startswith(f"rgb({paper}, ")
    ends = "rgb(255, 255, 217)", "rgb(8, 29, 88)"
    low, high = ends if scheme == "light" else ends[::-1]
    assert color_of(page, "td.moee-0") == low
    assert color_of(page, "td.moee-50") == high
    page.set_content(render_gates(doc, "svg"))
    assert color_of(page, ".moee-f0", "fill") == low
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_notebook_keeps_its_styles_and_the_picture_its_own(
    browser: Any, theme: str
) -> None:
    """The theme counts, not the system."""
    doc = make_doc(["Gab", "a"])
    is_light = theme == "light"
    markup = NOTEBOOK % (str(is_light).lower(), render_gates(doc))
    page = open_page(browser, markup, scheme="dark" if is_light else "light")
    paper = "rgb(252, 252, 250)" if is_light else "rgb(21, 24, 27)"
    for selector in ("figure", "td.moee-tag", "tbody th"):
        assert color_of(page, selector) == paper
    assert color_of(page, "tbody td:last-child", "borderTopWidth") == "0px"
    assert color_of(page, "#other td", "borderTopWidth") == "1px"
    assert color_of(page, "#other td", "textAlign") == "right"
    page.close()


def test_header_and_tokens_stay_in_sight(browser: Any) -> None:
    labels = ["O", *(f"LONG_TYPE_{i}" for i in range(20))]
    page = open_page(browser, render_gates(make_doc(["word"] * 1000, labels=labels)))
    where = "s => document.querySelector(s).getBoundingClientRect()"
    page.evaluate("document.querySelector('.moee-scroll').scrollTo(500, 9000)")
    header, token = (page.evaluate(where, x) for x in ("thead th", "tbody th"))
    box = page.evaluate(where, ".moee-scroll")
    assert header["top"] == pytest.approx(box["top"], abs=1)
    assert token["left"] == pytest.approx(box["left"], abs=1)
    assert box["height"] <= 700
    page.close()


def test_screen_reader_finds_a_table(browser: Any) -> None:
    doc = make_doc(["Gab", "محمد"], ["B-ORG", "O"], vocab=spacy.blank("ar").vocab)
    page = open_page(browser, render_gates(doc, page=True))
    assert page.get_by_role("table", name="Weight of each expert").count() == 1
    assert page.get_by_role("rowheader", name="Gab").count() == 1
    assert page.get_by_role("columnheader").count() == 7
    page.set_content(render_gates(doc, "svg"))
    picture = page.get_by_role("img", name="Weight of each expert")
    assert picture.count() == 1
    page.close()
