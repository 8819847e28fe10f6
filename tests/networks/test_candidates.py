"""The probabilities of spans that overlap a part of a sequence, against all sequences
of tags, and against those of single spans."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks import candidates
from spacy_moee.networks.candidates import find_overlapping
from spacy_moee.networks.confidence import make_lattice
from spacy_moee.networks.crf import Chain, TagDistribution
from spacy_moee.networks.spans import Spans
from spacy_moee.scheme import spans as read_spans

from .test_kbest import enumerate_row, make_presets
from .util import chains, make_emissions, make_legal, make_mask

EXACT = {"atol": 1e-9, "rtol": 1e-9}


def make_parts(mask):
    """Every part of every row."""
    return [
        (row, start, end)
        for row, length in enumerate(mask.sum(dim=1).tolist())
        for start in range(length)
        for end in range(start + 1, length + 1)
    ]


@given(
    case=chains(max_labels=2, max_steps=4, max_batch=3),
    constrained=st.booleans(),
    presets=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_every_span_equals_enumeration(case, constrained, presets, seed):
    crf, emissions, mask = case
    chain, emissions = Chain(*(part.detach() for part in crf.chain)), emissions.detach()
    n_labels = crf.num_tags // 2
    if constrained:
        chain = chain.constrain(make_legal(n_labels))
    possible = make_presets(mask, crf.num_tags, seed) if presets else None
    lattice = make_lattice(TagDistribution(chain, emissions), mask, possible)
    if possible is None:
        possible = torch.ones_like(emissions, dtype=torch.bool)
    borders, last_row = lattice.borders(), -1
    for row, start, end in make_parts(mask):
        n = int(mask[row].sum())
        if row != last_row:
            scores = enumerate_row(chain, emissions[row, :n], possible[row, :n])
            shares = torch.stack([*scores.values()]).softmax(0)
            read = [{*spans_of(path)} for path in scores]
            last_row = row
        found = find_overlapping(lattice, borders, row, start, end)
        assert found.starts.tolist() == [*range(end)]
        assert found.ends.tolist() == [*range(start + 1, n + 1)]
        wanted = [
            [
                [share_of(shares, read, (a, b, label)) for label in range(n_labels)]
                for b in found.ends.tolist()
            ]
            for a in found.starts.tolist()
        ]
        wanted = torch.tensor(wanted, dtype=torch.float64)
        assert_close(
            found.log_probability.exp(), wanted.view(end, n - start, -1), **EXACT
        )
        free = [not any(path[start:end]) for path in scores]
        assert_close(found.outside.exp(), shares[torch.tensor(free)].sum(), **EXACT)


def spans_of(path):
    found = read_spans(torch.tensor(path).numpy())
    return zip(*(x.tolist() for x in found), strict=True)


def share_of(shares, read, entity):
    return float(shares[torch.tensor([entity in entities for entities in read])].sum())


@pytest.mark.parametrize("constrained", [True, False])
def test_long_sequences_equal_single_spans(constrained):
    mask, n_labels = make_mask([50, 31]), 3
    scores = make_emissions(2 + 50 + 9, 7, seed=4).double()
    chain = Chain(scores[0], scores[1:8], scores[8])
    if constrained:
        chain = chain.constrain(make_legal(n_labels))
    emissions = 3 * make_emissions(2, 50, 7, seed=5).double()
    lattice = make_lattice(TagDistribution(chain, emissions), mask)
    found = find_overlapping(lattice, lattice.borders(), 1, 12, 15)
    grid = torch.meshgrid(found.starts, found.ends, torch.arange(3), indexing="ij")
    start, end, label = (part.flatten() for part in grid)
    there = start < end
    rows = Spans(torch.ones_like(start), start, end, label).take(there.nonzero()[:, 0])
    logs = found.log_probability.flatten()
    assert_close(logs[there], lattice.log_probability(rows), **EXACT)
    assert bool((logs[~there] == float("-inf")).all())


def test_extremely_long_spans_are_left_out(monkeypatch):
    emissions, mask = make_emissions(1, 40, 5).double(), make_mask([40])
    lattice = make_lattice(TagDistribution(Chain.free(emissions), emissions), mask)
    borders = lattice.borders()
    every = find_overlapping(lattice, borders, 0, 20, 22)
    monkeypatch.setattr(candidates, "MAX_FLOATS", 50)  # two labels, of 5 x 5 spans
    few = find_overlapping(lattice, borders, 0, 20, 22)
    assert few.starts.tolist() == [17, 18, 19, 20, 21]
    assert few.ends.tolist() == [21, 22, 23, 24, 25]
    assert_close(few.log_probability, every.log_probability[17:22, :5])
    # but for those that are as long as the part
    long = find_overlapping(lattice, borders, 0, 20, 28)
    assert (long.starts[0], long.ends[-1]) == (20, 28)
