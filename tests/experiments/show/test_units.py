"""Columns of docs and of sentences, beside each other, and their means."""

from pathlib import Path
from typing import Any, Dict, List

import pytest

from spacy_moee.experiments.show.footnote import footnotes
from spacy_moee.experiments.show.table import main_table, run_table, write_markdown
from tests.experiments.show.test_report import Page, make_report, make_rows
from tests.experiments.util import (
    BASELINE,
    OTHER,
    OTHER_TARGET,
    TARGET,
    make_content,
    make_result,
    with_scores,
    without_score,
)

BY_SENTENCE = f"{TARGET} (sentences)"
COLUMNS = [TARGET, BY_SENTENCE, OTHER_TARGET, "source (sentences)"]


def changes(folder: Path) -> Dict[str, Any]:
    data = make_content(folder)["data"]
    target = {**data["targets"][TARGET], "gold_types": True}
    data["targets"] = {TARGET: target, OTHER_TARGET: {**target, "units": "sentences"}}
    data["units"] = ["docs", "sentences"]
    data["means"] = {"both": [TARGET, OTHER_TARGET]}
    return {"data": data}


def make_results() -> List[Dict[str, Any]]:
    shares = {BASELINE: 0.3, OTHER: 0.9}
    found = [
        make_result(s, seed, x, COLUMNS) for s, x in shares.items() for seed in (0, 1)
    ]
    # the two columns of a target have scores of their own
    found = [with_scores(result, BY_SENTENCE, f1=60.0) for result in found]
    return [with_scores(result, "source (sentences)", f1=90.0) for result in found]


def test_columns_side_by_side(tmp_path: Path) -> None:
    experiment, rows = make_rows(tmp_path, make_results(), **changes(tmp_path))
    header, cells, aligns = main_table(experiment, rows)
    assert header[header.index("both F1") :] == [
        *("both F1", "Difference", "95 %", "p", "both F1 (sentences)", "tech F1"),
        *("tech F1 (sentences)", f"{OTHER_TARGET} F1", "Source F1"),
        "Source F1 (sentences)",
    ]
    assert len(aligns) == len(header) == len(cells[0])
    # 48 and 49 with the seeds; by sentences one of the two parts is 60
    assert cells[0][-10] == "48.50 (0.71)" and cells[0][-6] == "54.25 (0.35)"
    assert cells[0][-2:] == ["48.50 (0.71)", "90.00 (0.00)"]
    found = rows[1].differences
    assert list(found) == ["both", "both (sentences)", *COLUMNS[:3]]
    parts = [found[TARGET].f1, found[OTHER_TARGET].f1]
    assert found["both"].f1 == pytest.approx(sum(parts) / 2)
    [first, _] = footnotes(experiment, rows)
    assert first == (
        "Read as whole docs without sentence starts, as `nlp(article)` reads: source, "
        f"{TARGET}. Read by sentences, each by itself: source (sentences), "
        f"{BY_SENTENCE}, {OTHER_TARGET}. Only the types of their own annotation are "
        f"scored on {TARGET}, {BY_SENTENCE}, {OTHER_TARGET}. both is the mean of "
        f"{TARGET}, {OTHER_TARGET}. both (sentences) is the mean of {BY_SENTENCE}, "
        f"{OTHER_TARGET}."
    )
    text = write_markdown(experiment, rows)
    assert first in text and f"## Difference on {BY_SENTENCE}" in text
    titles, lines, _ = run_table(experiment, rows[:1])
    assert lines[0][titles.index("Source F1 (sentences)")] == "90.00"
    page = Page(make_report(tmp_path, make_results(), **changes(tmp_path)))
    assert "Source F1 (sentences)" in page.text and "both F1 (sentences)" in page.text


def test_a_mean_leaves_out_what_has_no_score(tmp_path: Path) -> None:
    results = [without_score(r, BY_SENTENCE) for r in make_results()]
    experiment, rows = make_rows(tmp_path, results, **changes(tmp_path))
    line = main_table(experiment, rows).rows[0]
    assert "both (sentences)" in rows[1].differences
    assert BY_SENTENCE not in rows[1].differences
    header = main_table(experiment, rows).header
    assert line[header.index("both F1 (sentences)")] == "48.50 (0.71)"
    assert line[header.index("tech F1 (sentences)")] == "-"
