"""Predicted and gold entities in pairs, each of which is right, or wrong in its way.

The kinds are those of SemEval 2013, task 9.1, and of nervaluate: its strict counts have
`type`, `borders` and `both` as incorrect; its exact ones `borders` and `both`; its
partial ones have these two as partial.
"""

from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

CORRECT, TYPE, BORDERS, BOTH = "correct", "type", "borders", "both"
MISSED, SPURIOUS = "missed", "spurious"
KINDS = (CORRECT, TYPE, BORDERS, BOTH, MISSED, SPURIOUS)
# pairs, pairs of one type, tokens that they share, and how early they are
NOTHING = (0, 0, 0, 0)


class Entity(NamedTuple):
    """An entity. label (str): Its type. start (int), end (int): Its tokens."""

    label: str
    start: int
    end: int


class Pair(NamedTuple):
    """An entity of the gold annotation and what was predicted for it.

    gold (Optional[Entity]): None if nothing is there.
    predicted (Optional[Entity]): None if it was missed.
    """

    gold: Optional[Entity]
    predicted: Optional[Entity]

    @property
    def kind(self) -> str:
        """RETURNS (str): One of `KINDS`."""
        gold, predicted = self
        if gold is None:
            return SPURIOUS
        if predicted is None:
            return MISSED
        if gold[1:] == predicted[1:]:
            return CORRECT if gold.label == predicted.label else TYPE
        return BORDERS if gold.label == predicted.label else BOTH


def count_kinds(pairs: Iterable[Pair]) -> Dict[str, int]:
    """Count pairs of each kind. RETURNS (Dict[str, int]): By kind, in their order."""
    counts = dict.fromkeys(KINDS, 0)
    for pair in pairs:
        counts[pair.kind] += 1
    return counts


def pair_entities(gold: Sequence[Entity], predicted: Sequence[Entity]) -> List[Pair]:
    """Pair the entities of a text. Those with the same borders are pairs. Of the others
    that overlap, each has one partner at most, and as many have one as possible, as
    with nervaluate. If there is a choice, as where a predicted entity holds two gold
    ones, as many pairs as possible are of one type; then they share as many tokens as
    possible; then the first ones are pairs.

    gold (Sequence[Entity]): The gold ones.
    predicted (Sequence[Entity]): The predicted ones, on the same tokens.
    RETURNS (List[Pair]): Every entity once, in the order of the text.
    """
    right, golds, found = _pair_equal(gold, predicted, lambda entity: entity)
    other, golds, found = _pair_equal(golds, found, lambda entity: entity[1:])
    pairs = right + other + _align(sorted(golds, key=_place), sorted(found, key=_place))
    return sorted(pairs, key=lambda pair: [_place(x) for x in pair if x][0])


def _place(entity: Entity) -> Tuple[int, int, str]:
    return entity.start, entity.end, entity.label


def _pair_equal(
    gold: Sequence[Entity],
    predicted: Sequence[Entity],
    key: Callable[[Entity], Tuple],
) -> Tuple[List[Pair], List[Entity], List[Entity]]:
    """Pairs that are equal in something, and what is left of both sides: the second of
    two predicted ones on the same tokens, which lie in one token of the gold doc."""
    waiting = {key(entity): entity for entity in gold}
    pairs, rest = [], []
    for entity in predicted:
        if key(entity) in waiting:
            pairs.append(Pair(waiting.pop(key(entity)), entity))
        else:
            rest.append(entity)
    return pairs, list(waiting.values()), rest


def _align(gold: List[Entity], predicted: List[Entity]) -> List[Pair]:
    """The best pairs of entities that overlap. Partners never stand in another order
    than their partners do, so that these are the best path through both lists."""
    n, m = len(gold), len(predicted)
    # by how many entities were read: the best value, and its pairs, the last one first
    levels: List[Dict[Tuple[int, int], Tuple]] = [{} for _ in range(n + m + 1)]
    levels[0][0, 0] = (NOTHING, None)
    for level in levels:
        for (i, j), (value, path) in level.items():
            for step in _steps(gold[i : i + 1], predicted[j : j + 1]):
                place = i + bool(step.gold), j + bool(step.predicted)
                total = tuple(map(sum, zip(value, _value(step), strict=True)))
                before = levels[sum(place)].get(place)
                if before is None or total > before[0]:
                    levels[sum(place)][place] = (total, (step, path))
    pairs = []
    _, path = levels[-1][n, m]
    while path is not None:
        pair, path = path
        pairs.append(pair)
    return pairs[::-1]


def _steps(gold: List[Entity], predicted: List[Entity]) -> List[Pair]:
    """What can become of the next two: what ends before the other starts has no
    partner."""
    if not gold or not predicted:
        return [Pair(x, None) for x in gold] + [Pair(None, x) for x in predicted]
    [a], [b] = gold, predicted
    if a.end <= b.start:
        return [Pair(a, None)]
    if b.end <= a.start:
        return [Pair(None, b)]
    return [Pair(a, b), Pair(a, None), Pair(None, b)]


def _value(pair: Pair) -> Tuple[int, ...]:
    """What is added up and should be as much as possible."""
    gold, predicted = pair
    if gold is None or predicted is None:
        return NOTHING
    shared = min(gold.end, predicted.end) - max(gold.start, predicted.start)
    same = gold.label == predicted.label
    return 1, int(same), shared, -gold.start - predicted.start
