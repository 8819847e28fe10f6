import pytest
import torch
import torchcrf
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.crf import CRF

from .util import (
    all_paths,
    brute_best,
    brute_nll,
    is_legal,
    make_crf,
    make_emissions,
    make_gold,
    make_legal,
    make_mask,
    score_paths,
    stock_of,
    viterbi,
)

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=4)
SEEDS = st.integers(0, 2**16)


def gradients(value, *tensors):
    return torch.autograd.grad(value, tensors, materialize_grads=True)


@pytest.mark.parametrize("n_steps", [1, 2, 3, 5])
def test_nll_equals_enumeration(n_steps):
    crf, emissions = make_crf(3, seed=n_steps), make_emissions(4, n_steps, 3)
    gold, mask = make_gold(4, n_steps, 3), torch.ones(4, n_steps, dtype=torch.bool)
    nll = crf.chain.nll(emissions, gold, mask)
    expected = [brute_nll(crf, e, g) for e, g in zip(emissions, gold, strict=True)]
    assert_close(nll, torch.stack(expected))
    assert (nll >= 0).all()


def test_probabilities_of_all_paths_sum_to_one():
    crf, paths = make_crf(3), torch.tensor(all_paths(4, 3))
    emissions = make_emissions(1, 4, 3).expand(len(paths), 4, 3)
    nll = crf.chain.nll(emissions, paths, torch.ones_like(paths, dtype=torch.bool))
    assert_close((-nll).exp().sum(), torch.tensor(1.0))


UNKNOWN = [
    [-1, 0, 2, 1],
    [1, -1, -1, 0],
    [2, 1, 0, -1],
    [-1, -1, 1, -1],
    [-1, 2, -1, -1],
]


def test_nll_sums_over_unknown_tags():
    crf, emissions = make_crf(3), make_emissions(5, 4, 3).requires_grad_()
    gold = torch.tensor(UNKNOWN)
    nll = crf.chain.nll(emissions, gold, torch.ones_like(gold, dtype=torch.bool))
    expected = torch.stack(
        [brute_nll(crf, e, g) for e, g in zip(emissions, gold.tolist(), strict=True)]
    )
    assert_close(nll, expected)
    leaves = (emissions, *crf.parameters())
    for found, wanted in zip(
        gradients(nll.sum(), *leaves), gradients(expected.sum(), *leaves), strict=True
    ):
        assert_close(found, wanted, atol=1e-5, rtol=1e-4)


@given(lengths=LENGTHS, seed=SEEDS, rate=st.sampled_from([0.2, 0.6]))
@settings(max_examples=30)
def test_nll_of_partly_unknown_padded_sequences(lengths, seed, rate):
    lengths = [min(length, 4) for length in lengths]
    crf, mask = make_crf(3, seed), make_mask(lengths)
    emissions = make_emissions(*mask.shape, 3, seed=seed).requires_grad_()
    gold = make_gold(*mask.shape, 3, seed=seed)
    gold[make_emissions(*mask.shape, seed=seed + 1).abs() < rate] = -1
    nll = crf.chain.nll(emissions, gold, mask)
    for row, n in enumerate(lengths):
        expected = brute_nll(crf, emissions[row, :n], gold[row, :n].tolist())
        assert_close(nll[row], expected, atol=1e-5, rtol=1e-4)
    for gradient in gradients(nll.sum(), emissions, *crf.parameters()):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_wholly_unknown_gold_teaches_nothing(scale):
    crf, mask = make_crf(3), make_mask([4, 2])
    emissions = make_emissions(2, 4, 3, scale=scale).requires_grad_()
    nll = crf.chain.nll(emissions, torch.full((2, 4), -1), mask)
    assert_close(nll, torch.zeros(2))
    for gradient in gradients(nll.sum(), emissions, *crf.parameters()):
        assert_close(gradient, torch.zeros_like(gradient))


def test_one_unknown_sequence_changes_no_other():
    crf, emissions = make_crf(5), make_emissions(3, 6, 5)
    gold, mask = make_gold(3, 6, 5), make_mask([6, 4, 5])
    before = crf.chain.nll(emissions, gold, mask)
    gold[1, 2] = -1
    after = crf.chain.nll(emissions, gold, mask)
    assert_close(after[[0, 2]], before[[0, 2]])
    assert after[1] < before[1]


def test_gold_on_padding_is_not_read():
    crf, mask, emissions = make_crf(3), make_mask([4, 2]), make_emissions(2, 4, 3)
    gold = make_gold(2, 4, 3)
    expected = crf.chain.nll(emissions, gold, mask)
    gold[1, 2:] = -1
    emissions[1, 2:] = 77.0
    assert_close(crf.chain.nll(emissions, gold, mask), expected)


@given(lengths=LENGTHS, seed=SEEDS)
@settings(max_examples=30)
def test_equals_torchcrf(lengths, seed):
    crf, mask = make_crf(4, seed), make_mask(lengths)
    other = stock_of(crf)
    emissions = make_emissions(*mask.shape, 4, seed=seed)
    gold = make_gold(*mask.shape, 4, seed=seed)
    assert_close(
        crf.chain.nll(emissions, gold, mask), -other(emissions, gold, mask, "none")
    )
    paths = viterbi(crf, emissions, mask).tolist()
    assert [p[:n] for p, n in zip(paths, lengths, strict=True)] == other.decode(
        emissions, mask
    )


def test_gradients_equal_torchcrf():
    crf, mask = make_crf(5), make_mask([6, 3, 1])
    other = stock_of(crf)
    emissions, gold = make_emissions(3, 6, 5).requires_grad_(), make_gold(3, 6, 5)
    found = gradients(crf.chain.nll(emissions, gold, mask).sum(), emissions, *_all(crf))
    wanted = gradients(-other(emissions, gold, mask), emissions, *_all(other))
    for a, b in zip(found, wanted, strict=True):
        assert_close(a, b, atol=1e-5, rtol=1e-4)


def _all(crf):
    return [crf.start_transitions, crf.transitions, crf.end_transitions]


@given(lengths=LENGTHS, seed=SEEDS)
@settings(max_examples=30)
def test_viterbi_equals_enumeration(lengths, seed):
    lengths = [min(length, 5) for length in lengths]
    crf, mask = make_crf(3, seed), make_mask(lengths)
    emissions = make_emissions(*mask.shape, 3, seed=seed)
    for legal in (None, make_legal(1)):
        paths = viterbi(crf, emissions, mask, legal)
        for row, n in enumerate(lengths):
            found = paths[row, :n].tolist()
            best = brute_best(crf, emissions[row, :n], legal)
            assert_close(*score_paths(crf, emissions[row], [found, best]))
            assert legal is None or is_legal(found, legal)
            # padding changes nothing
            alone = viterbi(crf, emissions[row : row + 1, :n], mask[row : row + 1, :n])
            if legal is None:
                assert alone[0].tolist() == found


def test_viterbi_with_any_constraint():
    crf, emissions = make_crf(4), make_emissions(20, 4, 4)
    legal = make_emissions(5, 4, seed=3) > -0.3
    legal[:, 0] = True
    paths = viterbi(crf, emissions, torch.ones(20, 4, dtype=torch.bool), legal)
    for row in range(20):
        assert paths[row].tolist() == brute_best(crf, emissions[row], legal)


def test_viterbi_is_legal_when_emissions_scream():
    legal = make_legal(2)  # O, B-0, I-0, B-1, I-1
    crf = make_crf(5, scale=3)
    emissions = torch.zeros(4, 6, 5)
    emissions[0, :, 2] = 1e6  # nothing but I-0
    emissions[1, ::2, 2] = emissions[1, 1::2, 4] = 1e6  # I-0 I-1 I-0 ...
    emissions[2, ::2, 0] = emissions[2, 1::2, 4] = 1e6  # O I-1 O I-1 ...
    emissions[3] = make_emissions(6, 5, scale=1e5)
    with torch.no_grad():
        crf.transitions[0, 4] = crf.transitions[2, 4] = 1e4
        crf.start_transitions[2] = 1e4
    mask = torch.ones(4, 6, dtype=torch.bool)
    for path in viterbi(crf, emissions, mask, legal).tolist():
        assert is_legal(path, legal)
    assert not is_legal(viterbi(crf, emissions, mask)[0].tolist(), legal)


@pytest.mark.parametrize("unknown", [False, True])
def test_masked_equals_sliced(unknown):
    lengths = [7, 1, 4, 2]
    crf, mask = make_crf(5), make_mask(lengths)
    emissions, gold = make_emissions(4, 7, 5), make_gold(4, 7, 5)
    if unknown:
        gold[:, 1] = -1
    nll = crf.chain.nll(emissions, gold, mask)
    paths = viterbi(crf, emissions, mask)
    for row, n in enumerate(lengths):
        here = slice(row, row + 1), slice(0, n)
        alone = crf.chain.nll(emissions[here], gold[here], mask[here])
        assert_close(nll[row : row + 1], alone, atol=1e-5, rtol=1e-5)
        assert torch.equal(paths[here], viterbi(crf, emissions[here], mask[here]))


def test_long_sequences_stay_finite():
    crf, gold = make_crf(9), make_gold(1, 600, 9)
    gold[0, ::3] = -1
    emissions = make_emissions(1, 600, 9, scale=20).requires_grad_()
    nll = crf.chain.nll(emissions, gold, torch.ones_like(gold, dtype=torch.bool))
    assert nll.isfinite().all() and (nll > 0).all()
    assert all(g.isfinite().all() for g in gradients(nll, emissions, *crf.parameters()))


@given(lengths=LENGTHS, seed=SEEDS, constrained=st.booleans())
@settings(max_examples=30)
def test_marginals_equal_enumeration(lengths, seed, constrained):
    lengths = [min(length, 4) for length in lengths]
    crf, mask, legal = make_crf(3, seed), make_mask(lengths), make_legal(1)
    emissions = make_emissions(*mask.shape, 3, seed=seed)
    possible = make_emissions(*mask.shape, 3, seed=seed + 1) > -1
    possible[..., 0] = True
    chain = crf.chain.constrain(legal) if constrained else crf.chain
    marginals = chain.marginals(emissions, mask, possible)
    assert_close(marginals.sum(dim=2), mask.float())
    for row, n in enumerate(lengths):
        paths = [
            path
            for path in all_paths(n, 3)
            if possible[row, torch.arange(n), torch.tensor(path)].all()
            and (not constrained or is_legal(path, legal))
        ]
        shares = score_paths(crf, emissions[row], paths).softmax(dim=0)
        for step in range(n):
            for tag in range(3):
                here = torch.tensor([path[step] == tag for path in paths])
                wanted = shares[here].sum()
                assert_close(marginals[row, step, tag], wanted, atol=1e-5, rtol=1e-4)


def test_parameters_have_torchcrf_names_and_start():
    assert set(CRF(9).state_dict()) == set(torchcrf.CRF(9).state_dict())
    assert all(p.abs().max() <= 0.1 for p in CRF(9).parameters())
