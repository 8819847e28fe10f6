"""Counts of entities, and precision, recall and F1 of them."""

from collections import defaultdict
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Span
from spacy.training import Example

from ..scorer import trim_gold


class Counts(NamedTuple):
    """How many entities there are.

    correct (int): Predicted with the borders and the type of a gold one.
    predicted (int): Predicted.
    gold (int): In the gold annotation.
    """

    correct: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """RETURNS (float): The precision in percent, 0 without a prediction."""
        return 100 * self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """RETURNS (float): The recall in percent, 0 without a gold entity."""
        return 100 * self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """RETURNS (float): F1 in percent."""
        total = self.predicted + self.gold
        return 200 * self.correct / total if total else 0.0


def sum_counts(counts: Dict[str, Counts]) -> Counts:
    """Add the types up.

    counts (Dict[str, Counts]): The counts of each type.
    RETURNS (Counts): The counts of all.
    """
    return Counts(*(sum(c[i] for c in counts.values()) for i in range(3)))


def spacy_counts(examples: Sequence[Example]) -> Dict[str, Counts]:
    """Count as spaCy's `get_ner_prf` does, which only gives the scores: what is
    predicted is compared on the tokens of the gold doc, and where that is not
    annotated it is neither right nor wrong. As the registered scorer does, it takes the
    white space off the edges of gold entities.

    examples (Sequence[Example]): Predicted and gold docs of the same texts.
    RETURNS (Dict[str, Counts]): The counts of each type.
    """
    counts: Dict[str, List[int]] = defaultdict(lambda: [0, 0, 0])
    for example in map(trim_gold, examples):
        if not example.reference.has_annotation("ENT_IOB"):
            continue
        gold = {(e.label_, e.start, e.end) for e in example.reference.ents}
        for label, _, _ in gold:
            counts[label][2] += 1
        for entity in example.predicted.ents:
            key = on_gold_tokens(example, entity)
            if key is not None:
                found = key in gold
                # the second one on the same gold tokens is wrong
                gold.discard(key)
                counts[entity.label_][0] += found
                counts[entity.label_][1] += 1
    return {label: Counts(*count) for label, count in sorted(counts.items())}


def on_gold_tokens(example: Example, entity: Span) -> Optional[Tuple[str, int, int]]:
    """Find a predicted entity on the tokens of the gold doc.

    example (Example): Predicted and gold doc.
    entity (Span): The entity.
    RETURNS (Optional[Tuple[str, int, int]]): Its type, start and end there; None if
        there are no such tokens, or one of them is not annotated.
    """
    tokens = example.alignment.x2y[entity.start : entity.end]
    if not len(tokens):
        return None
    start, end = int(tokens[0]), int(tokens[-1]) + 1
    if any(token.ent_iob == 0 for token in example.reference[start:end]):
        return None
    return entity.label_, start, end
