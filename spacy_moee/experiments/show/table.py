"""Rows -> tables of text, and the file `table.md`."""

import re
from statistics import mean
from typing import List, NamedTuple, Optional, Sequence

from ...insight.metrics_table import markdown_table
from ..plan.data import MARKS, MEAN, SOURCE
from ..plan.experiment import Experiment
from ..run.failure import group_failures
from .footnote import footnotes, note
from .summary import Failed, Row, entity_types, mean_deviation, undefined_types

UNTRIED = (
    "{count} runs were not tried: those that were all failed in the same way, before "
    "their first epoch."
)
UNDEFINED = (
    "{types}: {domain} has no gold entity of that type, so that there is no score."
)
DIFFERENCE = ["Difference", "95 %", "p"]
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
    raw = any(row.raw_text for row in rows)
    first, *rest = experiment.targets
    header = ["Embeddings", "System", *(["Raw text"] if raw else [])]
    aligns = ["l"] * len(header)
    header += ["Seeds", *(["Paper"] if paper else []), column(first), *DIFFERENCE]
    rest += experiment.data.source_columns
    header += map(column, rest)
    aligns += [*"r" * (len(header) - len(aligns)), *(["l"] if noted else [])]
    cells = []
    for row in rows:
        line = [row.embeddings, row.system, *([raw_text_cell(row)] if raw else [])]
        line.append(seeds_cell(experiment, row))
        if paper:
            line.append(f"{row.published.v2:.2f}" if row.published else "-")
        line += [mean_deviation(row.f1(first)), *difference_cells(row, first)]
        line += [mean_deviation(row.f1(name)) for name in rest]
        cells.append([*line, *([shorten(row.notes, longest)] if noted else [])])
    return Table([*header, *(["Note"] if noted else [])], cells, aligns)


def column(domain: str) -> str:
    """Name a column. RETURNS (str): The title, such as "Mean F1"."""
    mark = next((x for x in MARKS.values() if domain.endswith(x)), "")
    name = domain.removesuffix(mark)
    return f"{name.title() if name in (MEAN, SOURCE) else name} F1{mark}"


def shorten(notes: Sequence[str], longest: int = LONGEST) -> str:
    """Write notes into a cell. RETURNS (str): The beginning of a long text."""
    text = "; ".join(notes)
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"


def difference_cells(row: Row, target: str) -> List[str]:
    """Write the difference to the baseline.

    row (Row): The row.
    target (str): The name of a column of a target or a mean.
    RETURNS (List[str]): The difference, its interval, its p-value.
    """
    if target not in row.differences:
        return ["-", "-", "-"]
    f1, low, high, p = row.differences[target]
    shown = "<0.001" if p < 0.001 else f"{p:.3f}"
    return [signed(f1), f"{signed(low)} to {signed(high)}", shown]


def signed(value: float) -> str:
    """Write a difference. RETURNS (str): With its sign, and two decimals."""
    return f"{value:+.2f}".replace("-", "\u2212")


def score(value: Optional[float], pattern: str = "{:.2f}") -> str:
    """Write a number. RETURNS (str): "-" for one that is not known or undefined."""
    return "-" if value is None else pattern.format(value)


def target_table(rows: Sequence[Row], target: str) -> Table:
    """Lay out what is compared on one of several targets.

    rows (Sequence[Row]): The rows.
    target (str): The name of a target.
    RETURNS (Table): A row for each system with each embeddings.
    """
    cells = [
        [r.embeddings, r.system, mean_deviation(r.f1(target))]
        + difference_cells(r, target)
        for r in rows
    ]
    header = ["Embeddings", "System", column(target), *DIFFERENCE]
    return Table(header, cells, ["l", "l", *"rrrr"])


def type_table(rows: Sequence[Row], domain: str) -> Table:
    """Lay out F1 of each entity type.

    rows (Sequence[Row]): The rows.
    domain (str): The name of a target, or "source".
    RETURNS (Table): A row for each system with each embeddings.
    """
    types = entity_types(rows, domain)
    cells = [
        [r.embeddings, r.system]
        + [mean_deviation(r.f1(domain, label)) for label in types]
        for r in rows
    ]
    aligns = ["l", "l", *"r" * len(types)]
    return Table(["Embeddings", "System", *types], cells, aligns)


def explain_types(rows: Sequence[Row], domain: str) -> str:
    """Say why types have no score. RETURNS (str): A sentence; empty if all have one."""
    types = ", ".join(undefined_types(rows, domain))
    return UNDEFINED.format(types=types, domain=domain) if types else ""


def run_table(experiment: Experiment, rows: Sequence[Row]) -> Table:
    """Lay out every run.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows of one embeddings.
    RETURNS (Table): A row for each result.
    """
    domains = [*experiment.targets, *experiment.data.source_columns]
    header = ["System", "Seed", "Dev F1", "Best epoch", *map(column, domains)]
    header += ["Minutes", "Peak MB", "Words/s"]
    cells = []
    for row in rows:
        for result in row.results:
            one = row._replace(results=[result])
            speeds = [x["words_per_second"] for x in result["scores"].values()]
            cells.append(
                [
                    row.system,
                    f"{result['seed']}{', other code' * result['is_old']}",
                    score(result["dev_f1"]),
                    f"{result['best_epoch']} of {result['epochs']}",
                    *(mean_deviation(one.f1(domain)) for domain in domains),
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
    parts = [f"# {experiment.title}\n", markdown_table(*main_table(experiment, rows))]
    notes = [note(experiment, rows), *footnotes(experiment, rows)]
    parts += [f"{text}\n" for text in notes]
    for target in experiment.targets[1:]:
        if any(target in row.differences for row in rows):
            parts.append(f"## Difference on {target}\n")
            parts.append(markdown_table(*target_table(rows, target)))
    for domain in [*experiment.data.targets, SOURCE]:
        if entity_types(rows, domain):
            parts.append(f"## F1 by type, {domain}\n")
            parts.append(markdown_table(*type_table(rows, domain)))
        if reason := explain_types(rows, domain):
            parts.append(f"{reason}\n")
    if failed:
        parts.append("## Failed\n")
        for reason, runs in group_failures(failed).items():
            # a name may begin like an item of a list
            lines = [f"- {reason}"]
            lines += [f"  - `{log}`: {name}" for name, log in runs]
            parts.append("\n".join(lines) + "\n")
    if untried:
        parts.append(UNTRIED.format(count=untried) + "\n")
    # what Markdown would take for a tag, as in "<class 'int'>"
    return re.sub(r"<(?=[A-Za-z/!?])", r"\\<", "\n".join(parts))


def seeds_cell(experiment: Experiment, row: Row) -> str:
    """Write how many seeds are finished. RETURNS (str): Such as "2 of 3"."""
    finished = len(row.results)
    planned = len(experiment.embeddings[row.embeddings].seeds)
    return str(planned) if finished == planned else f"{finished} of {planned}"


def raw_text_cell(row: Row) -> str:
    """Write which raw text is read. RETURNS (str): "none" for a zero-resource system,
    "-" if it is not known."""
    return "-" if row.raw_text is None else row.raw_text or "none"
