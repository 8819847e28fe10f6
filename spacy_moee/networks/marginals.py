"""The probability of each tag of each token of a linear chain, as a log that can be
differentiated: forward-backward with a gradient.

The sums over all that ends at a token with a tag, a, and over all that starts there, b,
both hold the score s of the token. So

    log P(tag) = log a + log b - s - log Z

and what goes back along a is shared out as it was summed up, and so is what goes back
along b: both at once cost what the gradient of log Z costs.
"""

from typing import Any, List, Optional, Tuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .messages import (
    Messages,
    both_ways,
    find_lost,
    least_exact,
    one_way,
    reversed_places,
    share_exponentials,
    share_logs,
    sum_exponentials,
    sum_logs,
)


def log_marginals(
    emissions: Tensor, mask: Tensor, start: Tensor, moves: Tensor, end: Tensor
) -> Tensor:
    """Compute the log of the probability of each tag. It can be differentiated, once.

    emissions (Tensor): Scores, finite, shape [batch, seq, tags].
    mask (Tensor): True on tokens, shape [batch, seq]: a prefix of at least one token in
        each row.
    start (Tensor): Score of each first tag, shape [tags].
    moves (Tensor): Score of tag b after tag a at [a, b], shape [tags, tags]; -inf where
        there is no such move.
    end (Tensor): Score of each last tag, shape [tags].
    RETURNS (Tensor): Shape [batch, seq, tags]; 0 on padding, and -inf, with a gradient
        of 0, for a tag that can't be.
    """
    logs: Tensor = _LogMarginals.apply(emissions, mask, start, moves, end)
    return logs


class _LogMarginals(torch.autograd.Function):
    """Exponentials for all rows; logs for those in which the exponentials underflow."""

    @staticmethod
    def forward(
        ctx: Any,
        emissions: Tensor,
        mask: Tensor,
        start: Tensor,
        moves: Tensor,
        end: Tensor,
    ) -> Tensor:
        scores = emissions.masked_fill(~mask.unsqueeze(2), 0)
        places = reversed_places(mask)
        both = both_ways(scores, places)
        both[0] += torch.stack([start, end]).unsqueeze(1)
        ways = torch.stack([moves, moves.T])
        messages = sum_exponentials(both, ways)
        lost = find_lost(messages, both, mask, ways).any(dim=0)
        rows = lost.nonzero().squeeze(1)
        sums = messages.alphas.log()
        in_logs: List[Messages] = []
        for way in range(2) if len(rows) else ():
            in_logs.append(sum_logs(both[:, way, rows], ways[way]))
            sums[:, way, rows] = in_logs[-1].alphas
        # that of an impossible tag is 0, and is divided by
        messages.sums.clamp_min_(least_exact(messages.sums))
        forward, backward = one_way(sums, places)
        # what each token was divided by is the same for all of its tags
        logs = (forward + backward - scores).log_softmax(dim=2)
        logs = logs.masked_fill(~mask.unsqueeze(2), 0)
        parts = [part for found in in_logs for part in found]
        ctx.save_for_backward(logs, mask, places, ways, rows, *messages, *parts)
        return logs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tuple[Optional[Tensor], ...]:
        logs, mask, places, ways, rows, *saved = ctx.saved_tensors
        messages = Messages(*saved[:3])
        varies = mask.unsqueeze(2) & (logs > float("-inf"))
        gradient = gradient.masked_fill(~varies, 0)
        # of a softmax
        gradient = gradient - logs.exp() * gradient.sum(dim=2, keepdim=True)
        gradient = gradient.masked_fill(~varies, 0)
        shared = both_ways(gradient, places)
        in_logs = shared[:, :, rows]
        shared[:, :, rows] = 0
        counts = share_exponentials(messages, shared, ways)
        for way in range(2) if len(rows) else ():
            found = Messages(*saved[3 * (way + 1) : 3 * (way + 2)])
            part = in_logs[:, way].contiguous()
            counts[way] += share_logs(found, part, ways[way])
            shared[:, way, rows] = part
        forward, backward = one_way(shared, places)
        start, end = shared[0].sum(dim=1)
        emissions = forward + backward - gradient
        return emissions, None, start, counts[0] + counts[1].T, end
