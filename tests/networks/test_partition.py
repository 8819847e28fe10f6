"""The loss against torchcrf's own: values and gradients, for scores of all sizes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.crf import CRF
from spacy_moee.networks.partition import log_partition

from .util import (
    brute_nll,
    chains,
    make_gold,
    make_legal,
    make_mask,
    make_scores,
    stock_of,
)

EXACT = {"atol": 1e-9, "rtol": 1e-9}


def gradients(value, emissions, crf):
    leaves = (emissions, *crf.parameters())
    return torch.autograd.grad(value, leaves, materialize_grads=True)


def nll_of_torchcrf(crf, emissions, gold, mask):
    return -stock_of(crf)(emissions, gold, mask, reduction="none")


@given(chain=chains(), seed=st.integers(0, 99))
@settings(max_examples=150)
def test_loss_and_gradients_equal_those_of_torchcrf(chain, seed):
    crf, emissions, mask = chain
    gold = make_gold(*mask.shape, crf.num_tags, seed)
    weights = torch.linspace(-1, 2, len(mask), dtype=torch.float64)
    found = crf.chain.nll(emissions, gold, mask)
    wanted = nll_of_torchcrf(crf, emissions, gold, mask)
    assert_close(found, wanted, **EXACT)
    for a, b in zip(
        gradients((weights * found).sum(), emissions, crf),
        gradients((weights * wanted).sum(), emissions, crf),
        strict=True,
    ):
        assert_close(a, b, **EXACT)


@given(chain=chains(max_labels=1, max_steps=4), seed=st.integers(0, 99))
@settings(max_examples=80)
def test_partly_unknown_gold_equals_enumeration(chain, seed):
    crf, emissions, mask = chain
    gold = make_gold(*mask.shape, crf.num_tags + 1, seed) - 1
    found = crf.chain.nll(emissions, gold, mask)
    wanted = torch.stack(
        [
            brute_nll(crf, e[:n], g[:n].tolist())
            for e, g, n in zip(emissions, gold, mask.sum(dim=1), strict=True)
        ]
    )
    assert_close(found, wanted, **EXACT)
    for a, b in zip(
        gradients(found.sum(), emissions, crf),
        gradients(wanted.sum(), emissions, crf),
        strict=True,
    ):
        assert_close(a, b, **EXACT)


@given(chain=chains(max_steps=12), seed=st.integers(0, 99))
@settings(max_examples=100)
def test_floats_of_single_precision_give_numbers(chain, seed):
    crf, emissions, mask = chain
    gold = make_gold(*mask.shape, crf.num_tags + 1, seed) - 1
    single = CRF(crf.num_tags)
    single.load_state_dict(crf.state_dict())
    scores = emissions.detach().float().requires_grad_()
    found = single.chain.nll(scores, gold, mask)
    size = float(emissions.detach().abs().max()) + sum(
        float(p.detach().abs().max()) for p in crf.parameters()
    )
    # what the numbers themselves are rounded by, a few times
    lost = 1e-6 * (1 + size) * mask.shape[1]
    wanted = crf.chain.nll(emissions, gold, mask)
    assert_close(found.double(), wanted, atol=lost, rtol=1e-5)
    for gradient in gradients(found.sum(), scores, single):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sums_that_underflow_are_exact(dtype):
    # from the only likely tag there is no way to the next but by what underflows
    scores = torch.tensor([[[0.0, -1e4], [0.0, 0.0]]], dtype=dtype, requires_grad=True)
    moves = torch.tensor([[0.0, -3e4], [0.0, 0.0]], dtype=dtype, requires_grad=True)
    ends = torch.tensor([-5e4, 0.0], dtype=dtype)
    mask = torch.ones(1, 2, dtype=torch.bool)
    total = log_partition(scores, mask, torch.zeros_like(ends), moves, ends)
    # B B: -1e4, before A B: -3e4
    assert_close(total, torch.tensor([-1e4], dtype=dtype))
    d_scores, d_moves = torch.autograd.grad(total, (scores, moves))
    assert d_scores.tolist() == [[[0, 1], [0, 1]]]
    assert d_moves.tolist() == [[0, 0], [0, 1]]


def test_no_sequence_at_all():
    mask, tags = torch.ones(2, 3, dtype=torch.bool), torch.zeros(2)
    scores = torch.zeros(2, 3, 2, requires_grad=True)
    possible = torch.ones(2, 3, 2, dtype=torch.bool)
    possible[1, 1] = False
    total = log_partition(scores, mask, tags, torch.zeros(2, 2), tags, possible)
    assert_close(total, torch.tensor([8.0, 0.0]).log())
    (gradient,) = torch.autograd.grad(total.sum(), scores)
    assert gradient.tolist() == [[[0.5, 0.5]] * 3, [[0.0, 0.0]] * 3]


def test_moves_that_there_are_not():
    moves = torch.zeros(3, 3, dtype=torch.float64)
    moves[~make_legal(1)[:-1]] = float("-inf")
    mask, tags = make_mask([5, 2]), torch.zeros(3, dtype=torch.float64)
    scores = torch.zeros(2, 5, 3, dtype=torch.float64, requires_grad=True)
    total = log_partition(scores, mask, tags, moves, tags)
    # O and B are followed by O and B, B and I by all
    counts = [torch.linalg.matrix_power(moves.exp(), n - 1).sum() for n in (5, 2)]
    assert_close(total, torch.stack(counts).log())
    (gradient,) = torch.autograd.grad(total.sum(), scores)
    assert gradient.isfinite().all()
    assert_close(gradient.sum(dim=2), mask.double())


@pytest.mark.parametrize("junk", [float("nan"), float("inf"), -float("inf"), 1e38])
def test_what_stands_on_padding_does_not_count(junk):
    crf, mask = CRF(5), make_mask([4, 2])
    scores = torch.zeros(2, 4, 5)
    scores[1, 2:] = junk
    scores.requires_grad_()
    for gold in (torch.zeros(2, 4).long(), torch.tensor([[0, -1, 2, -1], [-1] * 4])):
        loss = crf.chain.nll(scores, gold, mask)
        assert loss.isfinite().all()
        d_scores, *rest = gradients(loss.sum(), scores, crf)
        assert (d_scores[1, 2:] == 0).all()
        assert all(d.isfinite().all() for d in (d_scores, *rest))


def test_tiles_of_many_tags():
    # in log space: what no move leads to but an illegal one underflows
    n_tags, generator = 401, torch.Generator().manual_seed(0)
    crf, mask = CRF(n_tags).double(), make_mask([4, 3, 1])
    with torch.no_grad():
        crf.transitions[~make_legal(n_tags // 2)[:-1]] = -1e4
    emissions = make_scores(generator, (3, 4, n_tags), 1e3).requires_grad_()
    gold = make_gold(3, 4, n_tags)
    found = crf.chain.nll(emissions, gold, mask)
    wanted = nll_of_torchcrf(crf, emissions, gold, mask)
    assert_close(found, wanted, **EXACT)
    for a, b in zip(
        gradients(found.sum(), emissions, crf),
        gradients(wanted.sum(), emissions, crf),
        strict=True,
    ):
        assert_close(a, b, **EXACT)
