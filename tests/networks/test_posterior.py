"""A distribution from the probabilities of each token, against enumeration."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.confidence import make_lattice
from spacy_moee.networks.kbest import k_best_paths
from spacy_moee.networks.posterior import posterior_distribution
from spacy_moee.networks.spans import Spans

from .util import all_paths, entities_of, is_legal, make_legal, make_mask

SEEDS = st.integers(0, 2**16)
LENGTHS = st.lists(st.integers(1, 3), min_size=1, max_size=2)
EXACT = {"atol": 1e-9, "rtol": 1e-9}


def make_log_marginals(shape, seed, n_zeros=0.0):
    """Probabilities of tags, some of them 0."""
    generator = torch.Generator().manual_seed(seed)
    shares = torch.rand(shape, generator=generator, dtype=torch.float64)
    keep = torch.rand(shape, generator=generator) >= n_zeros
    keep[..., 0] = True
    shares = shares * keep
    return (shares / shares.sum(dim=2, keepdim=True)).log()


def enumerate_row(log_marginals, legal):
    """The probability of each legal sequence of a row."""
    paths = all_paths(*log_marginals.shape)
    shares = {
        path: sum(log_marginals[step, tag] for step, tag in enumerate(path)).exp()
        for path in paths
        if is_legal(path, legal)
    }
    total = sum(shares.values())
    return {path: share / total for path, share in shares.items()}


def add_up(shares, chosen):
    """The probability of all sequences that are chosen."""
    zero = torch.zeros((), dtype=torch.float64)
    return sum((p for path, p in shares.items() if chosen(path)), zero)


@given(lengths=LENGTHS, n_labels=st.integers(0, 2), seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_posterior_equals_enumeration(lengths, n_labels, seed):
    mask, legal = make_mask(lengths), make_legal(n_labels)
    n_tags = 2 * n_labels + 1
    log_marginals = make_log_marginals((*mask.shape, n_tags), seed, n_zeros=0.2)
    distribution = posterior_distribution(log_marginals, legal)
    assert distribution.n_labels == n_labels
    marginals = distribution.marginals(mask)
    best = distribution.chain.best_paths(distribution.emissions, mask)
    k_best = k_best_paths(distribution.chain, distribution.emissions, mask, 3)
    lattice = make_lattice(distribution, mask)
    for row, length in enumerate(lengths):
        shares = enumerate_row(log_marginals[row, :length], legal)
        for step in range(length):
            for tag in range(n_tags):
                wanted = add_up(shares, lambda path, s=step, t=tag: path[s] == t)
                assert_close(marginals[row, step, tag], wanted, **EXACT)
        ranked = sorted(shares.values(), reverse=True)
        found = shares[tuple(best[row, :length].tolist())]
        assert_close(found, ranked[0], **EXACT)
        logs = k_best.log_probability[row, : len(ranked[:3])]
        assert_close(logs.exp(), torch.stack(ranked[:3]), **EXACT)
        for start, end, label in {e for path in shares for e in entities_of(path)}:
            columns = torch.tensor([[row], [start], [end], [label]])
            score = lattice.log_probability(Spans(*columns)).exp()
            own = (start, end, label)
            wanted = add_up(shares, lambda path, own=own: own in entities_of(path))
            assert_close(score[0], wanted, **EXACT)


@given(lengths=LENGTHS, seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_tokens_stay_as_they_are_where_all_sequences_are_legal(lengths, seed):
    # of a single tag in each token, or O, nothing is ruled out
    mask, legal = make_mask(lengths), make_legal(1)
    log_marginals = make_log_marginals((*mask.shape, 3), seed)
    log_marginals[..., 2] = float("-inf")
    log_marginals = log_marginals.log_softmax(dim=2)
    found = posterior_distribution(log_marginals, legal).marginals(mask)
    assert_close(found[mask], log_marginals.exp()[mask], **EXACT)


def test_sources_that_rule_out_all_tags_leave_a_sequence():
    legal, mask = make_legal(1), make_mask([2])
    nothing = torch.full((1, 2, 3), float("-inf"))
    distribution = posterior_distribution(nothing, legal)
    path = distribution.chain.best_paths(distribution.emissions, mask)[0].tolist()
    assert is_legal(path, legal)
    marginals = distribution.marginals(mask)
    assert_close(marginals.sum(dim=2), torch.ones(1, 2))


def test_an_illegal_best_tag_gives_way():
    # I-X after O is the likeliest tag by itself
    legal, mask = make_legal(1), make_mask([2])
    log_marginals = torch.tensor([[[0.9, 0.1, 0.0], [0.3, 0.2, 0.5]]]).log()
    distribution = posterior_distribution(log_marginals, legal)
    path = distribution.chain.best_paths(distribution.emissions, mask)[0].tolist()
    assert path == [0, 0]


def test_what_stands_on_padding_is_not_read():
    legal, mask = make_legal(1), make_mask([1, 3])
    log_marginals = make_log_marginals((2, 3, 3), seed=1)
    other = log_marginals.masked_fill(~mask.unsqueeze(2), float("-inf"))
    for temperature in (1.0, 2.5):
        found, wanted = (
            posterior_distribution(logs, legal).soften(temperature).marginals(mask)
            for logs in (other, log_marginals)
        )
        assert_close(found, wanted, **EXACT)
