"""Measures of scores, against formulas written out."""

from typing import Any, List, Tuple

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy import ndarray

from spacy_moee.evaluation.calibration import (
    BINS,
    LEAST,
    Judged,
    brier_score,
    calibration_error,
    calibration_interval,
    measure,
    reliability,
    risk_coverage_area,
)

# few values, so that many are equal
SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.6, 0.9, 1.0])
ENTITIES = st.lists(st.tuples(SCORES, st.booleans()), min_size=1, max_size=40)


def split(entities: List[Tuple[float, bool]]) -> Tuple[ndarray, ndarray]:
    scores, correct = zip(*entities, strict=True)
    return numpy.array(scores), numpy.array(correct, dtype="float64")


def make(n: int, seed: int = 0, power: float = 1.0, docs: int = 0) -> Judged:
    """Entities that are right as often as score ** power says."""
    rng = numpy.random.default_rng(seed)
    scores = rng.uniform(size=n)
    correct = rng.uniform(size=n) < scores**power
    labels = numpy.array(["X", "Y"], dtype=object)[numpy.arange(n) % 2]
    return Judged(scores, correct, labels, numpy.arange(n) % (docs or n), n)


def test_error_is_that_of_equal_bins() -> None:
    judged = make(20 * BINS, power=2)
    order = numpy.argsort(judged.scores)
    parts = zip(
        numpy.array_split(judged.scores[order], BINS),
        numpy.array_split(judged.correct[order], BINS),
        strict=True,
    )
    gaps = [abs(scores.mean() - correct.mean()) for scores, correct in parts]
    found = calibration_error(judged.scores, judged.correct)
    assert found == pytest.approx(numpy.mean(gaps))
    bins = reliability(judged.scores, judged.correct)
    assert [x.entities for x in bins] == [20] * BINS
    assert [abs(x.score - x.correct) for x in bins] == pytest.approx(gaps)


def test_error_by_hand() -> None:
    scores, correct = numpy.array([0.9, 0.2, 0.8, 0.4]), numpy.array([1.0, 0, 0, 1])
    # (0.2, 0.4) against 1 of 2, and (0.8, 0.9) against 1 of 2
    assert calibration_error(scores, correct, bins=2) == pytest.approx(0.275)


@given(ENTITIES, st.integers(1, 6))
def test_error_of_scores_that_are_equal(entities: Any, bins: int) -> None:
    """All orders of entities with equal scores count the same: the mean over them, for
    one bin an entity the mean of |score - share of right ones|."""
    scores, correct = split(entities)
    found = calibration_error(scores, correct, bins)
    back = calibration_error(scores[::-1], correct[::-1], bins)
    assert found == pytest.approx(back)
    share = numpy.array([correct[scores == score].mean() for score in scores])
    single = calibration_error(scores, correct, len(scores))
    assert single == pytest.approx(numpy.abs(scores - share).mean())
    whole = calibration_error(scores, correct, 1)
    assert whole == pytest.approx(abs(scores.mean() - correct.mean()))


@given(ENTITIES)
def test_every_entity_is_in_a_bin(entities: Any) -> None:
    scores, correct = split(entities)
    bins = reliability(scores, correct)
    sizes = [x.entities for x in bins]
    assert sum(sizes) == len(scores) and max(sizes) - min(sizes) <= 1
    total = sum(x.entities * x.correct for x in bins)
    assert total == pytest.approx(correct.sum())
    assert [x.score for x in bins] == sorted(x.score for x in bins)


@given(ENTITIES)
def test_risk_is_the_mean_over_the_surest(entities: Any) -> None:
    """Against the definition, with the expectation over the orders of equal scores."""
    scores, correct = split(entities)
    risks = []
    for n in range(1, len(scores) + 1):
        least = numpy.sort(scores)[::-1][n - 1]
        above, equal = scores > least, scores == least
        wrong = (1 - correct[above]).sum()
        wrong += (n - above.sum()) * (1 - correct[equal].mean())
        risks.append(wrong / n)
    assert risk_coverage_area(scores, correct) == pytest.approx(numpy.mean(risks))


def test_risk_of_a_constant_is_the_share_of_wrong_ones() -> None:
    correct = numpy.array([1.0, 0, 0, 1, 1])
    assert risk_coverage_area(numpy.full(5, 0.6), correct) == pytest.approx(0.4)
    assert risk_coverage_area(correct, correct) < 0.4


def test_brier_by_hand() -> None:
    scores, correct = numpy.array([0.9, 0.2]), numpy.array([1.0, 0.0])
    assert brier_score(scores, correct) == pytest.approx((0.01 + 0.04) / 2)


def test_interval_holds_the_error_and_shrinks() -> None:
    wide, narrow = (make(n, power=2) for n in (LEAST, 16 * LEAST))
    for judged in (wide, narrow):
        low, high = calibration_interval(judged)
        assert low < calibration_error(judged.scores, judged.correct) < high
    widths = [high - low for low, high in map(calibration_interval, (wide, narrow))]
    assert widths[1] < widths[0] / 2.5


def test_interval_lies_around_the_error() -> None:
    """Of calibrated scores, too, of which every draw is further off than they are."""
    off = []
    for seed in range(10):
        judged = make(LEAST, seed)
        error = calibration_error(judged.scores, judged.correct)
        off.append(sum(calibration_interval(judged, seed, 200)) / 2 / error - 1)
    assert abs(numpy.mean(off)) < 0.1


def test_interval_draws_docs() -> None:
    """Twenty copies of each entity in one doc are worth one."""
    one = make(300, power=2)
    scores, correct, labels, docs = (numpy.repeat(part, 20) for part in one[:4])
    copies = Judged(scores, correct, labels, docs, one.gold)
    apart = copies._replace(docs=numpy.arange(len(copies.docs)))
    widths = [
        high - low for low, high in map(calibration_interval, (one, copies, apart))
    ]
    assert widths[1] == pytest.approx(widths[0], rel=0.1)
    assert widths[2] < widths[0] / 3


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_interval_is_that_of_its_seed(seed: int) -> None:
    judged = make(LEAST)
    first = calibration_interval(judged, seed, 50)
    assert first == calibration_interval(judged, seed, 50)


def test_interval_covers_the_error_of_all() -> None:
    """Of scores that are off by a known amount: right with score ** 2."""
    middle = (numpy.arange(10_000) + 0.5) / 10_000
    parts = numpy.array_split(middle, BINS)
    truth = numpy.mean([abs(x.mean() - (x**2).mean()) for x in parts])
    intervals = [
        calibration_interval(make(2000, seed, power=2), seed, 200) for seed in range(40)
    ]
    assert sum(low <= truth <= high for low, high in intervals) >= 34


def test_few_entities_have_no_error() -> None:
    few = measure(make(LEAST - 1))
    assert few.error is few.low is few.high is None and not few.bins
    assert few.brier > 0 and few.risk > 0
    assert measure(make(LEAST)).error is not None


def test_measures_of_a_type() -> None:
    judged = make(2 * LEAST, power=3)
    measures = measure(judged.of_label("Y"), replicates=10)
    rows = judged.labels == "Y"
    assert measures.entities == LEAST
    assert measures.score == pytest.approx(judged.scores[rows].mean())
    assert measures.correct == pytest.approx(judged.correct[rows].mean())
    assert sum(x.entities for x in measures.bins) == LEAST
