"""Evaluation files -> one table."""

from pathlib import Path
from typing import Any, Dict, List, Sequence

import srsly

from ..errors import MoeeError

HEADER = ["Corpus", "Entities", "P", "R", "F1"]


def read_metrics(paths: Sequence[Path]) -> Dict[str, Dict[str, Any]]:
    """Read what `spacy evaluate --output` wrote.

    paths (Sequence[Path]): JSON files; a corpus is called after its file.
    RETURNS (Dict[str, Dict[str, Any]]): The metrics of each corpus.
    RAISES (MoeeError): M401, for a file that can't be read or has no entity scores.
    """
    metrics = {}
    for path in paths:
        try:
            scores = srsly.read_json(path)
        except ValueError as error:
            raise MoeeError("M401", file=path, problem=error) from error
        if not isinstance(scores, dict) or "ents_per_type" not in scores:
            raise MoeeError("M401", file=path, problem="no 'ents_per_type' in it")
        metrics[path.stem] = scores
    return metrics


def score_rows(metrics: Dict[str, Dict[str, Any]]) -> List[List[str]]:
    """Lay the scores out: for each corpus all entities, then each type.

    metrics (Dict[str, Dict[str, Any]]): What `read_metrics` returned.
    RETURNS (List[List[str]]): Rows under `HEADER`, in percent.
    """
    rows = []
    for corpus, scores in metrics.items():
        total = {name: scores.get(f"ents_{name}") for name in "prf"}
        rows.append([corpus, "all", *_percent(total)])
        for label, of_type in sorted((scores["ents_per_type"] or {}).items()):
            rows.append(["", label, *_percent(of_type)])
    return rows


def _percent(scores: Dict[str, Any]) -> List[str]:
    values = [scores.get(name) for name in "prf"]
    return ["-" if value is None else f"{100 * value:.2f}" for value in values]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown, numbers to the right.

    header (Sequence[str]): The columns' names; the first two columns are text.
    rows (Sequence[Sequence[str]]): The cells.
    RETURNS (str): The table, with a final line break.
    """
    header, *rows = [[cell.replace("|", "\\|") for cell in r] for r in [header, *rows]]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [_line(header, widths)]
    rule = [
        "-" * width if i < 2 else "-" * (width - 1) + ":"
        for i, width in enumerate(widths)
    ]
    lines.append(_line(rule, widths))
    lines += [_line(row, widths) for row in rows]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if i < 2 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"
