"""What `spacy moee convert` prints about annotations that are left out or changed."""

from collections import Counter
from typing import TYPE_CHECKING, List

import typer
from wasabi import msg

from . import show_warning

if TYPE_CHECKING:
    from ..corpora.formats.items import Notice

# the kinds of each warning; all other kinds belong to MW38
CODES = {
    "MW36": ("misaligned", "discontinuous", "misquoted"),
    "MW37": ("overlapping",),
}
SHOWN = 10


def show_notices(notices: List["Notice"]) -> None:
    """Print the number of annotations that are left out or changed, and the first ones.

    notices (List[Notice]): All notices of one file.
    """
    from ..corpora.formats.items import KINDS

    trimmed = [notice for notice in notices if notice.kind == "trimmed"]
    if trimmed:
        msg.text(f"Spans {KINDS['trimmed']}: {len(trimmed):,}.")
    known = {"trimmed"}
    for code, kinds in CODES.items():
        known.update(kinds)
        found = [notice for notice in notices if notice.kind in kinds]
        if found:
            _warn(code, len(found), list(map(_describe, found)))
    counts = Counter(notice.kind for notice in notices if notice.kind not in known)
    firsts = {notice.kind: notice.where for notice in reversed(notices)}
    if counts:
        lines = [
            f"{n:,} {KINDS[kind]} (the first: {firsts[kind]})"
            for kind, n in counts.most_common()
        ]
        _warn("MW38", sum(counts.values()), lines)


def _warn(code: str, count: int, lines: List[str]) -> None:
    show_warning(code, count=f"{count:,}")
    for line in lines[:SHOWN]:
        typer.echo(f"- {line}", err=True)
    if len(lines) > SHOWN:
        typer.echo(f"- and {len(lines) - SHOWN:,} more", err=True)


def _describe(notice: "Notice") -> str:
    from ..corpora.formats.items import KINDS
    from ..corpora.formats.places import shorten

    text, label = shorten(notice.text), notice.label
    return f"{notice.where}: {text} {label}, {KINDS[notice.kind]}"
