"""Charts as inline SVG: in the page's colours, light or dark, and its font. Each group
of charts is drawn twice: as one picture that is as wide as the page, and as a picture
of each, for narrow screens, where the other's letters would be too small."""

import io
import re
from functools import partial
from html import escape
from itertools import groupby
from math import ceil
from operator import itemgetter
from typing import (
    Any,
    Callable,
    Dict,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import numpy

from ...files import hash_of
from .summary import Row, deviation, entity_types, undefined_types
from .table import signed

# matplotlib's colours on the left stand for the page's on the right
COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--muted)",
    "#030303": "var(--line)",
    "#040404": "var(--accent)",
    "#050505": "var(--base)",
}
INK, MUTED, LINE, ACCENT, BASE = COLOURS
# inches of a chart: on a phone, and of all charts of a group on a wide screen
NARROW, WIDE = 3.86, 12.9
# letters of a name beside a chart, and above it
BESIDE, ABOVE = 26, 44
# of the lowest scores that a learning curve leaves out: the first epochs
CUT = 0.15
PARAMS: Any = {
    "svg.fonttype": "none",
    # names are names: a "$" is no formula
    "text.parse_math": False,
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": INK,
    "figure.constrained_layout.use": True,
    # numbers of neighbours do not touch
    "figure.constrained_layout.w_pad": 0.1,
}


class Charts(NamedTuple):
    """A group of charts. wide (str): SVG of all. narrow (List[str]): SVG of each."""

    wide: str
    narrow: List[str]


class Panel(NamedTuple):
    """What one chart of a group shows. title (str): Its title. paint (Callable[[Any],
    None]): Draws it on axes."""

    title: str
    paint: Callable[[Any], None]


def draw_differences(
    rows: Sequence[Row], baseline: str, targets: Dict[str, str]
) -> Optional[Charts]:
    """Draw each system's difference to the baseline, with its interval.

    rows (Sequence[Row]): The rows of one embeddings.
    baseline (str): The baseline's name.
    targets (Dict[str, str]): The titles of the charts, by the name of the target, or
        "mean".
    RETURNS (Optional[Charts]): A chart for each target that has differences, all on the
        same scale; None if there is none.
    """
    found = [x for x in targets if any(x in row.differences for row in rows)]
    # of every chart the same systems
    shown = [row for row in rows if row.differences][::-1]
    bounds = [x for row in shown for d in row.differences.values() for x in d[1:3]]

    def paint(axes: Any, target: str) -> None:
        axes.axvline(0, color=MUTED, linewidth=1)
        for y, row in enumerate(shown):
            if target not in row.differences:
                continue
            f1, low, high, _ = row.differences[target]
            colour = BASE if low <= 0 <= high else ACCENT
            axes.plot([low, high], [y, y], color=colour, linewidth=2.5)
            axes.plot([f1], [y], "o", color=colour, markersize=6)
            # in a column of their own, where no line crosses them
            right = {"xytext": (6, 0), "textcoords": "offset points", "va": "center"}
            axes.annotate(
                signed(f1), (1, y), xycoords=("axes fraction", "data"), **right
            )
        axes.set_ylim(-0.5, len(shown) - 0.5)
        margin = 0.05 * (max(0, *bounds) - min(0, *bounds))
        axes.set_xlim(min(0, *bounds) - margin, max(0, *bounds) + margin)
        axes.set_xlabel(f"points of F1 above {_shorten(baseline, BESIDE)}")
        _name_rows(axes, [row.system for row in shown])

    panels = [Panel(targets[x], partial(paint, target=x)) for x in found]
    label = f"{_name(rows)}: difference of F1 to {baseline}, 95 % interval"
    return _draw(panels, 0.85 + 0.3 * len(shown), 3, label)


def draw_types(rows: Sequence[Row], baseline: str, target: str) -> Optional[Charts]:
    """Draw every system's F1 on each entity type of a target.

    rows (Sequence[Row]): The rows of one embeddings, with results.
    baseline (str): The baseline's name.
    target (str): The name of the target.
    RETURNS (Optional[Charts]): A chart for each type that has gold entities, all on the
        same scale; None if there is none.
    """
    shown = list(rows)[::-1]
    undefined = undefined_types(shown, target)
    types = [x for x in entity_types(shown, target) if x not in undefined]
    values = {label: [row.f1(target, label) for row in shown] for label in types}
    highest = max((f1 for v in values.values() for x in v for f1 in x), default=0.0)

    def paint(axes: Any, label: str) -> None:
        places = range(len(shown))
        means = [float(numpy.mean(v)) for v in values[label]]
        spreads = [deviation(v) or 0.0 for v in values[label]]
        colours = [BASE if row.system == baseline else ACCENT for row in shown]
        axes.barh(places, means, height=0.66, color=colours)
        axes.errorbar(means, places, xerr=spreads, fmt="none", ecolor=INK, elinewidth=1)
        for y, (middle, spread) in enumerate(zip(means, spreads, strict=True)):
            right = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
            axes.annotate(f"{middle:.1f}", (middle + spread, y), **right)
        axes.set_xlim(0, max(5.0, 1.2 * highest))
        _name_rows(axes, [row.system for row in shown])

    panels = [Panel(x, partial(paint, label=x)) for x in types]
    label = f"{_name(rows)}: {target} F1 by entity type"
    return _draw(panels, 0.55 + 0.25 * len(shown), 4, label)


def draw_curves(rows: Sequence[Row], baseline: str) -> Optional[Charts]:
    """Draw each system's learning curves: F1 on the source's development set.

    rows (Sequence[Row]): The rows of one embeddings.
    baseline (str): The baseline's name; its curves are behind all others.
    RETURNS (Optional[Charts]): A chart for each row that has a curve; None if there is
        none.
    """
    curves = {row.system: found for row in rows if (found := _curves(row))}
    behind = curves.get(baseline, [])
    points = [point for found in curves.values() for curve in found for point in curve]
    if not points:
        return None
    last = max(epoch for epoch, _ in points)
    low, high = numpy.quantile([f1 for _, f1 in points], [CUT, 1])
    margin = max(0.5, 0.05 * (high - low))

    def paint(axes: Any, system: str) -> None:
        for curve in behind:
            axes.plot(*zip(*curve, strict=True), color=BASE, linewidth=1)
        for curve in curves[system] if system != baseline else []:
            axes.plot(*zip(*curve, strict=True), color=ACCENT, linewidth=1.6)
        axes.set_xlim(0, max(1, last))
        axes.set_ylim(max(0.0, low - margin), high + margin)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("epoch")

    panels = [Panel(name, partial(paint, system=name)) for name in curves]
    return _draw(panels, 2.1, 3, f"{_name(rows)}: dev F1 by epoch")


def _name(rows: Sequence[Row]) -> str:
    return rows[0].embeddings if rows else ""


def _shorten(name: str, longest: int) -> str:
    """Long names often differ at their ends."""
    half = longest // 2
    return name if len(name) <= longest else f"{name[:half]}\u2026{name[-half:]}"


def _name_rows(axes: Any, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [_shorten(x, BESIDE) for x in names])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)


def _draw(
    panels: Sequence[Panel], height: float, most: int, label: str
) -> Optional[Charts]:
    """Draw a group. The height is that of a chart, in inches; `most` of them are side
    by side; the label is for those who can't see them."""
    if not panels:
        return None
    narrow = [
        _draw_grid([panel], 1, (NARROW, height), f"{label}: {panel.title}")
        for panel in panels
    ]
    # of seven charts four are in the first row, not five
    n_rows = ceil(len(panels) / most)
    size = (WIDE, n_rows * height)
    return Charts(_draw_grid(panels, ceil(len(panels) / n_rows), size, label), narrow)


def _draw_grid(
    panels: Sequence[Panel], columns: int, size: Tuple[float, float], label: str
) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**PARAMS, "svg.hashsalt": label}):
        # apart from pyplot, which is global and may look for a window
        figure = Figure(figsize=size)
        shape = ceil(len(panels) / columns), columns
        # names of rows stand at the left only
        places = figure.subplots(*shape, sharey=True, squeeze=False).flatten()
        for axes, panel in zip(places, panels, strict=False):
            panel.paint(axes)
            axes.set_title(_shorten(panel.title, ABOVE))
        for axes in places[len(panels) :]:
            axes.set_axis_off()
        return _to_svg(figure, label)


def _curves(row: Row) -> List[List[Tuple[float, float]]]:
    return [_spread(r["dev_curve"]) for r in row.results if r["dev_curve"]]


def _spread(curve: Sequence[Tuple[int, float]]) -> List[Tuple[float, float]]:
    """spaCy counts whole epochs. Several evaluations in one lie evenly in it."""
    points: List[Tuple[float, float]] = []
    for epoch, found in groupby(curve, key=itemgetter(0)):
        scores = [f1 for _, f1 in found]
        points += [(epoch + i / len(scores), f1) for i, f1 in enumerate(scores)]
    return points


def _to_svg(figure: Any, label: str) -> str:
    """SVG without what only a file of its own needs, and with ids of its own."""
    buffer = io.StringIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=metadata)
    text = buffer.getvalue()
    [box] = re.findall(r'viewBox="(.*?)"', text)
    body = text[text.index(">", text.index("<svg")) + 1 :]
    prefix = f"c{hash_of(label)}"
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'(href="|url\()#', rf"\1#{prefix}-", body)
    for colour, variable in COLOURS.items():
        body = body.replace(colour, variable)
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(label)}">{body}'
