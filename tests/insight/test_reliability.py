"""The reliability diagram."""

import re
import xml.etree.ElementTree as ElementTree
from typing import List

import pytest

from spacy_moee.evaluation.calibration import Bin

pytest.importorskip("matplotlib")
from spacy_moee.insight.reliability import (  # noqa: E402
    AFTER,
    BEFORE,
    Panel,
    draw_reliability,
)


def bins(n: int) -> List[Bin]:
    return [Bin(10, (i + 0.5) / n, (i / n) ** 2) for i in range(n)]


def test_pictures() -> None:
    panels = [Panel(f"<$T_{i}$>", bins(15), bins(15)) for i in range(5)]
    found = draw_reliability(panels)
    assert found["png"].startswith(b"\x89PNG\r\n")
    svg = found["svg"].decode("utf8")
    ElementTree.fromstring(svg)
    for i in range(5):
        assert svg.count(f"&lt;$T_{i}$&gt;") == 1
    assert svg.count("150 entities") == 5
    assert "mean score of a bin" in svg and "share of right entities" in svg


def test_every_bin_is_a_point() -> None:
    svg = draw_reliability([Panel("all", bins(15), bins(7))])["svg"].decode("utf8")
    points = [
        len(re.findall(rf'<use [^>]*style="[^"]*fill: {colour}', svg))
        for colour in (BEFORE, AFTER)
    ]
    # and one in the legend
    assert points == [16, 8]


def test_same_bins_give_the_same_picture() -> None:
    pictures = [draw_reliability([Panel("all", bins(3), bins(3))]) for _ in range(2)]
    assert pictures[0] == pictures[1]
