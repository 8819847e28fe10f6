"""`python -m spacy moee report`: evaluation files as one table."""

import os
from pathlib import Path
from typing import Annotated, Dict, List, Optional

from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError, os_errors
from . import app

# fmt: off
Metrics = Annotated[List[Path], Argument(help="JSON files of `spacy evaluate --output`, and folders of such files", exists=True)]  # noqa: E501
Output = Annotated[Optional[Path], Option("--output", "-o", dir_okay=False, help="Also save the table as Markdown")]  # noqa: E501
# fmt: on


@app.command("report")
def report_cli(metrics: Metrics, output: Output = None) -> None:
    """
    Show precision, recall and F1 (in percent) of evaluations side by side: all
    entities and each type. Every file is a corpus, called after the file, and
    after its folder too where that is needed to tell two files apart. Files of
    `spacy evaluate --per-component` show each component that finds entities.
    """
    from ..insight.metrics import read_evaluations
    from ..insight.metrics_table import (
        ALIGNS,
        HEADER,
        explain_dashes,
        markdown_table,
        score_rows,
    )

    paths = distinct(metrics)
    check_output(output, paths)
    evaluations = read_evaluations(paths)
    rows, note = score_rows(evaluations), explain_dashes(evaluations)
    msg.table(rows, header=HEADER, divider=True, aligns=ALIGNS)
    if note:
        msg.text(note)
    if output is not None:
        text = markdown_table(HEADER, rows, ALIGNS)
        save(output, f"{text}\n{note}\n" if note else text)


def distinct(paths: List[Path]) -> List[Path]:
    """Search folders, and leave out files that were given before. Raises M405."""
    found: Dict[str, Path] = {}
    files: List[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not inside:
            raise MoeeError("M405", folder=path)
        files += inside
    for path in files:
        place = os.path.abspath(path)
        if place in found:
            msg.info(f"{path} was given twice, and is shown once")
        found.setdefault(place, path)
    return list(found.values())


def check_output(output: Optional[Path], paths: List[Path]) -> None:
    """See that the table replaces none of the files that it is made of."""
    if output is None:
        return
    # such as a name that is too long
    with os_errors("M403", file=output):
        if output.exists() and any(output.samefile(path) for path in paths):
            raise MoeeError("M404", file=output)


def save(output: Path, text: str) -> None:
    """Write the table, and say so."""
    from ..files import write_text

    with os_errors("M403", file=output):
        write_text(output, text)
    msg.good(f"Saved the table: {output}")
