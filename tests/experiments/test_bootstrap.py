"""The paired bootstrap against a plain loop, closed forms, and clear cases."""

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_moee.experiments.bootstrap import compare

from .util import make_counts


def make_system(rng, n_seeds, n_sentences, share):
    systems = [make_counts(rng, n_sentences, share) for _ in range(n_seeds)]
    names = ("correct", "predicted", "gold")
    return numpy.array([[s[k] for k in names] for s in systems]).transpose(0, 2, 1)


def f1_of(counts):
    correct, predicted, gold = counts.sum(0)
    return 200 * correct / (predicted + gold) if predicted + gold else 0.0


def brute_force(system, baseline, replicates, rng):
    """The same in plain loops: sentences by index, then seeds."""
    draws = []
    n_sentences = system.shape[1]
    for _ in range(replicates):
        rows = rng.integers(n_sentences, size=n_sentences)
        means = []
        for counts in (system, baseline):
            seeds = rng.integers(len(counts), size=max(1, len(counts) - 1))
            means.append(numpy.mean([f1_of(counts[s][rows]) for s in seeds]))
        draws.append(means[0] - means[1])
    return numpy.array(draws)


def test_same_as_plain_loops():
    rng = numpy.random.default_rng(0)
    system, baseline = (make_system(rng, 3, 60, share) for share in (0.6, 0.5))
    found = compare(system, baseline, replicates=4000)
    draws = brute_force(system, baseline, 4000, rng)
    low, high = numpy.percentile(draws, [2.5, 97.5])
    assert found.low == pytest.approx(low, abs=0.6)
    assert found.high == pytest.approx(high, abs=0.6)
    assert found.p == pytest.approx(2 * (draws <= 0).mean(), abs=0.02)
    means = [numpy.mean([f1_of(c) for c in counts]) for counts in (system, baseline)]
    assert found.f1 == pytest.approx(means[0] - means[1])


def test_spread_of_the_seeds_is_that_of_their_means():
    # sentences that are all alike: only the seeds differ
    def alike(correct):
        return numpy.array([[[c, 100, 100]] * 20 for c in correct])

    one, two = alike([60, 64, 71]), alike([50, 51, 55, 60])
    # F1 of such a seed is `correct`
    variance = (
        numpy.var([60, 64, 71], ddof=1) / 3 + numpy.var([50, 51, 55, 60], ddof=1) / 4
    )
    found = compare(one, two, replicates=50_000)
    assert found.f1 == pytest.approx(65 - 54)
    # the draws are few values: compare the spread, not the ends of the interval
    draws = [compare(one, two, replicates=1, seed=i).low for i in range(4000)]
    assert numpy.var(draws) == pytest.approx(variance, rel=0.1)


def test_spread_of_the_sentences_is_that_of_a_proportion():
    # one entity a sentence, always predicted: F1 is the share of correct ones
    rng = numpy.random.default_rng(1)
    hits = rng.random((2, 2000)) < [[0.7], [0.6]]
    ones = numpy.ones(2000, dtype=int)
    system, baseline = (numpy.stack([h, ones, ones], axis=1)[None] for h in hits)
    found = compare(system, baseline)
    difference = 100 * (hits[0].astype(int) - hits[1].astype(int))
    error = difference.std() / numpy.sqrt(2000)
    assert found.f1 == pytest.approx(difference.mean())
    assert found.low == pytest.approx(difference.mean() - 1.96 * error, abs=0.2)
    assert found.high == pytest.approx(difference.mean() + 1.96 * error, abs=0.2)


def test_clear_cases():
    rng = numpy.random.default_rng(2)
    good, bad, other = (make_system(rng, 3, 500, s) for s in (0.8, 0.5, 0.5))
    clear = compare(good, bad)
    assert clear.low > 10 and clear.p < 0.001
    worse = compare(bad, good)
    assert worse.high < -10 and worse.p < 0.001
    none = compare(other, bad)
    assert none.low < 0 < none.high and none.p > 0.05
    same = compare(bad, bad)
    assert same.f1 == 0 and same.low < 0 < same.high and same.p > 0.5


@settings(max_examples=20)
@given(
    seeds=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    n=st.integers(1, 30),
    number=st.integers(0, 1000),
)
def test_order(seeds, n, number):
    rng = numpy.random.default_rng(number)
    system, baseline = (make_system(rng, s, n, 0.5) for s in seeds)
    found = compare(system, baseline, replicates=300)
    assert found.low <= found.high and 0 < found.p <= 1
    assert abs(found.f1) <= 100
    # nothing but the sign depends on which comes first, up to the random numbers
    assert compare(baseline, system, replicates=300).f1 == pytest.approx(-found.f1)
    # the same numbers again
    assert compare(system, baseline, replicates=300) == found


def test_sentences_without_entities():
    empty = numpy.zeros((2, 5, 3))
    assert compare(empty, empty, replicates=50) == (0.0, 0.0, 0.0, 1.0)
