"""The text of a file and its lines, and advice about bytes that are not text."""

import codecs
from pathlib import Path
from typing import Iterable, List

from ..errors import MoeeError

UTF8 = "utf-8"
# longer marks first: that of UTF-32 begins with that of UTF-16
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
ARCHIVES = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive (or a document of an office program)",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"%PDF": "a PDF document",
}


def check_encoding(encoding: str) -> None:
    """Check that Python knows an encoding.

    encoding (str): Its name.
    RAISES (MoeeError): M317, if it does not.
    """
    try:
        b"a".decode(encoding)
    except LookupError:
        raise MoeeError("M317", found=encoding) from None
    except UnicodeError:
        pass  # a character of UTF-16 has at least two bytes


def read_bytes(path: Path, limit: int = -1) -> bytes:
    """Read a file as it is.

    path (Path): The file.
    limit (int): The most bytes to read from its beginning; below 0 for all.
    RETURNS (bytes): Its content.
    RAISES (MoeeError): M301 if there is no file, M313 if it can't be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(limit)
    except FileNotFoundError:
        raise MoeeError("M301", file=path) from None
    except OSError as err:
        raise MoeeError("M313", verb="read", file=path, reason=err.strerror) from err


def read_text(path: Path, encoding: str = UTF8) -> str:
    """Read a file strictly, without its byte order mark.

    path (Path): The file.
    encoding (str): Its encoding.
    RETURNS (str): Its text, line ends unchanged.
    RAISES (MoeeError): M301 if there is no file, M302 for bytes that the encoding does
        not have, M313 if the file can't be read, M316 for NUL characters, M317 for an
        unknown encoding, M318 for UTF-8 if another encoding was given.
    """
    check_encoding(encoding)
    data = read_bytes(path)
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as err:
        raise MoeeError(
            "M302",
            file=path,
            line=_line_at(data[: err.start].decode(encoding, "replace")),
            offset=err.start,
            byte=f"0x{data[err.start]:02x}",
            encoding=encoding,
            advice=_advise(data, err.start, encoding),
        ) from None
    if "\0" in text:
        raise MoeeError(
            "M316",
            file=path,
            line=_line_at(text[: text.index("\0")]),
            encoding=encoding,
            advice=_advise_on_nul(data),
        )
    is_unicode = codecs.lookup(encoding).name.startswith("utf")
    if not is_unicode and not data.isascii() and _is_utf8(data):
        raise MoeeError("M318", file=path, encoding=encoding)
    return text


def split_lines(text: str, path: Path) -> List[str]:
    """Split a text into lines, which end in LF or CRLF, or all of them in CR.

    text (str): The text.
    path (Path): Its file, for the message.
    RETURNS (List[str]): The lines without their ends.
    RAISES (MoeeError): M315 for a CR inside a line.
    """
    if "\n" not in text:
        return text.split("\r")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    broken = [number for number, line in enumerate(lines, 1) if "\r" in line]
    if broken:
        raise MoeeError(
            "M315",
            file=path,
            line=broken[0],
            text=lines[broken[0] - 1],
            lines=describe_lines(broken),
        )
    return lines


def list_some(items: Iterable[object], limit: int = 10) -> str:
    """List items in words, the first ones of a long list.

    items (Iterable[object]): The items.
    limit (int): The most items to name.
    RETURNS (str): Such as "3, 7, 9 and 12 more".
    """
    named = list(map(str, items))
    more = len(named) - limit
    return ", ".join(named[:limit]) + (f" and {more:,} more" if more > 0 else "")


def describe_lines(numbers: List[int]) -> str:
    """Count and list the lines of an error.

    numbers (List[int]): Their numbers.
    RETURNS (str): A sentence and a space; empty for a single line.
    """
    if len(numbers) < 2:
        return ""
    return f"{len(numbers):,} lines are like that: {list_some(numbers)}. "


def first_line(error: Exception) -> str:
    """RETURNS (str): The first line of an error's text, or the error's type."""
    return str(error).split("\n")[0] or type(error).__name__


def _line_at(before: str) -> int:
    return before.count("\n" if "\n" in before else "\r") + 1


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode(UTF8)
    except UnicodeDecodeError:
        return False
    return True


def _advise(data: bytes, offset: int, encoding: str) -> str:
    """Describe bytes that can't be decoded, and say what to do."""
    for mark, name in MARKS.items():
        if data.startswith(mark):
            return (
                f"The file begins with the byte order mark of {name.upper()}: give "
                f"--encoding {name}."
            )
    for start, kind in ARCHIVES.items():
        if data.startswith(start):
            return f"The file is {kind}: unpack it, or save it as text."
    if codecs.lookup(encoding).name != UTF8:
        if _is_utf8(data):
            return "The file is valid UTF-8: omit --encoding."
        return "Give the encoding of the file with --encoding, or correct that line."
    letters = sum(not char.isascii() for char in data.decode(UTF8, "ignore"))
    if letters >= data.decode(UTF8, "replace").count("\ufffd"):
        return (
            "The rest of the file is UTF-8, and another encoding would damage it. "
            "Correct that line."
        )
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return (
            "The file is not in cp1252 (Western European Windows) either. Find out "
            "which program wrote it, and give its encoding with --encoding."
        )
    # one byte of cp1252 is one character, so that offsets are the same
    start = max(text.rfind(end, 0, offset) for end in "\n\r") + 1
    line = text[start:].splitlines()[0]
    return (
        f"As cp1252 (Western European Windows) the line would be {line!r}. If that "
        f"is right, give --encoding cp1252; if not, give the file's own encoding."
    )


def _advise_on_nul(data: bytes) -> str:
    """Distinguish UTF-16 without a byte order mark, in which every other byte of
    plain letters is 0, from a file that is not text."""
    for name, zeros in (("utf-16-le", data[1::2]), ("utf-16-be", data[0::2])):
        if zeros.count(0) > len(data) / 4:
            return f"It looks like UTF-16 without a byte order mark: try {name}."
    return "The file is damaged, or not text."
