"""`python -m spacy moee report`: evaluation files as one table."""

from pathlib import Path
from typing import Annotated, List, Optional

from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError
from . import app, fail

# fmt: off
Metrics = Annotated[List[Path], Argument(help="JSON files of `spacy evaluate --output`", exists=True, dir_okay=False)]  # noqa: E501
Output = Annotated[Optional[Path], Option("--output", "-o", help="Also save the table as Markdown")]  # noqa: E501
# fmt: on


@app.command("report")
def report_cli(metrics: Metrics, output: Output = None) -> None:
    """
    Show precision, recall and F1 (in percent) of evaluations side by side: all
    entities and each type. Every file is a corpus, called after the file.
    """
    from ..insight.report import HEADER, markdown_table, read_metrics, score_rows

    try:
        rows = score_rows(read_metrics(metrics))
    except MoeeError as err:
        fail(err)
    msg.table(rows, header=HEADER, divider=True, aligns=("l", "l", "r", "r", "r"))
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(markdown_table(HEADER, rows), encoding="utf8")
        msg.good(f"Saved the table: {output}")
