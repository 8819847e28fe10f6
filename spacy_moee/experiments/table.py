"""Rows -> tables of text, and the file `table.md`."""

from statistics import mean
from typing import Dict, List, NamedTuple, Sequence

from ..insight.report import markdown_table
from .experiment import Experiment
from .runner import Failure
from .summary import Row, entity_types, mean_deviation

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


class Table(NamedTuple):
    """A table of text.

    header (List[str]): The titles of the columns; the first two columns are text.
    rows (List[List[str]]): The cells.
    """

    header: List[str]
    rows: List[List[str]]


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
    named = [(n, e.published) for n, e in experiment.embeddings.items() if e.published]
    if len(experiment.embeddings) == 1:
        columns = [column for _, column in named]
    else:
        columns = [f"{column} ({name})" for name, column in named]
    return text + (PAPER.format(columns=", ".join(columns)) if columns else "")


def main_table(experiment: Experiment, rows: Sequence[Row]) -> Table:
    """Lay out the main table.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows.
    RETURNS (Table): A row for each system with each embeddings.
    """
    paper = _has_published(rows)
    header = ["Embeddings", "System", "Seeds", *(["Paper"] if paper else [])]
    header += ["Target F1", "Difference", "95 %", "p", "Source F1"]
    cells = []
    for row in rows:
        line = [row.embeddings, row.system, seeds_cell(experiment, row)]
        if paper:
            line.append(f"{row.published.v2:.2f}" if row.published else "-")
        line.append(mean_deviation(row.values("target", "f1")))
        line += difference_cells(row)
        line.append(mean_deviation(row.values("source", "f1")))
        cells.append(line)
    return Table(header, cells)


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
    return Table(["Embeddings", "System", *types], cells)


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
                    f"{result['dev_f1']:.2f}",
                    f"{result['best_epoch']} of {result['epochs']}",
                    f"{result['target']['f1']:.2f}",
                    f"{result['source']['f1']:.2f}",
                    f"{result['minutes']:.1f}",
                    f"{result['peak_mb']:.0f}",
                    f"{mean(speeds):,.0f}",
                ]
            )
    return Table(header, cells)


def write_markdown(
    experiment: Experiment, rows: Sequence[Row], failed: Dict[str, Failure]
) -> str:
    """Write `table.md`.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows.
    failed (Dict[str, Failure]): Why runs failed, by their titles.
    RETURNS (str): Markdown.
    """
    parts = [f"# {experiment.title}\n", markdown_table(*main_table(experiment, rows))]
    parts.append(note(experiment, rows) + "\n")
    for domain in ("target", "source"):
        parts.append(f"## F1 by type, {domain}\n")
        parts.append(markdown_table(*type_table(rows, domain)))
    if failed:
        parts.append("## Failed\n")
        lines = [f"- {k}: `{f.log}` {f.error}".rstrip() for k, f in failed.items()]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def seeds_cell(experiment: Experiment, row: Row) -> str:
    """Write how many seeds are finished. RETURNS (str): Such as "2 of 3"."""
    done, planned = len(row.results), len(experiment.embeddings[row.embeddings].seeds)
    return str(done) if done == planned else f"{done} of {planned}"


def _has_published(rows: Sequence[Row]) -> bool:
    return any(row.published for row in rows)
