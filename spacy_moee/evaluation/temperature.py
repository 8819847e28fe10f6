"""The temperature of a tagger: what the scores of its tags are divided by, before they
become the probabilities of entities.

It is fitted to the likelihood of what was found being right. The likelihood of the gold
tags would mostly be about tokens that are in no entity, and about entities that were
not found, which have no score.
"""

from typing import Callable, Sequence

import numpy
from numpy import ndarray

from .calibration import Judged

# where it is looked for
LOWEST, HIGHEST = 0.25, 16.0
# no probability is as near to 0 or 1 as float32 can round it
NEAREST = 1e-6
# relative precision of a temperature
PRECISION = 0.005
# Learned on five other domains (docs/results.md): how the temperature grows with how
# unsure a pipeline is, and by how much it grew on average.
EXPONENT = 0.25
UNSEEN = 1.4
GOLDEN = (5**0.5 - 1) / 2


def log_loss(judged: Judged) -> float:
    """Compute the mean negative log-likelihood of what was found being right or wrong.

    judged (Judged): The entities, at least one.
    RETURNS (float): In nats, 0 at best.
    """
    scores = numpy.clip(judged.scores, NEAREST, 1 - NEAREST)
    return -float(numpy.log(numpy.where(judged.correct, scores, 1 - scores)).mean())


def fit_temperature(read: Callable[[float], Sequence[Judged]]) -> float:
    """Find the temperature with the least `log_loss`: on a grid, then by golden
    section around its best point.

    read (Callable): What was found in each file, with the scores at a temperature; the
        files count the same, whatever their size.
    RETURNS (float): The temperature.
    """

    def loss(log: float) -> float:
        return float(numpy.mean([log_loss(x) for x in read(float(numpy.exp(log)))]))

    grid = numpy.linspace(numpy.log(LOWEST), numpy.log(HIGHEST), 5)
    best = int(numpy.argmin([loss(point) for point in grid]))
    low, high = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]
    inner = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)]
    losses = [loss(point) for point in inner]
    while high - low > PRECISION:
        if losses[0] <= losses[1]:
            high, inner[1], losses[1] = inner[1], inner[0], losses[0]
            inner[0] = high - GOLDEN * (high - low)
            losses[0] = loss(inner[0])
        else:
            low, inner[0], losses[0] = inner[0], inner[1], losses[1]
            inner[1] = low + GOLDEN * (high - low)
            losses[1] = loss(inner[1])
    return float(numpy.exp((low + high) / 2))


def unsureness(scores: ndarray) -> float:
    """Compute how unsure a pipeline is of what it finds.

    scores (ndarray): The scores of entities at temperature 1, at least one.
    RETURNS (float): 1 less their mean, above 0.
    """
    return max(float(1 - scores.mean()), NEAREST)


def shift(temperature: float, source: float, target: float) -> float:
    """Guess the temperature for texts without gold.

    temperature (float): That of the source domain.
    source (float): How unsure the pipeline is there: see `unsureness`.
    target (float): How unsure it is of the texts.
    RETURNS (float): The temperature, not below that of the source.
    """
    return temperature * max(1.0, (target / source) ** EXPONENT)


def move_threshold(threshold: float, before: ndarray, after: ndarray) -> float:
    """Find the threshold that leaves out as many entities at another temperature.

    threshold (float): The threshold at the temperature before; 0 leaves out none.
    before (ndarray): The scores of entities at that temperature, shape [entities].
    after (ndarray): Their scores at the other one, shape [entities].
    RETURNS (float): The threshold there: between the scores of the last that is left
        out and the first that is kept.
    """
    n_below = int((before < threshold).sum())
    if not n_below:
        # nothing tells how low: one that is as probable is kept
        return float(after.min(initial=threshold))
    ordered = numpy.sort(after)
    return float(ordered[n_below - 1 : n_below + 1].mean())
