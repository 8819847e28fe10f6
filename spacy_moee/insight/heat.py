"""The colour scale of heat maps: YlGnBu, light for 0, or the other way round where the
page is dark."""

from typing import Iterable, List, NamedTuple, Tuple

# ColorBrewer's YlGnBu, in nine classes (colorbrewer2.org, Apache 2.0)
ANCHORS = (
    *("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4"),
    *("#1d91c0", "#225ea8", "#253494", "#081d58"),
)
# steps of the scale: more would look the same
LEVELS = 50
N_TICKS = 6
Color = Tuple[float, float, float]


class Shade(NamedTuple):
    """How a cell looks. fill, ink (str): Its colour, and that of the text on it."""

    fill: str
    ink: str


def level_of(value: float, vmax: float) -> int:
    """The step of the scale for a value.

    value (float): The value.
    vmax (float): The value from which on all look alike.
    RETURNS (int): From 0 to `LEVELS`.
    """
    return round(min(max(value / vmax, 0.0), 1.0) * LEVELS)


def shade_of(level: int, dark: bool = False) -> Shade:
    """The colours of a step.

    level (int): From 0 to `LEVELS`.
    dark (bool): On a dark page, where 0 is dark.
    RETURNS (Shade): The colours; the text has a contrast of 4.5 at least.
    """
    place = (LEVELS - level if dark else level) / LEVELS * (len(ANCHORS) - 1)
    left = min(int(place), len(ANCHORS) - 2)
    a, b = parse(ANCHORS[left]), parse(ANCHORS[left + 1])
    mixed = (x + (y - x) * (place - left) for x, y in zip(a, b, strict=True))
    fill = "#" + "".join(f"{round(255 * x):02x}" for x in mixed)
    return Shade(fill, max("#000000", "#ffffff", key=lambda ink: contrast(ink, fill)))


def anchors(dark: bool = False) -> List[str]:
    """RETURNS (List[str]): The colours of the scale at even distances, from 0 on."""
    return list(reversed(ANCHORS)) if dark else list(ANCHORS)


def ticks(vmax: float) -> List[Tuple[float, str]]:
    """What stands beside the scale.

    vmax (float): The value at its end.
    RETURNS (List[Tuple[float, str]]): Places from 0 to 1, and the texts there.
    """
    places = [i / (N_TICKS - 1) for i in range(N_TICKS)]
    texts = [f"{place * vmax:.2f}" for place in places]
    if vmax < 1:
        # larger weights look the same
        texts[-1] = f"\u2265 {texts[-1]}"
    return list(zip(places, texts, strict=True))


def parse(color: str) -> Color:
    """Read a colour such as "#ff8000". RETURNS (Tuple): Its parts, from 0 to 1."""
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def contrast(a: str, b: str) -> float:
    """The contrast of two colours (WCAG 2).

    a, b (str): Colours such as "#ff8000".
    RETURNS (float): From 1 to 21.
    """
    low, high = sorted(map(_luminance, (parse(a), parse(b))))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: Iterable[float]) -> float:
    linear = (
        x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in color
    )
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
