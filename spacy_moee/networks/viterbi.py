"""The best sequence of tags of a linear chain."""

from typing import Callable

import torch
from torch import Tensor

# Floats of a tile, [batch, some tags, tags], that is reduced at once: few enough for a
# processor's cache. No array of all [batch, tags, tags] is ever made.
TILE = 2**18
# Tags that one tag may follow, so few that they are looked up one by one.
FEW = 2


def over_sources(reduce: Callable[..., Tensor], scores: Tensor, into: Tensor) -> Tensor:
    """Reduce what leads into each tag over the tags that it comes from, tile by tile.

    reduce (Callable): `torch.amax`, or `torch.logsumexp`.
    scores (Tensor): Score of each tag that a move starts from, shape [batch, tags].
    into (Tensor): Score of tag b after tag a at [b, a], shape [tags, tags].
    RETURNS (Tensor): The reduction of `scores[n, a] + into[b, a]` over a, shape
        [batch, tags].
    """
    rows = scores.unsqueeze(1)  # [batch, 1, from]
    if scores.numel() * len(into) <= TILE:
        return reduce(rows + into, 2)
    # [batch, 1, from] + [some to, from] -> [batch, some to]
    parts = [reduce(rows + tile, 2) for tile in into.split(tile_size(scores))]
    return torch.cat(parts, dim=1)


def tile_size(scores: Tensor) -> int:
    """How many tags of a tile there are beside scores of the shape [batch, tags].
    RETURNS (int): One or more."""
    return max(1, TILE // scores.numel())


def best_paths(
    emissions: Tensor, mask: Tensor, start: Tensor, moves: Tensor, end: Tensor
) -> Tensor:
    """The Viterbi algorithm over a batch. It keeps the scores of each step, not the tag
    before each tag, which is looked up on the best path alone.

    emissions (Tensor): Scores, shape [batch, seq, tags].
    mask (Tensor): True on real tokens, a prefix of each row, shape [batch, seq].
    start (Tensor): Score of each first tag, shape [tags].
    moves (Tensor): Score of tag b after tag a at [a, b], shape [tags, tags].
    end (Tensor): Score of each last tag, shape [tags].
    RETURNS (Tensor): Tag numbers, shape [batch, seq]; any number on padding.
    """
    into = moves.T.contiguous()  # [to, from]
    steps = emissions.unbind(1)
    scores = [start + steps[0]]  # [batch, tags] each
    find_best = _make_finder(into, len(mask))
    for emission in steps[1:]:
        scores.append(find_best(scores[-1]) + emission)
    lengths = mask.sum(dim=1)
    rows = torch.arange(len(mask), device=mask.device)
    last = (torch.stack(scores)[lengths - 1, rows] + end).argmax(dim=1)  # [batch]
    tag, path = last, [last]
    ends = (mask[:, :-1] & ~mask[:, 1:]).unbind(1)  # whether a row ends here
    for step in range(len(steps) - 2, -1, -1):
        tag = (scores[step] + into.index_select(0, tag)).argmax(dim=1)
        # whatever was made of the padding after it
        tag = torch.where(ends[step], last, tag)
        path.append(tag)
    return torch.stack(path[::-1], dim=1)


def _make_finder(into: Tensor, n_batch: int) -> Callable[[Tensor], Tensor]:
    """Make what finds the score of the best way into each tag. In IOB2 half of the tags
    follow two tags alone: I-X only B-X and I-X."""
    if n_batch * into.numel() <= TILE:
        return lambda scores: over_sources(torch.amax, scores, into)
    is_few = (into > float("-inf")).sum(dim=1) <= FEW
    from_few, sources = into[is_few].topk(min(FEW, len(into)), dim=1)
    from_many = into[~is_few]

    def find_best(scores: Tensor) -> Tensor:
        best = torch.empty_like(scores)
        best[:, ~is_few] = over_sources(torch.amax, scores, from_many)
        # [batch, some to, FEW]
        best[:, is_few] = (scores[:, sources] + from_few).amax(dim=2)
        return best

    return find_best
