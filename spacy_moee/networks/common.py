"""What the networks share."""

from typing import Optional

import torch
from torch import Tensor, nn

from ..scheme import iob2_scheme

# Before training every token is most likely O, as in any corpus.
OUTSIDE_BIAS = 3.0
# What a type that a trained network gets scores below O, until it is learned.
NEW_BIAS = -10.0
# About how many numbers a BiLSTM takes for each place that it reads.
FLOATS_READ = 2048


def register_scheme(network: nn.Module, n_tags: int) -> None:
    """Make room for the arrays of a `TagScheme`: they are filled in by the model and
    saved with the weights.

    network (nn.Module): The network.
    n_tags (int): The number of tags, O included.
    """
    network.register_buffer("category", torch.zeros(n_tags, dtype=torch.long))
    network.register_buffer("boundary", torch.zeros(n_tags, dtype=torch.long))
    legal = torch.ones(n_tags + 1, n_tags, dtype=torch.bool)
    network.register_buffer("legal", legal)


@torch.no_grad()
def start_below_outside(layer: nn.Linear, n_known: int) -> None:
    """Let the last outputs of a layer say what the first says, which stands for O, but
    lower by 10: wherever the network puts its scores, their probability is at most
    exp(-10) of that of O.

    layer (Linear): The layer.
    n_known (int): How many outputs stay.
    """
    layer.weight[n_known:] = layer.weight[0]
    layer.bias[n_known:] = layer.bias[0] + NEW_BIAS


def token_mask(like: Tensor, lengths: Tensor) -> Tensor:
    """Tell tokens from padding.

    like (Tensor): Anything of the shape [batch, seq, ...].
    lengths (Tensor): The tokens of each sentence, shape [batch].
    RETURNS (Tensor): True on tokens, shape [batch, seq].
    """
    return torch.arange(like.shape[1], device=like.device) < lengths.unsqueeze(1)


def bar_outside(scores: Tensor, outside: Optional[Tensor]) -> Optional[Tensor]:
    """Leave nothing but O to some tokens.

    scores (Tensor): Scores of the tags, shape [batch, seq, tags].
    outside (Optional[Tensor]): True on tokens that have to be O, shape [batch, seq].
    RETURNS (Optional[Tensor]): Which tags each token may have, shape
        [batch, seq, tags]; None for all.
    """
    if outside is None:
        return None
    is_o = torch.arange(scores.shape[2], device=scores.device) == 0
    return is_o | ~outside.unsqueeze(2)


def look_up(table: Tensor, gold: Tensor) -> Tensor:
    """Look the gold tags up in a table, keeping the unknown ones unknown.

    table (Tensor): A number for each tag, shape [tags].
    gold (Tensor): Tag numbers, any shape; below 0 where unknown.
    RETURNS (Tensor): The numbers, of the same shape; -1 where unknown.
    """
    return table[gold.clamp(min=0)].masked_fill(gold < 0, -1)


def look_up_possible(table: Tensor, possible: Tensor, size: int) -> Tensor:
    """Look the possible tags up in a table.

    table (Tensor): A number for each tag, shape [tags].
    possible (Tensor): Which tags each token may have, shape [batch, seq, tags].
    size (int): How many numbers there are.
    RETURNS (Tensor): Which numbers each token may have, shape [batch, seq, size].
    """
    counts = torch.zeros(*possible.shape[:2], size, device=possible.device)
    return counts.index_add_(2, table, possible.to(counts)) > 0


def legal_borders(like: Tensor) -> Tensor:
    """Say which of O, B and I may follow which: they are the tags of a single type.

    like (Tensor): Anything on the same device.
    RETURNS (Tensor): Bools, shape [4, 3]; the last row is for the start.
    """
    return torch.from_numpy(iob2_scheme(1).legal).to(like.device)


def count_labelled(gold: Tensor) -> Tensor:
    """Count the sentences of which some gold is known.

    gold (Tensor): Tag numbers, shape [batch, seq]; below 0 where unknown.
    RETURNS (Tensor): Their number.
    """
    return (gold >= 0).any(dim=1).sum()


def count_known(gold: Tensor) -> Tensor:
    """Count the tokens of which the gold is known.

    gold (Tensor): Tag numbers, shape [batch, seq]; below 0 where unknown.
    RETURNS (Tensor): Their number.
    """
    return (gold >= 0).sum()
