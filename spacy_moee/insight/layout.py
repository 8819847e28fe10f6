"""Where everything of a drawn heat map stands, for SVG and PNG alike."""

from typing import List, NamedTuple, Sequence

from .heat import LEVELS, level_of, ticks
from .tables import GateTable
from .texts import break_lines, is_rtl, make_visible, measure

# pixels
SIZE, LINE, PAD, MARGIN = 14, 18, 10, 20
CELL, BAR, BAR_HEIGHT = 62, 14, 180
# ems
TOKEN, LABEL = 20.0, 9.0
TOKEN_LINES, LABEL_LINES = 3, 2


class Cell(NamedTuple):
    """A rectangle in a colour of the scale."""

    x: int
    y: int
    width: int
    height: int
    level: int


class Text(NamedTuple):
    """A line of text.

    x, y (int): Its place on the base line.
    text (str): What it says, not escaped.
    anchor (str): What of it is at x: its "start" (left), "middle" or "end" (right).
    look (str): "plain", "bold" or "muted".
    level (int): Of the cell under it; -1, if there is none.
    """

    x: int
    y: int
    text: str
    anchor: str
    look: str = "plain"
    level: int = -1

    @property
    def is_rtl(self) -> bool:
        """Whether it is written from right to left."""
        return is_rtl(self.text)


class Drawing(NamedTuple):
    """All that is drawn. width, height (int): Its size, in pixels."""

    width: int
    height: int
    cells: List[Cell]
    texts: List[Text]


class Columns(NamedTuple):
    """Borders of the columns. tokens, tags (int): The right end of the tokens, and the
    left one of the tags. experts (List[int]): Those of the cells, one more than there
    are experts."""

    tokens: int
    tags: int
    experts: List[int]


def lay_out(tables: Sequence[GateTable], vmax: float) -> Drawing:
    """Find the place of everything.

    tables (Sequence[GateTable]): What is drawn, one below the other.
    vmax (float): The weight at the end of the scale.
    RETURNS (Drawing): Cells and texts.
    """
    cells: List[Cell] = []
    texts: List[Text] = []
    y, right, top = MARGIN, MARGIN, 0
    for table in tables:
        columns = _columns(table)
        if table.title:
            line = make_visible(table.title)
            texts.append(Text(MARGIN, y + SIZE, line, "start", "bold"))
            y += LINE + PAD
        y = _lay_out_head(table, columns, y, texts)
        top = top or y
        y = _lay_out_rows(table, columns, y, vmax, cells, texts) + MARGIN
        right = max(right, columns.experts[-1])
    top = top or y
    height = min(max(BAR_HEIGHT, y - MARGIN - top), 2 * BAR_HEIGHT)
    width = _lay_out_scale(right + 2 * MARGIN, top, height, vmax, cells, texts)
    return Drawing(width, max(y, top + height + MARGIN), cells, texts)


def _columns(table: GateTable) -> Columns:
    tokens = max((measure(make_visible(x)) for x in table.tokens), default=0.0)
    tags = max((measure(make_visible(x)) for x in table.tags), default=0.0)
    token_end = MARGIN + round(SIZE * max(measure("Token"), min(tokens, TOKEN)))
    tag_start = token_end + 2 * PAD
    x = tag_start + round(SIZE * max(measure("Tag"), tags)) + 2 * PAD
    experts = [x]
    for label in table.labels:
        width = min(measure(make_visible(label)), LABEL)
        experts.append(experts[-1] + max(CELL, round(SIZE * width) + PAD))
    return Columns(token_end, tag_start, experts)


def _lay_out_head(table: GateTable, at: Columns, y: int, texts: List[Text]) -> int:
    """Returns where the rows begin."""
    broken = [break_lines(make_visible(x), LABEL, LABEL_LINES) for x in table.labels]
    bottom = y + LINE * max(map(len, broken), default=1)
    base = bottom - LINE + SIZE
    texts.append(Text(at.tokens, base, "Token", "end", "bold"))
    texts.append(Text(at.tags, base, "Tag", "start", "bold"))
    for left, right, lines in zip(at.experts, at.experts[1:], broken, strict=False):
        for i, line in enumerate(lines, start=1 - len(lines)):
            middle = (left + right) // 2
            texts.append(Text(middle, base + i * LINE, line, "middle", "bold"))
    return bottom + PAD // 2


def _lay_out_rows(
    table: GateTable,
    at: Columns,
    y: int,
    vmax: float,
    cells: List[Cell],
    texts: List[Text],
) -> int:
    """Returns where they end."""
    for token, tag, weights in zip(
        table.tokens, table.tags, table.weights.tolist(), strict=True
    ):
        lines = break_lines(make_visible(token), TOKEN, TOKEN_LINES)
        height = LINE * len(lines) + PAD
        base = y + (height - LINE) // 2 + SIZE - 1
        for i, line in enumerate(lines):
            row = y + PAD // 2 + SIZE - 1 + i * LINE
            texts.append(Text(at.tokens, row, line, "end"))
        look = "muted" if tag in ("O", "-") else "bold"
        texts.append(Text(at.tags, base, make_visible(tag), "start", look))
        borders = zip(at.experts, at.experts[1:], weights, strict=False)
        for left, right, weight in borders:
            level = level_of(weight, vmax)
            cells.append(Cell(left, y, right - left, height, level))
            middle = (left + right) // 2
            texts.append(Text(middle, base, f"{weight:.2f}", "middle", level=level))
        y += height
    return y


def _lay_out_scale(
    x: int, y: int, height: int, vmax: float, cells: List[Cell], texts: List[Text]
) -> int:
    """Returns how wide all is."""
    for level in range(LEVELS + 1):
        # each from its place up to the top, under the next one: without seams
        step = height - height * level // (LEVELS + 1)
        cells.append(Cell(x, y, BAR, step, level))
    widest = 0.0
    for place, text in ticks(vmax):
        base = round(y + height - place * (height - SIZE))
        texts.append(Text(x + BAR + PAD // 2, base - 1, text, "start", "muted"))
        widest = max(widest, measure(text))
    return x + BAR + PAD // 2 + round(SIZE * widest) + MARGIN
