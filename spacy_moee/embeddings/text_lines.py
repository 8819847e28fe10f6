"""A line of a text file -> a word and its numbers."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any, List, NamedTuple, Optional, Tuple

import numpy
from thinc.types import Floats2d

from ..errors import MoeeError

# lines that are read to find the width
SAMPLE = 64
# characters of a word or a number that a message shows
SHOWN = 40
# white space that no word has; `bytes.split` takes it for a space
CONTROLS = (b"\t", b"\r", b"\v", b"\f")


class Line(NamedTuple):
    """A line without white space at its end.

    number (int): Its number in the file, from 1.
    text (bytes): The line.
    """

    number: int
    text: bytes


def read_shape(path: Path, lines: List[Line]) -> Tuple[Optional[int], int]:
    """Find the shape of a file from its first lines.

    path (Path): The file, for messages.
    lines (List[Line]): The lines, as many as there are.
    RETURNS (Tuple[Optional[int], int]): The number of rows in the header, None if the
        first line is a row; and the numbers in a row.
    RAISES (MoeeError): M207, if no line has numbers; M247, for a floret table.
    """
    fields = lines[0].text.split() if lines else []
    if len(fields) == 8 and fields[-1:] == [b">"]:
        found, remedy = "a floret table", "Use `spacy init vectors --mode floret`."
        raise MoeeError("M247", source=path, found=found, remedy=remedy)
    has_sizes = len(fields) == 2 and all(map(_is_size, fields))
    sample = lines[has_sizes and len(lines) > 1 : SAMPLE]
    # the width of most lines: a word with spaces may end in a number
    counts = Counter(_count_numbers(line.text) for line in sample)
    width = counts.most_common(1)[0][0] if counts else 0
    if has_sizes:
        n_rows, promised = map(int, fields)
        if len(lines) == 1 or promised == width > 0:
            return n_rows, width
        if width != 1:
            found = f"it promises {promised} numbers per line, but lines have {width}"
            raise MoeeError("M207", source=path, problem=f"line 1: {found}")
        # an integer in a file of vectors with one dimension
    if not width:
        raise MoeeError("M207", source=path, problem="no line has a number")
    return None, width


def split_lines(
    path: Path, lines: List[Line], width: int
) -> Tuple[List[str], Floats2d]:
    """Read lines.

    path (Path): The file, for messages.
    lines (List[Line]): At least one line.
    width (int): The numbers in each line.
    RETURNS (Tuple[List[str], Floats2d]): The words, which may be empty, and their
        vectors in single precision.
    RAISES (MoeeError): M207, for the first line that can't be read.
    """
    raw, vectors = _split_plain(lines, width) or _split_any(path, lines, width)
    try:
        # no word contains a line end
        return b"\n".join(raw).decode("utf8").split("\n"), vectors
    except UnicodeDecodeError:
        words = [_decode(path, *row) for row in zip(lines, raw, strict=True)]
        return words, vectors


def _split_plain(
    lines: List[Line], width: int
) -> Optional[Tuple[List[bytes], Floats2d]]:
    """Read lines with one space between fields, all at once; None, if they may have
    another form."""
    parts = [line.text.partition(b" ") for line in lines]
    words = [word for word, _, _ in parts]
    rests = [rest for _, _, rest in parts]
    text = b" ".join(rests)
    if (
        any(rest.count(b" ") != width - 1 for rest in rests)
        or b"  " in text
        or any(control in b" ".join(words) + text for control in CONTROLS)
    ):
        return None
    with warnings.catch_warnings():
        # for invalid numbers; later versions of numpy raise an error
        warnings.simplefilter("error", DeprecationWarning)
        try:
            vectors: Any = numpy.fromstring(text, dtype="float32", sep=" ")
        except (DeprecationWarning, ValueError):
            return None
    # some versions read "1-2" as two numbers
    is_whole = len(vectors) == len(lines) * width
    return (words, vectors.reshape(-1, width)) if is_whole else None


def _split_any(
    path: Path, lines: List[Line], width: int
) -> Tuple[List[bytes], Floats2d]:
    """Read lines one by one. The last fields are the numbers, and the text before them
    is the word."""
    words = []
    vectors: Any = numpy.empty((len(lines), width), dtype="float32")
    for row, line in enumerate(lines):
        fields = line.text.rsplit(None, width)
        if len(fields) == width and line.text[:1].isspace():
            fields.insert(0, b"")
        numbers = fields[1:]
        word = fields[0].strip()
        for field in numbers:
            if not _is_number(field):
                raise _line_error(path, line, f"{_show(field)} is not a number")
        if len(fields) <= width or _ends_in_number(word, numbers):
            found = f"numbers at its end: {_count_numbers(line.text)}, not {width}"
            raise _line_error(path, line, found)
        if any(control in word for control in CONTROLS):
            found = f"the word {_show(word)} has a tab or a line end in it"
            raise _line_error(path, line, found)
        words.append(word)
        with numpy.errstate(over="ignore"):
            vectors[row] = [float(number) for number in numbers]
    return words, vectors


def _count_numbers(line: bytes) -> int:
    """Count the numbers at the end of a line; the first field is always the word."""
    fields = line.split()
    count = 0
    while count < len(fields) - 1 and _is_number(fields[-1 - count]):
        count += 1
    return count


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    # which only Python allows
    return b"_" not in field


def _is_size(field: bytes) -> bool:
    return field.isdigit() and len(field) < 19


def _ends_in_number(word: bytes, numbers: List[bytes]) -> bool:
    """Whether a word ends in another number of the vector. "windows 95" does not, if
    the numbers have fractions."""
    *before, last = word.split() or [b""]
    if not before or not _is_number(last):
        return False
    return b"." in last or not any(b"." in number for number in numbers)


def _decode(path: Path, line: Line, word: bytes) -> str:
    try:
        return word.decode("utf8")
    except UnicodeDecodeError:
        problem = f"the word {_show(word)} is not UTF-8"
        raise _line_error(path, line, problem) from None


def _line_error(path: Path, line: Line, problem: str) -> MoeeError:
    return MoeeError("M207", source=path, problem=f"line {line.number}: {problem}")


def _show(field: bytes) -> str:
    text = field.decode("utf8", errors="backslashreplace")
    shown = (c if c.isprintable() else ascii(c)[1:-1] for c in text[:SHOWN])
    return f"'{''.join(shown)}{'...' * (len(text) > SHOWN)}'"
