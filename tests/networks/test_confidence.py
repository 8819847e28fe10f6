"""The probability of entities against all sequences of tags, one by one."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.confidence import make_lattice
from spacy_moee.networks.crf import Chain, TagDistribution
from spacy_moee.networks.spans import Spans
from spacy_moee.scheme import spans as read_spans

from .util import all_paths, chains, make_legal, score_paths

EXACT = {"atol": 1e-9, "rtol": 0}


def all_spans(mask, n_labels):
    """Every span of every row, with every label."""
    rows = [
        (row, start, end, label)
        for row, length in enumerate(mask.sum(dim=1).tolist())
        for start in range(length)
        for end in range(start + 1, length + 1)
        for label in range(n_labels)
    ]
    return Spans(*torch.tensor(rows, dtype=torch.long).reshape(-1, 4).T)


def make_possible(mask, n_tags, seed):
    """Which tags each token may have, where some tokens have to be O."""
    generator = torch.Generator().manual_seed(seed)
    outside = torch.rand(mask.shape, generator=generator) < 0.3
    return ~outside.unsqueeze(2) | (torch.arange(n_tags) == 0)


def enumerate_spans(crf, chain, emissions, mask, possible, found):
    """The probability of each span: that of all paths that are read with it."""
    wanted = []
    paths_of = {}
    for row, start, end, label in zip(*(x.tolist() for x in found), strict=True):
        if row not in paths_of:
            length = int(mask[row].sum())
            paths = [
                path
                for path in all_paths(length, crf.num_tags)
                if all(possible[row, i, tag] for i, tag in enumerate(path))
                and all(
                    chain.moves[a, b] > float("-inf")
                    for a, b in zip(path, path[1:], strict=False)
                )
                and chain.start[path[0]] > float("-inf")
            ]
            scores = score_paths(crf, emissions[row, :length], paths)
            read = [
                {*zip(*(x.tolist() for x in spans_of(path)), strict=True)}
                for path in paths
            ]
            paths_of[row] = scores.softmax(dim=0), read
        probabilities, read = paths_of[row]
        has = torch.tensor([(start, end, label) in entities for entities in read])
        wanted.append(probabilities[has].sum())
    return torch.stack(wanted) if wanted else emissions.new_zeros(0)


def spans_of(path):
    return read_spans(torch.tensor(path).numpy())


@given(
    case=chains(max_labels=2, max_steps=4, max_batch=3),
    constrained=st.booleans(),
    preset=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=80)
def test_every_span_equals_enumeration(case, constrained, preset, seed):
    crf, emissions, mask = case
    n_tags = crf.num_tags
    chain = crf.chain.constrain(make_legal(n_tags // 2)) if constrained else crf.chain
    chain = Chain(*(part.detach() for part in chain))
    possible = make_possible(mask, n_tags, seed) if preset else None
    lattice = make_lattice(TagDistribution(chain, emissions), mask, possible)
    spans = all_spans(mask, n_tags // 2)
    found = lattice.log_probability(spans).exp()
    every = torch.ones_like(emissions, dtype=torch.bool)
    some = every if possible is None else possible
    wanted = enumerate_spans(crf, chain, emissions, mask, some, spans)
    assert_close(found, wanted.detach().double(), **EXACT)
