"""The weights of a gate as a table of HTML, which is also a heat map."""

from html import escape
from typing import Iterable, List, Sequence, Set

from .display import FONT, INK, LINE, MUTED, PAPER, follow_themes, set_both
from .heat import anchors, level_of, shade_of, ticks
from .tables import GateTable, caption_of
from .texts import escape_text, make_visible, measure

# of the column of tokens, in ems: longer ones are broken
WIDEST = 12.0
# all in the figure's own class: a page has other tables, and styles of its own for them
RULES = f"""{follow_themes("moee-gates")}
.moee-gates{{box-sizing:border-box;width:fit-content;max-width:100%;margin:1em 0;
padding:.8em 1em;border:1px solid;border-radius:.5em;font:14px/1.35 {FONT};
{set_both("color", INK)}{set_both("background", PAPER)}
{set_both("border-color", LINE)}}}
.moee-gates figcaption{{font-weight:600;margin:0 0 .5em;
overflow-wrap:anywhere}}
.moee-gates .moee-scroll{{overflow:auto;max-height:85vh}}
.moee-gates .moee-grid{{border-collapse:separate;border-spacing:0;border:0;margin:0;
color:inherit;width:auto;table-layout:auto;font-size:14px;
font-variant-numeric:tabular-nums}}
.moee-gates .moee-grid caption{{caption-side:top;text-align:start;padding:0 0 .5em;
{set_both("color", MUTED)}}}
.moee-gates .moee-grid :is(th,td){{padding:.3em .75em;border:0;text-align:center;
vertical-align:middle;white-space:nowrap;font-weight:400;max-width:none;
{set_both("background", PAPER)}}}
.moee-gates .moee-grid thead th{{position:sticky;top:0;z-index:2;font-weight:600}}
.moee-gates .moee-grid th:first-child{{text-align:right;position:sticky;
inset-inline-start:0;padding-inline-end:.6em}}
.moee-gates .moee-grid[dir=rtl] th:first-child{{text-align:left}}
.moee-gates .moee-grid tbody th{{min-width:var(--moee-token);max-width:{WIDEST}em;
white-space:normal;overflow-wrap:anywhere;z-index:1}}
.moee-gates .moee-grid thead th:first-child{{z-index:3}}
.moee-gates .moee-grid .moee-tag{{text-align:start}}
.moee-gates .moee-grid td.moee-tag{{{set_both("color", MUTED)}}}
.moee-gates .moee-grid td.moee-ent{{font-weight:600;{set_both("color", INK)}}}
.moee-gates .moee-grid td:not(.moee-tag){{min-width:2.6em}}
.moee-gates .moee-bar{{height:10px;margin:12px 18px 4px;max-width:280px;{{bar}}}}
.moee-gates .moee-ticks{{display:flex;justify-content:space-between;font-size:12px;
margin:0 18px;max-width:280px;{set_both("color", MUTED)}}}
.moee-gates .moee-ticks span{{width:0;display:flex;justify-content:center;
white-space:nowrap}}
@media (max-width:500px){{.moee-gates{{padding:.6em}}
.moee-gates .moee-grid :is(th,td){{padding:.3em .2em}}
.moee-gates .moee-grid tbody th{{min-width:min(var(--moee-token),7em);max-width:7em}}}}
@media print{{.moee-gates .moee-scroll{{max-height:none}}
.moee-gates{{print-color-adjust:exact;-webkit-print-color-adjust:exact}}}}
"""


def draw_html(tables: Sequence[GateTable], vmax: float) -> str:
    """Draw tables.

    tables (Sequence[GateTable]): What is drawn.
    vmax (float): The weight at the end of the scale.
    RETURNS (str): Markup.
    """
    levels: Set[int] = set()
    figures = [_draw_figure(table, vmax, levels) for table in tables]
    style = f"<style>\n{_rules(levels)}</style>"
    return "\n".join([style, *figures])


def _rules(levels: Iterable[int]) -> str:
    """The style sheet. Of the scale only what occurs is there: a small doc's picture
    stays small."""
    shades = []
    for level in sorted(levels):
        fills, inks = zip(shade_of(level), shade_of(level, dark=True), strict=True)
        colors = set_both("background", fills) + set_both("color", inks)
        shades.append(f".moee-gates .moee-grid .moee-{level}{{{colors}}}\n")
    return RULES.replace("{bar}", _bar_rule()) + "".join(shades)


def _bar_rule() -> str:
    # light-dark() takes colours only
    pairs = zip(anchors(), anchors(dark=True), strict=True)
    both = ",".join(f"light-dark({a},{b})" for a, b in pairs)
    scales = (",".join(anchors()), both)
    return ";".join(f"background:linear-gradient(to right,{x})" for x in scales)


def _draw_figure(table: GateTable, vmax: float, levels: Set[int]) -> str:
    names = "".join(f'<th scope="col">{escape_text(x)}</th>' for x in table.labels)
    head = f'<th scope="col">Token</th><th scope="col" class="moee-tag">Tag</th>{names}'
    widest = max((measure(make_visible(x)) for x in table.tokens), default=0.0)
    style = f'style="--moee-token:{min(widest, WIDEST):.1f}em"'
    title = f"<figcaption>{escape_text(table.title)}</figcaption>\n"
    return (
        f'<figure class="moee-gates">\n{title if table.title else ""}'
        '<div class="moee-scroll" role="region" tabindex="0" aria-label="Weights">\n'
        f'<table class="moee-grid" dir="{escape(table.direction)}" {style}>\n'
        f'<caption dir="ltr">{caption_of(vmax)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n"
        f"{_draw_rows(table, vmax, levels)}</tbody>\n</table>\n</div>\n"
        f'<div dir="ltr" aria-hidden="true"><div class="moee-bar"></div>\n'
        f'<div class="moee-ticks">{_draw_ticks(vmax)}</div></div>\n</figure>'
    )


def _draw_rows(table: GateTable, vmax: float, levels: Set[int]) -> str:
    lang = escape(table.lang)
    rows: List[str] = []
    for text, tag, weights in zip(
        table.tokens, table.tags, table.weights.tolist(), strict=True
    ):
        name = "moee-tag" if tag in ("O", "-") else "moee-tag moee-ent"
        cells = []
        for weight in weights:
            level = level_of(weight, vmax)
            levels.add(level)
            cells.append(f'<td class="moee-{level}">{weight:.2f}</td>')
        rows.append(
            f'<tr><th scope="row" dir="auto" lang="{lang}">{escape_text(text)}</th>'
            f'<td class="{name}">{escape_text(tag)}</td>{"".join(cells)}</tr>\n'
        )
    return "".join(rows)


def _draw_ticks(vmax: float) -> str:
    return "".join(f"<span>{text}</span>" for _, text in ticks(vmax))
