"""A reliability diagram: how often entities are right, by their score."""

import io
from typing import Any, Dict, List, NamedTuple, Sequence

from ..evaluation.calibration import Bin

INK, MUTED, LINE = "#1f2328", "#59636e", "#d8dee4"
BEFORE, AFTER = "#9aa4af", "#0b6bcb"
PANEL = 2.3
COLUMNS = 3
FORMATS = ("svg", "png")
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "reliability",
    # names are names: a "$" is no formula
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "text.color": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.color": LINE,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


class Panel(NamedTuple):
    """One plot of the diagram.

    title (str): What the entities are, such as a type.
    before (List[Bin]): Bins of their scores.
    after (List[Bin]): Bins of their calibrated scores.
    """

    title: str
    before: List[Bin]
    after: List[Bin]


def draw_reliability(panels: Sequence[Panel]) -> Dict[str, bytes]:
    """Draw the share of right entities by their mean score, of scores as they were and
    calibrated. The closer to the diagonal, the better.

    panels (Sequence[Panel]): The plots, at least one.
    RETURNS (Dict[str, bytes]): The picture by the ending of its file: svg and png.
    """
    import matplotlib
    from matplotlib.figure import Figure

    n_columns = min(COLUMNS, len(panels))
    n_rows = -(-len(panels) // n_columns)
    with matplotlib.rc_context(STYLE):
        # apart from pyplot, which is global and may look for a window
        figure = Figure(figsize=(PANEL * n_columns + 0.2, PANEL * n_rows + 0.6))
        grid = figure.subplots(n_rows, n_columns, squeeze=False).flatten()
        for axes, panel in zip(grid, panels, strict=False):
            _paint(axes, panel)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        handles, labels = grid[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=2)
        figure.supxlabel("mean score of a bin", fontsize=8.5, color=MUTED)
        figure.supylabel("share of right entities", fontsize=8.5, color=MUTED)
        return {ending: _save(figure, ending) for ending in FORMATS}


def _paint(axes: Any, panel: Panel) -> None:
    axes.plot([0, 1], [0, 1], color=LINE, linewidth=1, zorder=1)
    for bins, colour, label in (
        (panel.before, BEFORE, "before"),
        (panel.after, AFTER, "calibrated"),
    ):
        points = [x.score for x in bins], [x.correct for x in bins]
        axes.plot(*points, color=colour, linewidth=1, alpha=0.5, zorder=2)
        style = {"color": colour, "markersize": 4, "markeredgewidth": 0}
        axes.plot(*points, "o", label=label, zorder=3, clip_on=False, **style)
    entities = sum(x.entities for x in panel.before)
    axes.set_title(panel.title)
    axes.annotate(
        f"{entities:,} entities",
        *((0.03, 0.95),),
        xycoords="axes fraction",
        **{"va": "top", "color": MUTED, "fontsize": 8},
    )
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ticks = [0, 0.5, 1]
    axes.set_xticks(ticks, ["0", ".5", "1"])
    axes.set_yticks(ticks, ["0", ".5", "1"])


def _save(figure: Any, ending: str) -> bytes:
    buffer = io.BytesIO()
    metadata = {"Date": None} if ending == "svg" else {}
    figure.savefig(buffer, format=ending, dpi=200, metadata=metadata)
    return buffer.getvalue()
