"""Texts without annotation: prose, and JSONL with nothing but texts.

Their docs have no entity annotation, which differs from having no entity: training
learns nothing from them, and evaluation scores nothing.
"""

import re
from pathlib import Path
from typing import Iterator, List, Tuple

from ..options import Options
from ..text import split_lines
from .identify import iter_known
from .items import Annotated

BLANK_LINES = re.compile(r"\n[ \t\r\n]*\n")
LINE_END = re.compile("\n")


def read_jsonl(file: Path, text: str, options: Options) -> Iterator[Annotated]:
    """Read objects with texts that have no annotation.

    file (Path): The file, for messages.
    text (str): Its content.
    options (Options): Unused.
    YIELDS (Annotated): The texts.
    RAISES (MoeeError): M332, M333, M348, and M349 for an object with annotation.
    """
    for place, data in iter_known(file, text, "jsonl"):
        content = place.check_text("'text'", data.get("text"))
        yield Annotated(content, [], place.where, complete=False)


def read_prose(file: Path, text: str, options: Options) -> Iterator[Annotated]:
    """Read prose. With `group` "document" the whole file is one text. With "sentence"
    each paragraph is one if there are blank lines, and else each line.

    file (Path): The file, for messages.
    text (str): Its content.
    options (Options): The options of the conversion.
    YIELDS (Annotated): The texts.
    """
    text = "\n".join(split_lines(text, file))
    border = BLANK_LINES if BLANK_LINES.search(text.strip()) else LINE_END
    pieces = [(1, text)] if options.group == "document" else _split(text, border)
    for line, piece in pieces:
        if piece.strip():
            yield Annotated(piece.strip(), [], f"line {line}", complete=False)


def _split(text: str, border: "re.Pattern[str]") -> List[Tuple[int, str]]:
    """Split a text, and give the line on which each piece starts."""
    pieces, line, start = [], 1, 0
    for match in border.finditer(text):
        pieces.append((line, text[start : match.start()]))
        line += text.count("\n", start, match.end())
        start = match.end()
    return [*pieces, (line, text[start:])]
