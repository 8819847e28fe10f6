"""Colours of displaCy."""

from itertools import combinations
from typing import Dict

import numpy
import pytest
import spacy
from numpy import ndarray
from spacy import displacy
from spacy.displacy.render import DEFAULT_ENTITY_COLOR, DEFAULT_LABEL_COLORS

from spacy_moee.insight.colors import COLORS

# linear sRGB to XYZ, and the white point D65 (IEC 61966-2-1)
TO_XYZ = numpy.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = numpy.array([0.95047, 1.0, 1.08883])
ALL = numpy.eye(3)
# what a deuteranope sees (Machado, Oliveira and Fernandes 2009)
DEUTERANOPIA = numpy.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)


def linear(color: str) -> ndarray:
    digits = color.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    rgb = numpy.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return numpy.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: ndarray) -> ndarray:
    xyz = TO_XYZ @ rgb / WHITE
    f = numpy.where(xyz > 0.008856, numpy.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return numpy.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(a: str, b: str, seen: ndarray = ALL) -> float:
    """CIE 1976: 2.3 is just noticeable."""
    a_rgb, b_rgb = (numpy.clip(seen @ linear(color), 0, 1) for color in (a, b))
    return float(numpy.linalg.norm(lab(a_rgb) - lab(b_rgb)))


@pytest.mark.parametrize("label", COLORS)
def test_black_text_is_readable(label: str) -> None:
    luminance = TO_XYZ[1] @ linear(COLORS[label])
    # WCAG 2: 4.5 to 1 for AA, against black
    assert (luminance + 0.05) / 0.05 >= 4.5


def test_every_color_is_spacys_or_far_from_all_of_spacys() -> None:
    spacys: Dict[str, str] = {**DEFAULT_LABEL_COLORS, "": DEFAULT_ENTITY_COLOR}
    assert COLORS["PER"] == spacys["PERSON"]
    for label, color in COLORS.items():
        if label in spacys:
            # of other pipelines, too
            assert color == spacys[label]
        elif label != "PER":
            assert min(difference(color, other) for other in spacys.values()) > 25


def test_types_look_different() -> None:
    for a, b in combinations(COLORS.values(), 2):
        assert difference(a, b) > 25
        assert difference(a, b, DEUTERANOPIA) > 15


def test_displacy_knows_them() -> None:
    doc = spacy.blank("en")("Ada")
    for label, color in COLORS.items():
        doc.set_ents([spacy.tokens.Span(doc, 0, 1, label=label)])
        assert f"background: {color};" in displacy.render(doc, style="ent")
