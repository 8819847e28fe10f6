"""The forward algorithm over a batch of linear chains, and the way back: with
exponentials, which is fast, and with their logs, which holds for all scores."""

from typing import NamedTuple, Tuple

import torch
from torch import Tensor

from .viterbi import over_sources, tile_size


class Messages(NamedTuple):
    """What the forward algorithm says of each tag of each token.

    alphas (Tensor): The sum over all sequences that end there, divided by the greatest
        of the token, shape [seq, batch, tags].
    sums (Tensor): The same before the token's own score comes in, divided by something
        else, shape [seq - 1, batch, tags]; the first token has none.
    scales (Tensor): The log of what each token was divided by in all, shape
        [seq, batch].
    """

    alphas: Tensor
    sums: Tensor
    scales: Tensor


def sum_exponentials(scores: Tensor, moves: Tensor) -> Messages:
    """Sum up from the first token to the last: a product of matrices a step. What is
    far below the best tag of its token underflows.

    scores (Tensor): Scores of the tags, the first token's with those of a start, shape
        [seq, batch, tags]; or [seq, chains, batch, tags], as all parts of the messages.
    moves (Tensor): Score of tag b after tag a at [a, b], shape [tags, tags], or
        [chains, tags, tags].
    RETURNS (Messages): Exponentials.
    """
    factors, columns = scaled_exp(moves, dim=-2)
    alphas, sums, scales = _room(scores)
    for step, alpha in enumerate(alphas.unbind()):
        if step:
            torch.matmul(alphas[step - 1], factors, out=sums[step - 1])
            torch.log(sums[step - 1], out=alpha).add_(scores[step]).add_(columns)
        else:
            alpha.copy_(scores[0])
        _take_off_greatest(alpha, scales[step]).exp_()
    return Messages(alphas, sums, scales.squeeze(-1).cumsum(dim=0))


def share_exponentials(messages: Messages, marginals: Tensor, moves: Tensor) -> Tensor:
    """Share the marginals of each token out among the tags before it, as its sum was
    made of them.

    messages (Messages): What `sum_exponentials` returned, without sums that are 0.
    marginals (Tensor): What is shared out of each token by itself: for a partition
        function, that of each row's last token, and 0 elsewhere. Of the same shape as
        the messages. What each token gets from those behind it is added.
    moves (Tensor): As in `sum_exponentials`.
    RETURNS (Tensor): The expected number of each move, of the shape of the moves.
    """
    factors, _ = scaled_exp(moves, dim=-2)
    back = factors.transpose(-2, -1)
    shares = torch.empty_like(messages.sums)
    for step in range(len(shares), 0, -1):
        share = shares[step - 1]
        torch.div(marginals[step], messages.sums[step - 1], out=share)
        alpha = messages.alphas[step - 1]
        marginals[step - 1].addcmul_(alpha, share @ back)
    # [from, seq * batch] x [seq * batch, to], of each chain
    before, after = (
        part.movedim(0, -3).flatten(-3, -2) for part in (messages.alphas[:-1], shares)
    )
    return (before.transpose(-2, -1) @ after).mul_(factors)


def sum_logs(scores: Tensor, moves: Tensor) -> Messages:
    """The same as `sum_exponentials`, where nothing underflows.

    scores (Tensor): As there.
    moves (Tensor): As there.
    RETURNS (Messages): Logs.
    """
    into = moves.T.contiguous()  # [to, from]
    alphas, sums, scales = _room(scores)
    for step, alpha in enumerate(alphas.unbind()):
        if step:
            sums[step - 1] = over_sources(torch.logsumexp, alphas[step - 1], into)
            torch.add(sums[step - 1], scores[step], out=alpha)
        else:
            alpha.copy_(scores[0])
        _take_off_greatest(alpha, scales[step])
    return Messages(alphas, sums, scales.squeeze(2).cumsum(dim=0))


def share_logs(messages: Messages, marginals: Tensor, moves: Tensor) -> Tensor:
    """The same as `share_exponentials`.

    messages (Messages): What `sum_logs` returned.
    marginals (Tensor): As there.
    moves (Tensor): As there.
    RETURNS (Tensor): As there.
    """
    into = moves.T.contiguous()  # [to, from]
    counts = torch.zeros_like(into)
    size = tile_size(marginals[0])
    for step in range(len(messages.sums), 0, -1):
        alpha = messages.alphas[step - 1].unsqueeze(1)  # [batch, 1, from]
        sums = finite(messages.sums[step - 1])
        for first in range(0, len(into), size):
            to = slice(first, first + size)
            # [batch, 1, from] + [some to, from] - [batch, some to, 1]
            share = (alpha + into[to] - sums[:, to].unsqueeze(2)).exp_()
            share *= marginals[step][:, to].unsqueeze(2)
            marginals[step - 1] += share.sum(dim=1)
            counts[to] += share.sum(dim=0)
    return counts.T


def sum_both_ways(
    scores: Tensor, mask: Tensor, start: Tensor, moves: Tensor, end: Tensor
) -> Tuple[Tensor, Tensor]:
    """Sum up from the first token to the last, and from the last to the first, with
    exponentials, and with logs in the rows in which they underflow.

    scores (Tensor): Scores of the tags, -inf where a token can't have a tag, finite on
        padding, shape [batch, seq, tags].
    mask (Tensor): True on tokens, a prefix of each row, shape [batch, seq].
    start (Tensor): Score of each first tag, shape [tags].
    moves (Tensor): Score of tag b after tag a at [a, b], shape [tags, tags].
    end (Tensor): Score of each last tag, shape [tags].
    RETURNS (Tuple[Tensor, Tensor]): The logs of the sums over all that ends at a token
        with a tag, and over all that starts there, shape [batch, seq, tags].
    """
    both = both_ways(scores, reversed_places(mask))
    both[0] += torch.stack([start, end]).unsqueeze(1)
    ways = torch.stack([moves, moves.T])
    messages = sum_exponentials(both, ways)
    lost = find_lost(messages, both, mask, ways)
    sums = messages.alphas.log_().add_(messages.scales.unsqueeze(3))
    for way in range(2) if bool(lost.any()) else ():
        rows = lost[way].nonzero().squeeze(1)
        logs = sum_logs(both[:, way, rows], ways[way])
        sums[:, way, rows] = logs.alphas + logs.scales.unsqueeze(2)
    return one_way(sums, reversed_places(mask))


def reversed_places(mask: Tensor) -> Tensor:
    """Number the tokens of each row from its last one to its first one.

    mask (Tensor): True on tokens, a prefix of each row, shape [batch, seq].
    RETURNS (Tensor): The place of each token, and that of padding, which stays where it
        is, shape [batch, seq].
    """
    places = torch.arange(mask.shape[1], device=mask.device)
    return torch.where(mask, mask.sum(dim=1, keepdim=True) - 1 - places, places)


def both_ways(values: Tensor, places: Tensor) -> Tensor:
    """Lay out both ways as one batch of two chains.

    values (Tensor): Anything of tokens, shape [batch, seq, tags].
    places (Tensor): What `reversed_places` returned.
    RETURNS (Tensor): Shape [seq, 2, batch, tags].
    """
    rows = torch.arange(len(places), device=places.device)
    return torch.stack([values.transpose(0, 1), values[rows, places.T]], dim=1)


def one_way(both: Tensor, places: Tensor) -> Tuple[Tensor, Tensor]:
    """Take such a batch apart again.

    both (Tensor): Shape [seq, 2, batch, tags].
    places (Tensor): What `reversed_places` returned.
    RETURNS (Tuple[Tensor, Tensor]): Both ways, shape [batch, seq, tags].
    """
    rows = torch.arange(len(places), device=places.device).unsqueeze(1)
    return both[:, 0].transpose(0, 1), both[:, 1].transpose(0, 1)[rows, places]


def find_lost(
    messages: Messages, scores: Tensor, mask: Tensor, moves: Tensor
) -> Tensor:
    """Find the rows in which exponentials underflow.

    messages (Messages): What `sum_exponentials` returned for two chains.
    scores (Tensor): What it took.
    mask (Tensor): True on tokens, shape [batch, seq].
    moves (Tensor): What it took.
    RETURNS (Tensor): Bools, shape [2, batch].
    """
    # a sum of nothing is 0, and exact
    possible = scores > float("-inf")
    can_move = (moves > float("-inf")).to(scores.dtype)
    possible[1:] &= (possible[:-1].to(scores.dtype) @ can_move) > 0
    possible &= mask.T[:, None, :, None]
    floor = least_exact(scores)
    lost = possible & (messages.alphas < floor)
    lost[1:] |= possible[1:] & (messages.sums < floor)
    return lost.any(dim=3).any(dim=0)


def least_exact(sums: Tensor) -> float:
    """Find the least sum that is exact. What underflows, below `tiny`, is lost; a sum
    of this size or more does not miss it.

    sums (Tensor): Anything of the same type.
    RETURNS (float): The number.
    """
    return float(torch.finfo(sums.dtype).tiny ** (2 / 3))


def scaled_exp(scores: Tensor, dim: int = 0) -> Tuple[Tensor, Tensor]:
    """Take the exponential, so that the greatest of each column is 1.

    scores (Tensor): Scores, shape [..., rows, columns] or [rows].
    dim (int): That of the rows.
    RETURNS (Tuple[Tensor, Tensor]): The exponentials, and the scores that are 1 now,
        of the same shape but for a single row.
    """
    greatest = finite(scores.amax(dim=dim, keepdim=True))
    return (scores - greatest).exp_(), greatest


def finite(logs: Tensor) -> Tensor:
    """Replace -inf by the lowest number: -inf less that is -inf again, and not, as
    -inf less -inf, no number.

    logs (Tensor): Logs.
    RETURNS (Tensor): The same shape.
    """
    return logs.clamp_min(torch.finfo(logs.dtype).min)


def _room(scores: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    alphas = torch.empty_like(scores, memory_format=torch.contiguous_format)
    return alphas, torch.empty_like(alphas[1:]), torch.empty_like(alphas[..., :1])


def _take_off_greatest(alpha: Tensor, scale: Tensor) -> Tensor:
    scale.copy_(finite(alpha.amax(dim=-1, keepdim=True)))
    return alpha.sub_(scale)
