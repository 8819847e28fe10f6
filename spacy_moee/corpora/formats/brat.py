"""brat's standoff files: a text in `NAME.txt`, and its spans in `NAME.ann`.

https://brat.nlplab.org/standoff.html. Only text-bound annotations are read: the lines
that start with T. Relations, events, attributes and notes refer to them. Offsets are
checked against the text that each line quotes. brat splits a span at a line end into
parts (`0 5;6 10`): parts with only white space between them are one span. A text
without an .ann file has no annotation; with an empty one it has no entity.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Iterator, List, Tuple

from ...errors import MoeeError
from ..options import Options
from ..text import read_text, split_lines
from .items import Annotated, CharSpan
from .places import Place

OFFSETS = r"\d{1,15} \d{1,15}"
LINE = re.compile(rf"T\S*\t(\S+) ({OFFSETS}(?:;{OFFSETS})*)(?:\t(.*))?")
# relations, events, attributes, modifications, normalizations, notes, equivalences
OTHER_LINES = re.compile(r"([REAMN#]\S*|\*)\t")


def find_texts(path: Path) -> List[Path]:
    """Find the texts of a brat corpus.

    path (Path): A folder, which is searched with its subfolders, or one of the two
        files of a text.
    RETURNS (List[Path]): The .txt files, in order.
    RAISES (MoeeError): M340 for an .ann file without its text.
    """
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    files = [file for file in files if not file.name.startswith(".")]
    for file in files:
        text = file.with_suffix(".txt")
        if file.suffix == ".ann" and not text.is_file():
            raise MoeeError("M340", file=file, missing=text.name)
    texts = {f.with_suffix(".txt") for f in files if f.suffix in (".ann", ".txt")}
    return sorted(texts)


def read_brat(path: Path, options: Options) -> Iterator[Annotated]:
    """Read the texts of a corpus.

    path (Path): A folder, or one of the two files of a text.
    options (Options): The options of the conversion; the encoding is used.
    YIELDS (Annotated): The texts.
    RAISES (MoeeError): M334, M340, M341, M348.
    """
    for file in find_texts(path):
        place = Place(file, str(file.relative_to(path)) if path.is_dir() else file.name)
        # brat counts both characters of a Windows line end
        text = place.check_text("the text", read_text(file, options.encoding))
        ann = file.with_suffix(".ann")
        spans = list(_read_spans(ann, text, options.encoding)) if ann.is_file() else []
        yield Annotated(text, spans, place.where, complete=ann.is_file())


def _read_spans(file: Path, text: str, encoding: str) -> Iterator[CharSpan]:
    for number, line in enumerate(split_lines(read_text(file, encoding), file), 1):
        place = Place(file, f"line {number}")
        if not line or OTHER_LINES.match(line):
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise place.error("M341", found=line[:60])
        label, offsets, quote = match.groups()
        parts = [tuple(map(int, part.split())) for part in offsets.split(";")]
        span = place.make_span(text, (parts[0][0], parts[-1][1]), label, quote)
        flaw = "" if _is_continuous(text, parts) else "discontinuous"
        yield span._replace(where=f"{file.name}, {place.where}", flaw=flaw)


def _is_continuous(text: str, parts: List[Tuple[int, ...]]) -> bool:
    """Whether there is only white space between the parts of a span."""
    gaps = [(left[1], right[0]) for left, right in pairwise(parts)]
    return all(end <= start and not text[end:start].strip() for end, start in gaps)
