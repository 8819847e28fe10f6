"""Character offsets of a text, in code points or UTF-16 code units -> tokens.

Python counts code points. JavaScript, in which annotation tools are written, counts
UTF-16 code units, so that an emoji is two. Files do not name the unit; only texts with
such characters show it.
"""

import re
from typing import Iterable, List, NamedTuple, Optional, Tuple

from spacy.tokens import Doc, Span

from .formats.items import Annotated, CharSpan
from .options import CODE_POINTS, UTF16


class Text(NamedTuple):
    """A text and its doc.

    item (Annotated): The text with its spans.
    doc (Doc): Its tokens.
    points (List[int]): For each offset in UTF-16 code units the one in code points, -1
        inside a character. Empty if both units are equal.
    """

    item: Annotated
    doc: Doc
    points: List[int]


class Located(NamedTuple):
    """The location of a span.

    start (int): Its first character, in code points, within the text.
    end (int): Where it ends, exclusive.
    flaw (str): Why it can't be an entity: a key of `KINDS`, or empty.
    tokens (Optional[Span]): Its tokens without white space at the edges, if it has no
        flaw.
    """

    start: int
    end: int
    flaw: str
    tokens: Optional[Span]

    @property
    def is_trimmed(self) -> bool:
        """RETURNS (bool): Whether it has white space at its edges."""
        return self.tokens is not None and len(self.tokens.text) < self.end - self.start


def make_text(item: Annotated, doc: Doc) -> Text:
    """Combine a text and its doc.

    item (Annotated): The text with its spans.
    doc (Doc): Its tokens.
    RETURNS (Text): Both, and a table that converts offsets.
    """
    points: List[int] = []
    if any(char > "\uffff" for char in item.text):
        for i, char in enumerate(item.text):
            points += [i, -1] if char > "\uffff" else [i]
        points.append(len(item.text))
    return Text(item, doc, points)


def count_whole(texts: Iterable[Text], unit: str) -> int:
    """Count the spans that are whole tokens, of those for which the unit matters.

    texts (Iterable[Text]): The texts.
    unit (str): The unit of the offsets.
    RETURNS (int): The number of such spans.
    """
    count = 0
    for text in texts:
        for span in text.item.spans:
            if text.points and _convert(text, span, UTF16) != (span.start, span.end):
                found = _locate(text, span, unit)
                count += found.tokens is not None and not found.is_trimmed
    return count


def locate(text: Text, span: CharSpan, unit: str) -> Located:
    """Find the tokens of a span.

    text (Text): The text.
    span (CharSpan): One of its spans.
    unit (str): The unit of the offsets. A span whose quoted text is only found with
        the other unit is read in that one.
    RETURNS (Located): Its tokens, or why it has none.
    """
    found = _locate(text, span, unit)
    if found.flaw and text.points and span.quote is not None:
        other = _locate(text, span, UTF16 if unit == CODE_POINTS else CODE_POINTS)
        return found if other.flaw else other
    return found


def _locate(text: Text, span: CharSpan, unit: str) -> Located:
    content = text.item.text
    start, end = _convert(text, span, unit)
    is_inside = start >= 0 and 0 <= end <= len(content)
    start, end = max(start, 0), min(end if end >= 0 else span.end, len(content))
    piece = content[start:end]
    flaw = span.flaw or ("" if is_inside and piece.strip() else "misaligned")
    if not flaw and span.quote is not None and _squeeze(piece) != _squeeze(span.quote):
        flaw = "misquoted"
    if flaw:
        return Located(start, end, flaw, None)
    first = start + len(piece) - len(piece.lstrip())
    tokens = text.doc.char_span(first, first + len(piece.strip()))
    return Located(start, end, "misaligned" if tokens is None else "", tokens)


def _convert(text: Text, span: CharSpan, unit: str) -> Tuple[int, int]:
    """Convert the offsets of a span to code points; -1 inside a character."""
    if unit == CODE_POINTS or not text.points:
        return span.start, span.end
    return text.points[span.start], text.points[span.end]


def _squeeze(text: str) -> str:
    """Remove white space, which tools quote in many ways."""
    return "".join(re.sub(r"\\[nrt]", " ", text).split())
