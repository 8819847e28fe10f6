"""The header of a column file: a first line that names the columns."""

import re
from typing import List, NamedTuple, Optional, Sequence

# names in lower case, with _ for all but letters and digits
TOKEN_NAMES = ("token", "tokens", "word", "words", "form", "wordform", "word_form")
# if a file has several, the first of these is used
TAG_NAMES = (
    *("ne_coarse_lit", "ne_coarse", "ner", "ner_tag", "ner_tags", "nertag", "ne_tag"),
    *("ne", "ne_tags", "named_entity", "entity", "entities"),
    *("entity_tag", "entity_type"),
    *("iob", "iob2", "bio", "bio_tag", "bio_tags", "iob_tag", "iob_tags", "bioes"),
    *("label", "labels", "tag", "tags", "gold"),
)
# of HIPE: among other things it marks the end of a sentence
FLAGS_NAME = "misc"
GLOBAL_COLUMNS = re.compile(r"#\s*global\.columns\s*=\s*")
SPACES = re.compile(" +")


class Header(NamedTuple):
    """The columns that a header names, counted from 0.

    text (str): The line.
    token (int): The column of the token.
    tag (int): The column of the tag.
    flags (Optional[int]): The column of HIPE's flags, if there is one.
    """

    text: str
    token: int
    tag: int
    flags: Optional[int]


def split_row(text: str) -> List[str]:
    """Split a row at its tabs, or at its runs of spaces if it has none.

    text (str): A line without its line end.
    RETURNS (List[str]): The columns, without the spaces around them.
    """
    if "\t" in text:
        return [column.strip(" ") for column in text.split("\t")]
    return SPACES.split(text.strip(" "))


def find_header(lines: Sequence[str]) -> Optional[Header]:
    """Find the header.

    lines (Sequence[str]): All lines of a file.
    RETURNS (Optional[Header]): The first line with columns, or a comment above it, if
        it names a token and a tag; else None.
    """
    for text in lines:
        if not text.strip(" \t"):
            continue
        header = _read_header(text)
        if header is not None:
            return header if _is_unlike_rows(header, lines) else None
        if not text.startswith("#"):
            break
    return None


def _read_header(text: str) -> Optional[Header]:
    cells = split_row(text)
    if GLOBAL_COLUMNS.match(text):  # CoNLL-U Plus
        cells = GLOBAL_COLUMNS.sub("", text).split()
    elif cells[0] == "#":
        cells = cells[1:]
    names = [re.sub(r"\W+", "_", cell.strip("#\"' ").lower()) for cell in cells]
    token, tag, flags = (
        next((names.index(name) for name in wanted if name in names), None)
        for wanted in (TOKEN_NAMES, TAG_NAMES, (FLAGS_NAME,))
    )
    if token is None or tag is None:
        return None
    return Header(text, token, tag, flags)


def _is_unlike_rows(header: Header, lines: Sequence[str]) -> bool:
    """Whether a line is a header and not a row: a type may have the name of a column,
    but then other rows have it too."""
    name = split_row(header.text)[-1]
    rows = (split_row(text) for text in lines if text != header.text)
    return header.text.startswith("#") or all(
        len(cells) <= header.tag or cells[header.tag] != name for cells in rows
    )
