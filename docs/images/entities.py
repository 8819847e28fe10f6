"""Draw the README's picture: what a pipeline finds in two sentences of our own.

    python -m docs.images.entities PIPELINE docs/images/entities.svg

The picture in the repository was made with the recipe static_features, seed 0, after
two epochs on CoNLL-2003.
"""

import re
import sys
from html import escape
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

import matplotlib
import spacy
from spacy.tokens import Doc

from spacy_moee.files import write_text
from spacy_moee.insight.colors import COLORS

SENTENCES = (
    (
        "Source domain: newswire, annotated",
        "Paul Brennan met the president of France in Dublin on Friday, Reuters said.",
    ),
    (
        "Target domain: technology news, never seen in training",
        "Mozilla unveiled a phone in San Jose, and Mary Chen said that Google would "
        "answer it with an Android tablet.",
    ),
)
WIDTH, MARGIN, LINE, SIZE, LABEL = 860, 28, 44, 18, 11
FAMILY = "Helvetica, Arial, 'Liberation Sans', sans-serif"
INK, GREY, PAPER, BORDER = "#1f2328", "#59636e", "#ffffff", "#d1d9e0"


class Piece(NamedTuple):
    """A word or an entity. label (str): Empty for a word. space (bool): A space
    follows."""

    text: str
    label: str
    space: bool


def read_widths(name: str) -> Dict[str, float]:
    """The widths of Helvetica's characters, in thousandths of the size."""
    file = Path(matplotlib.get_data_path(), "fonts", "afm", f"{name}.afm")
    found = re.findall(r"^C (\d+) ; WX (\d+)", file.read_text("latin1"), re.MULTILINE)
    return {chr(int(code)): float(width) for code, width in found}


REGULAR, BOLD = read_widths("phvr8a"), read_widths("phvb8a")


def measure(text: str, size: float, widths: Dict[str, float] = REGULAR) -> float:
    return sum(widths.get(x, 556) for x in text) * size / 1000


def cut(doc: Doc) -> Iterator[Piece]:
    """The words and entities of a doc, punctuation joined to what stands before."""
    ends = {ent.start: ent.end for ent in doc.ents}
    i = 0
    while i < len(doc):
        end = ends.get(i, i + 1)
        label = doc[i].ent_type_ if i in ends else ""
        yield Piece(doc[i:end].text, label, bool(doc[end - 1].whitespace_))
        i = end


def draw_text(x: float, y: float, text: str, size: float, style: str = "") -> str:
    widths = BOLD if "bold" in style else REGULAR
    length = f'textLength="{measure(text, size, widths):.1f}"'
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}"'
    return f"<text {place} {length} {style}>{escape(text)}</text>"


def draw_piece(piece: Piece, x: float, y: float) -> Tuple[List[str], float]:
    """Returns the shapes, and where the piece ends."""
    width = measure(piece.text, SIZE)
    if not piece.label:
        return [draw_text(x, y, piece.text, SIZE)], x + width
    width += measure(piece.label, LABEL, BOLD) + 22
    box = f'x="{x:.1f}" y="{y - 21}" width="{width:.1f}" height="30" rx="6"'
    style = 'font-weight="bold"'
    shapes = [
        f'<rect {box} fill="{COLORS[piece.label]}"/>',
        draw_text(x + 7, y, piece.text, SIZE),
        draw_text(x + measure(piece.text, SIZE) + 14, y - 1, piece.label, LABEL, style),
    ]
    return shapes, x + width


def draw(sentences: List[Tuple[str, Doc]]) -> str:
    """Draw sentences under each other, on a card that looks the same on any page."""
    shapes: List[str] = []
    y = 0.0
    for title, doc in sentences:
        y += 42
        style = f'fill="{GREY}" font-weight="bold"'
        shapes.append(draw_text(MARGIN, y, title, 13, style))
        x, y = float(MARGIN), y + 36
        for piece in cut(doc):
            _, end = draw_piece(piece, x, y)
            if end > WIDTH - MARGIN:
                x, y = float(MARGIN), y + LINE
            drawn, x = draw_piece(piece, x, y)
            shapes += drawn
            x += measure(" ", SIZE) + 1 if piece.space else 0
    height = y + 34
    found = (f"{ent} ({ent.label_})" for _, doc in sentences for ent in doc.ents)
    card = f'x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'font-family="{FAMILY}" fill="{INK}" role="img">',
            f"<title>Entities: {escape(', '.join(found))}</title>",
            f'<rect {card} fill="{PAPER}" stroke="{BORDER}"/>',
            *shapes,
            "</svg>\n",
        ]
    )


def main(pipeline: str, output: str) -> None:
    nlp = spacy.load(pipeline)
    write_text(Path(output), draw([(title, nlp(text)) for title, text in SENTENCES]))


if __name__ == "__main__":
    main(*sys.argv[1:])
