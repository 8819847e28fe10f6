"""The table and the report."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, Dict, List

import pytest

from spacy_moee.experiments.experiment import read_experiment
from spacy_moee.experiments.runner import Failure
from spacy_moee.experiments.summary import mean_deviation, summarize
from spacy_moee.experiments.table import main_table, write_markdown

from .util import BASELINE, OTHER, TITLE, make_content, make_result, write_content

COMMAND = "python -m spacy moee compare e.yml 'my <folder>'"
FAILED = {"one run": Failure(Path("out/train.log"), "disk full")}
# without an end
VOID = {"meta", "link", "br", "img", "path", "use", "rect", "circle", "line"}


def make_rows(folder: Path, results: List[Dict[str, Any]], **changes: Any):
    content = make_content(folder, **changes)
    experiment = read_experiment(write_content(folder / "e.yml", content))
    return experiment, summarize(experiment, results)


def make_results() -> List[Dict[str, Any]]:
    shares = {BASELINE: 0.3, OTHER: 0.9}
    return [
        make_result(s, seed, share) for s, share in shares.items() for seed in (0, 1)
    ]


def make_report(folder: Path, results: Any, failed: Any = None, **changes: Any) -> str:
    pytest.importorskip("matplotlib")
    from spacy_moee.experiments.report import write_report

    experiment, rows = make_rows(folder, results, **changes)
    return write_report(experiment, rows, failed or {}, COMMAND)


class Page(HTMLParser):
    """Checks that what is opened is closed; collects ids, references and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.stack: List[str] = []
        self.tags: List[str] = []
        self.ids: List[str] = []
        self.links: List[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name.split(":")[-1] in ("href", "src", "srcset", "action", "data"):
                self.links.append(value)
            self.links += re.findall(r"url\((.*?)\)", value or "")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_main_table(tmp_path: Path) -> None:
    experiment, rows = make_rows(tmp_path, make_results())
    header, cells = main_table(experiment, rows)
    assert header == [
        *("Embeddings", "System", "Seeds", "Paper", "Target F1"),
        *("Difference", "95 %", "p", "Source F1"),
    ]
    base, other = cells
    assert base[:5] == ["hash", BASELINE, "2", "68.21", "48.50 (0.71)"]
    assert base[5:8] == ["-", "-", "-"]
    assert other[3] == "-" and float(other[5]) > 10 and other[7] == "<0.001"


def test_unfinished_table(tmp_path: Path) -> None:
    experiment, rows = make_rows(tmp_path, make_results()[2:3], embeddings={"hash": {}})
    _, cells = main_table(experiment, rows)
    assert cells == [
        ["hash", BASELINE, "0 of 2", *"-----"],
        ["hash", OTHER, "1 of 2", "48.00", *"---", "48.00"],
    ]


def test_mean_and_deviation() -> None:
    assert mean_deviation([]) == "-"
    assert mean_deviation([50]) == "50.00"
    assert mean_deviation([50, 52]) == "51.00 (1.41)"


def test_markdown(tmp_path: Path) -> None:
    experiment, rows = make_rows(tmp_path, make_results())
    text = write_markdown(experiment, rows, FAILED)
    assert text.startswith(f"# {TITLE}\n\n| Embeddings |")
    assert "- one run: `out/train.log` disk full" in text
    assert (
        re.search(r"System +\| +<LOC> \|", text)
        and "v2, Table 1, column freeze." in text
    )
    widths = {len(line) for line in text.splitlines()[2:6]}
    assert len(widths) == 1 and "too narrow" not in text
    experiment, rows = make_rows(tmp_path, make_results()[:3])
    assert "too narrow" in write_markdown(experiment, rows, {})


def test_report_is_complete_and_alone(tmp_path: Path) -> None:
    html = make_report(tmp_path, make_results(), FAILED)
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert page.links and {"data:,"} | {f"#{i}" for i in page.ids} >= set(page.links)
    assert not {"script", "iframe", "object", "img", "foreignObject"} & set(page.tags)
    assert "//" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert "@import" not in html
    # a chart of the differences, one for each type, one for each system's curves
    assert page.tags.count("svg") == 1 + 2 + 2
    for text in (
        TITLE,
        COMMAND,
        OTHER,
        "68.21",
        "v1 67.89",
        "± 0.71",
        "out/train.log",
        "disk full",
    ):
        assert text in page.text, text
    assert (tmp_path / "e.yml").read_text("utf8") in page.text
    # the charts follow the page's colours
    assert "var(--accent)" in html and not re.search(r"#0\d0\d0\d\b", html)


@pytest.mark.parametrize("lower, higher", [(0.3, 0.9), (0.9, 0.3), (0.6, 0.6)])
def test_lead_claims_what_is_more_than_chance(
    tmp_path: Path, lower: float, higher: float
) -> None:
    shares = {BASELINE: lower, OTHER: higher}
    results = [make_result(s, seed, x) for s, x in shares.items() for seed in (0, 1)]
    text = " ".join(Page(make_report(tmp_path, results)).text.split())
    none = "No other system is above or below it by more than chance."
    above = f"Above it by more than chance: {OTHER} (+"
    below = f"Above it by more than chance: none; below it: {OTHER} (\u2212"
    claims = {1: above, -1: below, 0: none}
    sign = (higher > lower) - (higher < lower)
    assert [key for key, claim in claims.items() if claim in text] == [sign]
    assert "has no result yet" in make_report(tmp_path, results[2:])


def test_two_blocks_in_one_page(tmp_path: Path) -> None:
    results = make_results()
    results += [{**result, "embeddings": "b | c"} for result in results]
    blocks = {"hash": {}, "b | c": {}}
    page = Page(make_report(tmp_path, results, embeddings=blocks))
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("svg") == 2 * (1 + 2 + 2)
    experiment, rows = make_rows(tmp_path, results, embeddings=blocks)
    text = write_markdown(experiment, rows, {})
    cells = {len(re.split(r"(?<!\\)\|", x)) for x in text.splitlines()[2:8]}
    assert "b \\| c" in text and cells == {10}


def test_note_tells_of_mixed_code(tmp_path: Path) -> None:
    first, *others = make_results()
    assert "states of this package" not in make_report(tmp_path, [first, *others])
    first = {**first, "code": "other"}
    assert "2 states of this package" in make_report(tmp_path, [first, *others])


@pytest.mark.parametrize("n", [0, 1, 3])
def test_report_of_unfinished_experiments(tmp_path: Path, n: int) -> None:
    page = Page(make_report(tmp_path, make_results()[:n]))
    assert ("no run is finished" in page.text) == (n == 0)
    assert ("Is it more than chance?" in page.text) == (n == 3)
    # two seeds of one system and one of the other
    assert ("intervals are too narrow" in page.text) == (n == 3)


def test_report_tells_of_runs_that_were_cut_short(tmp_path: Path) -> None:
    first, *others = make_results()
    assert "more epochs" not in make_report(tmp_path, [first, *others])
    first = {**first, "best_epoch": 3}
    assert "In 1 of 4 runs the last" in make_report(tmp_path, [first, *others])


def test_report_without_curves(tmp_path: Path) -> None:
    results = [{**result, "dev_curve": []} for result in make_results()]
    page = Page(make_report(tmp_path, results))
    assert "Learning curves" not in page.text
    assert page.tags.count("svg") == 1 + 2


def test_curve_of_several_evaluations_in_an_epoch(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from spacy_moee.experiments.charts import draw_curves

    curve = [[0, 60.0], [0, 61.0], [0, 60.0], [1, 60.0], [1, 62.0], [2, 63.0]]
    results = [make_result(OTHER, 0, dev_curve=curve)]
    _, rows = make_rows(tmp_path, results)
    [svg] = draw_curves(rows, BASELINE)
    [path] = re.findall(r'd="([^"]*)"[^>]*stroke: var\(--accent\)', svg)
    xs = [float(x) for x in re.findall(r"[ML] (\S+)", path)]
    steps = [after - before for before, after in pairwise(xs)]
    width = xs[-1] - xs[0]
    assert steps == pytest.approx([width / 6] * 3 + [width / 4] * 2)
