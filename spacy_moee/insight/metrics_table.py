"""Evaluations -> one table."""

from typing import List, Sequence

from .metrics import Evaluation, Scores

HEADER = ["Corpus", "Entities", "P", "R", "F1"]
ALIGNS = ("l", "l", "r", "r", "r")
UNDEFINED = (
    "A dash is a score that is undefined: the corpus has no annotated entity, and none "
    "was predicted where it is annotated."
)


def score_rows(evaluations: Sequence[Evaluation]) -> List[List[str]]:
    """Lay the scores out: for each corpus all entities, then each type.

    evaluations (Sequence[Evaluation]): The evaluations.
    RETURNS (List[List[str]]): Rows under `HEADER`, in percent.
    """
    rows = []
    for evaluation in evaluations:
        rows.append([plain(evaluation.name), "all", *_cells(evaluation.total)])
        for label, scores in evaluation.per_type.items():
            rows.append(["", plain(label), *_cells(scores)])
    return rows


def explain_dashes(evaluations: Sequence[Evaluation]) -> str:
    """Say what a dash in the table means.

    evaluations (Sequence[Evaluation]): The evaluations.
    RETURNS (str): A sentence; empty if every score is defined.
    """
    scores = [s for e in evaluations for s in (e.total, *e.per_type.values())]
    return UNDEFINED if any(None in values for values in scores) else ""


def plain(text: str) -> str:
    """Make a text one line that can be printed and saved.

    text (str): Any text, such as the name of an entity type.
    RETURNS (str): The same without line breaks, control characters and halves of
        surrogate pairs.
    """
    words = "".join(c if c.isprintable() else " " for c in text).split()
    return " ".join(words)


def _cells(scores: Scores) -> List[str]:
    return ["-" if value is None else f"{value:.2f}" for value in scores]


def markdown_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], aligns: Sequence[str]
) -> str:
    """Write a table in Markdown.

    header (Sequence[str]): The columns' names.
    rows (Sequence[Sequence[str]]): The cells.
    aligns (Sequence[str]): Of each column, "l" or "r": text is on the left.
    RETURNS (str): The table, with a final line break.
    """
    header, *rows = [[cell.replace("|", "\\|") for cell in r] for r in [header, *rows]]
    # a rule has three signs or more
    widths = [
        max(3, *(len(row[i]) for row in [header, *rows])) for i in range(len(header))
    ]
    rule = [
        "-" * width if align == "l" else "-" * (width - 1) + ":"
        for align, width in zip(aligns, widths, strict=True)
    ]
    lines = [_line(row, widths, aligns) for row in [header, rule, *rows]]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int], aligns: Sequence[str]) -> str:
    padded = [
        cell.ljust(width) if align == "l" else cell.rjust(width)
        for cell, width, align in zip(cells, widths, aligns, strict=True)
    ]
    return f"| {' | '.join(padded)} |"
