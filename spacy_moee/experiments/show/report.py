"""Rows -> `report.html`: one file that needs no other, and no network. Its script only
sorts tables, and opens what is closed when the page is printed."""

import platform
from datetime import datetime
from pathlib import Path
from statistics import mean
from typing import Any, Dict, List, Sequence

from jinja2 import Environment

from ...evaluation.bootstrap import REPLICATES
from ..plan.data import MEAN
from ..plan.experiment import Experiment
from ..run.failure import group_failures
from .charts import draw_curves, draw_differences, draw_types
from .error_tables import TITLES, show_errors
from .footnote import footnotes, note
from .notes import why_no_score
from .summary import Failed, Row, deviation
from .table import (
    UNTRIED,
    column,
    difference_cells,
    explain_types,
    raw_text_cell,
    run_table,
    seeds_cell,
    signed,
)

TEMPLATE = Path(__file__).with_name("report.html")


def write_report(
    experiment: Experiment,
    rows: Sequence[Row],
    command: str,
    failed: Failed = (),
    untried: int = 0,
) -> str:
    """Write the report.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows.
    command (str): The command that made it.
    failed (Failed): The runs that failed, and why.
    untried (int): How many runs were not tried, since all fail alike.
    RETURNS (str): HTML.
    """
    blocks = [
        _block(experiment, name, [row for row in rows if row.embeddings == name])
        for name in experiment.embeddings
    ]
    template = Environment(autoescape=True, trim_blocks=True).from_string(
        TEMPLATE.read_text(encoding="utf8")
    )
    return template.render(
        title=experiment.title,
        baseline=experiment.baseline,
        lead=_lead(experiment, rows),
        note=note(experiment, rows),
        footnotes=footnotes(experiment, rows),
        n_failed=len(failed),
        failed=group_failures(failed),
        untried=UNTRIED.format(count=untried) if untried else "",
        undefined=" ".join(explain_types(rows, x) for x in experiment.data.targets),
        blocks=blocks,
        columns=list(map(column, experiment.targets)),
        sources=list(map(column, experiment.data.source_columns)),
        has_differences=any(block["differences"] for block in blocks),
        has_types=any(block["types"] for block in blocks),
        unfinished=_unfinished(rows),
        has_errors=any(block["errors"] for block in blocks),
        kinds=TITLES,
        has_curves=any(block["curves"] for block in blocks),
        command=command,
        facts=_facts(rows),
        file=experiment.path,
        experiment=experiment.text,
    )


def _block(experiment: Experiment, name: str, rows: List[Row]) -> Dict[str, Any]:
    """What the report shows of one embeddings."""
    finished = [row for row in rows if row.results]
    shown = finished, experiment.baseline
    titles = {x: _say(x) for x in experiment.targets}
    targets = experiment.data.targets
    types = {x: draw_types(*shown, x) for x in targets}
    errors = {x: show_errors(*shown, x) for x in targets}
    return {
        "name": name,
        "paper": any(row.published for row in rows),
        "raw": any(row.raw_text for row in rows),
        "noted": any(row.notes for row in rows),
        "rows": [_cells(experiment, row) for row in rows],
        "differences": draw_differences(*shown, titles),
        "types": {x: charts for x, charts in types.items() if charts},
        "errors": {x: found for x, found in errors.items() if found},
        "curves": draw_curves(*shown),
        "runs": run_table(experiment, rows),
    }


def _cells(experiment: Experiment, row: Row) -> Dict[str, Any]:
    cells: Dict[str, Any] = {
        "system": row.system,
        "is_baseline": row.system == experiment.baseline,
        "paper": f"{row.published.v2:.2f}" if row.published else "-",
        "seeds": seeds_cell(experiment, row),
        "raw_text": raw_text_cell(row),
        "notes": row.notes,
    }
    if row.published and row.published.v1 != row.published.v2:
        cells["paper_v1"] = f"{row.published.v1:.2f}"
    cells["targets"] = [_scores(row, target) for target in experiment.targets]
    cells["sources"] = [_scores(row, x) for x in experiment.data.source_columns]
    return cells


def _scores(row: Row, domain: str) -> Dict[str, str]:
    values = row.f1(domain)
    spread = deviation(values)
    difference, interval, p = difference_cells(row, domain)
    return {
        "f1": f"{mean(values):.2f}" if values else "-",
        "sd": "" if spread is None else f"{spread:.2f}",
        "difference": difference,
        "interval": interval if domain in row.differences else "",
        "p": p,
    }


def _say(target: str) -> str:
    return "the mean of the targets" if target == MEAN else target


def _lead(experiment: Experiment, rows: Sequence[Row]) -> str:
    """The main result of each embeddings. No system is called the best one: which
    mean is the highest is often chance."""
    sentences = []
    for name in experiment.embeddings:
        of_name = [row for row in rows if row.embeddings == name]
        sentences.append(f"{name}: {_result(experiment, of_name)}")
    return " ".join(sentences)


def _result(experiment: Experiment, rows: Sequence[Row]) -> str:
    results = [result for row in rows for result in row.results]
    if not results:
        return "no run is finished."
    target = experiment.targets[0]
    means = {r.system: mean(r.f1(target)) for r in rows if r.f1(target)}
    if not means:
        whys = {why_no_score(results, x) for x in experiment.data.targets}
        return f"{_say(target)} has no score ({', '.join(sorted(whys))})."
    if experiment.baseline not in means:
        return f"{experiment.baseline} has no result yet."
    reached = f"{experiment.baseline} reaches {means[experiment.baseline]:.2f}"
    text = f"{reached} on {_say(target)}."
    found = [(r.system, r.differences.get(target)) for r in rows]
    compared = [(system, difference) for system, difference in found if difference]
    above = [f"{name} ({signed(d.f1)})" for name, d in compared if d.low > 0]
    below = [f"{name} ({signed(d.f1)})" for name, d in compared if d.high < 0]
    if not compared:
        return text
    if not above + below:
        return f"{text} No other system is above or below it by more than chance."
    text += f" Above it by more than chance: {', '.join(above) or 'none'};"
    return f"{text} below it: {', '.join(below) or 'none'}."


def _unfinished(rows: Sequence[Row]) -> str:
    """Say of how many runs more epochs might change the score."""
    results = [result for row in rows for result in row.results]
    count = sum(result["best_epoch"] == result["epochs"] for result in results)
    if not count:
        return ""
    return (
        f"In {count} of {len(results)} runs the last epoch was the best: more epochs "
        "might raise their scores."
    )


def _facts(rows: Sequence[Row]) -> Dict[str, str]:
    """What it was made with."""
    results = [result for row in rows for result in row.results]
    versions = {f"{k} {v}" for r in results for k, v in r["versions"].items()}
    pythons = {r["python"] for r in results}
    data = {f"{name} {key}" for r in results for name, key in r["data"].items()}
    codes = {r["code"] for r in results}
    return {
        "Date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "Versions": ", ".join(sorted(versions)),
        "Python": f"{', '.join(sorted(pythons))} on {platform.platform()}",
        "Code of the package": ", ".join(sorted(codes)),
        "Device": ", ".join(sorted({r["device"] for r in results})),
        "Data (SHA-256)": ", ".join(sorted(data)),
        "Bootstrap": f"{REPLICATES:,} replicates; the same articles or sentences for "
        "both systems, seeds of each; intervals of Student's t",
        "Training": f"{sum(r['minutes'] for r in results):.0f} minutes in all",
    }
