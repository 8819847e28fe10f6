from pathlib import Path
from typing import Dict, List

import pytest
from spacy.language import Language

from .util import TEXTS, clients, expect, run_block

pytestmark = clients("presidio_analyzer")
TYPES = {"PER": "PERSON", "LOC": "LOCATION"}


def test_analyzer_finds_the_entities(nlp: Language, folder: Path) -> None:
    names = run_block("Presidio")
    [anna, place] = sorted(names["results"], key=lambda result: result.start)
    assert (anna.start, anna.end, anna.entity_type) == (0, 4, "PERSON")
    assert (place.start, place.end, place.entity_type) == (14, 22, "LOCATION")
    # the page's limit
    assert anna.score == place.score == 0.85
    for text, spans in zip(TEXTS, expect(nlp), strict=True):
        results = names["analyzer"].analyze(text, language="en")
        found = sorted((r.start, r.end, r.entity_type) for r in results)
        assert found == [(start, end, TYPES[label]) for start, end, label in spans]


@pytest.mark.parametrize(
    "types, expected",
    [({"LOC": "LOCATION"}, ["LOCATION"]), ({"PER": "OUR_OWN"}, ["OUR_OWN"])],
)
def test_type_without_a_name_is_dropped(
    types: Dict[str, str], expected: List[str], folder: Path
) -> None:
    """The page's limit."""
    results = run_block("Presidio", types=repr(types))["results"]
    assert [result.entity_type for result in results] == expected
