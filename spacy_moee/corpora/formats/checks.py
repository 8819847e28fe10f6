"""Checks of values that files give: whatever is wrong gets a place and a code."""

from pathlib import Path
from typing import Any, NoReturn, Optional

from ...errors import MoeeError
from ...tags import check_label
from .items import CharSpan


def make_span(
    file: Path,
    where: str,
    text: str,
    start: Any,
    end: Any,
    label: Any,
    quote: Optional[str] = None,
) -> CharSpan:
    """Make a span from values that a file gives.

    file (Path): The file, for messages.
    where (str): The span's place in it.
    text (str): The text that the offsets are about.
    start (Any): Should be an int.
    end (Any): Should be an int above `start`, and at most the number of the text's
        UTF-16 code units: which of them count is decided later.
    label (Any): Should be a string.
    quote (Optional[str]): The span's text, if the file quotes it.
    RETURNS (CharSpan): The span.
    RAISES (MoeeError): M333 wrong types, M334 impossible offsets, M348 half a
        character in the label.
    """
    for key, value in (("the start of a span", start), ("the end of a span", end)):
        if type(value) is not int:
            refuse(file, where, key, value, "a whole number")
    check_text(file, where, "the label of a span", label)
    # emoji are rare, and texts may be books
    length = len(text) if end <= len(text) else utf16_length(text)
    if not 0 <= start < end <= length:
        raise MoeeError(
            "M334",
            file=file,
            where=where,
            label=label,
            start=shorten(start),
            end=shorten(end),
            length=length,
        )
    return CharSpan(start, end, label, where, quote)


def check_type(file: Path, where: str, label: str) -> None:
    """Check that a label can be an entity type.

    file (Path): The file, for the message.
    where (str): The label's place in it.
    label (str): The label.
    RAISES (MoeeError): M336, if it can't.
    """
    try:
        check_label(label)
    except MoeeError as err:
        reason = err.values["reason"]
        raise MoeeError(
            "M336", file=file, where=where, label=label, reason=reason
        ) from None


def check_text(file: Path, where: str, key: str, text: Any) -> str:
    """Check that a value is a string that can be encoded.

    file (Path): The file, for messages.
    where (str): The value's place in it.
    key (str): What it is.
    text (Any): The value.
    RETURNS (str): The value.
    RAISES (MoeeError): M333 if it is no string, M348 for half a character.
    """
    if not isinstance(text, str):
        refuse(file, where, key, text, "a string")
    try:
        text.encode("utf8")
    except UnicodeEncodeError as err:
        found = ascii(text[err.start])
        raise MoeeError("M348", file=file, where=where, key=key, found=found) from None
    return text


def refuse(file: Path, where: str, key: str, found: Any, expected: str) -> NoReturn:
    """Say that a file gives a wrong value.

    file (Path): The file.
    where (str): The value's place in it.
    key (str): What it is.
    found (Any): The value.
    expected (str): Which values are right.
    RAISES (MoeeError): M333, always.
    """
    raise MoeeError(
        "M333", file=file, where=where, key=key, found=shorten(found), expected=expected
    )


def utf16_length(text: str) -> int:
    """Count as JavaScript does, where an emoji is two.

    text (str): Any text.
    RETURNS (int): The number of its UTF-16 code units.
    """
    return len(text) + sum(char > "\uffff" for char in text)


def shorten(value: Any, length: int = 60) -> str:
    """Show a value in a message.

    value (Any): Any value.
    length (int): How many characters are shown at most.
    RETURNS (str): Its Python form, cut off if it is long.
    """
    if isinstance(value, int) and abs(value) > 10**18:
        return f"a number of about {value.bit_length() * 0.30103:.0f} digits"
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else ""
    text = text or repr(value)
    return text if len(text) <= length else f"{text[: length - 3]}..."
