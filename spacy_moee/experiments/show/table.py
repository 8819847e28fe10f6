"""Rows -> tables of text, and the file `table.md`."""

import re
from statistics import mean
from typing import List, NamedTuple, Optional, Sequence

from ...insight.metrics_table import markdown_table
from ..plan.experiment import MEAN, SOURCE, Experiment
from ..run.failure import group_failures
from .notes import why_no_score
from .summary import Failed, Row, entity_types, mean_deviation, undefined_types

NOTE = (
    "Entity F1 in percent, exact matches; mean and, in brackets, sample deviation of "
    "the seeds. The best epoch is the one on the source's development set; the targets "
    "decide nothing. Difference to {baseline} on {target}, its 95 % interval and "
    "p-value: a paired bootstrap over {sentences} and the seeds, without an adjustment "
    "for the number of systems."
)
LEFT_OUT = " No score: {reasons}. The mean leaves {them} out."
ONE_SEED = (
    " Some systems have one finished seed: their intervals are too narrow and their "
    "p-values too small, since they leave out how seeds differ."
)
MIXED = (
    " The runs were made by {count} states of this package's code; what changed "
    "between them may show in the figures."
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


def note(experiment: Experiment, rows: Sequence[Row]) -> str:
    """Say what the main table shows.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows.
    RETURNS (str): Some sentences.
    """
    several = len(experiment.data.targets) > 1
    text = NOTE.format(
        baseline=experiment.baseline,
        target="the mean of the targets" if several else experiment.targets[0],
        sentences="the sentences of each target" if several else "its sentences",
    )
    results = [result for row in rows for result in row.results]
    whys = {name: why_no_score(results, name) for name in experiment.data.targets}
    reasons = [f"{name} ({why})" for name, why in whys.items() if why]
    if several and reasons:
        them = "it" if len(reasons) == 1 else "them"
        text += LEFT_OUT.format(reasons=", ".join(reasons), them=them)
    compared = any(row.differences for row in rows)
    if compared and any(len(row.results) == 1 for row in rows):
        text += ONE_SEED
    codes = {result["code"] for result in results}
    if len(codes) > 1:
        text += MIXED.format(count=len(codes))
    finished = {(row.embeddings, row.system) for row in rows if row.results}
    compared_with = {name for name, system in finished if system == experiment.baseline}
    lonely = {name for name, _ in finished} - compared_with
    if lonely:
        names = ", ".join(name for name in experiment.embeddings if name in lonely)
        text += NO_BASELINE.format(names=names, baseline=experiment.baseline)
    blocks = experiment.embeddings
    columns = [
        f"{block.published} ({name})" if len(blocks) > 1 else block.published
        for name, block in blocks.items()
        if block.published
    ]
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
    first, *rest = experiment.targets
    header = ["Embeddings", "System", "Seeds", *(["Paper"] if paper else [])]
    header += [column(first), *DIFFERENCE, *map(column, [*rest, SOURCE])]
    aligns = ["l", "l", *"r" * (len(header) - 2), *(["l"] if noted else [])]
    cells = []
    for row in rows:
        line = [row.embeddings, row.system, seeds_cell(experiment, row)]
        if paper:
            line.append(f"{row.published.v2:.2f}" if row.published else "-")
        line += [mean_deviation(row.f1(first)), *difference_cells(row, first)]
        line += [mean_deviation(row.f1(name)) for name in [*rest, SOURCE]]
        cells.append([*line, *([shorten(row.notes, longest)] if noted else [])])
    return Table([*header, *(["Note"] if noted else [])], cells, aligns)


def column(domain: str) -> str:
    """Name a column. RETURNS (str): The title, such as "Mean F1"."""
    return f"{domain.title() if domain in (MEAN, SOURCE) else domain} F1"


def shorten(notes: Sequence[str], longest: int = LONGEST) -> str:
    """Write notes into a cell. RETURNS (str): The beginning of a long text."""
    text = "; ".join(notes)
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"


def difference_cells(row: Row, target: str) -> List[str]:
    """Write the difference to the baseline.

    row (Row): The row.
    target (str): The name of a target, or "mean".
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
    domains = [*experiment.targets, SOURCE]
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
    parts.append(note(experiment, rows) + "\n")
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
