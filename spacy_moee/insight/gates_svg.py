"""The weights of a gate as an SVG, which needs no other file."""

import hashlib
from collections import defaultdict
from html import escape
from typing import Dict, List, Sequence

from .display import FONT, INK, LINE, MUTED, PAPER, follow_themes, set_both
from .heat import shade_of
from .layout import SIZE, Cell, Text, lay_out
from .tables import GateTable, caption_of
from .texts import escape_text

# what is described for those who can't see the picture
SMALLEST, DESCRIBED = 0.05, 100
LOOKS = {"plain": "", "bold": ' class="moee-bold"', "muted": ' class="moee-muted"'}


def draw_svg(tables: Sequence[GateTable], vmax: float) -> str:
    """Draw tables, one below the other.

    tables (Sequence[GateTable]): What is drawn.
    vmax (float): The weight at the end of the scale.
    RETURNS (str): An element that is a whole file, too.
    """
    drawing = lay_out(tables, vmax)
    lines = [line for table in tables for line in _describe(table)]
    cells, texts = _draw_cells(drawing.cells), _draw_texts(drawing.texts)
    levels = sorted({cell.level for cell in drawing.cells})
    size = f'width="{drawing.width}" height="{drawing.height}"'
    card = f'width="{drawing.width - 1}" height="{drawing.height - 1}"'
    # of its own among other pictures on a page, and always the same
    name = hashlib.sha256("".join([*lines, *cells]).encode("utf8")).hexdigest()[:8]
    named = f'aria-labelledby="moee-{name}-title moee-{name}-desc"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {named} '
            f'viewBox="0 0 {drawing.width} {drawing.height}" class="moee-svg" '
            f'font-family="{FONT}" font-size="{SIZE}" fill="{INK[0]}">',
            f'<title id="moee-{name}-title">{caption_of(vmax)}</title>',
            f'<desc id="moee-{name}-desc">{" ".join(lines)}</desc>',
            f"<style>\n{_rules(levels)}</style>",
            f'<rect class="moee-card" x=".5" y=".5" {card} rx="8" fill="{PAPER[0]}"/>',
            *cells,
            *texts,
            "</svg>\n",
        ]
    )


def _rules(levels: Sequence[int]) -> str:
    rules = [
        follow_themes("moee-svg"),
        f".moee-svg{{max-width:100%;height:auto;{set_both('fill', INK)}}}",
        f".moee-svg .moee-card{{{set_both('fill', PAPER)}{set_both('stroke', LINE)}}}",
        ".moee-svg text{white-space:pre;font-variant-numeric:tabular-nums}",
        ".moee-svg .moee-bold{font-weight:600}",
        f".moee-svg .moee-muted{{{set_both('fill', MUTED)}}}",
    ]
    for level in levels:
        fills, inks = zip(shade_of(level), shade_of(level, dark=True), strict=True)
        rules.append(f".moee-svg .moee-f{level}{{{set_both('fill', fills)}}}")
        rules.append(f".moee-svg .moee-t{level}{{{set_both('fill', inks)}}}")
    return "".join(f"{rule}\n" for rule in rules)


def _draw_cells(cells: Sequence[Cell]) -> List[str]:
    """One path for all cells of a colour: small, and in the order of the scale."""
    paths: Dict[int, List[str]] = defaultdict(list)
    for x, y, width, height, level in cells:
        paths[level].append(f"M{x} {y}h{width}v{height}h-{width}z")
    return [
        f'<path class="moee-f{level}" fill="{shade_of(level).fill}" '
        f'd="{"".join(paths[level])}"/>'
        for level in sorted(paths)
    ]


def _draw_texts(texts: Sequence[Text]) -> List[str]:
    """One group for all texts that look alike."""
    groups: Dict[str, List[str]] = defaultdict(list)
    for text in texts:
        anchor, look = text.anchor, LOOKS[text.look]
        if text.level >= 0:
            ink = shade_of(text.level).ink
            look = f' class="moee-t{text.level}" fill="{ink}"'
        if text.is_rtl:
            # the start of such a text is at its right
            anchor = {"start": "end", "end": "start"}.get(anchor, anchor)
            look += ' direction="rtl"'
        element = f'<text x="{text.x}" y="{text.y}">{escape(text.text)}</text>'
        groups[f'<g text-anchor="{anchor}"{look}>'].append(element)
    return [
        line
        for group, elements in groups.items()
        for line in (group, *elements, "</g>")
    ]


def _describe(table: GateTable) -> List[str]:
    """Say what a picture shows."""
    lines = [escape_text(table.title)] if table.title else []
    rows = zip(table.tokens, table.tags, table.weights.tolist(), strict=True)
    for token, tag, weights in list(rows)[:DESCRIBED]:
        pairs = sorted(zip(weights, table.labels, strict=True), reverse=True)
        named = ", ".join(
            f"{escape_text(label)} {weight:.2f}"
            for weight, label in pairs
            if weight >= SMALLEST
        )
        lines.append(f"{escape_text(token)} ({escape_text(tag)}): {named}.")
    if len(table.tokens) > DESCRIBED:
        lines.append(f"And {len(table.tokens) - DESCRIBED:,} more tokens.")
    return lines
