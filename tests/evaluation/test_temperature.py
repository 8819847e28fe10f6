"""The temperature of a tagger, fitted to what is right."""

from typing import List

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy import ndarray

from spacy_moee.evaluation.calibration import Judged
from spacy_moee.evaluation.temperature import (
    HIGHEST,
    LOWEST,
    UNSEEN,
    fit_temperature,
    log_loss,
    move_threshold,
    shift,
    unsureness,
)


class File:
    """Entities that are right with probability sigmoid(logit), whose scores are those
    of logits that are too large."""

    def __init__(self, seed: int, surer: float, n: int = 4000) -> None:
        rng = numpy.random.default_rng(seed)
        self.logits = rng.normal(1, 2, size=n)
        self.correct = rng.uniform(size=n) < sigmoid(self.logits)
        self.surer = surer

    def at(self, temperature: float) -> Judged:
        scores = sigmoid(self.surer * self.logits / temperature)
        numbers = numpy.arange(len(scores))
        return Judged(scores, self.correct, numbers, numbers, len(scores))


def sigmoid(x: ndarray) -> ndarray:
    return 1 / (1 + numpy.exp(-x))


def test_log_loss_by_hand() -> None:
    judged = File(0, 1, n=2).at(1)
    judged = judged._replace(
        scores=numpy.array([0.8, 0.3]), correct=numpy.array([True, False])
    )
    assert log_loss(judged) == pytest.approx(-numpy.log([0.8, 0.7]).mean())
    certain = judged._replace(scores=numpy.array([0.0, 1.0]))
    assert numpy.isfinite(log_loss(certain)) and log_loss(certain) > 10


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.sampled_from([0.5, 1.0, 1.7, 3.0, 6.0]))
def test_fit_finds_how_much_too_sure_scores_are(seed: int, surer: float) -> None:
    file = File(seed, surer)
    found = fit_temperature(lambda temperature: [file.at(temperature)])
    assert found == pytest.approx(surer, rel=0.15)
    # brute force
    grid = numpy.exp(numpy.linspace(numpy.log(LOWEST), numpy.log(HIGHEST), 400))
    least = min(log_loss(file.at(temperature)) for temperature in grid)
    assert log_loss(file.at(found)) <= least + 1e-5


def test_files_count_the_same() -> None:
    small, large = File(1, 1, n=500), File(2, 4, n=20_000)

    def read(temperature: float) -> List[Judged]:
        return [small.at(temperature), large.at(temperature)]

    assert 1.5 < fit_temperature(read) < 3.2


def test_what_is_always_right_has_a_temperature() -> None:
    file = File(0, 1, n=50)
    file.correct[:] = file.logits > 0
    found = fit_temperature(lambda temperature: [file.at(temperature)])
    assert LOWEST <= found < 1.01 * LOWEST


def test_texts_of_the_source_shift_nothing() -> None:
    assert shift(1.3, 0.05, 0.05) == 1.3
    # being surer of a text is no reason for more trust
    assert shift(1.3, 0.05, 0.01) == 1.3


def test_the_less_sure_of_a_text_the_higher() -> None:
    found = [shift(1.3, 0.04, unsure) for unsure in (0.05, 0.1, 0.2, 0.4)]
    assert found == sorted(found) and found[0] > 1.3
    assert 1.3 < 1.3 * UNSEEN < found[-1]
    # nothing is divided by zero
    assert numpy.isfinite(shift(1.0, unsureness(numpy.ones(9)), 0.5))


@given(
    arrays("float64", st.integers(1, 30), elements=st.floats(0, 1, width=16)),
    st.floats(0.01, 1),
)
def test_a_moved_threshold_drops_as_many(before: ndarray, threshold: float) -> None:
    """Any change that keeps the order keeps what is left out."""
    after = before**2 * 0.5 + 0.1
    moved = move_threshold(threshold, before, after)
    assert 0 <= moved <= 1
    kept, rest = after[before >= threshold], after[before < threshold]
    assert (kept >= moved).all() and (rest <= moved).all()
    assert not len(kept) or not len(rest) or (rest < moved).all()
