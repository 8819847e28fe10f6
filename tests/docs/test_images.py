"""The pictures in the repository."""

import re
from collections import defaultdict
from typing import Dict, List, Tuple
from xml.etree import ElementTree

import pytest

from docs.images.gates import SENTENCE

from .blocks import ROOT

IMAGES = sorted((ROOT / "docs" / "images").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
LABELS = ["O", "LOC", "MISC", "ORG", "PER"]


def read_rows(markup: str) -> List[List[str]]:
    """The texts of a picture, by their height, and from left to right."""
    rows: Dict[float, List[Tuple[float, str]]] = defaultdict(list)
    for text in ElementTree.fromstring(markup).iter(f"{SVG}text"):
        place = float(text.attrib["x"]), text.text or ""
        rows[float(text.attrib["y"])].append(place)
    return [[text for _, text in sorted(rows[y])] for y in sorted(rows)]


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_picture_needs_nothing_else(path) -> None:
    markup = path.read_text(encoding="utf8")
    root = ElementTree.fromstring(markup)
    assert root.get("role") == "img" and root.find(f"{SVG}title") is not None
    assert float(root.attrib["width"]) <= 860
    assert not re.search("href|url\\(|<script|@import|@font-face", markup)


def test_gates_are_those_of_the_sentence() -> None:
    """As in the paper's Figure 2, O dominates on the words that are no names."""
    rows = read_rows((ROOT / "docs" / "images" / "gates.svg").read_text("utf8"))
    # what stands beside the scale has a height of its own, or is the last of a row
    table = {row[0]: row[1:7] for row in rows if len(row) >= 7}
    assert table.pop("Token") == ["Tag", *LABELS]
    assert [*table] == SENTENCE.split()
    for word, (tag, *values) in table.items():
        weights = dict(zip(LABELS, map(float, values), strict=True))
        assert sum(weights.values()) == pytest.approx(1, abs=0.03)
        if word in ("Gab", "StartEngine"):
            assert max(weights, key=weights.__getitem__) == "ORG"
        elif word != "Drudge":
            assert tag == "O" and weights["O"] > 0.9
