"""The partition function of a linear chain: the sum over all sequences of tags, and its
gradient, which are the marginal probabilities."""

from typing import Any, Optional, Tuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .messages import (
    Messages,
    finite,
    least_exact,
    scaled_exp,
    share_exponentials,
    share_logs,
    sum_exponentials,
    sum_logs,
)


def log_partition(
    emissions: Tensor,
    mask: Tensor,
    start: Tensor,
    moves: Tensor,
    end: Tensor,
    possible: Optional[Tensor] = None,
) -> Tensor:
    """Compute the log of the sum of exp(score) over all sequences of tags. It can be
    differentiated, once.

    emissions (Tensor): Scores, shape [batch, seq, tags].
    mask (Tensor): True on real tokens, shape [batch, seq]: a prefix of at least one
        token in each row.
    start (Tensor): Score of each first tag, shape [tags].
    moves (Tensor): Score of tag b after tag a at [a, b], shape [tags, tags]; -inf where
        there is no such move.
    end (Tensor): Score of each last tag, shape [tags].
    possible (Optional[Tensor]): Which tags each token may have, shape
        [batch, seq, tags]; None for all.
    RETURNS (Tensor): Shape [batch]; -inf, with a gradient of 0, where there is no
        sequence.
    """
    total: Tensor = _LogPartition.apply(emissions, mask, start, moves, end, possible)
    return total


class _LogPartition(torch.autograd.Function):
    """Exponentials for all rows; logs for those in which the exponentials underflow."""

    @staticmethod
    def forward(
        ctx: Any,
        emissions: Tensor,
        mask: Tensor,
        start: Tensor,
        moves: Tensor,
        end: Tensor,
        possible: Optional[Tensor],
    ) -> Tensor:
        # [batch, seq, tags] -> [seq, batch, tags]; 0 on padding, whatever stands there
        scores = emissions.transpose(0, 1).masked_fill(~mask.T.unsqueeze(2), 0)
        if possible is not None:
            scores = scores.masked_fill(~possible.transpose(0, 1), float("-inf"))
        scores[0] += start
        ends = mask.sum(dim=1) - 1
        messages = sum_exponentials(scores, moves)
        total, last, underflows = _end_exponentials(messages, ends, end)
        underflows |= _underflow(messages.sums, mask, possible)
        rows = underflows.nonzero().squeeze(1)
        logs = None
        if len(rows):
            logs = sum_logs(scores[:, rows], moves)
            total[rows], last[rows] = _end_logs(logs, ends[rows], end)
        ctx.save_for_backward(moves, ends, last, rows, *messages, *(logs or ()))
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tuple[Optional[Tensor], ...]:
        moves, ends, last, rows, *saved = ctx.saved_tensors
        messages = Messages(*saved[:3])
        last = last * gradient.unsqueeze(1)
        marginals = torch.zeros_like(messages.alphas)
        marginals[_places(ends)] = last
        in_logs = marginals[:, rows]
        marginals[:, rows] = 0
        counts = share_exponentials(messages, marginals, moves)
        if len(rows):
            counts += share_logs(Messages(*saved[3:]), in_logs, moves)
            marginals[:, rows] = in_logs
        emissions = marginals.transpose(0, 1)
        return emissions, None, marginals[0].sum(0), counts, last.sum(0), None


def _places(ends: Tensor) -> Tuple[Tensor, Tensor]:
    """The last token of each row, for an array [seq, batch, ...]."""
    return ends, torch.arange(len(ends), device=ends.device)


def _end_exponentials(
    messages: Messages, ends: Tensor, end: Tensor
) -> Tuple[Tensor, Tensor, Tensor]:
    """The total of each row, which share of it ends with each tag, and whether it
    underflows."""
    factors, greatest = scaled_exp(end)
    last = messages.alphas[_places(ends)] * factors  # [batch, tags]
    total = last.sum(dim=1)
    scale = messages.scales[_places(ends)] + greatest
    return (
        total.log() + scale,
        last / total.unsqueeze(1),
        ~(total >= least_exact(total)),
    )


def _end_logs(logs: Messages, ends: Tensor, end: Tensor) -> Tuple[Tensor, Tensor]:
    last = logs.alphas[_places(ends)] + end  # [batch, tags]
    total = last.logsumexp(dim=1)
    shares = (last - finite(total).unsqueeze(1)).exp()
    return total + logs.scales[_places(ends)], shares


def _underflow(sums: Tensor, mask: Tensor, possible: Optional[Tensor]) -> Tensor:
    """Whether sums of a row are too small to be exact. Each is a number afterwards that
    can be divided by."""
    floor = least_exact(sums)
    least = sums
    if possible is not None:
        least = sums.masked_fill(~possible.transpose(0, 1)[1:], 1)
    exact = (least.amin(dim=2) >= floor) | ~mask.T[1:]  # [seq - 1, batch]
    sums.clamp_min_(floor)
    return ~exact.all(dim=0)
