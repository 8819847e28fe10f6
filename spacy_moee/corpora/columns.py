"""Column files: one token a line, a blank line after each sentence.

The file is split at line feeds, tabs and spaces only. Every other white space,
such as a non-breaking space, belongs to a token.
"""

import re
from pathlib import Path
from typing import Iterator, List, NamedTuple, Tuple

from ..errors import MoeeError

DOCSTART = re.compile(r"-+DOCSTART-+(?=[ \t]|$)", re.IGNORECASE)
SPACES = re.compile(" +")


class Sentence(NamedTuple):
    """One sentence of a column file. Its rows are consecutive lines.

    words (List[str]): The token column.
    tags (List[str]): The tag column, as written.
    line (int): Line number of the first token, counted from 1.
    document (int): How many DOCSTART lines stand above it.
    """

    words: List[str]
    tags: List[str]
    line: int
    document: int


def read_columns(
    path: Path, *, token_column: int = 0, tag_column: int = -1
) -> Iterator[Sentence]:
    """Read the sentences of a column file.

    path (Path): A UTF-8 file whose columns are separated by tabs or spaces.
    token_column (int): Column of the token, from 0; negative counts from the end.
    tag_column (int): Column of the tag, from 0; negative counts from the end.
    YIELDS (Sentence): The sentences, in order. Sentences without a row do not exist.
    RAISES (MoeeError): M301 no file, M302 not UTF-8, M303 ragged row, M304 blank
        token, M305 a column that the file does not have, M313 not readable.
    """
    path = Path(path)
    sentence = Sentence([], [], 1, 0)
    width = first = document = token_at = tag_at = 0
    for line, text in enumerate(read_text(path).split("\n"), 1):
        text = text.rstrip("\r")
        is_docstart = DOCSTART.match(text) is not None
        if is_docstart or not text.strip(" \t"):
            if sentence.words:
                yield sentence
            document += is_docstart
            sentence = Sentence([], [], line + 1, document)
            continue
        row = split_row(text)
        if not width:
            width, first = len(row), line
            token_at, tag_at = _columns(path, line, width, token_column, tag_column)
        if len(row) != width:
            raise MoeeError(
                "M303",
                file=path,
                line=line,
                text=text,
                found=len(row),
                expected=width,
                first=first,
            )
        word = row[token_at]
        if not word or word.isspace():
            raise MoeeError(
                "M304", file=path, line=line, text=text, column=token_column
            )
        sentence.words.append(word)
        sentence.tags.append(row[tag_at])
    if sentence.words:
        yield sentence


def read_text(path: Path) -> str:
    """Read a file as strict UTF-8, without its byte order mark.

    path (Path): The file.
    RETURNS (str): Its text, line ends unchanged.
    RAISES (MoeeError): M301 no file, M302 not UTF-8, M313 not readable.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MoeeError("M301", file=path) from None
    except OSError as err:
        raise MoeeError("M313", verb="read", file=path, reason=err.strerror) from err
    try:
        return data.decode("utf8").removeprefix("\ufeff")
    except UnicodeDecodeError as err:
        raise MoeeError(
            "M302",
            file=path,
            line=data.count(b"\n", 0, err.start) + 1,
            offset=err.start,
            byte=f"0x{data[err.start]:02x}",
        ) from None


def split_row(text: str) -> List[str]:
    """Split a row at its tabs or, if it has none, at its runs of spaces.

    text (str): One line without its line end.
    RETURNS (List[str]): The columns, without the spaces around them.
    """
    if "\t" in text:
        return [column.strip(" ") for column in text.split("\t")]
    return SPACES.split(text.strip(" "))


def _columns(path: Path, line: int, width: int, *columns: int) -> Tuple[int, int]:
    """Turn the token and the tag column into indices that count from 0."""
    token_at, tag_at = (col + width if col < 0 else col for col in columns)
    if token_at == tag_at or not all(0 <= at < width for at in (token_at, tag_at)):
        raise MoeeError(
            "M305",
            file=path,
            line=line,
            found=width,
            token=columns[0],
            tag=columns[1],
        )
    return token_at, tag_at
