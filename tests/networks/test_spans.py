"""The probability that a span is absent against all sequences of tags, one by one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks import partition, spans
from spacy_moee.networks.crf import CRF, Chain
from spacy_moee.networks.spans import Spans, log_complement, unlikelihood
from spacy_moee.scheme import ANY_LABEL
from spacy_moee.scheme import spans as read_spans

from .util import all_paths, chains, is_legal, make_legal, make_mask, score_paths

EXACT = {"atol": 1e-9, "rtol": 1e-9}


def make_spans(rows):
    return Spans(*torch.tensor(rows, dtype=torch.long).reshape(-1, 4).T)


def all_spans(mask, n_tags):
    """Every span of every row, with every label and with any."""
    labels = (ANY_LABEL, *range(n_tags // 2))
    return [
        (row, start, end, label)
        for row, length in enumerate(mask.sum(dim=1).tolist())
        for start in range(length)
        for end in range(start + 1, length + 1)
        for label in labels
    ]


def make_presets(mask, n_tags, seed):
    """Which tags each token may have, where some tokens have to be O."""
    generator = torch.Generator().manual_seed(seed)
    outside = torch.rand(mask.shape, generator=generator) < 0.3
    return ~outside.unsqueeze(2) | (torch.arange(n_tags) == 0)


def enumerate_row(crf, emissions, possible):
    """The legal paths of a row, their scores, and the entities of each."""
    n_steps, n_tags = emissions.shape
    legal = make_legal(n_tags // 2)
    paths = [
        path
        for path in all_paths(n_steps, n_tags)
        if is_legal(path, legal) and all(possible[i, tag] for i, tag in enumerate(path))
    ]
    entities = []
    for path in paths:
        found = zip(*read_spans(torch.tensor(path).numpy()), strict=True)
        entities.append({tuple(map(int, entity)) for entity in found})
    return score_paths(crf, emissions, paths), entities


def brute(crf, emissions, mask, records, possible):
    """Log of the probability that each span is absent."""
    lengths = mask.sum(dim=1).tolist()
    rows = [
        enumerate_row(crf, e[:n], p[:n])
        for e, p, n in zip(emissions, possible, lengths, strict=True)
    ]
    absent = []
    for row, start, end, label in records:
        scores, entities = rows[row]
        labels = range(crf.num_tags // 2) if label == ANY_LABEL else [label]
        wanted = {(start, end, label) for label in labels}
        has = torch.tensor([bool(wanted & found) for found in entities])
        total = scores.logsumexp(0)
        absent.append(scores[~has].logsumexp(0) - total)
    return torch.stack(absent)


@given(chain=chains(max_labels=2, max_steps=4, max_batch=3), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_every_span_equals_enumeration(chain, seed):
    crf, emissions, mask = chain
    records = all_spans(mask, crf.num_tags)
    possible = make_presets(mask, crf.num_tags, seed)
    for tags in (None, possible):
        given_tags = torch.ones_like(possible) if tags is None else tags
        wanted = brute(crf, emissions, mask, records, given_tags)
        found = log_complement(crf.chain, emissions, mask, make_spans(records), tags)
        assert_close(found, wanted, **EXACT)


def test_labels_and_nothing_there_add_up_to_one():
    crf, emissions, mask = make_case()
    records = all_spans(mask, crf.num_tags)
    absent = log_complement(crf.chain, emissions, mask, make_spans(records)).exp()
    by_place = dict(zip(records, absent, strict=True))
    for (*place, label), not_there in by_place.items():
        if label == ANY_LABEL:
            labels = sum(1 - by_place[(*place, number)] for number in range(2))
            assert_close(not_there + labels, torch.ones_like(labels), **EXACT)


def test_gradient_equals_finite_differences():
    crf, emissions, mask = make_case()
    records = make_spans(all_spans(mask, crf.num_tags)[::3])
    leaves = [part.detach().requires_grad_() for part in crf.chain]

    def compute(emissions, *chain):
        return log_complement(Chain(*chain), emissions, mask, records)

    assert torch.autograd.gradcheck(compute, (emissions, *leaves))


def test_a_softmax_is_a_chain_without_moves():
    _, emissions, mask = make_case()
    records = all_spans(mask, 5)
    found = log_complement(Chain.free(emissions), emissions, mask, make_spans(records))
    everything = torch.ones_like(emissions, dtype=torch.bool)
    wanted = brute(make_zeros(5), emissions, mask, records, everything)
    assert_close(found, wanted, **EXACT)


def test_no_spans():
    crf, emissions, mask = make_case()
    none = make_spans([])
    assert log_complement(crf.chain, emissions, mask, none).shape == (0,)
    assert unlikelihood(crf.chain, emissions, mask, none) == 0


def test_chunks_change_nothing(monkeypatch):
    crf, emissions, mask = make_case()
    records = make_spans(all_spans(mask, crf.num_tags))
    results = []
    for size in (spans.MAX_FLOATS, 7 * emissions[0].numel(), 1):
        monkeypatch.setattr(spans, "MAX_FLOATS", size)
        loss = unlikelihood(crf.chain, emissions, mask, records)
        gradients = torch.autograd.grad(loss, (emissions, *crf.parameters()))
        results.append((loss, *gradients))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            assert_close(a, b, **EXACT)


def test_what_is_kept_for_the_gradient_does_not_grow_with_the_spans(monkeypatch):
    crf, emissions, mask = make_case()
    monkeypatch.setattr(spans, "MAX_FLOATS", emissions[0].numel())
    rows = all_spans(mask, crf.num_tags)
    kept = []
    for n in (4, 40):
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda x, sizes=sizes: sizes.append(x.numel()) or x, lambda x: x
        ):
            log_complement(crf.chain, emissions, mask, make_spans(rows[:n]))
        kept.append(sum(sizes))
    # a number or two for each part of each, not all messages of its row
    assert kept[1] - kept[0] < 36 * emissions[0].numel()


def test_exponentials_suffice_where_there_is_a_sequence(monkeypatch):
    monkeypatch.setattr(partition, "sum_logs", None)
    crf, emissions, mask = make_case()
    records = all_spans(mask, crf.num_tags)
    log_complement(crf.chain, emissions, mask, make_spans(records))


@pytest.mark.parametrize("gap", [0, 5, 20, 50, 1e3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_certain_span_is_unlearned(gap, dtype):
    emissions = torch.zeros(1, 3, 3, dtype=dtype)
    emissions[0, 0, 0] = emissions[0, 1, 1] = emissions[0, 2, 0] = gap
    emissions.requires_grad_()
    mask, records = make_mask([3]), [(0, 1, 2, 0)]
    chain = Chain.free(emissions)
    loss = unlikelihood(chain, emissions, mask, make_spans(records))
    (gradient,) = torch.autograd.grad(loss, emissions)
    exact = emissions.detach().double().requires_grad_()
    everything = torch.ones(1, 3, 3, dtype=torch.bool)
    absent = brute(make_zeros(3), exact, mask, records, everything)
    (wanted,) = torch.autograd.grad(-absent.sum(), exact)
    assert loss.dtype == dtype
    assert_close(loss.double(), -absent[0], atol=1e-6, rtol=1e-6)
    assert_close(gradient.double(), wanted, atol=1e-6, rtol=1e-6)
    if gap >= 20:
        # the cheapest ways out: O in its place, or an I behind it
        half = torch.tensor(0.5, dtype=dtype)
        assert_close(gradient[0, 1, :2], torch.stack([-half, half]))
        assert_close(gradient[0, 2, ::2], torch.stack([half, -half]))


def test_a_span_that_is_unlearned_has_no_gradient_left():
    """In single precision the rounding errors remain, of which Adam makes steps."""
    crf, emissions, mask = make_case()
    scores = emissions.detach().float()
    scores[..., 1:3] -= 30
    scores.requires_grad_()
    chain = Chain(*(part.float() for part in crf.chain))
    loss = unlikelihood(chain, scores, mask, make_spans([(0, 1, 2, 0)]))
    (gradient,) = torch.autograd.grad(loss, scores)
    assert 0 <= loss < 1e-9 and gradient.abs().max() < 1e-9


def make_zeros(n_tags):
    crf = CRF(n_tags).double()
    with torch.no_grad():
        for parameter in crf.parameters():
            parameter.zero_()
    return crf


def make_case():
    """Scores of two types, not far apart, for rows of four, one and three tokens."""
    generator = torch.Generator().manual_seed(0)
    crf = CRF(5).double()
    with torch.no_grad():
        for parameter in crf.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    emissions = torch.randn(3, 4, 5, generator=generator, dtype=torch.float64)
    return crf, emissions.requires_grad_(), make_mask([4, 1, 3])
