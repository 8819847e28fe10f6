"""Counts of entities, and precision, recall and F1 of them."""

from collections import defaultdict
from typing import Dict, NamedTuple, Sequence

from spacy.scorer import PRFScore
from spacy.training import Example


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
    """Count with spaCy's spans and its `PRFScore`.

    examples (Sequence[Example]): Predicted and gold docs, on the same tokens.
    RETURNS (Dict[str, Counts]): The counts of each type.
    """
    scores: Dict[str, PRFScore] = defaultdict(PRFScore)
    for example in examples:
        spans = [
            {(ent.label_, ent.start, ent.end) for ent in doc.ents}
            for doc in (example.predicted, example.reference)
        ]
        for label in {label for label, _, _ in spans[0] | spans[1]}:
            scores[label].score_set(
                *({span for span in found if span[0] == label} for found in spans)
            )
    return {
        label: Counts(score.tp, score.tp + score.fp, score.tp + score.fn)
        for label, score in sorted(scores.items())
    }
