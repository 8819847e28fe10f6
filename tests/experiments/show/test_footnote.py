"""What stands below the table, and which rows read raw text."""

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from spacy_moee.experiments.plan.grid import Run
from spacy_moee.experiments.plan.published import JIA
from spacy_moee.experiments.run.failure import Failure
from spacy_moee.experiments.show.footnote import footnotes
from spacy_moee.experiments.show.table import main_table, write_markdown
from tests.experiments.show.test_report import Page, make_report, make_rows
from tests.experiments.util import (
    BASELINE,
    OTHER,
    TARGET,
    make_result,
    with_scores,
    without_score,
)

MARK = "Raw text:"


def make_results(raw_text: str = "", **changes: Any) -> List[Dict[str, Any]]:
    raw = {BASELINE: "", OTHER: raw_text}
    return [
        make_result(system, seed, raw_text=text, **changes)
        for system, text in raw.items()
        for seed in (0, 1)
    ]


def failed(system: str, raw_text: str) -> Any:
    run = Run(system, "hash", 0, "", {}, {}, {}, "0123456789ab", "ba", raw_text)
    return run, Failure(Path("out/train.log"), "disk full")


@pytest.mark.parametrize("raw_text", ["source, target", "source, target, test"])
def test_rows_that_read_raw_text(tmp_path: Path, raw_text: str) -> None:
    results = make_results(raw_text)
    experiment, rows = make_rows(tmp_path, results)
    header, cells, aligns = main_table(experiment, rows)
    assert header[:4] == ["Embeddings", "System", "Raw text", "Seeds"]
    assert [line[2] for line in cells] == ["none", raw_text]
    assert aligns == ["l", "l", "l", *"r" * (len(header) - 3)]
    [text, paper] = footnotes(experiment, rows)
    assert text.startswith(MARK) and '"none" is zero-resource' in text
    assert ("(transductive)" in text) == ("test" in raw_text)
    markdown = write_markdown(experiment, rows)
    assert f"| {raw_text} |" in markdown and f"\n\n{text}\n\n{paper}\n" in markdown
    page = Page(make_report(tmp_path, results))
    assert "Raw text" in page.text and raw_text in page.text and MARK in page.text


def test_a_table_without_raw_text_is_as_before(tmp_path: Path) -> None:
    results = make_results()
    experiment, rows = make_rows(tmp_path, results)
    assert "Raw text" not in main_table(experiment, rows).header
    assert MARK not in " ".join(footnotes(experiment, rows))
    assert "Raw text" not in Page(make_report(tmp_path, results)).text


@pytest.mark.parametrize(
    "tried, expected", [([failed(OTHER, "target")], "target"), ([], "-")]
)
def test_rows_without_a_result(tmp_path: Path, tried: Any, expected: str) -> None:
    """A failed run says what it would have read."""
    results = [make_result(BASELINE, 0, raw_text="source")]
    experiment, rows = make_rows(tmp_path, results, tried)
    cells = main_table(experiment, rows).rows
    assert [line[2] for line in cells] == ["source", expected]


def with_lenient(
    result: Dict[str, Any], f1: Optional[float], gold: int
) -> Dict[str, Any]:
    scores = {"precision": f1, "recall": f1, "f1": f1, "counts": [0, 0, gold]}
    return with_scores(result, TARGET, ncrfpp=scores)


def test_both_counts(tmp_path: Path) -> None:
    results = [
        with_lenient(result, 70.0 + 0.5 * result["seed"], 2820)
        for result in make_results()[:3]
    ]
    counts = [1, 2, 2824]
    results = [with_scores(result, TARGET, counts=counts) for result in results]
    experiment, rows = make_rows(tmp_path, results)
    expected = (
        "Counted as Jia et al. 2019 do, by the more lenient rule of NCRF++, F1 on "
        f"tech is 70.25 (0.35) for {BASELINE}, 70.00 for {OTHER}. The gold has 2,820 "
        "entities by that rule, and 2,824 by conlleval's, which is that of the table."
    )
    assert expected in " ".join(footnotes(experiment, rows))
    assert expected in Page(make_report(tmp_path, results)).text
    two: Dict[str, Any] = {"hash": {}, "other": {}}
    other = with_lenient(make_result(OTHER, 0, embeddings="other"), 71.0, 9)
    experiment, rows = make_rows(tmp_path, [*results, other], embeddings=two)
    expected = (
        f"is with hash: 70.25 (0.35) for {BASELINE}, 70.00 for {OTHER}; with other: "
        f"71.00 for {OTHER}."
    )
    assert expected in " ".join(footnotes(experiment, rows))


def test_nothing_is_counted_twice_without_a_score(tmp_path: Path) -> None:
    plain, scored = make_result(BASELINE, 0), with_lenient(make_result(OTHER, 0), 0, 9)
    for results in ([plain], [without_score(scored, TARGET)]):
        experiment, rows = make_rows(tmp_path, results)
        assert "NCRF++" not in " ".join(footnotes(experiment, rows))


def test_figure_of_jia(tmp_path: Path) -> None:
    results = make_results("source, target")
    for result in results[2:]:
        result["system"] = JIA
    experiment, rows = make_rows(tmp_path, results)
    assert JIA not in " ".join(footnotes(experiment, rows))
    systems = {x: {"config": "gone.cfg"} for x in (BASELINE, JIA)}
    experiment, rows = make_rows(tmp_path, results, systems=systems)
    [_, line] = main_table(experiment, rows).rows
    assert line[:5] == ["hash", JIA, "source, target", "2", "73.59"]
    text = " ".join(footnotes(experiment, rows))
    assert f"column freeze. That of {JIA} is the only one there" in text
