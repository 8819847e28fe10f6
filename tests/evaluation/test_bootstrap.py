"""The paired bootstrap against closed forms, simulations, and clear cases."""

import math

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")
from spacy_moee.evaluation.bootstrap import compare  # noqa: E402

from ..experiments.util import make_counts  # noqa: E402
from ..marks import slow  # noqa: E402

# Student's t, 0.975: of a table
T_975 = {2: 4.303, 5: 2.571}


def make_system(rng, n_seeds, n_sentences, share):
    systems = [make_counts(rng, n_sentences, share) for _ in range(n_seeds)]
    names = ("correct", "predicted", "gold")
    return numpy.array([[s[k] for k in names] for s in systems]).transpose(0, 2, 1)


def f1_of(counts):
    correct, predicted, gold = counts.sum(0)
    return 200 * correct / (predicted + gold) if predicted + gold else 0.0


def test_one_seed_each_is_the_bootstrap_of_sentences():
    """In plain loops: sentences by index."""
    rng = numpy.random.default_rng(0)
    system, baseline = (make_system(rng, 1, 60, share) for share in (0.6, 0.5))
    draws = []
    for _ in range(3000):
        rows = rng.integers(60, size=60)
        draws.append(f1_of(system[0][rows]) - f1_of(baseline[0][rows]))
    found = compare([system], [baseline], replicates=6000)
    assert found.f1 == pytest.approx(f1_of(system[0]) - f1_of(baseline[0]))
    reach = 1.96 * numpy.std(draws)
    assert found.high - found.f1 == pytest.approx(reach, rel=0.06)
    assert found.f1 - found.low == pytest.approx(reach, rel=0.06)
    z = abs(found.f1) / numpy.std(draws)
    assert found.p == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.03)


@pytest.mark.parametrize("n_seeds, df", [(3, 2), (6, 5)])
def test_spread_of_the_seeds_is_that_of_their_mean(n_seeds, df):
    # sentences that are all alike, and a baseline without a spread: a t interval
    correct = numpy.random.default_rng(n_seeds).integers(50, 70, size=n_seeds)
    system = numpy.array([[[c, 100, 100]] * 20 for c in correct])
    baseline = numpy.array([[[55, 100, 100]] * 20])
    found = compare([system], [baseline], replicates=50_000)
    # F1 of such a seed is `correct`
    error = numpy.std(correct, ddof=1) / math.sqrt(n_seeds)
    assert found.f1 == pytest.approx(correct.mean() - 55)
    assert found.high - found.f1 == pytest.approx(T_975[df] * error, rel=0.03)


@pytest.mark.parametrize("n_seeds, df", [(3, 2), (6, 5)])
def test_seeds_of_both_are_the_same(n_seeds, df):
    # sentences that are all alike: a t interval of the differences
    rng = numpy.random.default_rng(n_seeds)
    before = rng.integers(20, 80, size=n_seeds)
    gain = rng.integers(2, 6, size=n_seeds)
    sides = [
        numpy.array([[[c, 100, 100]] * 20 for c in correct])
        for correct in (before + gain, before)
    ]
    found = compare([sides[0]], [sides[1]], replicates=50_000, same_seeds=True)
    error = numpy.std(gain, ddof=1) / math.sqrt(n_seeds)
    assert found.f1 == pytest.approx(gain.mean())
    assert found.high - found.f1 == pytest.approx(T_975[df] * error, rel=0.03)
    # what the seeds differ by themselves hides it
    assert compare([sides[0]], [sides[1]]).low < min(0, found.low)


def test_spread_of_the_sentences_is_that_of_a_proportion():
    # one entity a sentence, always predicted: F1 is the share of correct ones
    rng = numpy.random.default_rng(1)
    hits = rng.random((2, 2000)) < [[0.7], [0.6]]
    ones = numpy.ones(2000, dtype=int)
    system, baseline = (numpy.stack([h, ones, ones], axis=1)[None] for h in hits)
    found = compare([system], [baseline])
    difference = 100 * (hits[0].astype(int) - hits[1].astype(int))
    error = difference.std() / numpy.sqrt(2000)
    assert found.f1 == pytest.approx(difference.mean())
    assert found.low == pytest.approx(difference.mean() - 1.96 * error, abs=0.2)
    assert found.high == pytest.approx(difference.mean() + 1.96 * error, abs=0.2)


@pytest.mark.parametrize("n_seeds", [*slow(2, 3), 5])
@pytest.mark.parametrize("spread", [0.0, 0.01, 0.03])
def test_equal_systems_are_rarely_told_apart(n_seeds, spread):
    """Systems whose seeds differ by luck alone, by a little or by a lot: about 5 % of
    the intervals may leave zero out, and no interval is much wider than it must."""
    rng = numpy.random.default_rng(int(1000 * spread) + n_seeds)
    n_trials, missed, differences, widths = 200, 0, [], []
    for _ in range(n_trials):
        hard = rng.random((1, 400))
        pair = []
        for _ in range(2):
            shares = 0.7 + spread * rng.normal(size=(n_seeds, 1))
            hits = 0.8 * hard + 0.2 * rng.random((n_seeds, 400)) < shares
            ones = numpy.ones_like(hits)
            pair.append(numpy.stack([hits, ones, ones], axis=2).astype(float))
        found = compare(*([x] for x in pair), replicates=200)
        missed += not found.low <= 0 <= found.high
        differences.append(found.f1)
        widths.append(found.high - found.low)
    # 8 %: three deviations of a proportion of 200 around 4 %
    assert missed / n_trials < 0.08
    if n_seeds == 5:
        assert numpy.median(widths) < 1.5 * 2 * 1.96 * numpy.std(differences)


def test_clear_cases():
    rng = numpy.random.default_rng(2)
    good, bad, other = (make_system(rng, 3, 500, s) for s in (0.8, 0.5, 0.5))
    clear = compare([good], [bad])
    assert clear.low > 5 and clear.p < 0.01
    worse = compare([bad], [good])
    assert worse.high < -5 and worse.p < 0.01
    none = compare([other], [bad])
    assert none.low < 0 < none.high and none.p > 0.05
    same = compare([bad], [bad])
    assert same.f1 == 0 and same.low <= 0 <= same.high and same.p > 0.5


@settings(max_examples=20)
@given(
    seeds=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    n=st.integers(1, 30),
    number=st.integers(0, 1000),
)
def test_order(seeds, n, number):
    rng = numpy.random.default_rng(number)
    system, baseline = (make_system(rng, s, n, 0.5) for s in seeds)
    found = compare([system], [baseline], replicates=300)
    assert found.low <= found.f1 <= found.high and 0 <= found.p <= 1
    assert abs(found.f1) <= 100
    # nothing but the sign depends on which comes first, up to the random numbers
    assert compare([baseline], [system], replicates=300).f1 == pytest.approx(-found.f1)
    # the same numbers again
    assert compare([system], [baseline], replicates=300) == found


def test_one_sentence_shows_nothing():
    system, baseline = numpy.array([[[5, 5, 5]]]), numpy.array([[[1, 5, 5]]])
    found = compare([system], [baseline], replicates=50)
    assert found.f1 == 80 and found.low < 0 < found.high and found.p == 1


def test_sentences_without_entities():
    empty = numpy.zeros((2, 5, 3))
    assert compare([empty], [empty], replicates=50) == (0.0, 0.0, 0.0, 1.0)


def test_mean_of_two_targets_is_drawn_within_each():
    """In plain loops: the sentences of each target by index."""
    rng = numpy.random.default_rng(5)
    sizes = (40, 90)
    system, baseline = (
        [make_system(rng, 1, n, share) for n in sizes] for share in (0.6, 0.5)
    )
    draws = []
    for _ in range(3000):
        rows = [rng.integers(n, size=n) for n in sizes]
        parts = [
            f1_of(x[0][r]) - f1_of(y[0][r])
            for x, y, r in zip(system, baseline, rows, strict=True)
        ]
        draws.append(sum(parts) / 2)
    found = compare(system, baseline, replicates=6000)
    whole = [f1_of(x[0]) - f1_of(y[0]) for x, y in zip(system, baseline, strict=True)]
    assert found.f1 == pytest.approx(sum(whole) / 2)
    assert found.high - found.f1 == pytest.approx(1.96 * numpy.std(draws), rel=0.06)


def test_two_targets_of_the_same_sentences_are_drawn_apart():
    """One target twice: the mean is the same, and varies by a root of two less."""
    rng = numpy.random.default_rng(6)
    system, baseline = (make_system(rng, 1, 300, share) for share in (0.6, 0.5))
    one = compare([system], [baseline])
    two = compare([system] * 2, [baseline] * 2)
    assert two.f1 == pytest.approx(one.f1)
    reach = (one.high - one.low) / math.sqrt(2)
    assert two.high - two.low == pytest.approx(reach, rel=0.06)


def test_seeds_are_trainings_of_all_targets():
    # sentences that are all alike: seeds that are good on one target and bad on the
    # other have one mean, which does not vary
    def make(*correct):
        return numpy.array([[[c, 100, 100]] * 20 for c in correct])

    found = compare([make(60, 40), make(40, 60)], [make(45)] * 2)
    assert found.f1 == pytest.approx(5) and found.p == 1.0


def test_interval_of_systems_that_differ_less_than_their_seeds():
    """As if each seed of one were the other's with a sentence changed: the degrees of
    freedom can't fall below those of the seeds."""
    rng = numpy.random.default_rng(0)
    correct = rng.integers(0, 4, (3, 200))
    counts = numpy.stack([correct, correct + 1, numpy.full((3, 200), 4)], axis=2)
    # seeds that get other sentences right, and nearly as many
    other = counts.copy()
    other[:, 0, 0] = 0
    found = compare([other], [counts], replicates=1000)
    assert found.high - found.low < 10
