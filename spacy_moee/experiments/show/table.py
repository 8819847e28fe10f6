"""Rows -> tables of text, and the file `table.md`."""

import re
from statistics import mean
from typing import List, NamedTuple, Optional, Sequence

from ...insight.metrics_table import markdown_table
from ..plan.experiment import Experiment
from ..run.failure import group_failures
from .notes import DOMAINS
from .summary import Failed, Row, entity_types, mean_deviation, undefined_types

NOTE = (
    "Entity F1 in percent, exact matches; mean and, in brackets, sample deviation of "
    "the seeds. The best epoch is the one on the source's development set; the target "
    "decides nothing. Difference to {baseline} on the target, its 95 % interval and "
    "p-value: a paired bootstrap over the target's sentences and the seeds, without an "
    "adjustment for the number of systems."
)
ONE_SEED = (
    " Some systems have one finished seed: their intervals are too narrow and their "
    "p-values too small, since they leave out how seeds differ."
)
MIXED = (
    " The runs were made by {count} states of this package's code of one version; what "
    "changed between them may show in the figures."
)
PAPER = " Paper: arXiv 2002.05923 v2, Table 1, column {columns}."
NO_BASELINE = (
    " No difference is shown with {names}: {baseline} has no finished run there."
)
UNTRIED = (
    "{count} runs were not tried: those that were all failed in the same way, before "
    "their first epoch."
)
UNDEFINED = (
    "{types}: the {domain} has no gold entity of that type, so that there is no score."
)
# letters of a note in a cell of a table
LONGEST = 100


class Table(NamedTuple):
    """A table of text.

    header (List[str]): The titles of the columns.
    rows (List[List[str]]): The cells.
    aligns (List[str]): Of each column, "l" or "r".
    """

    header: List[str]
    rows: List[List[str]]
    aligns: List[str]


def note(experiment: Experiment, rows: Sequence[Row]) -> str:
    """Say what the main table shows.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows.
    RETURNS (str): Some sentences.
    """
    text = NOTE.format(baseline=experiment.baseline)
    compared = any(row.difference for row in rows)
    if compared and any(len(row.results) == 1 for row in rows):
        text += ONE_SEED
    codes = {result["code"] for row in rows for result in row.results}
    if len(codes) > 1:
        text += MIXED.format(count=len(codes))
    lonely = {row.embeddings for row in rows if row.results} - {
        row.embeddings
        for row in rows
        if row.results and row.system == experiment.baseline
    }
    if lonely:
        names = ", ".join(name for name in experiment.embeddings if name in lonely)
        text += NO_BASELINE.format(names=names, baseline=experiment.baseline)
    named = [(n, e.published) for n, e in experiment.embeddings.items() if e.published]
    if len(experiment.embeddings) == 1:
        columns = [column for _, column in named]
    else:
        columns = [f"{column} ({name})" for name, column in named]
    return text + (PAPER.format(columns=", ".join(columns)) if columns else "")


def main_table(
    experiment: Experiment, rows: Sequence[Row], longest: int = LONGEST
) -> Table:
    """Lay out the main table.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows.
    longest (int): The most letters of a note.
    RETURNS (Table): A row for each system with each embeddings.
    """
    paper = any(row.published for row in rows)
    noted = any(row.notes for row in rows)
    header = ["Embeddings", "System", "Seeds", *(["Paper"] if paper else [])]
    header += ["Target F1", "Difference", "95 %", "p", "Source F1"]
    aligns = ["l", "l", *"r" * (len(header) - 2), *(["l"] if noted else [])]
    cells = []
    for row in rows:
        line = [row.embeddings, row.system, seeds_cell(experiment, row)]
        if paper:
            line.append(f"{row.published.v2:.2f}" if row.published else "-")
        line.append(mean_deviation(row.values("target", "f1")))
        line += difference_cells(row)
        line.append(mean_deviation(row.values("source", "f1")))
        cells.append([*line, *([shorten(row.notes, longest)] if noted else [])])
    return Table([*header, *(["Note"] if noted else [])], cells, aligns)


def shorten(notes: Sequence[str], longest: int = LONGEST) -> str:
    """Write notes into a cell. RETURNS (str): The beginning of a long text."""
    text = "; ".join(notes)
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"


def difference_cells(row: Row) -> List[str]:
    """Write the difference to the baseline.

    row (Row): The row.
    RETURNS (List[str]): The difference, its interval, its p-value.
    """
    if row.difference is None:
        return ["-", "-", "-"]
    f1, low, high, p = row.difference
    shown = "<0.001" if p < 0.001 else f"{p:.3f}"
    return [signed(f1), f"{signed(low)} to {signed(high)}", shown]


def signed(value: float) -> str:
    """Write a difference. RETURNS (str): With its sign, and two decimals."""
    return f"{value:+.2f}".replace("-", "\u2212")


def score(value: Optional[float], pattern: str = "{:.2f}") -> str:
    """Write a number. RETURNS (str): "-" for one that is not known or undefined."""
    return "-" if value is None else pattern.format(value)


def type_table(rows: Sequence[Row], domain: str) -> Table:
    """Lay out F1 of each entity type.

    rows (Sequence[Row]): The rows.
    domain (str): "source" or "target".
    RETURNS (Table): A row for each system with each embeddings.
    """
    types = entity_types(rows, domain)
    cells = [
        [r.embeddings, r.system]
        + [mean_deviation(r.values(domain, "per_type", t, "f1")) for t in types]
        for r in rows
    ]
    aligns = ["l", "l", *"r" * len(types)]
    return Table(["Embeddings", "System", *types], cells, aligns)


def explain_types(rows: Sequence[Row], domain: str) -> str:
    """Say why types have no score. RETURNS (str): A sentence; empty if all have one."""
    types = ", ".join(undefined_types(rows, domain))
    return UNDEFINED.format(types=types, domain=domain) if types else ""


def run_table(rows: Sequence[Row]) -> Table:
    """Lay out every run.

    rows (Sequence[Row]): The rows of one embeddings.
    RETURNS (Table): A row for each result.
    """
    header = ["System", "Seed", "Dev F1", "Best epoch", "Target F1", "Source F1"]
    header += ["Minutes", "Peak MB", "Words/s"]
    cells = []
    for row in rows:
        for result in row.results:
            speeds = [result[x]["words_per_second"] for x in ("source", "target")]
            cells.append(
                [
                    row.system,
                    str(result["seed"]),
                    score(result["dev_f1"]),
                    f"{result['best_epoch']} of {result['epochs']}",
                    score(result["target"]["f1"]),
                    score(result["source"]["f1"]),
                    f"{result['minutes']:.1f}",
                    score(result["peak_mb"], "{:.0f}"),
                    f"{mean(speeds):,.0f}",
                ]
            )
    return Table(header, cells, ["l", *"r" * (len(header) - 1)])


def write_markdown(
    experiment: Experiment, rows: Sequence[Row], failed: Failed = (), untried: int = 0
) -> str:
    """Write `table.md`.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows.
    failed (Failed): The runs that failed, and why.
    untried (int): How many runs were not tried, since all fail alike.
    RETURNS (str): Markdown.
    """
    table = main_table(experiment, rows)
    cells = [list(map(_escape, row)) for row in table.rows]
    parts = [f"# {experiment.title}\n"]
    parts.append(markdown_table(table.header, cells, table.aligns))
    parts.append(note(experiment, rows) + "\n")
    for domain in DOMAINS:
        if entity_types(rows, domain):
            parts.append(f"## F1 by type, {domain}\n")
            parts.append(markdown_table(*type_table(rows, domain)))
        if reason := explain_types(rows, domain):
            parts.append(f"{reason}\n")
    if failed:
        parts.append("## Failed\n")
        for reason, runs in group_failures(failed).items():
            # a name may begin like an item of a list
            lines = [f"- {_escape(reason)}"]
            lines += [f"  - `{log}`: {name}" for name, log in runs]
            parts.append("\n".join(lines) + "\n")
    if untried:
        parts.append(UNTRIED.format(count=untried) + "\n")
    return "\n".join(parts)


def _escape(text: str) -> str:
    """What Markdown would take for a tag, as in "<class 'int'>"."""
    return re.sub(r"<(?=[A-Za-z/!?])", r"\\<", text)


def seeds_cell(experiment: Experiment, row: Row) -> str:
    """Write how many seeds are finished. RETURNS (str): Such as "2 of 3"."""
    done, planned = len(row.results), len(experiment.embeddings[row.embeddings].seeds)
    return str(done) if done == planned else f"{done} of {planned}"
