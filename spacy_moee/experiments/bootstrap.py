"""A paired bootstrap: is one system better than another on the target?

Both systems tagged the same sentences, several seeds each. A replicate draws
sentences, the same for both, and seeds of each system, with replacement; its statistic
is the difference of the mean F1. Of n seeds n - 1 are drawn (Rao and Wu 1988), because
n draws of so few would make the spread of the mean too small by the factor (n - 1) / n.
With one seed only the sentences are resampled, and p is too small.
"""

from typing import NamedTuple

import numpy
from numpy import ndarray

REPLICATES = 10_000
# replicates at a time, for the memory
BLOCK = 500


class Difference(NamedTuple):
    """How much better a system is.

    f1 (float): The difference of the mean F1, in points of percent.
    low (float): The lower end of the 95 % interval.
    high (float): The upper end.
    p (float): The two-sided p-value of no difference.
    """

    f1: float
    low: float
    high: float
    p: float


def compare(
    system: ndarray, baseline: ndarray, replicates: int = REPLICATES, seed: int = 0
) -> Difference:
    """Compare two systems on the same sentences.

    system (ndarray): Correct, predicted and gold entities of each sentence, shape
        [seeds, sentences, 3].
    baseline (ndarray): The same of the other; it may have another number of seeds.
    replicates (int): How many resamples.
    seed (int): Of the random numbers.
    RETURNS (Difference): System less baseline. The interval is the middle 95 % of the
        replicates; p is twice the share of them on the smaller side of zero.
    """
    rng = numpy.random.default_rng(seed)
    n_sentences = system.shape[1]
    even = numpy.full(n_sentences, 1 / n_sentences)
    draws = numpy.empty(replicates)
    for start in range(0, replicates, BLOCK):
        block = draws[start : start + BLOCK]
        # how often each sentence is drawn, [replicates, sentences]
        weights = rng.multinomial(n_sentences, even, len(block)).astype("float64")
        block[:] = _draw_mean(system, weights, rng) - _draw_mean(baseline, weights, rng)
    whole = numpy.ones((1, n_sentences))
    f1 = float(_f1(system, whole).mean() - _f1(baseline, whole).mean())
    low, high = numpy.percentile(draws, [2.5, 97.5])
    smaller = min((draws <= 0).sum(), (draws >= 0).sum())
    p = min(1.0, 2 * (smaller + 1) / (replicates + 1))
    return Difference(f1, float(low), float(high), float(p))


def _draw_mean(
    counts: ndarray, weights: ndarray, rng: numpy.random.Generator
) -> ndarray:
    f1 = _f1(counts, weights)
    n_seeds = f1.shape[1]
    drawn = rng.integers(n_seeds, size=(len(f1), max(1, n_seeds - 1)))
    return numpy.take_along_axis(f1, drawn, axis=1).mean(axis=1)


def _f1(counts: ndarray, weights: ndarray) -> ndarray:
    """F1 in percent of each replicate and seed, [replicates, seeds]."""
    sums = weights @ counts.transpose(1, 0, 2).reshape(len(counts[0]), -1)
    correct, predicted, gold = numpy.moveaxis(sums.reshape(len(weights), -1, 3), 2, 0)
    total = predicted + gold
    return 200 * correct / numpy.where(total > 0, total, 1)
