"""Predicted and gold entities in pairs, against nervaluate and an enumeration."""

from itertools import combinations, permutations
from typing import Any, Dict, List, Sequence, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_moee.evaluation.pairs import (
    KINDS,
    Entity,
    Pair,
    count_kinds,
    pair_entities,
)

LABELS = ["PER", "ORG", "LOC"]


@st.composite
def annotations(draw: Any) -> List[Entity]:
    """Entities of a text that do not overlap: pieces of it, of which some have a
    label."""
    piece = st.tuples(st.sampled_from([*LABELS, ""]), st.integers(1, 4))
    found, end = [], 0
    for label, length in draw(st.lists(piece, max_size=6)):
        found += [Entity(label, end, end + length)] if label else []
        end += length
    return found


def kinds(gold: Sequence[Entity], predicted: Sequence[Entity]) -> Dict[str, int]:
    return count_kinds(pair_entities(gold, predicted))


def parse(text: str) -> List[Entity]:
    """ "PER 0 2, ORG 3 4" -> entities."""
    parts = [x.split() for x in text.split(",") if x]
    return [Entity(label, int(start), int(end)) for label, start, end in parts]


@pytest.mark.parametrize(
    "gold, predicted, expected",
    [
        ("", "", []),
        ("PER 0 2", "PER 0 2", ["correct"]),
        ("PER 0 2", "ORG 0 2", ["type"]),
        ("PER 0 2", "PER 0 1", ["borders"]),
        ("PER 0 2", "PER 1 3", ["borders"]),
        ("PER 0 2", "ORG 1 3", ["both"]),
        ("PER 0 2", "", ["missed"]),
        ("", "PER 0 2", ["spurious"]),
        # side by side is no overlap
        ("PER 0 2", "PER 2 3", ["missed", "spurious"]),
        # two gold ones in a predicted one: that of its type, wherever it is
        ("ORG 0 1,PER 2 4", "PER 0 4", ["missed", "borders"]),
        ("ORG 0 1,PER 2 4", "ORG 0 4", ["borders", "missed"]),
        # else that of which it has more
        ("ORG 0 1,PER 2 4", "LOC 0 4", ["missed", "both"]),
        ("ORG 0 2,PER 2 4", "LOC 0 4", ["both", "missed"]),
        # two predicted ones in a gold one
        ("ORG 0 4", "PER 0 1,ORG 1 4", ["spurious", "borders"]),
        ("ORG 0 4", "PER 0 1,LOC 1 4", ["spurious", "both"]),
        # as many pairs as there can be, though the middle two are of one type
        ("PER 0 1,ORG 3 6", "ORG 0 4,LOC 4 6", ["both", "both"]),
        # what is right is not another's
        ("PER 0 1,ORG 1 4", "PER 0 1,ORG 1 2", ["correct", "borders"]),
        # tokens of another tokenizer lie in one token of the gold doc
        ("LOC 0 1", "LOC 0 1,LOC 0 1", ["correct", "spurious"]),
        ("LOC 0 1", "PER 0 1,LOC 0 1", ["correct", "spurious"]),
        ("LOC 0 1", "PER 0 1,ORG 0 1", ["type", "spurious"]),
        ("PER 0 2", "PER 0 1,PER 0 1", ["spurious", "borders"]),
    ],
)
def test_by_hand(gold: str, predicted: str, expected: List[str]) -> None:
    pairs = pair_entities(parse(gold), parse(predicted))
    assert [pair.kind for pair in pairs] == expected


@given(annotations(), annotations())
def test_everything_is_in_one_pair(gold: Any, predicted: Any) -> None:
    pairs = pair_entities(gold, predicted)
    assert sorted(x.gold for x in pairs if x.gold) == sorted(gold)
    assert sorted(x.predicted for x in pairs if x.predicted) == sorted(predicted)
    assert sum(count_kinds(pairs).values()) == len(pairs)
    assert list(count_kinds(pairs)) == list(KINDS)
    # the order of what is given does not matter
    assert pair_entities(gold[::-1], predicted[::-1]) == pairs


@settings(max_examples=300)
@given(annotations(), annotations())
def test_nervaluate_counts_the_same(gold: Any, predicted: Any) -> None:
    # it needs Python 3.11
    strategies = pytest.importorskip("nervaluate.strategies")
    entities = pytest.importorskip("nervaluate.entities")

    def count(strategy: Any) -> Tuple[int, ...]:
        # with the last token of each
        texts = [
            [entities.Entity(x.label, x.start, x.end - 1) for x in side]
            for side in (gold, predicted)
        ]
        found, _ = strategy().evaluate(*texts, LABELS)
        return (
            *(found.correct, found.incorrect, found.partial),
            *(found.missed, found.spurious),
        )

    found = kinds(gold, predicted)
    alone = found["missed"], found["spurious"]
    same = found["correct"] + found["type"]
    overlaps = found["borders"] + found["both"]
    wrong = found["type"] + overlaps
    strict = (found["correct"], wrong, 0, *alone)
    assert count(strategies.StrictEvaluation) == strict
    assert count(strategies.ExactEvaluation) == (same, overlaps, 0, *alone)
    assert count(strategies.PartialEvaluation) == (same, 0, overlaps, *alone)
    # of several that overlap, the first may do there that is of the type
    if not any(_n_overlaps(x, predicted) > 1 for x in gold) and not any(
        _n_overlaps(x, gold) > 1 for x in predicted
    ):
        typed = found["correct"] + found["borders"]
        other = found["type"] + found["both"]
        expected = (typed, other, 0, *alone)
        assert count(strategies.EntityTypeEvaluation) == expected


def _n_overlaps(entity: Entity, others: Sequence[Entity]) -> int:
    return sum(_shared(entity, x) > 0 for x in others)


def _shared(one: Entity, other: Entity) -> int:
    return min(one.end, other.end) - max(one.start, other.start)


@given(annotations(), annotations())
def test_pairs_are_the_best(gold: Any, predicted: Any) -> None:
    """Of all ways to make pairs, and all right ones are in it."""
    exact = {*gold} & {*predicted}
    rest = [x for x in gold if x not in exact], [x for x in predicted if x not in exact]
    found = pair_entities(gold, predicted)
    assert {x.gold for x in found if x.kind == "correct"} == exact
    chosen = [x for x in found if x.gold and x.predicted and x.kind != "correct"]
    assert _value([(x.gold, x.predicted) for x in chosen]) == max(
        _value([*zip(some, order, strict=True)])
        for size in range(min(map(len, rest)) + 1)
        for some in combinations(rest[0], size)
        for order in permutations(rest[1], size)
        if all(_shared(a, b) > 0 for a, b in zip(some, order, strict=True))
    )


def _value(pairs: Any) -> Tuple[int, int, int]:
    same = sum(a.label == b.label for a, b in pairs)
    return len(pairs), same, sum(_shared(a, b) for a, b in pairs)


def test_long_texts() -> None:
    n = 4_000
    gold = [Entity("PER", 3 * i, 3 * i + 2) for i in range(n)]
    predicted = [Entity("PER", 3 * i + 1, 3 * i + 3) for i in range(n)]
    assert kinds(gold, predicted)["borders"] == n
    # all hang together
    gold = [Entity("PER", 3 * i, 3 * i + 3) for i in range(n)]
    predicted = [Entity("PER", 3 * i + 1, 3 * i + 4) for i in range(n)]
    assert kinds(gold, predicted)["borders"] == n


def test_kind_of_a_pair() -> None:
    one = Entity("PER", 0, 1)
    assert Pair(one, None).kind == "missed" and Pair(None, one).kind == "spurious"
