"""The page in a browser: Chromium, if it and playwright are installed."""

import shutil
from typing import Any, Iterator, List

import pytest

from ..marks import slow
from .util import NAMES, make_names, serve

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
playwright = pytest.importorskip("playwright.sync_api")

from spacy_moee.web.app import make_app  # noqa: E402

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 400, "height": 800}
EVIL = "<script>document.title = 'x'</script><img src=x onerror=alert(1)> Anna & Oslo"
LENGTH = 1_000_000


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(make_app(make_names(), max_length=LENGTH)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    # as root, Chromium has no sandbox
    options = {"args": ["--no-sandbox", "--disable-gpu"]}
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, **options)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    """The page, once it has read its example. What the browser complains of, such as a
    violation of the policy, fails the test, and so does a request to elsewhere."""
    complaints: List[str] = []
    page = browser.new_page(viewport=WIDE)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def check(request: Any) -> None:
        if not request.url.startswith(f"{url}/"):
            complaints.append(request.url)

    page.on("request", check)
    page.goto(f"{url}/")
    wait(page)
    yield page
    page.close()
    assert complaints == []


def wait(page: Any) -> None:
    page.wait_for_selector("#result[aria-busy=false]")


def find(page: Any, text: str) -> None:
    page.fill("#input", text)
    page.click("#find")
    wait(page)


def paste(page: Any, text: str) -> None:
    """What a browser would take long to type."""
    fill = "(e, text) => { e.value = text; e.dispatchEvent(new Event('input')); }"
    page.eval_on_selector("#input", fill, text)


def names(page: Any) -> List[str]:
    """The entities that stay."""
    return page.locator("#text [role=button]").all_text_contents()


def set_threshold(page: Any, value: float) -> None:
    # as a hand that moves it does
    page.locator("#threshold").fill(str(value))


def test_load(page: Any) -> None:
    assert page.title() == "Entities: en_pipeline"
    assert page.inner_text("#name").startswith("en_pipeline ")
    assert page.inner_text("#about") == "names; finds LOC, ORG, PER"
    assert names(page) == ["Mozilla", "Oslo"]
    assert page.inner_text("#status") == "2 entities"


def test_type(page: Any) -> None:
    text = "🙂🙂 Anna flew\n\n  from Oslo to Berlin 🙂."
    find(page, text)
    assert page.text_content("#text") == text
    assert names(page) == ["Anna", "Oslo", "Berlin"]
    marks = page.locator("#text .entity")
    notes = [marks.nth(i).get_attribute("data-note") for i in range(3)]
    # an entity of a type that is not sure, and one that is not sure to be any
    assert notes == ["PER 0.95", "LOC 0.20", "LOC? 0.40"]
    assert page.locator("#text .unsure").all_text_contents() == ["Oslo", "Berlin"]
    assert page.inner_text("#count") == f"{len(text)} of 1,000,000 characters"


def test_nothing_found(page: Any) -> None:
    find(page, "It rains.")
    assert page.inner_text("#status") == "None found."
    assert not page.is_visible("#threshold") and not page.is_visible("#list")
    find(page, "")
    assert page.text_content("#text") == ""


def test_threshold(page: Any) -> None:
    text = "Anna, Berlin, Mozilla, Oslo"
    find(page, text)
    for threshold in (0.0, 0.3, 0.5, 0.75, 0.96, 0.7, 0.1):
        set_threshold(page, threshold)
        stay = [name for name, row in NAMES.items() if row[1] >= threshold]
        assert names(page) == stay
        assert page.text_content("#text") == text
        status = f"{len(stay)} of 4 entities stay" if len(stay) < 4 else "4 entities"
        assert page.inner_text("#status") == status
    set_threshold(page, 0.5)
    find(page, f"{text}, Anna")
    assert names(page) == ["Anna", "Mozilla", "Anna"]


def test_choose(page: Any) -> None:
    find(page, "In Berlin, Anna")
    page.click("#text [role=button] >> nth=0")
    panel = page.inner_text("#panel")
    for part in ("Berlin LOC", "Score 0.40", "Detection 0.90", "but which?"):
        assert part in panel
    page.wait_for_selector(".bars")
    bars = page.locator(".bars li").all_inner_texts()
    found = [bar.split() for bar in bars]
    assert found == [
        ["Berlin", "LOC", "0.40"],
        ["Berlin", "ORG", "0.10"],
        ["no", "entity", "0.05"],
        ["Berlin", "PER", "0.03"],
        ["In", "Berlin", "LOC", "0.02"],
    ]
    readings = page.locator(".readings li").all_inner_texts()
    assert [" ".join(reading.split()) for reading in readings] == [
        "0.70 as shown",
        "0.10 without Berlin LOC Anna PER",
    ]
    assert page.locator(".readings s").count() == 2
    gates = page.locator(".gates tr").all_inner_texts()
    assert [row.split() for row in gates] == [
        ["O", "LOC", "ORG", "PER"],
        ["Berlin", *["0.25"] * 4],
    ]
    # it leaves with its entity
    set_threshold(page, 0.5)
    assert page.is_hidden("#details") and page.is_visible("#hint")


def test_alternatives_are_asked_for_once(page: Any) -> None:
    """Not before an entity is chosen: they take long."""
    asked: List[Any] = []
    page.on("request", lambda request: asked.append(request.post_data_json))
    find(page, "Anna and Mozilla")
    for i in (0, 1):
        page.click(f"#text [role=button] >> nth={i}")
        page.wait_for_selector(".bars")
    text = "Anna and Mozilla"
    assert asked == [{"text": text, "gates": True}, {"text": text, "alternatives": 5}]


def test_keyboard_only(page: Any) -> None:
    keys = page.keyboard
    keys.press("Tab")
    assert page.evaluate("document.activeElement.id") == "input"
    keys.press("Control+A")
    keys.insert_text("Anna of Mozilla")
    keys.press("Control+Enter")
    page.wait_for_selector("text=Anna of Mozilla >> visible=true")
    wait(page)
    for expected in ("find", "threshold"):
        keys.press("Tab")
        assert page.evaluate("document.activeElement.id") == expected
    keys.press("ArrowRight")
    assert page.inner_text("#value") == "0.01"
    keys.press("Tab")
    for key, name in (("Enter", "Anna"), ("Space", "Mozilla")):
        focused = "document.activeElement.ariaLabel"
        assert page.evaluate(focused).startswith(f"{name}, ")
        keys.press(key)
        assert page.evaluate("document.activeElement.id") == "chosen"
        assert page.inner_text("#chosen").startswith(name)
        keys.press("Escape")
        assert page.is_hidden("#details")
        assert page.evaluate(focused).startswith(f"{name}, ")
        keys.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    keys.press("Enter")
    rows = page.locator("#rows tr").all_inner_texts()
    assert rows == ["Anna\tPER\t0.95\t0.99", "Mozilla\tORG\t0.70\t0.80"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone(page: Any, scheme: str) -> None:
    """Nothing is wider than the screen, and what is chosen stays in sight."""
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=scheme)
    find(page, f"{'Anna and ' * 100}{'x' * 200} Berlin\n" * 2)
    marks = page.locator("#text [role=button]")
    for mark in (marks.nth(0), marks.last):
        mark.click()
        width = "document.documentElement.scrollWidth"
        assert page.evaluate(width) == PHONE["width"]
        panel, box = page.locator("#panel").bounding_box(), mark.bounding_box()
        assert panel["y"] + panel["height"] == PHONE["height"]
        assert 0 <= box["y"] and box["y"] + box["height"] <= panel["y"]
        page.click("#close")
    page.click("summary")
    assert page.evaluate(width) == PHONE["width"]


def test_script(page: Any) -> None:
    """Text is text, in all places where it stands."""
    find(page, EVIL)
    assert page.text_content("#text") == EVIL
    assert names(page) == ["Anna", "Oslo"]
    page.click("#text [role=button] >> nth=0")
    page.click("summary")
    assert page.title() == "Entities: en_pipeline"
    assert page.locator("#result script, #result img").count() == 0


def test_right_to_left(page: Any) -> None:
    find(page, "עברית Anna\nOslo English")
    direction = "e => getComputedStyle(e).textAlign + getComputedStyle(e).unicodeBidi"
    assert page.eval_on_selector(".block", direction) == "startplaintext"
    first, second = (box(page, i) for i in (0, 1))
    assert first["x"] > 400 > second["x"]


def box(page: Any, number: int) -> Any:
    return page.locator("#text [role=button]").nth(number).bounding_box()


@pytest.mark.parametrize("length", [60_000, *slow(LENGTH)])
@pytest.mark.parametrize("sign", ["\n", " "])
def test_long_text(page: Any, sign: str, length: int) -> None:
    """Up to a megabyte, of lines or of one line."""
    line = f"Yesterday Anna met the people of Mozilla in Berlin, 🙂, and of Oslo.{sign}"
    text = (line * (length // len(line) + 1))[:length]
    paste(page, text)
    assert page.inner_text("#count") == f"{length:,} of 1,000,000 characters"
    page.click("#find")
    page.wait_for_selector("#result[aria-busy=false]", timeout=120_000)
    assert page.evaluate("document.getElementById('text').textContent") == text
    count = sum(text.count(name) for name in NAMES)
    assert page.locator("#text .entity").count() == count
    set_threshold(page, 0.5)
    left = text.count("Anna") + text.count("Mozilla")
    assert page.inner_text("#status") == f"{left:,} of {count:,} entities stay"
    page.click("#text [role=button] >> nth=1")
    assert "up to 20,000 characters" in page.inner_text("#panel")
    page.click("summary")
    assert page.locator("#rows tr").count() == 200
    page.click("#more")
    assert page.locator("#rows tr").count() == 400


def test_too_long(browser: Any) -> None:
    page = browser.new_page()
    with serve(make_app(make_names(), max_length=200)) as url:
        page.goto(f"{url}/")
        wait(page)
        paste(page, "🙂" * 201)
        assert page.inner_text("#count") == "201 of 200 characters: too many"
        page.click("#find")
        assert "Shorten it" in page.inner_text("#error")
        assert page.inner_text("#status") == "2 entities"
        paste(page, "🙂" * 200)
        page.click("#find")
        page.wait_for_selector("text=None found.")
        assert page.inner_text("#error") == ""
    page.close()


def test_server_that_is_gone(browser: Any) -> None:
    page = browser.new_page()
    with serve(make_app(make_names())) as url:
        page.goto(f"{url}/")
        wait(page)
    page.click("#text [role=button] >> nth=0")
    page.wait_for_selector("#parts >> text=Is it still running?")
    page.click("#find")
    wait(page)
    assert "Is it still running?" in page.inner_text("#error")
    page.close()
