"""Places in a file, and checks of their values: every error names its place."""

from pathlib import Path
from typing import Any, List, NamedTuple, NoReturn, Tuple

from ...errors import MoeeError
from ...labels import check_label
from .items import CharSpan


class Place(NamedTuple):
    """A place in a file.

    file (Path): The file.
    where (str): The place in it, such as "line 3" or "record 3".
    """

    file: Path
    where: str

    def error(self, code: str, **values: Any) -> MoeeError:
        """Make an error about this place.

        code (str): The code of an error that names a file and a place.
        **values: The other values in the message.
        RETURNS (MoeeError): The error.
        """
        return MoeeError(code, file=self.file, where=self.where, **values)

    def refuse(self, key: str, found: Any, expected: str) -> NoReturn:
        """Report a wrong value.

        key (str): The name of the value.
        found (Any): The value.
        expected (str): The values that are expected.
        RAISES (MoeeError): M333, always.
        """
        raise self.error("M333", key=key, found=shorten(found), expected=expected)

    def check_text(self, key: str, text: Any) -> str:
        """Check that a value is a string that can be encoded.

        key (str): The name of the value.
        text (Any): The value.
        RETURNS (str): The value.
        RAISES (MoeeError): M333 if it is not a string, M348 for half a character.
        """
        if not isinstance(text, str):
            self.refuse(key, text, "a string")
        try:
            text.encode("utf8")
        except UnicodeEncodeError as err:
            raise self.error("M348", key=key, found=ascii(text[err.start])) from None
        return text

    def check_list(
        self, key: str, items: Any, expected: str, kind: type = object
    ) -> List[Any]:
        """Check that a value is a list.

        key (str): The name of the value.
        items (Any): The value.
        expected (str): The values that are expected.
        kind (type): The type of all items.
        RETURNS (List[Any]): The value.
        RAISES (MoeeError): M333, if it is not such a list.
        """
        if not isinstance(items, list) or not all(isinstance(i, kind) for i in items):
            self.refuse(key, items, expected)
        return items

    def check_type(self, label: str) -> None:
        """Check that a label can be an entity type.

        label (str): The label.
        RAISES (MoeeError): M336, if it can't.
        """
        try:
            check_label(label)
        except MoeeError as err:
            reason = err.values["reason"]
            raise self.error("M336", label=label, reason=reason) from None

    def make_span(
        self, text: str, offsets: Tuple[Any, Any], label: Any, quote: Any = None
    ) -> CharSpan:
        """Make a span from the values of a file.

        text (str): The text of the span's offsets.
        offsets (Tuple[Any, Any]): Its start and its end, which have to be whole
            numbers, and within the text in UTF-16 code units: the unit is decided
            later.
        label (Any): Its label, which has to be a string.
        quote (Any): Its text, if the file quotes it; anything but a string is ignored.
        RETURNS (CharSpan): The span.
        RAISES (MoeeError): M333 for values of a wrong type, M334 for impossible
            offsets, M348 for half a character in the label.
        """
        start, end = offsets
        for key, value in (("start", start), ("end", end)):
            if type(value) is not int:
                self.refuse(f"the {key} of a span", value, "a whole number")
        self.check_text("the label of a span", label)
        # emoji are rare, and texts may be books
        length = len(text) if end <= len(text) else utf16_length(text)
        if not 0 <= start < end <= length:
            values = {"start": shorten(start), "end": shorten(end), "length": length}
            raise self.error("M334", label=label, **values)
        quote = quote if isinstance(quote, str) else None
        return CharSpan(start, end, label, self.where, quote)


def utf16_length(text: str) -> int:
    """Count the UTF-16 code units of a text, in which an emoji is two.

    text (str): Any text.
    RETURNS (int): Their number.
    """
    return len(text) + sum(char > "\uffff" for char in text)


def shorten(value: Any, length: int = 60) -> str:
    """Show a value in a message.

    value (Any): Any value.
    length (int): The most characters to show.
    RETURNS (str): Its Python form, cut off if it is long.
    """
    if isinstance(value, int) and abs(value) > 10**18:
        return f"a number of about {value.bit_length() * 0.30103:.0f} digits"
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else ""
    text = text or repr(value)
    return text if len(text) <= length else f"{text[: length - 3]}..."
