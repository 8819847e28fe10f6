"""Do scores mean what they say? How far the scores of entities are from how often the
entities are right, and which single number says so.

The calibration error is that of bins of equal mass: entities in the order of their
scores are cut into bins of as many entities, and the mean score of each is compared
with the share of right ones. Entities with equal scores each count as their mean does,
so that no figure depends on the order of the entities.
"""

from typing import List, NamedTuple, Optional, Sequence

import numpy
from numpy import ndarray

BINS = 15
# fewer entities fill no bins
LEAST = 10 * BINS
REPLICATES = 1000
# replicates at a time, for the memory
BLOCK = 100
CONFIDENCE = 0.95


class Judged(NamedTuple):
    """The entities that a pipeline found in a file, and what gold says of them.

    scores (ndarray): The score of each, float64, shape [entities].
    correct (ndarray): Whether it is right, bool, shape [entities].
    labels (ndarray): Its type, shape [entities].
    docs (ndarray): The number of its doc, shape [entities].
    gold (int): How many entities there are in the gold annotation.
    """

    scores: ndarray
    correct: ndarray
    labels: ndarray
    docs: ndarray
    gold: int

    def of_label(self, label: str) -> "Judged":
        """Choose the entities of a type.

        label (str): The type.
        RETURNS (Judged): These; `gold` stays that of all.
        """
        rows = self.labels == label
        scores, correct, labels, docs = (part[rows] for part in self[:4])
        return Judged(scores, correct, labels, docs, self.gold)


class Bin(NamedTuple):
    """Entities with about the same score.

    entities (int): How many.
    score (float): Their mean score.
    correct (float): The share of right ones.
    """

    entities: int
    score: float
    correct: float


class Measures(NamedTuple):
    """How good scores are.

    entities (int): The number of entities.
    score (float): Their mean score.
    correct (float): The share of right ones.
    error (Optional[float]): The expected calibration error; None for fewer than `LEAST`
        entities.
    low (Optional[float]): The lower end of its 95 % interval.
    high (Optional[float]): The upper end.
    brier (float): The mean square of score less 1 for right and 0 for wrong ones.
    risk (float): The area under the risk-coverage curve: see `risk_coverage_area`.
    bins (List[Bin]): For a reliability diagram, from the lowest score; none for fewer
        than `LEAST` entities.
    """

    entities: int
    score: float
    correct: float
    error: Optional[float]
    low: Optional[float]
    high: Optional[float]
    brier: float
    risk: float
    bins: List[Bin]


def measure(judged: Judged, seed: int = 0, replicates: int = REPLICATES) -> Measures:
    """Measure how good the scores of entities are.

    judged (Judged): The entities, at least one.
    seed (int): Of the random numbers.
    replicates (int): How often docs are drawn for the interval.
    RETURNS (Measures): The measures.
    """
    scores, correct = judged.scores, judged.correct.astype("float64")
    error: Optional[float] = None
    low, high = error, error
    bins: List[Bin] = []
    if len(scores) >= LEAST:
        error = calibration_error(scores, correct)
        low, high = calibration_interval(judged, seed, replicates)
        bins = reliability(scores, correct)
    return Measures(
        entities=len(scores),
        score=float(scores.mean()),
        correct=float(correct.mean()),
        error=error,
        low=low,
        high=high,
        brier=brier_score(scores, correct),
        risk=risk_coverage_area(scores, correct),
        bins=bins,
    )


def brier_score(scores: ndarray, correct: ndarray) -> float:
    """Compute the mean square of what each score misses.

    scores (ndarray): The scores.
    correct (ndarray): 1 for right ones, 0 for wrong ones.
    RETURNS (float): 0 at best.
    """
    return float(((scores - correct) ** 2).mean())


def risk_coverage_area(scores: ndarray, correct: ndarray) -> float:
    """Compute the area under the risk-coverage curve: the share of wrong ones among the
    n highest scores, the mean over all n. Only the order of the scores counts.

    scores (ndarray): The scores.
    correct (ndarray): 1 for right ones, 0 for wrong ones.
    RETURNS (float): 0 at best; the share of wrong ones for a constant.
    """
    order = numpy.argsort(-scores, kind="stable")
    wrong = numpy.cumsum(1 - _share_ties(scores, correct)[order])
    return float((wrong / numpy.arange(1, len(wrong) + 1)).mean())


def reliability(scores: ndarray, correct: ndarray, bins: int = BINS) -> List[Bin]:
    """Cut entities into bins of equal mass.

    scores (ndarray): The scores.
    correct (ndarray): 1 for right ones, 0 for wrong ones.
    bins (int): How many bins.
    RETURNS (List[Bin]): From the lowest score; no bin is empty.
    """
    weights = numpy.ones((1, len(scores)))
    mass, score, right = (x[0] for x in _fill(scores, correct, weights, bins))
    filled = numpy.flatnonzero(mass).tolist()
    return [
        Bin(round(mass[i]), float(score[i] / mass[i]), float(right[i] / mass[i]))
        for i in filled
    ]


def calibration_error(scores: ndarray, correct: ndarray, bins: int = BINS) -> float:
    """Compute the expected calibration error: how far the mean score of a bin is from
    its share of right ones, the mean over bins of equal mass.

    scores (ndarray): The scores.
    correct (ndarray): 1 for right ones, 0 for wrong ones.
    bins (int): How many bins.
    RETURNS (float): 0 at best.
    """
    return float(_errors(scores, correct, numpy.ones((1, len(scores))), bins)[0])


def calibration_interval(
    judged: Judged, seed: int = 0, replicates: int = REPLICATES
) -> Sequence[float]:
    """Compute the 95 % interval of the calibration error, by drawing docs. What is
    drawn at random is never calibrated better than chance allows, so that the errors of
    the draws lie above that of all entities; the interval is that of the draws, moved
    back by the difference.

    judged (Judged): The entities.
    seed (int): Of the random numbers.
    replicates (int): How often docs are drawn.
    RETURNS (Sequence[float]): The lower end, not below 0, and the upper end.
    """
    rng = numpy.random.default_rng(seed)
    numbers, doc = numpy.unique(judged.docs, return_inverse=True)
    even = numpy.full(len(numbers), 1 / len(numbers))
    correct = judged.correct.astype("float64")
    errors = []
    for start in range(0, replicates, BLOCK):
        size = min(BLOCK, replicates - start)
        # how often the doc of each entity is drawn, [size, entities]
        weights = rng.multinomial(len(numbers), even, size)[:, doc].astype("float64")
        errors.append(_errors(judged.scores, correct, weights, BINS))
    draws = numpy.concatenate(errors)
    draws += calibration_error(judged.scores, correct) - draws.mean()
    ends = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
    low, high = numpy.quantile(draws, ends).tolist()
    return max(0.0, low), high


def _errors(scores: ndarray, correct: ndarray, weights: ndarray, bins: int) -> ndarray:
    """The calibration error for each row of weights, [replicates]."""
    mass, score, right = _fill(scores, correct, weights, bins)
    return numpy.abs(score - right).sum(axis=1) / mass.sum(axis=1)


def _fill(
    scores: ndarray, correct: ndarray, weights: ndarray, bins: int
) -> Sequence[ndarray]:
    """The sums of the weights in each bin, of weighted scores and of weighted right
    ones, each [replicates, bins]."""
    order = numpy.argsort(scores, kind="stable")
    values = scores[order], _share_ties(scores, correct)[order]
    weights = weights[:, order]
    middle = weights.cumsum(axis=1) - weights / 2
    total = numpy.maximum(weights.sum(axis=1, keepdims=True), 1)
    place = numpy.minimum((bins * middle / total).astype("int64"), bins - 1)
    place += bins * numpy.arange(len(weights))[:, None]
    size = bins * len(weights)
    return [
        numpy.bincount(place.ravel(), (weights * part).ravel(), size).reshape(-1, bins)
        for part in (numpy.ones(len(scores)), *values)
    ]


def _share_ties(scores: ndarray, correct: ndarray) -> ndarray:
    """Give entities with equal scores the mean of what is right."""
    _, group = numpy.unique(scores, return_inverse=True)
    share = numpy.bincount(group, correct) / numpy.bincount(group)
    return numpy.asarray(share[group])
