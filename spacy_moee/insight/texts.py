"""Text as a picture shows it: everything visible, nothing that breaks the markup."""

import unicodedata
from html import escape
from typing import Iterator, List

SPACES = {"\n": "\u21b5", "\r": "\u240d", "\t": "\u21e5", " ": "\u2423"}
# of a character in ems, roughly: fonts differ
NARROW, UPPER, WIDE = 0.62, 0.76, 1.0


def make_visible(text: str) -> str:
    """Show what can't be seen: white space and other tokens without ink by signs or by
    their code points, control characters by their pictures.

    text (str): A token, or a label.
    RETURNS (str): What can be written into HTML and XML once it is escaped.
    """
    if all(unicodedata.category(char)[0] in "ZC" for char in text):
        return "".join(SPACES.get(char) or _name(char) for char in text)
    return "".join(_picture(char) for char in text)


def replace_control(text: str) -> str:
    """Show control characters by their pictures, but for line breaks and tabs.

    text (str): Any text.
    RETURNS (str): A text of the same length.
    """
    return "".join(char if char in "\n\t" else _picture(char) for char in text)


def escape_text(text: str) -> str:
    """Make text visible, and escape it. RETURNS (str): Markup of HTML and XML."""
    return escape(make_visible(text))


def _name(char: str) -> str:
    return f"U+{ord(char):04X}"


def _picture(char: str) -> str:
    code = ord(char)
    if char in "\n\t\r":
        return SPACES[char]
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    # C1, surrogates and noncharacters: XML can't hold the last two, and HTML reads
    # the first as others
    is_void = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return "\ufffd" if unicodedata.category(char) in ("Cc", "Cs") or is_void else char


def is_rtl(text: str) -> bool:
    """Whether the first letter of a text is written from right to left, as `dir="auto"`
    finds out. RETURNS (bool): That."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def measure(text: str) -> float:
    """Estimate how wide a text is. RETURNS (float): The width, in ems."""
    return sum(map(_width, text))


def break_lines(text: str, width: float, n_lines: int) -> List[str]:
    """Break a text that is too wide, anywhere but before a mark that belongs to the
    letter before it.

    text (str): The text.
    width (float): The width of a line, in ems.
    n_lines (int): The number of lines; the last one ends in an ellipsis if there would
        be more.
    RETURNS (List[str]): The lines, at least one.
    """
    lines = list(_lines(text, width))
    if len(lines) > n_lines:
        lines = lines[:n_lines]
        lines[-1] = lines[-1][:-1] + "\u2026"
    return lines or [""]


def _lines(text: str, width: float) -> Iterator[str]:
    line, used = "", 0.0
    for char in text:
        step = _width(char)
        if line and step and used + step > width:
            yield line
            line, used = "", 0.0
        line += char
        used += step
    if line:
        yield line


def _width(char: str) -> float:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(char) in "WF" or char in "MWmw@%":
        return WIDE
    return UPPER if char.isupper() else NARROW
