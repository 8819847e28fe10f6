"""The sentence of an entity, in pieces that say what is predicted and annotated."""

import re
from typing import List, NamedTuple, Optional, Tuple

from spacy.tokens import Doc

from .pairs import Entity

# of what is neither, predicted, annotated, or both
ROLES = ("", "found", "gold", "agreed")
# characters that are shown on each side of an entity, and of an entity
AROUND, LONGEST = 120, 100
ELLIPSIS = "\u2026"
# white space and control characters; not those that say how scripts are written
BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class Piece(NamedTuple):
    """A part of a sentence.

    text (str): It.
    role (str): "found" if it was predicted, "gold" if it is annotated, "agreed" if it
        is both, else "".
    """

    text: str
    role: str


def short_text(text: str) -> str:
    """Write the text of an entity in a line. RETURNS (str): The start and the end of a
    long one."""
    text = BLANK.sub(" ", text).strip()
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]}{ELLIPSIS}{text[-half:]}"


def find_context(
    doc: Doc, gold: Optional[Entity], predicted: Optional[Entity]
) -> List[Piece]:
    """Show entities in their sentence, or in a part of it if it is long. In a doc
    without sentence boundaries all of it is one sentence.

    doc (Doc): The gold doc.
    gold (Optional[Entity]): What is annotated.
    predicted (Optional[Entity]): What is predicted; there is at least one of them.
    RETURNS (List[Piece]): The pieces, in order.
    """
    shown = [entity for entity in (gold, predicted) if entity]
    start, end = min(x.start for x in shown), max(x.end for x in shown)
    first, last = _sentence(doc, start, end)
    borders = sorted({first, last, *(x for entity in shown for x in entity[1:])})

    def find_role(a: int, b: int) -> str:
        places = zip((predicted, gold), (1, 2), strict=True)
        return ROLES[sum(n for x, n in places if x and x.start <= a and b <= x.end)]

    pieces: List[Piece] = []
    for a, b in zip(borders, borders[1:], strict=False):
        text, role = BLANK.sub(" ", doc[a:b].text), find_role(a, b)
        if role:
            text = short_text(text)
        else:
            text = _clip(text, b == start)
        pieces.append(Piece(text, role))
        if b < last and doc[b - 1].whitespace_:
            # behind an entity it is no part of it
            pieces.append(Piece(" ", find_role(b - 1, b + 1)))
    return _join(pieces)


def _sentence(doc: Doc, start: int, end: int) -> Tuple[int, int]:
    """The tokens of the sentence around some; of a long one more than are shown."""
    first, last = start, end
    # of which a space is no part of what is shown
    far = AROUND + 1
    while first and not doc[first].is_sent_start:
        if doc[start].idx - doc[first].idx > far:
            break
        first -= 1
    while last < len(doc) and not doc[last].is_sent_start:
        if doc[last].idx - doc[end].idx > far:
            break
        last += 1
    return first, last


def _clip(text: str, is_before: bool) -> str:
    """Cut what is far from the entity, between two words if there are some."""
    if len(text) <= AROUND:
        return text
    if is_before:
        return f"{ELLIPSIS} {text[-AROUND:].split(maxsplit=1)[-1]}"
    return f"{text[:AROUND].rsplit(maxsplit=1)[0]} {ELLIPSIS}"


def _join(pieces: List[Piece]) -> List[Piece]:
    """Neighbours of one role are one."""
    joined: List[Piece] = []
    for piece in filter(lambda piece: piece.text, pieces):
        if joined and joined[-1].role == piece.role:
            joined[-1] = Piece(BLANK.sub(" ", joined[-1].text + piece.text), piece.role)
        else:
            joined.append(piece)
    return joined
