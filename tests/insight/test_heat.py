"""The colour scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.insight.display import INK, MUTED, PAPER
from spacy_moee.insight.heat import (
    ANCHORS,
    LEVELS,
    contrast,
    level_of,
    shade_of,
    ticks,
)

from .test_colors import TO_XYZ, linear


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_readable_on_every_step(dark: bool) -> None:
    for level in range(LEVELS + 1):
        shade = shade_of(level, dark)
        assert contrast(shade.fill, shade.ink) >= 4.5


@pytest.mark.parametrize("inks", [INK, MUTED])
def test_text_is_readable_on_the_page(inks: tuple) -> None:
    for ink, paper in zip(inks, PAPER, strict=True):
        assert contrast(ink, paper) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # of another implementation
    for color in ANCHORS:
        luminance = TO_XYZ[1] @ linear(color)
        assert contrast(color, "#000000") == pytest.approx(
            (luminance + 0.05) / 0.05, rel=1e-3
        )


def test_scale_is_that_of_the_paper_or_the_other_way_round() -> None:
    assert shade_of(0).fill == shade_of(LEVELS, dark=True).fill == "#ffffd9"
    assert shade_of(LEVELS).fill == shade_of(0, dark=True).fill == "#081d58"
    contrasts = [contrast(shade_of(x).fill, "#ffffff") for x in range(LEVELS + 1)]
    assert contrasts == sorted(contrasts)


def test_scale_is_matplotlibs() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    theirs = matplotlib.colormaps["YlGnBu"]
    for level in range(LEVELS + 1):
        color = matplotlib.colors.to_rgb(shade_of(level).fill)
        assert color == pytest.approx(theirs(level / LEVELS)[:3], abs=0.02)


@given(st.floats(-0.01, 2), st.floats(1e-6, 10))
def test_level_is_a_step(value: float, vmax: float) -> None:
    level = level_of(value, vmax)
    assert 0 <= level <= LEVELS
    if value >= vmax:
        assert level == LEVELS
    if 0 <= value <= vmax:
        assert level / LEVELS == pytest.approx(value / vmax, abs=0.5 / LEVELS + 1e-9)


def test_ticks_say_where_the_scale_ends() -> None:
    assert [text for _, text in ticks(1.0)] == [
        *("0.00", "0.20", "0.40", "0.60", "0.80", "1.00")
    ]
    assert ticks(0.35)[-1] == (1.0, "\u2265 0.35")
