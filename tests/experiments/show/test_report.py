"""The table and the report."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, Dict, List

import pytest

from spacy_moee.experiments.plan.experiment import read_experiment
from spacy_moee.experiments.plan.grid import Run
from spacy_moee.experiments.run.failure import Failure
from spacy_moee.experiments.show.summary import mean_deviation, summarize
from spacy_moee.experiments.show.table import (
    main_table,
    run_table,
    type_table,
    write_markdown,
)
from tests.experiments.util import (
    BASELINE,
    OTHER,
    OTHER_TARGET,
    TARGET,
    TITLE,
    make_content,
    make_result,
    with_scores,
    without_score,
    write_content,
)

COMMAND = "python -m spacy moee compare e.yml 'my <folder>'"
RUN = Run(OTHER, "hash", 1, "", {}, {}, {}, "0123456789ab", "ba")
FAILED = [(RUN, Failure(Path("out/train.log"), "disk full"))]
# without an end
VOID = {"meta", "link", "br", "img", "path", "use", "rect", "circle", "line"}


def make_rows(
    folder: Path, results: List[Dict[str, Any]], failed: Any = (), **changes: Any
):
    content = make_content(folder, **changes)
    experiment = read_experiment(write_content(folder / "e.yml", content))
    return experiment, summarize(experiment, results, failed)


def make_results() -> List[Dict[str, Any]]:
    shares = {BASELINE: 0.3, OTHER: 0.9}
    return [
        make_result(s, seed, share) for s, share in shares.items() for seed in (0, 1)
    ]


def make_report(folder: Path, results: Any, failed: Any = (), **changes: Any) -> str:
    pytest.importorskip("matplotlib")
    from spacy_moee.experiments.show.report import write_report

    experiment, rows = make_rows(folder, results, failed, **changes)
    return write_report(experiment, rows, COMMAND, failed)


def charts(*groups: int) -> int:
    """The pictures of groups of so many charts: one of all, and one of each."""
    return sum(1 + n for n in groups)


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
    header, cells, _ = main_table(experiment, rows)
    assert header == [
        *("Embeddings", "System", "Seeds", "Paper", "tech F1"),
        *("Difference", "95 %", "p", "Source F1"),
    ]
    base, other = cells
    assert base[:5] == ["hash", BASELINE, "2", "68.21", "48.50 (0.71)"]
    assert base[5:8] == ["-", "-", "-"]
    assert other[3] == "-" and float(other[5]) > 10 and other[7] == "<0.001"


def test_unfinished_table(tmp_path: Path) -> None:
    experiment, rows = make_rows(tmp_path, make_results()[2:3], embeddings={"hash": {}})
    _, cells, _ = main_table(experiment, rows)
    assert cells == [
        ["hash", BASELINE, "0 of 2", *"-----", "2 not run"],
        ["hash", OTHER, "1 of 2", "48.00", *"---", "48.00", "1 not run"],
    ]


@pytest.mark.parametrize("reason", ["no gold entity", "not annotated"])
def test_target_without_score(tmp_path: Path, reason: str) -> None:
    results = [without_score(result, TARGET, reason) for result in make_results()]
    experiment, rows = make_rows(tmp_path, results)
    assert all(row.differences == {} for row in rows)
    header, cells, aligns = main_table(experiment, rows)
    assert header[-2:] == ["Source F1", "Note"] and aligns[-1] == "l"
    for line in cells:
        assert line[4:8] == ["-"] * 4 and line[8] == "48.50 (0.71)"
        assert line[9] == f"tech: {reason}"
    assert "too narrow" not in write_markdown(experiment, rows)
    page = Page(make_report(tmp_path, results))
    assert f"tech has no score ({reason})." in page.text
    assert f"tech: {reason}" in page.text
    # curves of two systems, and nothing that compares them or shows their types
    assert page.tags.count("svg") == charts(2)
    assert "more than chance?" not in page.text and "goes wrong" not in page.text


def test_type_without_gold(tmp_path: Path) -> None:
    results = make_results()
    nothing = {"precision": 0.0, "recall": None, "f1": None, "counts": [0, 2, 0]}
    # one seed predicts it, and there is none
    results[0]["scores"][TARGET]["per_type"]["ORG"] = nothing
    experiment, rows = make_rows(tmp_path, results)
    table = type_table(rows, TARGET)
    assert table.header[2:] == ["<LOC>", "ORG", "PER"]
    assert [line[3] for line in table.rows] == ["-", "-"]
    text = write_markdown(experiment, rows)
    assert "ORG: tech has no gold entity of that type" in text
    page = Page(make_report(tmp_path, results))
    assert page.tags.count("svg") == charts(1, 2, 2)
    assert "ORG: tech has no gold entity of that type" in page.text


def silent(result: Dict[str, Any]) -> Dict[str, Any]:
    """The same of a system that predicts nothing on the target."""
    target = result["scores"][TARGET]
    nothing = [0] * 40
    sentences = {**target["sentences"], "correct": nothing, "predicted": nothing}
    scores: Dict[str, Any] = {"precision": None, "recall": 0.0, "f1": 0.0}
    scores["counts"] = [0, 0, target["counts"][2]]
    return with_scores(result, TARGET, **scores, sentences=sentences)


def test_systems_that_predict_nothing(tmp_path: Path) -> None:
    results = make_results()
    none = "tech: no entity predicted with"
    # a score of zero, of which no bootstrap says more
    experiment, rows = make_rows(tmp_path, [*results[:2], *map(silent, results[2:])])
    line = main_table(experiment, rows).rows[1]
    assert line[4:8] == ["0.00 (0.00)", "-", "-", "-"]
    assert line[9] == f"{none} 2 seeds; no difference on tech: it predicts no entity"
    _, rows = make_rows(tmp_path, [*map(silent, results[:2]), *results[2:]])
    assert rows[1].notes == ["no difference on tech: the baseline predicts no entity"]
    _, rows = make_rows(tmp_path, [*results[:3], silent(results[3])])
    assert rows[1].notes == [f"{none} 1 seed"] and TARGET in rows[1].differences


def test_systems_that_find_nothing(tmp_path: Path) -> None:
    results = make_results()
    for result in results:
        target = result["scores"][TARGET]
        target["counts"][0], target["f1"] = 0, 0.0
        target["sentences"]["correct"] = [0] * 40
    _, rows = make_rows(tmp_path, results)
    assert rows[1].differences == {}
    reason = "neither it nor the baseline finds an entity"
    assert rows[1].notes == [f"no difference on tech: {reason}"]


def test_values_that_are_not_known(tmp_path: Path) -> None:
    changed = {"peak_mb": None, "dev_f1": None}
    results = [{**result, **changed} for result in make_results()]
    experiment, rows = make_rows(tmp_path, results)
    line = run_table(experiment, rows).rows[0]
    assert line[2] == line[7] == "-"
    Page(make_report(tmp_path, results))


def test_reason_stands_in_the_table(tmp_path: Path) -> None:
    reason = "[M201] " + "no vectors " * 20 + "<x>"
    seeds = [RUN, RUN._replace(seed=0)]
    failed = [(run, Failure(Path(f"{run.seed}.log"), reason)) for run in seeds]
    experiment, rows = make_rows(tmp_path, make_results()[:2], failed)
    base, other = main_table(experiment, rows).rows
    assert base[9] == "" and other[2] == "0 of 2"
    assert other[9].startswith("2 failed: [M201] no vectors") and len(other[9]) == 100
    assert len(main_table(experiment, rows, 20).rows[1][9]) == 20
    text = write_markdown(experiment, rows, failed, untried=3)
    assert text.count("\\<x>\n") == 1
    assert "`1.log`" in text and "`0.log`" in text
    assert "3 runs were not tried" in text
    page = Page(make_report(tmp_path, make_results()[:2], failed))
    assert page.text.count(reason) == 2 and "0.log" in page.text


def test_baseline_without_a_result(tmp_path: Path) -> None:
    experiment, rows = make_rows(tmp_path, make_results()[2:])
    sentence = f"No difference is shown with hash: {BASELINE} has no finished run"
    assert sentence in write_markdown(experiment, rows)
    experiment, rows = make_rows(tmp_path, make_results()[:2])
    assert "No difference is shown" not in write_markdown(experiment, rows)


def test_mean_and_deviation() -> None:
    assert mean_deviation([]) == "-"
    assert mean_deviation([50]) == "50.00"
    assert mean_deviation([50, 52]) == "51.00 (1.41)"


def test_markdown(tmp_path: Path) -> None:
    experiment, rows = make_rows(tmp_path, make_results())
    text = write_markdown(experiment, rows, FAILED)
    # a name that looks like a tag would not be seen
    assert text.startswith("# Toy \\<experiment>\n\n| Embeddings |")
    run = f"  - `out/train.log`: {OTHER} \u00b7 hash \u00b7 seed 1"
    assert f"## Failed\n\n- disk full\n{run}\n" in text
    assert (
        re.search(r"System +\| +\\<LOC> \|", text)
        and "v2, Table 1, column freeze." in text
    )
    assert "| <0.001 |" in text
    widths = {len(line) for line in text.splitlines()[2:6]}
    assert len(widths) == 1 and "too narrow" not in text
    experiment, rows = make_rows(tmp_path, make_results()[:3])
    assert "too narrow" in write_markdown(experiment, rows)


def test_report_is_complete_and_alone(tmp_path: Path) -> None:
    html = make_report(tmp_path, make_results(), FAILED)
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert page.links and {"data:,"} | {f"#{i}" for i in page.ids} >= set(page.links)
    assert not {"iframe", "object", "img", "foreignObject"} & set(page.tags)
    # its own, which gets nothing from elsewhere
    assert page.tags.count("script") == 1
    script = html[html.index("<script>") :]
    assert not re.search(r"fetch|import|http|WebSocket|innerHTML|\beval", script)
    assert "//" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert "@import" not in html
    # a chart of the differences, one for each type, one for each system's curves
    assert page.tags.count("svg") == charts(1, 2, 2)
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


def test_narrow_columns_are_markdown_too(tmp_path: Path) -> None:
    experiment, rows = make_rows(tmp_path, make_results()[:2])
    rule = write_markdown(experiment, rows).splitlines()[3]
    assert all(re.fullmatch(" -{2,}[-:] ", x) for x in rule.strip("|").split("|"))


def test_two_blocks_in_one_page(tmp_path: Path) -> None:
    results = make_results()
    results += [{**result, "embeddings": "b | c"} for result in results]
    blocks: Dict[str, Any] = {"hash": {}, "b | c": {}}
    page = Page(make_report(tmp_path, results, embeddings=blocks))
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("svg") == 2 * charts(1, 2, 2)
    experiment, rows = make_rows(tmp_path, results, embeddings=blocks)
    text = write_markdown(experiment, rows)
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


def test_long_names_fit(tmp_path: Path) -> None:
    """matplotlib warns if the names leave no place for a chart."""
    names = {name: f"{'a system ' * 20}{name}" for name in (BASELINE, OTHER)}
    results = [{**x, "system": names[x["system"]]} for x in make_results()]
    systems = make_content(tmp_path)["systems"]
    changes = {
        "systems": {names[name]: system for name, system in systems.items()},
        "baseline": names[BASELINE],
    }
    html = make_report(tmp_path, results, **changes)
    # their ends tell them apart
    assert f"a system a sy\u2026{names[OTHER][-13:]}".replace("&", "&amp;") in html
    assert "a system " * 20 in Page(html).text


@pytest.mark.parametrize("n, is_large", [(2, False), (20, True)])
def test_matrix_of_many_types(tmp_path: Path, n: int, is_large: bool) -> None:
    results = make_results()
    pairs = [{"gold": f"T{i}", "predicted": f"T{i}", "number": 1} for i in range(n)]
    for result in results:
        result["scores"][TARGET]["errors"]["confusion"] = pairs
    html = make_report(tmp_path, results)
    assert "T1" in Page(html).text
    # a large one is as wide as the page, above both lists
    before = html.index('<table class="matrix') < html.index('<div class="names">')
    assert before == is_large


def test_what_goes_wrong(tmp_path: Path) -> None:
    results = make_results_of_two()
    name = results[0]["scores"][TARGET]["errors"]["false"][0]
    name["text"] = "<script>alert(1)</script>"
    name["context"] = [
        {"text": "\u05e2\u05d3\u05d4 <img> ", "role": ""},
        *name["context"],
    ]
    html = make_report(tmp_path, results, **two_targets(tmp_path))
    page = Page(html)
    text = " ".join(page.text.split())
    assert "<script>alert(1)</script>" in text and page.tags.count("img") == 0
    assert page.tags.count("script") == 1
    # in its own direction
    assert '<span class="sentence" dir="auto">\u05e2' in html and "<bdi>" in html
    # a fold for each of two systems on each of two targets; the baseline's is open
    assert page.tags.count("details") == 4 and html.count("<details open>") == 2
    # what was found is marked, and what is annotated is underlined
    assert "Where <mark>&lt;Ada&gt;</mark><u> Byron</u> left." in html
    for title in ("Right", "Wrong type", "Missed", "Spurious", "PER, other borders"):
        assert title in text
    assert "None." not in text
    for result in results:
        result["scores"][TARGET]["errors"]["missed"] = []
    text = Page(make_report(tmp_path, results, **two_targets(tmp_path))).text
    assert text.count("None.") == 2


def test_report_without_curves(tmp_path: Path) -> None:
    results = [{**result, "dev_curve": []} for result in make_results()]
    page = Page(make_report(tmp_path, results))
    assert "Learning curves" not in page.text
    assert page.tags.count("svg") == charts(1, 2)


def test_curve_of_several_evaluations_in_an_epoch(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from spacy_moee.experiments.show.charts import draw_curves

    curve = [[0, 60.0], [0, 61.0], [0, 60.0], [1, 60.0], [1, 62.0], [2, 63.0]]
    results = [make_result(OTHER, 0, dev_curve=curve)]
    _, rows = make_rows(tmp_path, results)
    drawn = draw_curves(rows, BASELINE)
    assert drawn is not None
    [svg] = drawn.narrow
    [path] = re.findall(r'd="([^"]*)"[^>]*stroke: var\(--accent\)', svg)
    xs = [float(x) for x in re.findall(r"[ML] (\S+)", path)]
    steps = [after - before for before, after in pairwise(xs)]
    width = xs[-1] - xs[0]
    assert steps == pytest.approx([width / 6] * 3 + [width / 4] * 2)


def two_targets(folder: Path) -> Dict[str, Any]:
    data = make_content(folder)["data"]
    data["targets"][OTHER_TARGET] = {"path": data["test"], "types": ["PER"]}
    return {"data": data, "embeddings": {"hash": {}}}


def make_results_of_two() -> List[Dict[str, Any]]:
    targets, shares = [TARGET, OTHER_TARGET], {BASELINE: 0.3, OTHER: 0.9}
    found = [
        make_result(s, seed, x, targets) for s, x in shares.items() for seed in (0, 1)
    ]
    # of one target the mean is another
    return [with_scores(result, OTHER_TARGET, f1=10.0) for result in found]


def test_two_targets(tmp_path: Path) -> None:
    experiment, rows = make_rows(
        tmp_path, make_results_of_two(), **two_targets(tmp_path)
    )
    header, cells, _ = main_table(experiment, rows)
    assert header[3:] == [
        *("Mean F1", "Difference", "95 %", "p"),
        *("tech F1", "sport <1> F1", "Source F1"),
    ]
    for line in cells:
        assert line[3] == "29.25 (0.35)" and line[7:9] == [
            "48.50 (0.71)",
            "10.00 (0.00)",
        ]
    found = rows[1].differences
    assert list(found) == ["mean", TARGET, OTHER_TARGET]
    both = [found[TARGET].f1, found[OTHER_TARGET].f1]
    assert found["mean"].f1 == pytest.approx(sum(both) / 2)
    # of two targets that are drawn apart, the mean varies less than either
    reach = {name: x.high - x.low for name, x in found.items()}
    assert reach["mean"] < max(reach.values())
    text = write_markdown(experiment, rows)
    assert "on the mean of the targets" in text
    for name in (TARGET, OTHER_TARGET):
        assert f"## Difference on {name}" in text and f"type, {name}" in text
    results = make_results_of_two()
    page = Page(make_report(tmp_path, results, **two_targets(tmp_path)))
    assert page.tags.count("svg") == charts(3, 2, 2, 2)
    assert len(page.ids) == len(set(page.ids))
    assert f"{BASELINE} reaches 29.25 on the mean of the targets." in page.text


def test_mean_leaves_out_what_has_no_score(tmp_path: Path) -> None:
    results = [without_score(r, OTHER_TARGET) for r in make_results_of_two()]
    changes = two_targets(tmp_path)
    experiment, rows = make_rows(tmp_path, results, **changes)
    line = main_table(experiment, rows).rows[1]
    assert line[3] == line[7] == "48.50 (0.71)" and line[8] == "-"
    assert line[10] == f"{OTHER_TARGET}: not annotated"
    found = rows[1].differences
    assert list(found) == ["mean", TARGET] and found["mean"] == found[TARGET]
    sentence = f"No score: {OTHER_TARGET} (not annotated). The mean leaves it out."
    text = write_markdown(experiment, rows)
    assert sentence in text and f"## Difference on {TARGET}" in text
    assert f"## Difference on {OTHER_TARGET}" not in text
    assert sentence in Page(make_report(tmp_path, results, **changes)).text
    nothing = [without_score(r, TARGET, "no docs") for r in results]
    experiment, rows = make_rows(tmp_path, nothing, **changes)
    assert main_table(experiment, rows).rows[1][3:9] == ["-"] * 6
    sentence = "the mean of the targets has no score (no docs, not annotated)."
    assert sentence in Page(make_report(tmp_path, nothing, **changes)).text
