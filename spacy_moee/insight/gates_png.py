"""The weights of a gate as a PNG, drawn by matplotlib."""

import io
import warnings
from collections import defaultdict
from typing import Any, Dict, List, Sequence, Tuple

from ..errors import MoeeError, warn
from .display import INK, LINE, MUTED, PAPER
from .heat import shade_of
from .layout import SIZE, Drawing, Text, lay_out
from .tables import GateTable

# a picture's pixels for each one of the layout, and what many programs can open
SCALE, LARGEST = 2, (1 << 15) - 1
DPI, POINTS = 96, 72
# tried one after the other, as far as they are installed, for what the first one lacks
FONTS = (
    *("DejaVu Sans", "Noto Sans", "Noto Sans CJK SC", "Noto Sans CJK JP"),
    *("Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari"),
    *("Arial Unicode MS", "Microsoft YaHei", "Hiragino Sans", "Segoe UI Symbol"),
)
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
FONT: Dict[str, Any] = {"fontsize": SIZE * POINTS / DPI, "parse_math": False}
COLORS = {"plain": INK[0], "bold": INK[0], "muted": MUTED[0]}


def draw_png(tables: Sequence[GateTable], vmax: float) -> bytes:
    """Draw tables, one below the other.

    tables (Sequence[GateTable]): What is drawn.
    vmax (float): The weight at the end of the scale.
    RETURNS (bytes): The file.
    RAISES (MoeeError): M754 without matplotlib, M755 if it would be too large.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise MoeeError("M754", problem=error) from error
    drawing = lay_out(tables, vmax)
    largest = max(drawing.width, drawing.height)
    if largest > LARGEST:
        n_tokens = sum(len(table.tokens) for table in tables)
        raise MoeeError("M755", tokens=f"{n_tokens:,}", pixels=f"{largest:,}")
    with matplotlib.rc_context({"font.family": _find_fonts(), "text.usetex": False}):
        return _paint(drawing, min(SCALE, LARGEST / largest))


def _find_fonts() -> List[str]:
    from matplotlib.font_manager import get_font_names

    installed = {*get_font_names()}
    return [name for name in FONTS if name in installed]


def _paint(drawing: Drawing, scale: float) -> bytes:
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

    # apart from pyplot, which is global and may look for a window
    size = drawing.width / DPI, drawing.height / DPI
    figure = Figure(figsize=size, facecolor=PAPER[0], edgecolor=LINE[0])
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, drawing.width), ylim=(drawing.height, 0))
    shapes = [
        [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
        for x, y, w, h, _ in drawing.cells
    ]
    fills = [shade_of(cell.level).fill for cell in drawing.cells]
    axes.add_collection(PolyCollection(shapes, facecolors=fills, antialiaseds=False))
    for text in drawing.texts:
        if text.level < 0:
            style: Dict[str, Any] = {"color": COLORS[text.look]}
            style |= {"weight": "bold"} if text.look == "bold" else {}
            style |= {"ha": ANCHORS[text.anchor], **FONT}
            axes.text(text.x, text.y, text.text, **style)
    _paint_values(axes, drawing.texts)
    return _save(figure, DPI * scale)


def _paint_values(axes: Any, texts: Sequence[Text]) -> None:
    """Draw each number once, and copy it: text is slow, and most numbers are 0.00."""
    from matplotlib.collections import PathCollection
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    places: Dict[Tuple[str, str], List[Tuple[int, int]]] = defaultdict(list)
    for text in texts:
        if text.level >= 0:
            places[text.text, shade_of(text.level).ink].append((text.x, text.y))
    to_pixels = Affine2D().scale(1 / POINTS) + axes.figure.dpi_scale_trans
    for (number, ink), offsets in places.items():
        path = TextPath((0, 0), number, size=FONT["fontsize"])
        box = path.get_extents()
        middle = Affine2D().translate(-(box.x0 + box.x1) / 2, 0)
        copies = PathCollection(
            [middle.transform_path(path)],
            facecolors=ink,
            linewidths=0,
            offsets=offsets,
            offset_transform=axes.transData,
        )
        copies.set_transform(to_pixels)
        axes.add_collection(copies, autolim=False)


def _save(figure: Any, dpi: float) -> bytes:
    """Save, and say once what no font has."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    missing = {str(x.message) for x in caught if "missing from" in str(x.message)}
    for found in caught:
        if str(found.message) not in missing:
            warnings.warn_explicit(
                found.message, found.category, found.filename, found.lineno
            )
    if missing:
        warn("MW75", count=len(missing), first=sorted(missing)[0])
    return buffer.getvalue()
