"""The best tags against torchcrf's own decoding and against enumeration."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.viterbi import best_paths

from .util import (
    all_paths,
    chains,
    is_legal,
    make_emissions,
    make_legal,
    make_mask,
    score_paths,
    stock_of,
    viterbi,
)

# floats of a tile: one tag at a time, a few, and all of them at once
TILES = st.sampled_from([1, 60, 2**18])


def best_of(crf, emissions, mask, legal=None, tile=2**18):
    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr("spacy_moee.networks.viterbi.TILE", tile)
        paths = viterbi(crf, emissions, mask, legal)
    return [p[:n] for p, n in zip(paths.tolist(), mask.sum(dim=1), strict=True)]


@given(chain=chains(), tile=TILES)
@settings(max_examples=80)
def test_best_tags_are_as_good_as_those_of_torchcrf(chain, tile):
    crf, emissions, mask = chain
    wanted = stock_of(crf).decode(emissions.detach(), mask)
    found = best_of(crf, emissions, mask, tile=tile)
    assert [len(path) for path in found] == [len(path) for path in wanted]
    for scores, *paths in zip(emissions, found, wanted, strict=True):
        # of several that are equally good, any
        assert_close(*score_paths(crf, scores[: len(paths[0])], paths))


@given(chain=chains(max_labels=2, max_steps=4), tile=TILES, random=st.booleans())
@settings(max_examples=80)
def test_best_legal_tags_equal_enumeration(chain, tile, random):
    crf, emissions, mask = chain
    legal = make_legal(crf.num_tags // 2)
    if random:  # some tags follow none, one or two
        legal = make_emissions(*legal.shape, seed=crf.num_tags) > 0.4
        legal[:, 0] = True
    for path, scores in zip(
        best_of(crf, emissions, mask, legal, tile), emissions, strict=True
    ):
        assert is_legal(path, legal)
        paths = [p for p in all_paths(len(path), crf.num_tags) if is_legal(p, legal)]
        found = score_paths(crf, scores, [path])[0]
        assert_close(found, score_paths(crf, scores, paths).max())


def test_many_tags_in_tiles():
    legal, mask = make_legal(100), make_mask([9, 6, 1])
    torch.manual_seed(0)
    scores, moves = torch.randn(3, 9, 201), torch.randn(202, 201)
    moves[~legal] = float("-inf")
    args = scores, mask, moves[-1], moves[:-1], torch.zeros(201)
    whole = best_paths(*args)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spacy_moee.networks.viterbi.TILE", 2000)
        tiled = best_paths(*args)
    assert torch.equal(whole[mask], tiled[mask])
