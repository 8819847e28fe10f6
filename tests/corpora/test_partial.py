"""Files in which some tags are missing: a doc says what is known, and no more."""

from itertools import product
from pathlib import Path
from typing import List, Set, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_schemes import render_tags
from .util import SpanT, convert, get_spans

SCHEMES = ["bioes", "bilou", "bmes", "bmewo"]
LABELS = ["LOC", "PER"]


def segmentations(length: int) -> List[List[SpanT]]:
    """All ways to have entities in a sentence."""
    if length <= 0:
        return [[]]
    found = [list(spans) for spans in segmentations(length - 1)]
    for size, label in product(range(1, length + 1), LABELS):
        start = length - size
        found += [[*rest, (start, length, label)] for rest in segmentations(start)]
    return found


SENTENCES = st.integers(1, 4).flatmap(
    lambda length: st.tuples(
        st.just(length),
        st.sampled_from(segmentations(length)),
        st.sets(st.integers(0, length - 1)),
    )
)


def known_of(length: int, spans: List[SpanT], hidden: Set[int], scheme: str) -> list:
    """The entities that all agreeing sentences share, and the tokens outside of any."""
    visible = [i for i in range(length) if i not in hidden]
    tags = render_tags(length, spans, scheme)
    agreeing = []
    for choice in segmentations(length):
        found = render_tags(length, choice, scheme)
        if all(found[i] == tags[i] for i in visible):
            agreeing.append((choice, found))
    entities = set.intersection(*({*choice} for choice, _ in agreeing))
    outside = [i for i in range(length) if all(f[i] == "O" for _, f in agreeing)]
    return [sorted(entities), outside]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentence=SENTENCES, scheme=st.sampled_from(SCHEMES))
def test_doc_says_what_is_known(
    tmp_path: Path, sentence: Tuple[int, List[SpanT], Set[int]], scheme: str
) -> None:
    length, spans, hidden = sentence
    tags = render_tags(length, spans, scheme)
    rows = [f"w\t{'-' if i in hidden else tag}" for i, tag in enumerate(tags)]
    # so that a tag is there
    (doc, _) = convert(tmp_path, "\n".join([*rows, "", "w\tO", ""]), scheme=scheme).docs
    outside = [token.i for token in doc if token.ent_iob_ == "O"]
    assert [get_spans(doc), outside] == known_of(length, spans, hidden, scheme)


@pytest.mark.parametrize(
    "tags, expected",
    [
        ("B-PER - O", [(0, 1, "PER")]),
        ("B-LOC O - I-PER O", [(0, 1, "LOC")]),
        ("B-PER I-PER -", [(0, 2, "PER")]),
        ("B-PER - I-PER O", []),
        ("I-PER - I-PER", [(0, 1, "PER"), (2, 3, "PER")]),
        ("B-PER O -", [(0, 1, "PER")]),
        ("O - B-PER", [(2, 3, "PER")]),
        ("- U-PER -", [(1, 2, "PER")]),
        ("B-PER - L-PER", [(0, 3, "PER")]),
        ("B-PER L-PER -", [(0, 2, "PER")]),
        ("B-PER - O U-LOC", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("O - L-PER", [(1, 3, "PER")]),
        ("B-PER - - L-PER", []),
    ],
)
def test_borders(tmp_path: Path, tags: str, expected: List[SpanT]) -> None:
    rows = [f"w\t{tag}" for tag in tags.split()]
    found = convert(tmp_path, "\n".join(rows))
    assert get_spans(found.docs[0]) == expected
    assert sum(found.entities.values()) == len(expected)


def test_entity_that_is_taken_out_is_named(tmp_path: Path) -> None:
    found = convert(tmp_path, "Bo\tB-PER\nLi\tI-PER\nsings\t-\nthere\t-\n.\tU-LOC\n")
    assert found.notices == [("unbounded", "line 1", "Bo Li", "PER")]
