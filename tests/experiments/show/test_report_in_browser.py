"""The report as a person sees it: in a browser, with a script or without."""

from pathlib import Path
from typing import Any, Iterator, List

import pytest

from tests.experiments.show.test_report import (
    make_report,
    make_results_of_two,
    two_targets,
)
from tests.experiments.util import BASELINE, OTHER, TARGET

CHROMIUM = Path("/usr/bin/chromium")
# of its folds, the baseline's on the first target
LISTS = f"details:has-text('{BASELINE}') >> nth=0"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("needs chromium")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    results = make_results_of_two()
    errors = results[0]["scores"][TARGET]["errors"]
    name = errors["false"][0]
    texts = {"Zoe": 2, "abc10": 9, "abc9": 100}
    errors["false"] = [{**name, "text": k, "number": n} for k, n in texts.items()]
    results[1]["scores"][TARGET]["errors"]["false"] = []
    # of one run the memory is not known
    results[1]["peak_mb"], results[2]["peak_mb"] = None, 12000.0
    html = make_report(folder, results, **two_targets(folder))
    path = folder / "report.html"
    path.write_text(html, encoding="utf8")
    return path


def open_page(browser: Any, report: Path, width: int = 1280, **options: Any) -> Any:
    page = browser.new_page(viewport={"width": width, "height": 800}, **options)
    problems: List[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.goto(report.as_uri())
    assert problems == []
    return page


def column(table: Any, number: int) -> List[str]:
    cells = table.locator(f"tbody tr td:nth-child({number})").all_inner_texts()
    return [cell.split("\n")[0].strip() for cell in cells]


def states(table: Any) -> List[Any]:
    return [head.get_attribute("aria-sort") for head in table.locator("th").all()]


def test_numbers_are_sorted(browser: Any, report: Path) -> None:
    page = open_page(browser, report)
    table = page.locator("table").filter(has_text="Peak MB")
    memory = table.get_by_role("button", name="Peak MB")
    at = 10
    assert column(table, at) == ["500", "-", "12000", "500"]
    assert set(states(table)) == {None}
    memory.click()
    # what is not known comes last either way
    assert column(table, at) == ["12000", "500", "500", "-"]
    assert states(table).count("descending") == 1
    # equal ones stay as they were
    assert column(table, 1) == [OTHER, BASELINE, OTHER, BASELINE]
    memory.click()
    assert column(table, at) == ["500", "500", "12000", "-"]
    assert states(table).count("ascending") == 1
    memory.click()
    assert column(table, at) == ["500", "-", "12000", "500"]
    assert set(states(table)) == {None}
    page.close()


def test_names_are_sorted_by_keyboard(browser: Any, report: Path) -> None:
    page = open_page(browser, report)
    table = page.locator(LISTS).locator("table.sortable").filter(has_text="Found")
    assert column(table, 1) == ["abc9", "abc10", "Zoe"]
    # numbers in names are numbers
    for order in (["abc9", "abc10", "Zoe"], ["Zoe", "abc10", "abc9"]):
        table.get_by_role("button", name="Name").focus()
        page.keyboard.press("Enter")
        assert column(table, 1) == order
    table.get_by_role("button", name="Times").focus()
    page.keyboard.press("Space")
    assert column(table, 4) == ["50.0", "4.5", "1.0"]
    assert states(table) == [None, None, None, "descending"]
    page.close()


def test_differences_have_signs(browser: Any, report: Path) -> None:
    page = open_page(browser, report)
    table = page.locator("table").first
    table.get_by_role("button", name="Difference").first.click()
    # the baseline has no difference
    assert column(table, 1) == [OTHER, BASELINE]
    table.get_by_role("button", name="Difference").first.click()
    assert column(table, 1) == [OTHER, BASELINE]
    page.close()


def test_without_a_script(browser: Any, report: Path) -> None:
    page = open_page(browser, report, java_script_enabled=False)
    # nothing looks as if it could be clicked and can't
    assert page.locator("button").count() == 0
    table = page.locator("table").filter(has_text="Peak MB")
    assert column(table, 1) == [BASELINE, BASELINE, OTHER, OTHER]
    details = page.locator("details")
    assert details.first.get_attribute("open") is not None
    details.nth(1).locator("summary").click()
    assert details.nth(1).locator(".sentence").first.is_visible()
    page.close()


@pytest.mark.parametrize("width", [320, 400, 768, 1023, 1024, 1280, 1920])
def test_page_never_scrolls_sideways(browser: Any, report: Path, width: int) -> None:
    page = open_page(browser, report, width)
    page.evaluate("for (const x of document.querySelectorAll('details')) x.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = [svg.bounding_box() for svg in page.locator("svg:visible").all()]
    full = page.locator("h2").first.bounding_box()["width"]
    is_wide = width >= 1024
    # one picture of a group, or one of each of its charts
    assert len(shown) == (4 if is_wide else 3 + 2 + 2 + 2)
    share = 1 if is_wide or width < 700 else 0.45
    assert all(box["width"] >= share * full - 1 for box in shown)
    # letters are neither too small nor too large
    heights = [
        text.bounding_box()["height"] for text in page.locator("svg:visible text").all()
    ]
    assert 8 < min(heights) and max(heights) < 24
    page.close()


def test_print_shows_everything(browser: Any, report: Path) -> None:
    page = open_page(browser, report)
    closed = page.locator("details:not([open])")
    before = closed.count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert before == 2 and closed.count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert closed.count() == before
    page.close()
