"""The best sequences of tags of a linear chain, with their probabilities: the list
Viterbi algorithm (Seshadri and Sundberg 1994)."""

from typing import List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor

from .crf import Chain
from .messages import finite
from .viterbi import tile_size

# what numbers the states of a step, of which one is kept for each state of the next
POINTERS = (torch.uint8, torch.int16, torch.int32)


class KBest(NamedTuple):
    """The best sequences of each row, best first. All of them differ.

    tags (Tensor): Tag numbers, shape [batch, k, seq]; any number on padding, and where
        there is no sequence.
    log_probability (Tensor): Shape [batch, k]; -inf where a row has fewer sequences.
    """

    tags: Tensor
    log_probability: Tensor


def k_best_paths(
    chain: Chain,
    emissions: Tensor,
    mask: Tensor,
    k: int,
    possible: Optional[Tensor] = None,
) -> KBest:
    """Find the k best sequences of tags of each row, and how likely each is among all
    that there can be. The first one scores as `Chain.best_paths` does.

    chain (Chain): What a sequence scores beside its emissions.
    emissions (Tensor): Scores, shape [batch, seq, tags].
    mask (Tensor): True on tokens, a prefix of at least one in each row, shape
        [batch, seq].
    k (int): How many, at least 1.
    possible (Optional[Tensor]): Which tags each token may have, shape
        [batch, seq, tags]; None for all.
    RETURNS (KBest): The sequences.
    """
    total = chain.log_partition(emissions, mask, possible)  # [batch]
    if possible is not None:
        emissions = emissions.masked_fill(~possible, float("-inf"))
    scores, pointers = _go_forward(chain, emissions, mask, k)
    n_states = scores[0].numel()
    best = (scores + chain.end).flatten(1).topk(min(k, n_states), dim=1)
    tags = _go_back(best.indices, pointers, mask) % emissions.shape[2]
    # the lowest number is no sequence as well: of its score nothing is left
    found = best.values - finite(total).unsqueeze(1)
    missing = k - found.shape[1]
    if missing:
        tags = torch.cat([tags, tags[:, :1].expand(-1, missing, -1)], dim=1)
        rest = found.new_full((len(found), missing), float("-inf"))
        found = torch.cat([found, rest], dim=1)
    return KBest(tags, found)


def _go_forward(
    chain: Chain, emissions: Tensor, mask: Tensor, k: int
) -> Tuple[Tensor, List[Tensor]]:
    """The scores of the best sequences that end with each tag, by their rank, at the
    last token of each row, shape [batch, ranks, tags]; and the state before each state
    of each step. A state is a rank and a tag, numbered by rank * tags + tag."""
    into = chain.moves.T.contiguous()  # [to, from]
    steps, on_tokens = emissions.unbind(1), mask.unbind(1)
    smallest = _smallest(k * len(into))
    scores = (chain.start + steps[0]).unsqueeze(1)  # one sequence ends with each tag
    pointers = []
    for emission, on_token in zip(steps[1:], on_tokens[1:], strict=True):
        found, before = _find_best(scores, into, k)
        pointers.append(before.flatten(1).to(smallest))
        # a row that is over keeps its scores
        over = torch.full_like(found, float("-inf"))
        over[:, : scores.shape[1]] = scores
        found += emission.unsqueeze(1)
        scores = torch.where(on_token[:, None, None], found, over)
    return scores, pointers


def _find_best(scores: Tensor, into: Tensor, k: int) -> Tuple[Tensor, Tensor]:
    """The k best ways into each tag, tile by tile, or all of them if they are fewer:
    scores and states that they come from, both of the shape [batch, ranks, tags]."""
    n_ranks = min(k, scores[0].numel())
    rows = scores.unsqueeze(1)  # [batch, 1, ranks, from]
    # [batch, 1, ranks, from] + [some to, 1, from] -> [batch, some to, ranks]
    tiles = (
        (rows + tile.unsqueeze(1)).flatten(2).topk(n_ranks, dim=2)
        for tile in into.split(tile_size(scores))
    )
    values, states = zip(*tiles, strict=True)
    return torch.cat(values, 1).transpose(1, 2), torch.cat(states, 1).transpose(1, 2)


def _go_back(states: Tensor, pointers: List[Tensor], mask: Tensor) -> Tensor:
    """Follow the pointers back from the last states, shape [batch, k].
    RETURNS (Tensor): The states of all steps, shape [batch, k, seq]."""
    path = [states]
    for before, on_token in zip(pointers[::-1], mask.unbind(1)[:0:-1], strict=True):
        # of a row that is over, a state may have no pointer: none leads to it
        places = states.clamp(max=before.shape[1] - 1)
        found = before.gather(1, places).long()
        states = torch.where(on_token.unsqueeze(1), found, states)
        path.append(states)
    return torch.stack(path[::-1], dim=2)


def _smallest(n_states: int) -> torch.dtype:
    """RETURNS (dtype): The smallest that numbers the states of a step."""
    return next(kind for kind in POINTERS if n_states - 1 <= torch.iinfo(kind).max)
