"""All entities that a part of a sequence may be of: of every span that overlaps it, and
every label, the exact probability. What leads to the first token of a span, and what
follows its last one, is summed up once for each token and label."""

from math import isqrt
from typing import NamedTuple

import torch
from torch import Tensor

from .lattice import Borders, Lattice

# Spans, times labels, of a table. This bounds its memory, and so the length of a span,
# to 500 tokens if there are four labels.
MAX_FLOATS = 2**20


class Candidates(NamedTuple):
    """Spans that overlap a part of a sequence.

    starts (Tensor): First tokens, shape [starts].
    ends (Tensor): Where they end (exclusive), shape [ends].
    log_probability (Tensor): Of each span with each label, shape
        [starts, ends, labels]; -inf for one that can't be, or ends where it starts.
    outside (Tensor): That none of the tokens of the part is of any entity, a scalar.
    """

    starts: Tensor
    ends: Tensor
    log_probability: Tensor
    outside: Tensor


def find_overlapping(
    lattice: Lattice, borders: Borders, row: int, start: int, end: int
) -> Candidates:
    """Compute the probabilities of all spans that overlap some tokens.

    lattice (Lattice): The sums of a batch.
    borders (Borders): What it says of the borders of spans.
    row (int): The sequence.
    start (int): The first token.
    end (int): Where the tokens end (exclusive).
    RETURNS (Candidates): The spans, but for extremely long ones.
    """
    n_labels = borders.single.shape[2]
    reach = max(isqrt(MAX_FLOATS // max(1, n_labels)), end - start)
    length = int(lattice.lengths[row])
    device = lattice.total.device
    starts = torch.arange(max(0, end - reach), end, device=device)
    ends = torch.arange(start + 1, min(length, start + reach) + 1, device=device)
    inside, barred = lattice.inside[row], lattice.barred[row]
    # the tokens between the borders, [starts, ends, labels]
    stops = ends - lattice.n_closing
    between = inside[stops] - inside[starts + 1].unsqueeze(1)
    n_barred = barred[stops] - barred[starts + 1].unsqueeze(1)
    size = (ends - starts.unsqueeze(1)).unsqueeze(2)
    total = lattice.total[row]
    scores = lattice.moves_within(size)
    scores += between
    scores += (borders.first[row, starts] - total).unsqueeze(1)
    scores += borders.last[row, ends - 1]
    single = (borders.single[row, starts] - total).unsqueeze(1)
    scores = torch.where(size == 1, single, scores)
    scores.masked_fill_((n_barred > 0) & (size > 1) | (size < 1), float("-inf"))
    outside = _sum_outside(lattice, row, start, end) - total
    return Candidates(starts, ends, scores, outside)


def _sum_outside(lattice: Lattice, row: int, start: int, end: int) -> Tensor:
    """All sequences in which every token of a part is O."""
    scores = lattice.emissions[row, start + 1 : end, 0] + lattice.chain.moves[0, 0]
    # the last one is counted from both sides
    last = lattice.backward[row, end - 1, 0] - lattice.emissions[row, end - 1, 0]
    return lattice.forward[row, start, 0] + scores.sum() + last
