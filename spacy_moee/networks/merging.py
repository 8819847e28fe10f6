"""Entity types that are tagged apart, each with O, B and I, as one sequence of tags. In
all functions, `scores` are those of O, B and I of each type, shape
[batch, seq, types, 3]; `strength` says which of several types wins a token, shape
[batch, seq, types]; and `numbers` are the tags, shape [categories, 3]."""

from typing import Optional

import torch
from torch import Tensor
from torch.nn import functional


def number_tags(category: Tensor, boundary: Tensor) -> Tensor:
    """Number the tag of each category and boundary.

    category (Tensor): The entity category of each tag, shape [tags].
    boundary (Tensor): 0 for O, 1 for B, 2 for I, shape [tags].
    RETURNS (Tensor): Shape [categories, 3]; 0 where there is none.
    """
    numbers = category.new_zeros(len(category) // 2 + 1, 3)
    numbers[category, boundary] = torch.arange(len(category), device=category.device)
    return numbers


def merge_best(
    scores: Tensor,
    strength: Tensor,
    numbers: Tensor,
    outside: Optional[Tensor] = None,
) -> Tensor:
    """Merge what each type finds likeliest, token by token.

    scores (Tensor): Scores of O, B and I.
    strength (Tensor): Of each type.
    numbers (Tensor): The tags.
    outside (Optional[Tensor]): True on tokens that have to be O, shape [batch, seq].
    RETURNS (Tensor): Tags, shape [batch, seq].
    """
    found = scores.argmax(dim=3)  # [batch, seq, types]
    claims = found > 0
    if outside is not None:
        claims = claims & ~outside.unsqueeze(2)
    strength = strength.masked_fill(~claims, float("-inf"))
    winner = strength.argmax(dim=2, keepdim=True)
    tags = numbers[winner + 1, found.gather(2, winner)].squeeze(2)
    return tags.masked_fill(~claims.any(dim=2), 0)


def merge_logs(scores: Tensor, strength: Tensor, numbers: Tensor) -> Tensor:
    """Compute how likely each tag of a token is once the types are merged: its type
    says so, and no stronger type claims the token.

    scores (Tensor): Scores of O, B and I.
    strength (Tensor): Of each type.
    numbers (Tensor): The tags.
    RETURNS (Tensor): Logs of probabilities, shape [batch, seq, tags].
    """
    logs = scores.log_softmax(dim=3)
    order = strength.argsort(dim=2, descending=True, stable=True)
    no_claim = logs[..., 0].gather(2, order).cumsum(dim=2)
    # that all stronger types say O, [batch, seq, types]
    before = functional.pad(no_claim[..., :-1], (1, 0))
    before = torch.empty_like(before).scatter(2, order, before)
    tags = numbers[1:, 1:].flatten()
    merged = logs.new_empty(*scores.shape[:2], len(tags) + 1)
    merged[..., 0] = no_claim[..., -1]
    merged[..., tags] = (logs[..., 1:] + before.unsqueeze(3)).flatten(2)
    return merged
