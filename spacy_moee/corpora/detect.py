"""The format of a file, by its name and its beginning."""

import codecs
import re
from itertools import islice
from pathlib import Path
from typing import List, NoReturn, Tuple

from ..errors import MoeeError
from .formats import FORMATS
from .formats.docbin import is_docbin
from .formats.identify import ANNOTATED, identify
from .formats.records import first_records, iter_records
from .formats.tables import find_header
from .formats.tag_names import BESIDE
from .headers import split_row
from .layout import DOCSTART
from .options import COLUMNS
from .text import UTF8, check_encoding, read_bytes, read_text

HEAD = 1 << 16
JSON_ENDINGS = (".jsonl", ".json", ".ndjson", ".jl")
# endings of column files, which prose does not have
COLUMN_ENDINGS = (
    *(".conll", ".tsv", ".tab", ".ner", ".bio", ".iob", ".iob1", ".iob2"),
    *(".bioes", ".iobes", ".bilou"),
)
JSON_START = re.compile(r'\s*(\{\s*"|\{\s*\}|\[\s*\{|\[\s*\]\s*\Z)')
TAG = re.compile(r"O|[BIESLUMW][-_]\S+|\S+[-_][BIESLUMW]")
# what may be meant as a tag in a row of two cells
LIKE_A_TAG = re.compile(rf"{TAG.pattern}|.|[^\W\d_]{{1,2}}[-_].*")
XML_START = re.compile(r"\s*<(\?xml|!DOCTYPE|html)\b", re.IGNORECASE)
# punctuation of languages without spaces
CJK_MARKS = re.compile("[。、，！？；]")
LONGEST_TOKEN = 40


def detect_format(path: Path, encoding: str = UTF8) -> str:
    """Detect the format of a file by its name and its beginning. A column file with
    damaged rows is still one: most rows decide.

    path (Path): The file, or the folder of a brat corpus.
    encoding (str): The encoding of the file.
    RETURNS (str): "columns" or a key of `FORMATS`.
    RAISES (MoeeError): M330 for an unknown format, M332 for JSON that can't be read,
        and M301, M302 or M313 for a file that can't be read at all.
    """
    ending = path.suffix.lower()
    if path.is_dir():
        if any(path.rglob("*.ann")):
            return "brat"
        _give_up(path, "it is a folder without .ann files")
    head, is_whole = _read_head(path)
    if ending == ".spacy" or is_docbin(head):
        return "spacy"
    if ending == ".ann" or (ending == ".txt" and path.with_suffix(".ann").is_file()):
        return "brat"
    text = _decode(path, head, encoding)
    if ending in JSON_ENDINGS or JSON_START.match(text):
        return _detect_json(path, text, encoding)
    if XML_START.match(text):
        _give_up(path, "it is XML or HTML")
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    # the last line may be cut off
    rows = lines if is_whole else lines[:-1] or lines
    if not rows:
        return COLUMNS
    if _is_conllu(rows, ending):
        return "conllu"
    header = find_header(rows[0])
    if header and (ending == ".csv" or (header.tag >= 0 and header.delimiter != "\t")):
        return "csv"
    if ending == ".csv":
        return "csv"
    if ending in COLUMN_ENDINGS or any(map(DOCSTART.match, rows)):
        return COLUMNS
    return _columns_or_prose(path, [row for row in rows if row[:1] != "#"] or rows)


def is_corpus(path: Path) -> bool:
    """Check whether a file of a folder is annotated text: JSON and CSV may hold
    anything.

    path (Path): The file.
    RETURNS (bool): Whether it is. True also for other endings, and for a file that
        can't be read: its error is then reported.
    """
    ending = path.suffix.lower()
    if ending == ".csv":
        first = _read_head(path)[0].decode("utf8", "replace")
        return find_header(re.split(r"[\r\n]", first, maxsplit=1)[0]) is not None
    if ending not in JSON_ENDINGS:
        return True
    try:
        return path.name not in BESIDE and bool(detect_format(path))
    except MoeeError as err:
        return err.code != "M330"


def _read_head(path: Path) -> Tuple[bytes, bool]:
    """Read the beginning of a file, and check whether that is all of it."""
    data = read_bytes(path, HEAD + 1)
    return data[:HEAD], len(data) <= HEAD


def _decode(path: Path, head: bytes, encoding: str) -> str:
    """Decode the beginning of a file, which may end inside a character."""
    check_encoding(encoding)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(head).removeprefix("\ufeff")
    except UnicodeDecodeError:
        # raises the error with its place
        return read_text(path, encoding)


def _detect_json(path: Path, text: str, encoding: str) -> str:
    records = first_records(text)
    if not records:
        # the first object is longer than the beginning, or damaged
        text = read_text(path, encoding)
        records = [r.data for r in islice(iter_records(path, text), 1)]
    names = [identify(data) for data in records]
    known = [name for name in names if name in ANNOTATED]
    if known or "" not in names:
        return known[0] if known else "jsonl"
    keys = ", ".join(sorted(records[names.index("")])) or "no key"
    _give_up(path, f"its objects have {keys}, and no text or tokens")


def _is_conllu(rows: List[str], ending: str) -> bool:
    rows = [row for row in rows if not row.startswith("#")]
    fit = [row for row in rows if row.count("\t") == 9 and row[:1].isdigit()]
    return 2 * len(fit) > len(rows) or ending == ".conllu"


def _columns_or_prose(path: Path, rows: List[str]) -> str:
    """Distinguish column files and prose by most of the lines."""
    cells = [split_row(row) for row in rows]
    n_rows, widths = len(rows), {len(row) for row in cells}
    tabs = sum("\t" in row.lstrip() for row in rows)
    single = sum(map(_is_token, rows))
    tag = LIKE_A_TAG if widths == {2} else TAG
    tagged = sum(len(row) > 1 and tag.fullmatch(row[-1]) is not None for row in cells)
    short = sum(len(row) == 2 and not tag.fullmatch(row[-1]) for row in cells)
    is_tagged = 5 * tagged > n_rows
    if 2 * max(tabs, tagged) > n_rows or (2 * single > n_rows and n_rows > 1):
        return COLUMNS
    if is_tagged and 2 * (tagged + single + short) > n_rows:
        return COLUMNS
    if 2 * len({row[-1] for row in cells}) <= n_rows and len(widths) == 1:
        # types without letters
        return COLUMNS
    ended = sum(row[-1][-1] in ".!?\"'" and len(row[-1]) > 1 for row in cells)
    if n_rows > 1 and len(widths) == 1 and widths < {2, 3, 4} and 2 * ended < n_rows:
        reason = f"all its lines have {widths.pop()} words, and none ends in a tag"
        _give_up(path, reason)
    if is_tagged:
        reason = f"only {tagged} of its first {n_rows} lines end in a tag"
        _give_up(path, reason)
    return "text"


def _is_token(row: str) -> bool:
    """Whether a line may be a token of a file without tags."""
    is_clause = len(row.strip()) > 1 and CJK_MARKS.search(row)
    return len(row.split()) == 1 and len(row) <= LONGEST_TOKEN and not is_clause


def _give_up(path: Path, reason: str) -> NoReturn:
    formats = ", ".join((COLUMNS, *FORMATS))
    raise MoeeError("M330", file=path, reason=reason, formats=formats)
