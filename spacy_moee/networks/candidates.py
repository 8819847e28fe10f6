"""All entities that a part of a sequence may be of: of every span that overlaps it, and
every label, the exact probability. What leads to the first token of a span, and what
follows its last one, is summed up once for each token and label."""

from math import isqrt
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ..scheme import BEGIN, INSIDE
from .confidence import Lattice
from .viterbi import over_sources

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


class Borders(NamedTuple):
    """What a span scores at its borders. The sums are logs, and those of each label lie
    side by side: shape [batch, seq, labels].

    single (Tensor): All of one that is a single token.
    first (Tensor): At the first token, with all before it and the move to the next.
    last (Tensor): What may follow the last of several tokens.
    lattice (Lattice): What they are made of.
    """

    single: Tensor
    first: Tensor
    last: Tensor
    lattice: Lattice

    @classmethod
    def of(cls, lattice: Lattice) -> "Borders":
        """Sum up.

        lattice (Lattice): The sums of all that ends and starts at each token.
        RETURNS (Borders): Those of spans.
        """
        chain, moves = lattice.chain, lattice.chain.moves
        begin, inside = slice(BEGIN, None, 2), slice(INSIDE, None, 2)
        to_inside = moves[:, inside]
        # an I starts an entity where it does not go on with one, shape [tags, labels]
        label = torch.arange(to_inside.shape[1], device=moves.device)
        goes_on = torch.zeros_like(to_inside, dtype=torch.bool)
        goes_on[begin][label, label] = goes_on[inside][label, label] = True
        orphan = to_inside.masked_fill(goes_on, float("-inf"))
        single, first = [], []
        last = torch.zeros_like(lattice.emissions[:, :, inside])
        for tags, into in ((begin, moves[:, begin]), (inside, orphan)):
            start = chain.start[tags]
            head = lattice.emissions[:, :, tags] + _before(lattice, into, start)
            onwards = moves[tags].clone()  # [labels, tags]
            onwards[:, inside][label, label] = float("-inf")
            last = _after(lattice, onwards, chain.end[tags])
            single.append(head + last)
            first.append(head + moves[tags][:, inside].diagonal())
        return cls(_add(*single), _add(*first), last, lattice)

    def overlapping(self, row: int, start: int, end: int) -> Candidates:
        """Compute the probabilities of all spans that overlap some tokens.

        row (int): The sequence.
        start (int): The first token.
        end (int): Where the tokens end (exclusive).
        RETURNS (Candidates): The spans, but for extremely long ones.
        """
        lattice, moves = self.lattice, self.lattice.chain.moves
        n_labels = self.single.shape[2]
        reach = max(isqrt(MAX_FLOATS // max(1, n_labels)), end - start)
        length = int(lattice.lengths[row])
        device = moves.device
        starts = torch.arange(max(0, end - reach), end, device=device)
        ends = torch.arange(start + 1, min(length, start + reach) + 1, device=device)
        inside, barred = lattice.inside[row], lattice.barred[row]
        # the tokens after the first one, [starts, ends, labels]
        rest = inside[ends] - inside[starts + 1].unsqueeze(1)
        n_barred = barred[ends] - barred[starts + 1].unsqueeze(1)
        size = (ends - starts.unsqueeze(1)).unsqueeze(2)
        stays = moves[INSIDE::2, INSIDE::2].diagonal()
        total = lattice.total[row]
        # of a move that can't be, times no move, nothing is left
        scores = torch.where(size > 2, (size - 2) * stays, 0)
        scores += rest
        scores += (self.first[row, starts] - total).unsqueeze(1)
        scores += self.last[row, ends - 1]
        single = (self.single[row, starts] - total).unsqueeze(1)
        scores = torch.where(size == 1, single, scores)
        scores.masked_fill_((n_barred > 0) & (size > 1) | (size < 1), float("-inf"))
        return Candidates(starts, ends, scores, self._outside(row, start, end) - total)

    def _outside(self, row: int, start: int, end: int) -> Tensor:
        """All sequences in which every token of a part is O."""
        lattice = self.lattice
        scores = lattice.emissions[row, start + 1 : end, 0] + lattice.chain.moves[0, 0]
        # the last one is counted from both sides
        last = lattice.backward[row, end - 1, 0] - lattice.emissions[row, end - 1, 0]
        return lattice.forward[row, start, 0] + scores.sum() + last


def _before(lattice: Lattice, into: Tensor, start: Tensor) -> Tensor:
    """All that leads to a tag of each label, from [tags, labels] and [labels]."""
    start = start.expand(len(lattice.lengths), 1, -1)
    return torch.cat([start, _reduce(lattice.forward[:, :-1], into.T)], dim=1)


def _after(lattice: Lattice, onwards: Tensor, end: Tensor) -> Tensor:
    """All that may follow a tag of each label, from [labels, tags] and [labels]."""
    follows = _reduce(lattice.backward[:, 1:], onwards)
    follows = functional.pad(follows, (0, 0, 0, 1))
    places = torch.arange(follows.shape[1], device=follows.device)
    is_last = places == lattice.lengths.unsqueeze(1) - 1
    return torch.where(is_last.unsqueeze(2), end, follows)


def _reduce(scores: Tensor, into: Tensor) -> Tensor:
    """Of [batch, seq, tags] and [labels, tags]: shape [batch, seq, labels]."""
    reduced = over_sources(torch.logsumexp, scores.flatten(0, 1), into.contiguous())
    return reduced.view(*scores.shape[:2], len(into))


def _add(*logs: Tensor) -> Tensor:
    return torch.stack(logs).logsumexp(dim=0)
