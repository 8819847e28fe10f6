import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.language import (
    SMALL,
    Sample,
    WordPredictor,
    draw,
    log_missed,
)

from .util import randomize


def make_predictor(n_words=7, width=3, negatives=4, seed=0):
    predictor = WordPredictor(n_words, width, negatives).double()
    randomize(predictor, seed)
    return predictor


def make_states(n_words, width, n_places, seed=0):
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(n_places, width, generator=generator, dtype=torch.float64)
    return states, torch.randint(n_words, (n_places,), generator=generator)


def all_words(n_words):
    expected = torch.ones(n_words, dtype=torch.float64)
    return Sample(torch.randperm(n_words), expected)


@given(st.integers(1, 30), st.integers(1, 5), st.integers(0, 9))
def test_a_sample_of_all_words_is_the_full_softmax(n_words, n_places, seed):
    predictor = make_predictor(n_words, seed=seed)
    states, words = make_states(n_words, 3, n_places, seed)
    found = predictor.sampled_nll(states, words, all_words(n_words))
    assert_close(found, predictor.full_nll(states, words))
    parameters = list(predictor.parameters())
    gradients = [
        torch.autograd.grad(nll.sum(), parameters)
        for nll in (found, predictor.full_nll(states, words))
    ]
    assert_close(*gradients)


def test_the_full_softmax_is_that_of_torch():
    predictor = make_predictor()
    states, words = make_states(7, 3, 5)
    scores = states @ predictor.vectors.T + predictor.bias
    expected = -scores.log_softmax(1)[torch.arange(5), words]
    assert_close(predictor.full_nll(states, words), expected)


def test_the_estimate_by_hand():
    predictor = make_predictor()
    states, words = make_states(7, 3, 1)
    words[:] = 2
    expected = torch.linspace(0.1, 0.9, 7, dtype=torch.float64)
    # the word itself is drawn, too, and does not count twice
    sample = Sample(torch.tensor([5, 2, 0]), expected)
    scores = (states @ predictor.vectors.T + predictor.bias)[0] - expected.log()
    by_hand = scores[[2, 5, 0]].logsumexp(0) - scores[2]
    assert_close(predictor.sampled_nll(states, words, sample)[0], by_hand)


class Estimate(torch.nn.Module):
    """The estimate with one sample, as a function of all that is learned."""

    def __init__(self, predictor, sample):
        super().__init__()
        self.vectors, self.bias = predictor.vectors, predictor.bias
        self.compute, self.sample = WordPredictor.sampled_nll, sample

    def forward(self, states, words):
        return self.compute(self, states, words, self.sample)


def test_gradients_are_those_of_finite_differences():
    predictor = make_predictor()
    states, words = make_states(7, 3, 4)
    expected = torch.linspace(0.1, 0.9, 7, dtype=torch.float64)
    estimate = Estimate(predictor, Sample(torch.tensor([5, 2, 0]), expected))

    def compute(states, vectors, bias):
        values = {"vectors": vectors, "bias": bias}
        return torch.func.functional_call(estimate, values, (states, words))

    arguments = states.requires_grad_(), predictor.vectors, predictor.bias
    assert torch.autograd.gradcheck(compute, arguments)


def test_words_are_drawn_log_uniformly():
    torch.manual_seed(0)
    n_words, size, n_draws = 60, 10, 4000
    missed = log_missed(n_words)
    probability = 1 - missed.exp()
    ranks = torch.arange(n_words)
    by_hand = ((ranks + 2) / (ranks + 1)).log() / math.log(n_words + 1)
    assert_close(probability, by_hand)
    assert_close(probability.sum(), torch.tensor(1.0))
    counts, expected = torch.zeros(n_words), torch.zeros(n_words)
    for _ in range(n_draws):
        sample = draw(missed, size)
        assert len(sample.words.unique()) == size
        counts[sample.words] += 1
        expected += sample.expected
    # the mean of what is expected is how often it occurs
    assert_close(expected.sum() / n_draws, torch.tensor(float(size)), rtol=0.1, atol=0)
    assert_close(counts / n_draws, expected / n_draws, rtol=0.15, atol=0.01)


def test_a_draw_of_nearly_all_words_ends():
    assert len(draw(log_missed(40), 39).words.unique()) == 39


@pytest.mark.parametrize(
    "n_words, negatives, used", [(SMALL, 50, 0), (SMALL + 1, 50, 50), (5000, 0, 0)]
)
def test_a_small_vocabulary_has_the_full_softmax(n_words, negatives, used):
    predictor = WordPredictor(n_words, 2, negatives)
    assert predictor.negatives == used
    states, words = make_states(n_words, 2, 3)
    torch.manual_seed(0)
    state = torch.get_rng_state()
    found = predictor.nll(states.float(), words)
    drew = not torch.equal(torch.get_rng_state(), state)
    assert drew == bool(used)
    full = predictor.full_nll(states.float(), words)
    assert torch.equal(found, full) == (not used)


def make_corpus(n_words, n_places, seed):
    """Words by Zipf's law, each half of the time followed by one of two of its own."""
    generator = torch.Generator().manual_seed(seed)
    zipf = 1 / torch.arange(1, n_words + 1, dtype=torch.float64)
    words = torch.multinomial(zipf, n_places, True, generator=generator)
    follower = torch.multinomial(
        zipf, 2 * n_words, True, generator=torch.Generator().manual_seed(0)
    ).view(n_words, 2)
    coin = torch.randint(2, (n_places,), generator=generator)
    random = torch.rand(n_places, generator=generator) < 0.5
    other = torch.multinomial(zipf, n_places, True, generator=generator)
    return words, torch.where(random, other, follower[words, coin])


def train(negatives, n_words=1200, width=24, steps=3000):
    torch.manual_seed(0)
    embed = torch.nn.Embedding(n_words, width)
    predictor = WordPredictor(n_words, width, negatives)
    parameters = [*embed.parameters(), *predictor.parameters()]
    optimizer = torch.optim.Adam(parameters, 0.02)
    decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, steps)
    words, following = make_corpus(n_words, 64 * steps, seed=1)
    for few, after in zip(words.split(64), following.split(64), strict=True):
        optimizer.zero_grad()
        predictor.nll(embed(few), after).mean().backward()
        optimizer.step()
        decay.step()
    words, following = make_corpus(n_words, 4000, seed=2)
    with torch.no_grad():
        return float(predictor.full_nll(embed(words), following).mean().exp())


@pytest.mark.slow
def test_the_estimate_trains_as_well_as_the_full_softmax():
    full, sampled = train(negatives=0), train(negatives=50)
    # far from knowing nothing
    assert full < 400
    assert sampled < 1.05 * full, (sampled, full)
