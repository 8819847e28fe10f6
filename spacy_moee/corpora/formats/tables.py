"""CSV with a header: a row for each token, with a column of tokens and one of tags.

Cells are quoted as spreadsheets do it. A sentence starts where the value of the
sentence column changes (in Kaggle's copy of the GMB corpus only the first row of a
sentence has one), and after a blank row. An empty tag is a missing one.
"""

import csv
import io
import re
from pathlib import Path
from typing import Iterator, List, NamedTuple, NoReturn, Optional, Tuple

from ...errors import MoeeError
from ..columns import Sentence
from ..options import Options
from .items import MISSING
from .places import Place, shorten

DELIMITERS = ",;\t|"
# in lower case, without spaces, underscores and other signs; the first match is used
TOKENS = ("token", "tokens", "word", "words", "form")
TAGS = "nertag nertags ner ne iob bio tag tags entity label".split()
SENTENCES = "sentence sentenceid sentenceidx sentid sent sentencenumber".split()
DOCUMENTS = ("document", "documentid", "doc", "docid", "article", "articleid")


class Header(NamedTuple):
    """The numbers of the columns; -1 for one that is missing."""

    delimiter: str
    token: int
    tag: int
    sentence: int
    document: int


def find_header(line: str) -> Optional[Header]:
    """Read the first line of a file as a header.

    line (str): The line.
    RETURNS (Optional[Header]): Its columns, or None if it names no column of tokens.
    """
    for delimiter in DELIMITERS:
        cells = line.rstrip("\r").split(delimiter)
        names = [re.sub(r"[\W_]", "", cell.lower()) for cell in cells]
        token, tag, sentence, document = (
            next((names.index(name) for name in known if name in names), -1)
            for known in (TOKENS, TAGS, SENTENCES, DOCUMENTS)
        )
        if token >= 0 and len(cells) > 1:
            return Header(delimiter, token, tag, sentence, document)
    return None


def read_csv(file: Path, text: str, options: Options) -> Iterator[Sentence]:
    """Read the sentences of a file. Without a column of tags they have no annotation.

    file (Path): The file, for messages.
    text (str): Its content.
    options (Options): Unused.
    YIELDS (Sentence): The sentences.
    RAISES (MoeeError): M343 without a header, M344 for a row that can't be read.
    """
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    header = find_header(first)
    if header is None:
        expected = {"tokens": ", ".join(TOKENS), "tags": ", ".join(TAGS)}
        raise MoeeError("M343", file=file, found=shorten(first.strip()), **expected)
    number = name = ""
    document = 0
    rows: List[Tuple[int, List[str]]] = []
    for line, row in _iter_rows(file, text, header.delimiter):
        this_number, this_name = _get(row, header.sentence), _get(row, header.document)
        is_new = this_name not in ("", name)
        if rows and (is_new or not row or this_number not in ("", number)):
            yield _make_sentence(rows, header, document)
            rows = []
        document += is_new
        number, name = this_number or number, this_name or name
        if row:
            rows.append((line, row))
    if rows:
        yield _make_sentence(rows, header, document)


def _make_sentence(
    rows: List[Tuple[int, List[str]]], header: Header, document: int
) -> Sentence:
    lines = [line for line, _ in rows]
    words = [row[header.token] for _, row in rows]
    has_tags = header.tag >= 0
    tags = [_get(row, header.tag) or MISSING for _, row in rows] if has_tags else []
    return Sentence(words, tags, lines[0], document, lines)


def _get(row: List[str], column: int) -> str:
    return row[column].strip() if row and column >= 0 else ""


def _iter_rows(
    file: Path, text: str, delimiter: str
) -> Iterator[Tuple[int, List[str]]]:
    """Read the rows after the header, with their lines. A blank row is empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    width = 0
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as err:
            _refuse(file, line, str(err))
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            row = []
        elif any("\n" in cell or "\r" in cell for cell in row):
            end = reader.line_num
            _refuse(
                file, line, f"a quotation mark opens a cell that ends on line {end}"
            )
        elif not width:
            width = len(row)
            continue
        elif len(row) < width or any(row[width:]):
            _refuse(file, line, f"it has {len(row)} cells, and the header {width}")
        yield line, row


def _refuse(file: Path, line: int, reason: str) -> NoReturn:
    raise Place(file, f"line {line}").error("M344", reason=reason)
