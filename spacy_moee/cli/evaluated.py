"""What `python -m spacy moee evaluate` shows of the files that it has read."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional

from wasabi import msg

from . import show_warning

if TYPE_CHECKING:
    from ..evaluation.annotation import Annotation
    from ..evaluation.tagging import Found


class Folders(NamedTuple):
    """Where results go. scores, tagged, pages (Optional[Path]): Folders; None for
    nowhere. limit (int): Docs on a page."""

    scores: Optional[Path]
    tagged: Optional[Path]
    pages: Optional[Path]
    limit: int


class Result(NamedTuple):
    """What came of a file. scores (Optional[Dict]): None without annotation. found
    (Dict[str, Found]): Then what was found, by type. parts (List[List[str]]): Rows of
    what components do inside. saved (List[Path]): Files."""

    name: str
    file: Path
    counts: "Annotation"
    scores: Optional[Dict[str, Any]]
    found: Dict[str, "Found"]
    parts: List[List[str]]
    saved: List[Path]


def report(results: List[Result], folders: Folders) -> None:
    """Show the scores of all files, what was found in the others, and the rest."""
    from ..insight.metrics import to_evaluation
    from ..insight.metrics_table import ALIGNS, HEADER, explain_dashes, score_rows

    scored = [
        to_evaluation(r.file, r.name, r.scores) for r in results if r.scores is not None
    ]
    if scored:
        msg.table(score_rows(scored), header=HEADER, divider=True, aligns=ALIGNS)
        note = explain_dashes(scored)
        if note:
            msg.text(note)
    parts = [row for result in results for row in result.parts]
    if parts:
        report_parts(parts)
    for result in results:
        counts = result.counts
        if result.scores is None:
            report_tagged(result, folders)
        elif counts.annotated < counts.tokens:
            named = {"name": result.name, "file": result.file}
            show_warning("MW71", **named, **counts._asdict())
        elif not counts.entities:
            show_warning("MW72", name=result.name, file=result.file)
    saved = [path for result in results for path in result.saved]
    if saved:
        msg.good(f"Saved: {', '.join(map(str, saved))}")


def report_parts(rows: List[List[str]]) -> None:
    """Show what components do inside."""
    from ..insight.parts import ALIGNS, EXPLANATION, HEADER

    msg.table(rows, header=HEADER, divider=True, aligns=ALIGNS)
    msg.text(EXPLANATION)


def report_tagged(result: Result, folders: Folders) -> None:
    """Show what was found in a file without annotation."""
    from ..evaluation.tagging import HEADER, summary_rows

    msg.info(
        f"{result.name} ({result.file}) has no annotation of entities, so that there "
        "is nothing to compare with and no score. It was tagged; what was found (docs: "
        f"{result.counts.docs:,}):"
    )
    rows = summary_rows(result.found) or [("none", "0", "")]
    msg.table(rows, header=HEADER, divider=True, aligns=("l", "r", "l"))
    if folders.tagged is None:
        msg.text("Nothing of it is saved without --tagged DIR.")
    old = folders.scores / f"{result.name}.json" if folders.scores else None
    if old is not None and old.is_file():
        # a report would show it
        old.unlink()
        msg.info(f"Removed the scores of an earlier evaluation: {old}")
