"""The logs of marginals, and their gradient, against all sequences one by one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.crf import Chain, TagDistribution, add_logs
from spacy_moee.networks.marginals import log_marginals
from spacy_moee.scheme import Notation, chain_scheme

from .util import all_paths, chains, make_crf, make_emissions, make_legal, make_mask

EXACT = {"atol": 1e-9, "rtol": 1e-7}
LOWEST = float("-inf")


def brute_logs(chain, emissions, mask):
    """The same by enumeration, with autograd's own gradient; 0 on padding."""
    rows = []
    for scores, n in zip(emissions, mask.sum(dim=1).tolist(), strict=True):
        paths = torch.tensor(all_paths(n, scores.shape[1]))
        total = chain.start[paths[:, 0]] + chain.end[paths[:, -1]]
        for step in range(n):
            total = total + scores[step, paths[:, step]]
            if step:
                total = total + chain.moves[paths[:, step - 1], paths[:, step]]
        kept = total > LOWEST
        paths, logs = paths[kept], total[kept].log_softmax(dim=0)
        row = scores.new_zeros(scores.shape)
        for step in range(n):
            for tag in range(scores.shape[1]):
                part = logs[paths[:, step] == tag]
                row[step, tag] = part.logsumexp(dim=0) if len(part) else LOWEST
        rows.append(row)
    return torch.stack(rows)


def weigh(logs, seed):
    """Something that depends on all of them that are numbers."""
    weights = make_emissions(*logs.shape, seed=seed).to(logs)
    return (weights * logs.masked_fill(logs == LOWEST, 0)).sum()


@given(chain=chains(max_labels=1, max_steps=4), seed=st.integers(0, 99))
@settings(max_examples=100)
def test_logs_and_gradients_equal_enumeration(chain, seed):
    crf, emissions, mask = chain
    constrained = crf.chain
    if seed % 2:
        legal = make_legal((crf.num_tags - 1) // 2)
        constrained = constrained.constrain(legal)
    found = constrained.log_marginals(emissions, mask)
    wanted = brute_logs(constrained, emissions, mask)
    assert_close(found, wanted, **EXACT)
    leaves = (emissions, *crf.parameters())
    both = (
        torch.autograd.grad(
            weigh(logs, seed), leaves, materialize_grads=True, retain_graph=True
        )
        for logs in (found, wanted)
    )
    for a, b in zip(*both, strict=True):
        assert_close(a, b, **EXACT)


@pytest.mark.parametrize("constrained", [False, True])
def test_gradient_equals_finite_differences(constrained):
    crf, mask = make_crf(5).double(), make_mask([5, 3, 1])
    emissions = make_emissions(3, 5, 5).double().requires_grad_()

    def measure(emissions, *parts):
        chain = Chain(*parts)
        chain = chain.constrain(make_legal(2)) if constrained else chain
        logs = chain.log_marginals(emissions, mask)
        return logs.masked_fill(logs == LOWEST, 0)

    assert torch.autograd.gradcheck(measure, (emissions, *crf.chain))


@given(chain=chains(max_steps=12), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_floats_of_single_precision_give_numbers(chain, seed):
    """Also those that an exponential does not hold."""
    crf, emissions, mask = chain
    exact = crf.chain.log_marginals(emissions, mask).detach()
    scores = emissions.detach().float().requires_grad_()
    parts = [part.detach().float().requires_grad_() for part in crf.chain]
    found = log_marginals(scores, mask, *parts)
    spread = sum(float(part.detach().abs().max()) for part in (scores, *parts))
    rounding = 1e-5 * max(1.0, spread * mask.shape[1])
    assert_close(found.detach().double(), exact, atol=rounding, rtol=1e-4)
    gradients = torch.autograd.grad(weigh(found, seed), [scores, *parts])
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_padding_is_not_read():
    crf, mask = make_crf(5), make_mask([4, 2])
    emissions = make_emissions(2, 4, 5)
    emissions[1, 2:] = 1e30
    emissions.requires_grad_()
    found = crf.chain.log_marginals(emissions, mask)
    alone = crf.chain.log_marginals(emissions[1:, :2], mask[1:, :2])
    assert_close(found[1:, :2], alone)
    assert not found[1, 2:].any()
    (gradient,) = torch.autograd.grad(weigh(found, 0), emissions)
    assert not gradient[1, 2:].any() and gradient[0].any()


@given(chain=chains(max_labels=2, max_steps=5, notation=Notation.BIOES))
@settings(max_examples=50)
def test_tags_of_bioes_become_those_of_iob2(chain):
    crf, emissions, mask = chain
    n_labels = Notation.BIOES.count_labels(crf.num_tags)
    scheme = chain_scheme(Notation.BIOES, n_labels)
    legal, last = torch.from_numpy(scheme.legal), torch.from_numpy(scheme.last)
    constrained = crf.chain.constrain(legal, last)
    said = TagDistribution(constrained, emissions, Notation.BIOES)
    found = said.log_marginals(mask)[mask]
    assert_close(found.exp(), said.marginals(mask)[mask], **EXACT)
    gradient = torch.autograd.grad(weigh(found, 0), [emissions])[0]
    assert gradient.isfinite().all()


def test_a_sum_of_nothing_has_no_gradient():
    logs = torch.tensor([[LOWEST, LOWEST], [0.0, LOWEST]], requires_grad=True)
    total = add_logs(logs)
    assert total.tolist() == [LOWEST, 0.0]
    (gradient,) = torch.autograd.grad(total[1] + total[0].clamp_min(0), logs)
    assert gradient.tolist() == [[0, 0], [1, 0]]
