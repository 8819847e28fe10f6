"""The k best sequences of tags against enumeration."""

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks import kbest
from spacy_moee.networks.crf import Chain
from spacy_moee.networks.kbest import k_best_paths

from .util import all_paths, chains, make_emissions, make_legal, make_mask

EXACT = {"atol": 1e-9, "rtol": 1e-9}
SEEDS = st.integers(0, 2**16)
# floats of a tile: one tag at a time, a few, and all of them at once
TILES = st.sampled_from([1, 60, 2**18])


def score(chain, emissions, path):
    """The score of one sequence; emissions of the shape [seq, tags]."""
    total = chain.start[path[0]] + chain.end[path[-1]]
    for step, tag in enumerate(path):
        total = total + emissions[step, tag]
        if step:
            total = total + chain.moves[path[step - 1], tag]
    return total


def enumerate_row(chain, emissions, possible):
    """The scores of all sequences of a row that there can be, by their tags."""
    scores = {
        path: score(chain, emissions, path)
        for path in all_paths(*emissions.shape)
        if all(possible[step, tag] for step, tag in enumerate(path))
    }
    return {path: total for path, total in scores.items() if total > float("-inf")}


def check(chain, emissions, mask, k, possible=None):
    """Compare with all sequences, of each row by itself."""
    found = k_best_paths(chain, emissions, mask, k, possible)
    assert found.tags.shape == (len(mask), k, mask.shape[1])
    assert found.log_probability.shape == (len(mask), k)
    best = chain.best_paths(emissions, mask, possible)
    if possible is None:
        possible = torch.ones_like(emissions, dtype=torch.bool)
    for row, n in enumerate(mask.sum(dim=1).tolist()):
        scores = enumerate_row(chain, emissions[row, :n], possible[row, :n])
        logs, none = found.log_probability[row], float("-inf")
        n_found = min(k, len(scores))
        assert bool((logs[n_found:] == none).all())
        if not scores:
            continue
        every = torch.stack([*scores.values()])
        wanted = every.sort(descending=True).values[:k] - every.logsumexp(0)
        assert_close(logs[:n_found], wanted, **EXACT)
        paths = [tuple(path) for path in found.tags[row, :n_found, :n].tolist()]
        assert len({*paths}) == n_found
        # of several that are equally good, any
        own = torch.stack([scores[path] for path in paths]) - every.logsumexp(0)
        assert_close(logs[:n_found], own, **EXACT)
        assert_close(scores[paths[0]], scores[tuple(best[row, :n].tolist())], **EXACT)


def make_presets(mask, n_tags, seed):
    """Which tags each token may have, where some tokens have to be O."""
    outside = make_emissions(*mask.shape, seed=seed) > 0.5
    return ~outside.unsqueeze(2) | (torch.arange(n_tags) == 0)


@given(
    chain=chains(max_labels=2, max_steps=4, max_batch=3),
    k=st.sampled_from([1, 2, 3, 5, 30, 700]),
    rules=st.sampled_from(["free", "legal", "random"]),
    presets=st.booleans(),
    tile=TILES,
    seed=SEEDS,
)
@settings(max_examples=120)
def test_equals_enumeration(chain, k, rules, presets, tile, seed):
    crf, emissions, mask = chain
    chain, emissions = Chain(*(part.detach() for part in crf.chain)), emissions.detach()
    if rules == "legal":
        chain = chain.constrain(make_legal(crf.num_tags // 2))
    elif rules == "random":  # it may be that there is no sequence
        shape = crf.num_tags + 1, crf.num_tags
        chain = chain.constrain(make_emissions(*shape, seed=seed) > 0)
    possible = make_presets(mask, crf.num_tags, seed) if presets else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spacy_moee.networks.viterbi.TILE", tile)
        check(chain, emissions, mask, k, possible)


@given(lengths=st.lists(st.integers(1, 4), min_size=1), k=st.integers(1, 90))
@example(lengths=[1], k=90)
@example(lengths=[4, 1], k=81)
def test_where_all_sequences_are_alike(lengths, k):
    mask = make_mask(lengths)
    emissions = torch.zeros(*mask.shape, 3, dtype=torch.float64)
    check(Chain.free(emissions), emissions, mask, k)


@given(lengths=st.lists(st.integers(1, 5), min_size=2, max_size=4), seed=SEEDS)
def test_padding_is_not_read(lengths, seed):
    mask = make_mask(lengths)
    emissions = make_emissions(*mask.shape, 3, seed=seed).double()
    moves = make_emissions(5, 3, seed=seed).double()
    chain = Chain(moves[3], moves[:3], moves[4])
    padded = k_best_paths(chain, emissions.masked_fill(~mask[..., None], 1e4), mask, 7)
    for row, n in enumerate(lengths):
        alone = k_best_paths(
            chain, emissions[row : row + 1, :n], mask[:1, :n] | True, 7
        )
        assert_close(padded.log_probability[row], alone.log_probability[0], **EXACT)
        there = alone.log_probability[0] > float("-inf")
        found = padded.tags[row, there, :n]
        assert torch.equal(found, alone.tags[0, there])


@pytest.mark.parametrize("n_labels, k", [(1, 85), (1, 86), (20, 799), (20, 800)])
def test_pointers_of_all_sizes(n_labels, k):
    # of 255 and of 258 states; of 32759 and of 32800
    n_tags = 2 * n_labels + 1
    emissions = make_emissions(1, 6, n_tags).double()
    mask = torch.ones(1, 6, dtype=torch.bool)
    chain = Chain.free(emissions).constrain(make_legal(n_labels))
    found = k_best_paths(chain, emissions, mask, k)
    scores = [score(chain, emissions[0], path) for path in found.tags[0].tolist()]
    total = chain.log_partition(emissions, mask)
    assert_close(torch.stack(scores) - total, found.log_probability[0], **EXACT)
    assert len({*map(tuple, found.tags[0].tolist())}) == k


def test_pointers_are_small():
    sizes = [kbest._smallest(n) for n in (1, 256, 257, 2**15, 2**15 + 1)]
    names = [torch.uint8, torch.uint8, torch.int16, torch.int16, torch.int32]
    assert sizes == names


def test_probabilities_of_all_sequences_add_up_to_one():
    emissions, mask = make_emissions(2, 5, 3).double(), make_mask([5, 3])
    chain = Chain.free(emissions).constrain(make_legal(1))
    found = k_best_paths(chain, emissions, mask, 3**5)
    one = torch.ones(2, dtype=torch.float64)
    assert_close(found.log_probability.exp().sum(dim=1), one, **EXACT)


def test_single_precision():
    emissions, mask = make_emissions(3, 40, 9, scale=5), make_mask([40, 22, 1])
    chain = Chain.free(emissions).constrain(make_legal(4))
    found = k_best_paths(chain, emissions, mask, 6)
    exact = Chain(*(part.double() for part in chain))
    wanted = k_best_paths(exact, emissions.double(), mask, 6)
    assert_close(
        found.log_probability.double(), wanted.log_probability, atol=1e-4, rtol=1e-5
    )
    assert torch.equal(found.tags[0], wanted.tags[0])
