"""A paired bootstrap: is one system better than another on the targets?

Both systems tagged the same sentences, several seeds each. A replicate draws
sentences, the same for both, and seeds of each system, with replacement. What it adds
up are two independent parts: the difference of the mean F1 on the drawn sentences, and
how far the mean of the drawn seeds lies from that of all. In the second part, the
spread of the seeds is that which the sentences do not explain already: a seed also
differs from another one because it happens to get other sentences right. Of n seeds
n - 1 are drawn (Rao and Wu 1988), because n draws of so few would make the spread of
the mean too small. Of several targets it is their mean F1 that is compared: sentences
are drawn within each target, and a seed is one training for all of them.

Two ways to use the same pipelines, such as two thresholds, have the same seeds: then
what is drawn are the differences of each seed.

A few seeds say little about their own spread. So the interval is one of Student's t
with the degrees of freedom of Satterthwaite, not the percentiles of the replicates.
With one seed only the sentences are resampled, and p is too small.
"""

from typing import NamedTuple, Sequence, Tuple

import numpy
from numpy import ndarray

REPLICATES = 10_000
# replicates at a time, for the memory
BLOCK = 500
CONFIDENCE = 0.95


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
    system: Sequence[ndarray],
    baseline: Sequence[ndarray],
    replicates: int = REPLICATES,
    seed: int = 0,
    *,
    same_seeds: bool = False,
) -> Difference:
    """Compare two systems on the same sentences.

    system (Sequence[ndarray]): For each target, the correct, predicted and gold
        entities of each sentence, shape [seeds, sentences, 3]; there is a sentence.
    baseline (Sequence[ndarray]): The same of the other; it may have another number of
        seeds, unless they are the same.
    replicates (int): How many resamples.
    seed (int): Of the random numbers.
    same_seeds (bool): Whether a seed is the same training in both.
    RETURNS (Difference): System less baseline.
    """
    # as slow to import as all the rest
    from scipy.stats import t as student

    rng = numpy.random.default_rng(seed)
    scores, base_scores = _mean_f1(system), _mean_f1(baseline)
    f1 = float(scores.mean() - base_scores.mean())
    pairs = zip(system, baseline, strict=True)
    targets = [_draw_sentences(*pair, replicates, rng) for pair in pairs]
    drawn, base_drawn = (numpy.mean(x, axis=0) for x in zip(*targets, strict=True))
    if same_seeds:
        terms = [(scores - base_scores, drawn - base_drawn)]
    else:
        terms = [(scores, drawn), (-base_scores, -base_drawn)]
    draws = sum(x.mean(axis=1) + _draw_seeds(term, x, rng) for term, x in terms)
    error = float(draws.std())
    if error < 1e-9:
        # nothing varies: the same results, or a single sentence, which shows nothing
        reach = 0.0 if abs(f1) < 1e-9 else 100.0
        return Difference(f1, f1 - reach, f1 + reach, 1.0)
    df = _degrees_of_freedom(error**2, *(term for term, _ in terms))
    reach = float(student.ppf((1 + CONFIDENCE) / 2, df)) * error
    p = float(2 * student.sf(abs(f1) / error, df))
    return Difference(f1, f1 - reach, f1 + reach, p)


def _draw_sentences(
    system: ndarray, baseline: ndarray, replicates: int, rng: numpy.random.Generator
) -> Tuple[ndarray, ndarray]:
    """F1 of every seed of both on the same draws of the sentences of one target,
    [replicates, seeds]."""
    n_sentences = system.shape[1]
    even = numpy.full(n_sentences, 1 / n_sentences)
    blocks = []
    for start in range(0, replicates, BLOCK):
        size = min(BLOCK, replicates - start)
        # how often each sentence is drawn, [size, sentences]
        weights = rng.multinomial(n_sentences, even, size).astype("float64")
        blocks.append((_f1(system, weights), _f1(baseline, weights)))
    drawn, base_drawn = zip(*blocks, strict=True)
    return numpy.concatenate(drawn), numpy.concatenate(base_drawn)


def _draw_seeds(f1: ndarray, drawn: ndarray, rng: numpy.random.Generator) -> ndarray:
    """How far the mean of drawn seeds lies from that of all, [replicates].

    f1 (ndarray): F1 of each seed on all sentences, shape [seeds].
    drawn (ndarray): F1 of each seed on drawn sentences, shape [replicates, seeds].
    """
    n_seeds = len(f1)
    spread = _spread(f1)
    if spread == 0:
        return numpy.zeros(len(drawn))
    apart = drawn - drawn.mean(axis=1, keepdims=True)
    explained = float(apart.var(axis=0).sum()) / (n_seeds - 1)
    share = max(0.0, 1 - explained / spread) ** 0.5
    chosen = rng.integers(n_seeds, size=(len(drawn), n_seeds - 1))
    return share * (f1[chosen].mean(axis=1) - f1.mean())


def _spread(f1: ndarray) -> float:
    """The sample variance of the seeds; 0 of one."""
    return float(f1.var(ddof=1)) if len(f1) > 1 else 0.0


def _degrees_of_freedom(variance: float, *systems: ndarray) -> float:
    """Satterthwaite's, where all that seeds differ counts: rather too few. But never
    fewer than the seeds of one system have, where the sentences explain what they
    differ."""
    varying = [f1 for f1 in systems if _spread(f1) > 0]
    if not varying:
        return numpy.inf
    parts = [(_spread(f1) / len(f1)) ** 2 / (len(f1) - 1) for f1 in varying]
    fewest = min(len(f1) - 1 for f1 in varying)
    return max(fewest, variance**2 / sum(parts))


def _mean_f1(targets: Sequence[ndarray]) -> ndarray:
    """F1 of each seed on all sentences, the mean of the targets, [seeds]."""
    scores = [_f1(x, numpy.ones((1, x.shape[1])))[0] for x in targets]
    return numpy.mean(scores, axis=0)


def _f1(counts: ndarray, weights: ndarray) -> ndarray:
    """F1 in percent of each replicate and seed, [replicates, seeds]."""
    sums = weights @ counts.transpose(1, 0, 2).reshape(counts.shape[1], -1)
    correct, predicted, gold = numpy.moveaxis(sums.reshape(len(weights), -1, 3), 2, 0)
    total = predicted + gold
    return 200 * correct / numpy.where(total > 0, total, 1)
