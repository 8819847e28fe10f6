"""The columns of the token and of the tag, detected from a whole file."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import MoeeError
from .comments import NEVER_A_ROW, is_source, read_comment
from .headers import find_header, split_row
from .options import Options

DOCSTART = re.compile(r"-+DOCSTART-+(?=[ \t]|$)", re.IGNORECASE)
TAG = re.compile(r"O|[BIESLUMW]|[BIESLUMW][-_].+|.+[-_][BIESLUMW]")
NO_TAG = ("-", "_", "")
NUMBER = re.compile(r"\d{1,9}")
# of CoNLL-U: 1-2 is a contraction of the two words that follow, 1.1 an omitted word
NO_WORD = re.compile(r"\d+[-.]\d+")
SEPARATED = re.compile(r".+([,;|/])(?:O|[BIESLUMW]-\S+)")


class Row(NamedTuple):
    """A line with columns.

    line (int): Its number, from 1.
    text (str): The line.
    cells (List[str]): Its columns.
    """

    line: int
    text: str
    cells: List[str]


@dataclass
class Layout:
    """The columns of a file.

    width (int): The number of columns of a row; 0 if there is no row.
    first (int): The first line with as many.
    token (int): Column of the token, from 0.
    tag (Optional[int]): Column of the tag; None if there are only tokens.
    tabs (bool): Whether tabs separate the columns.
    header (str): The line that names the columns, if there is one.
    flags (Optional[int]): Column of HIPE's flags, if there is one.
    numbered (bool): Whether the first column numbers the tokens of a sentence.
    tags (FrozenSet[str]): The tags of lines that are certainly rows.
    note (str): A message for the user on how the columns were found.
    """

    width: int = 0
    first: int = 0
    token: int = 0
    tag: Optional[int] = None
    tabs: bool = False
    header: str = ""
    flags: Optional[int] = None
    numbered: bool = False
    tags: FrozenSet[str] = field(default_factory=frozenset)
    note: str = ""

    def is_tag(self, text: str) -> bool:
        """RETURNS (bool): Whether a text looks like a tag, or is one of this file."""
        return text in self.tags or TAG.fullmatch(text) is not None

    def is_row(self, text: str, cells: List[str]) -> bool:
        """Check whether a line with columns is a row of this file. A line that may be
        something else must have a tag in the column of tags.

        text (str): The line.
        cells (List[str]): Its columns.
        RETURNS (bool): Whether it is one.
        """
        if self.numbered and not cells[0][:1].isdigit():
            return False
        if len(cells) != self.width:
            # UNER has remarks after the tag, in some releases for entities only
            has_remarks = self.numbered and self.tag == 2 and len(cells) > 2
            return has_remarks and self.is_tag(cells[2])
        if self.tag is None:
            return True
        # free text has spaces rather than tabs
        is_doubtful = text.startswith("#") and ("\t" not in text or read_comment(text))
        is_doubtful = is_doubtful or (self.tabs and "\t" not in text)
        return not is_doubtful or self.is_tag(cells[self.tag])

    def may_be_row(self, words: List[str]) -> bool:
        """Check whether a line that begins with # may be a damaged row, or one with a
        type that no other row has.

        words (List[str]): The words of the line, with the #.
        RETURNS (bool): Whether it may be one.
        """
        has_types = not all(tag in NO_TAG or TAG.fullmatch(tag) for tag in self.tags)
        is_full = len(words) == self.width and has_types
        return is_full or any(map(self.is_tag, words[1:]))

    def describe_flaw(self, text: str, cells: List[str]) -> Tuple[str, str]:
        """Say why a line is not a row.

        text (str): The line.
        cells (List[str]): Its columns.
        RETURNS (Tuple[str, str]): What was found, and what was expected.
        """
        if self.numbered and not cells[0][:1].isdigit():
            return "no number", "one in the first column"
        if len(cells) != self.width:
            return f"{len(cells)} columns", str(self.width)
        return ("no tag", "one") if "\t" in text or not self.tabs else ("no tab", "one")


def find_layout(lines: Sequence[str], path: Path, options: Options) -> Layout:
    """Find the columns of a file: those that the options give; else those that a
    header names, or those behind the tokens' numbers; else the first and the last one.

    lines (Sequence[str]): All lines of the file.
    path (Path): The file, for messages.
    options (Options): The options of the conversion.
    RETURNS (Layout): The columns.
    RAISES (MoeeError): M305 for a column that the file does not have, M321 for two
        columns that may be that of the tag, M323 for columns that are separated by
        commas or the like.
    """
    header = find_header(lines)
    layout = Layout(header=header.text if header else "")
    rows = _find_rows(lines, layout.header)
    if not rows:
        return layout
    widths = Counter(len(row.cells) for row in rows)
    layout.width = widths.most_common(1)[0][0]
    rows = [row for row in rows if len(row.cells) == layout.width]
    layout.first = rows[0].line
    layout.tabs = 2 * sum("\t" in row.text for row in rows) >= len(rows)
    given = token, tag = options.token_column, options.tag_column
    reason = ""
    if header:
        layout.flags = header.flags
        token = header.token if token is None else token
        tag = header.tag if tag is None else tag
        reason = "as the header says"
    elif layout.width > 2 and _is_numbered(rows, lines):
        layout.numbered = True
        rows = [row for row in rows if not NO_WORD.fullmatch(row.cells[0])]
        token = 1 if token is None and tag != 1 else token
        tag = _guess_tag(rows, lines, path) if tag is None else tag
        reason = "as column 0 numbers the tokens"
    _set_columns(layout, path, token, tag)
    if reason and None in given:
        layout.note = (
            f"Token in column {layout.token}, tag in column {layout.tag}, {reason}."
        )
    if layout.tag is None:
        _check_separator(rows, path)
    else:
        sure = [row for row in rows if "\t" in row.text or not layout.tabs]
        layout.tags = frozenset(row.cells[layout.tag] for row in sure)
    return layout


def _find_rows(lines: Sequence[str], header: str) -> List[Row]:
    """List the lines that are certainly rows; if there is none, those with #, and of
    these only the ones with a tab, if there are any: comments have spaces."""
    rows, doubtful = [], []
    for number, text in enumerate(lines, 1):
        if not text.strip(" \t") or text == header or DOCSTART.match(text):
            continue
        row = Row(number, text, split_row(text))
        if not text.startswith("#"):
            rows.append(row)
        elif not NEVER_A_ROW.match(text) and (
            not read_comment(text) or TAG.fullmatch(row.cells[-1])
        ):
            doubtful.append(row)
    return rows or [row for row in doubtful if "\t" in row.text] or doubtful


def _is_numbered(rows: List[Row], lines: Sequence[str]) -> bool:
    """Whether the first column numbers the tokens, except in a few damaged rows. A
    single row is only numbered below a comment: formats with numbers have them."""
    cells = [row.cells[0] for row in rows if not NO_WORD.fullmatch(row.cells[0])]
    numbers = [int(cell) for cell in cells if NUMBER.fullmatch(cell)]
    if not numbers or 10 * len(numbers) < 9 * len(cells):
        return False
    follow = sum(b == a + 1 for a, b in zip(numbers, numbers[1:], strict=False))
    if 2 * (follow + sum(n < 2 for n in numbers)) < len(numbers):
        return False
    return follow > 0 or any(x.startswith("#") and read_comment(x) for x in lines)


def _guess_tag(rows: List[Row], lines: Sequence[str], path: Path) -> int:
    """Find the column of the tag: the one after the token, or the last one."""
    last = len(rows[0].cells) - 1
    found = [at for at in sorted({2, last}) if _has_tags([r.cells[at] for r in rows])]
    if len(found) < 2 or any(map(is_source, lines)):
        return (found or [last])[0]
    one, other = (rows[0].cells[at] for at in found)
    raise MoeeError(
        "M321",
        file=path,
        line=rows[0].line,
        text=rows[0].text,
        one=one,
        other=other,
        last=last,
    )


def _has_tags(cells: List[str]) -> bool:
    found = set(cells).difference(NO_TAG)
    return bool(found) and all(map(TAG.fullmatch, found))


def _set_columns(
    layout: Layout, path: Path, token: Optional[int], tag: Optional[int]
) -> None:
    """Turn the token and the tag column into indices that count from 0."""
    if tag is None and layout.width > 1:
        tag = -1
    given = [0 if token is None else token, tag]
    places = [at + layout.width if at is not None and at < 0 else at for at in given]
    if places[0] == places[1] or not all(
        at is None or 0 <= at < layout.width for at in places
    ):
        raise MoeeError(
            "M305",
            file=path,
            line=layout.first,
            found=layout.width,
            token=given[0],
            tag=-1 if tag is None else tag,
        )
    layout.token, layout.tag = places[0] or 0, places[1]


def _check_separator(rows: List[Row], path: Path) -> None:
    """Check that rows of one column are not two with another separator."""
    found = [(row, SEPARATED.fullmatch(row.text)) for row in rows]
    separated = [(row, match[1]) for row, match in found if match]
    if 2 * len(separated) > len(rows):
        row, separator = separated[0]
        raise MoeeError(
            "M323", file=path, line=row.line, text=row.text, separator=separator
        )
