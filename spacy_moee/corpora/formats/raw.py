"""Texts that nobody has annotated: prose, and JSONL with nothing but texts.

Their docs have no entity annotation, which is not the same as no entity: training
learns nothing from them, and evaluation scores nothing.
"""

import re
from pathlib import Path
from typing import Iterator, List, Tuple

from ..text import split_lines
from .checks import check_text
from .identify import iter_known
from .items import Annotated, Options

BLANK_LINES = re.compile(r"\n[ \t\r\n]*\n")


def read_jsonl(file: Path, text: str, options: Options) -> Iterator[Annotated]:
    """Read objects with texts that have no annotation.

    file (Path): Its name, for messages.
    text (str): What it holds.
    options (Options): Not needed.
    YIELDS (Annotated): The texts.
    RAISES (MoeeError): M332, M333, M348, and M349 for an object with annotation.
    """
    for where, data in iter_known(file, text, "jsonl"):
        content = check_text(file, where, "'text'", data.get("text"))
        yield Annotated(content, [], where, complete=False)


def read_prose(file: Path, text: str, options: Options) -> Iterator[Annotated]:
    """Read prose.

    file (Path): Its name, for messages.
    text (str): What it holds.
    options (Options): With `group` "document" it is one text. With "sentence" every
        paragraph is one, if there are blank lines between them, else every line.
    YIELDS (Annotated): The texts.
    """
    text = "\n".join(split_lines(text, file))
    if options.group == "document":
        pieces = [(1, text)]
    elif BLANK_LINES.search(text.strip()):
        pieces = _split(text, BLANK_LINES)
    else:
        pieces = _split(text, re.compile("\n"))
    for line, piece in pieces:
        if piece.strip():
            yield Annotated(piece.strip(), [], f"line {line}", complete=False)


def _split(text: str, border: "re.Pattern[str]") -> List[Tuple[int, str]]:
    """Cut a text, and say on which line each piece starts."""
    pieces, line, start = [], 1, 0
    for match in border.finditer(text):
        pieces.append((line, text[start : match.start()]))
        line += text.count("\n", start, match.end())
        start = match.end()
    return [*pieces, (line, text[start:])]
