"""Entities in sequences of IOB2 tags. They are read the conlleval way, as everywhere:
an entity starts at a B, and at an I that continues no entity of its type, which only a
chain without constraints has. It ends where none goes on with it."""

import torch
from torch import Tensor
from torch.nn import functional

from ..scheme import BEGIN, INSIDE, tag_of
from .lattice import Borders, Lattice
from .spans import Spans
from .viterbi import over_sources


class IOB2Lattice(Lattice):
    """The sums of sequences of IOB2 tags."""

    n_closing = 0

    def log_probability(self, spans: Spans) -> Tensor:
        """Compute the log of the probability of each span. See
        `Lattice.log_probability`."""
        row, start, end, label = spans
        inside = tag_of(label, INSIDE)
        is_single = end - start == 1
        n_moves = (end - start - 2).clamp(min=0)
        rest = self.between(spans) + n_moves * self.chain.moves[inside, inside]
        sums = []
        for first in (tag_of(label, BEGIN), inside):
            head = self._enter(spans, first) + self.emissions[row, start, first]
            moved = self.chain.moves[first, inside].masked_fill(is_single, 0)
            last = torch.where(is_single, first, inside)
            sums.append(head + moved + rest + self._leave(spans, last))
        return torch.stack(sums).logsumexp(dim=0) - self.total[row]

    def borders(self) -> Borders:
        """Sum up what all spans score at their borders. See `Lattice.borders`."""
        moves = self.chain.moves
        begin, inside = slice(BEGIN, None, 2), slice(INSIDE, None, 2)
        to_inside = moves[:, inside]
        # an I starts an entity where it does not go on with one, shape [tags, labels]
        label = torch.arange(to_inside.shape[1], device=moves.device)
        goes_on = torch.zeros_like(to_inside, dtype=torch.bool)
        goes_on[begin][label, label] = goes_on[inside][label, label] = True
        orphan = to_inside.masked_fill(goes_on, float("-inf"))
        single, first = [], []
        last = torch.zeros_like(self.emissions[:, :, inside])
        for tags, into in ((begin, moves[:, begin]), (inside, orphan)):
            start = self.chain.start[tags]
            head = self.emissions[:, :, tags] + _before(self, into, start)
            onwards = moves[tags].clone()  # [labels, tags]
            onwards[:, inside][label, label] = float("-inf")
            last = _after(self, onwards, self.chain.end[tags])
            single.append(head + last)
            first.append(head + moves[tags][:, inside].diagonal())
        return Borders(_add(*single), _add(*first), last)

    def moves_within(self, size: Tensor) -> Tensor:
        """Find what spans score for their moves. See `Lattice.moves_within`."""
        stays = self.chain.moves[INSIDE::2, INSIDE::2].diagonal()
        # of a move that can't be, times no move, nothing is left
        return torch.where(size > 2, (size - 2) * stays, 0)

    def _enter(self, spans: Spans, tag: Tensor) -> Tensor:
        """All that leads to a tag at the first token, and is not the same entity."""
        row, start, _, label = spans
        before = self.forward[row, (start - 1).clamp(min=0)]  # [spans, tags]
        leads = before + self.chain.moves[:, tag].T
        goes_on = tag == tag_of(label, INSIDE)
        for boundary in (BEGIN, INSIDE):
            own = tag_of(label, boundary).unsqueeze(1)
            barred = torch.where(goes_on.unsqueeze(1), float("-inf"), 0.0).to(leads)
            leads = leads.scatter_add(1, own, barred)
        return torch.where(start == 0, self.chain.start[tag], leads.logsumexp(dim=1))

    def _leave(self, spans: Spans, tag: Tensor) -> Tensor:
        """All that may follow a tag at the last token, and does not go on with it."""
        row, _, end, label = spans
        last = end == self.lengths[row]
        after = self.backward[row, end.masked_fill(last, 0)]  # [spans, tags]
        follows = self.chain.moves[tag] + after
        goes_on = tag_of(label, INSIDE).unsqueeze(1)
        follows = follows.scatter(1, goes_on, float("-inf"))
        return torch.where(last, self.chain.end[tag], follows.logsumexp(dim=1))


def _before(lattice: IOB2Lattice, into: Tensor, start: Tensor) -> Tensor:
    """All that leads to a tag of each label, from [tags, labels] and [labels]."""
    start = start.expand(len(lattice.lengths), 1, -1)
    return torch.cat([start, _reduce(lattice.forward[:, :-1], into.T)], dim=1)


def _after(lattice: IOB2Lattice, onwards: Tensor, end: Tensor) -> Tensor:
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
