"""The exact probability of entities: that exactly these tokens are an entity of this
label, over all sequences of tags that decoding chooses from (forward-backward with the
borders of a span).

What comes before a token, and what comes after it, is summed up once for all spans of a
sequence. A span is read from tags as everywhere, the conlleval way: it starts at a B,
and at an I that continues no entity of its type, which only a chain without constraints
has.
"""

from typing import NamedTuple, Optional

import torch
from torch import Tensor

from ..scheme import BEGIN, INSIDE, tag_of
from .crf import Chain, TagDistribution
from .messages import sum_up
from .spans import Spans


class Lattice(NamedTuple):
    """What tells the probability of any span of a batch of sequences. The sums are
    logs, all numbers in double precision.

    chain (Chain): What a sequence scores beside its emissions.
    emissions (Tensor): Scores, -inf where a token can't have a tag, shape
        [batch, seq, tags].
    lengths (Tensor): The tokens of each sequence, shape [batch].
    forward (Tensor): The sum over all that ends at a token with a tag, shape
        [batch, seq, tags].
    backward (Tensor): The sum over all that starts there, shape [batch, seq, tags].
    total (Tensor): The sum over all sequences, shape [batch].
    inside (Tensor): What tokens score with the I of each label, added up over the
        tokens before, shape [batch, seq + 1, labels].
    barred (Tensor): How many of these tokens can't have it, of the same shape.
    """

    chain: Chain
    emissions: Tensor
    lengths: Tensor
    forward: Tensor
    backward: Tensor
    total: Tensor
    inside: Tensor
    barred: Tensor

    @classmethod
    def of(
        cls,
        distribution: TagDistribution,
        mask: Tensor,
        possible: Optional[Tensor] = None,
    ) -> "Lattice":
        """Sum up.

        distribution (TagDistribution): What decoding chooses from.
        mask (Tensor): True on tokens, a prefix of at least one in each row, shape
            [batch, seq].
        possible (Optional[Tensor]): Which tags each token may have, shape
            [batch, seq, tags]; None for all.
        RETURNS (Lattice): The sums.
        """
        # What is left of long sums is small. Apple's GPUs have no float64.
        exact = torch.float32 if mask.device.type == "mps" else torch.float64
        chain = Chain(*(part.detach().to(exact) for part in distribution.chain))
        scores = distribution.emissions.detach().to(exact)
        scores = scores.masked_fill(~mask.unsqueeze(2), 0)
        if possible is not None:
            scores = scores.masked_fill(~(possible | ~mask.unsqueeze(2)), float("-inf"))
        # else a tag that can't be the first might be all that is left of a sum
        barred = chain.start == float("-inf")
        scores[:, 0] = scores[:, 0].masked_fill(barred, float("-inf"))
        lengths = mask.sum(dim=1)
        forward = _sum_up(scores, mask, chain.start, chain.moves)
        # the same from the last token to the first
        places = torch.arange(mask.shape[1], device=mask.device)
        back = torch.where(mask, lengths.unsqueeze(1) - 1 - places, places)
        back = back.unsqueeze(2).expand_as(scores)
        backward = _sum_up(scores.gather(1, back), mask, chain.end, chain.moves.T)
        backward = backward.gather(1, back)
        total = (chain.start + backward[:, 0]).logsumexp(dim=1)
        of_inside = scores[:, :, INSIDE::2]
        barred = of_inside == float("-inf")
        inside = _add_up(of_inside.masked_fill(barred, 0))
        lattice = chain, scores, lengths, forward, backward, total
        return cls(*lattice, inside, _add_up(barred.to(exact)))

    def log_probability(self, spans: Spans) -> Tensor:
        """Compute the log of the probability of each span.

        spans (Spans): The spans, each with a label.
        RETURNS (Tensor): Shape [spans]; -inf for one that can't be.
        """
        row, start, end, label = spans
        inside = tag_of(label, INSIDE)
        is_single = end - start == 1
        rest = self._rest(spans)
        sums = []
        for first in (tag_of(label, BEGIN), inside):
            head = self._enter(spans, first) + self.emissions[row, start, first]
            moved = self.chain.moves[first, inside].masked_fill(is_single, 0)
            last = torch.where(is_single, first, inside)
            sums.append(head + moved + rest + self._leave(spans, last))
        return torch.stack(sums).logsumexp(dim=0) - self.total[row]

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

    def _rest(self, spans: Spans) -> Tensor:
        """What the tokens after the first score, and the moves between them."""
        row, start, end, label = spans
        inside = tag_of(label, INSIDE)
        first = start + 1
        score = self.inside[row, end, label] - self.inside[row, first, label]
        n_barred = self.barred[row, end, label] - self.barred[row, first, label]
        n_moves = (end - start - 2).clamp(min=0)
        score = score + n_moves * self.chain.moves[inside, inside]
        return score.masked_fill(n_barred > 0, float("-inf"))

    def _leave(self, spans: Spans, tag: Tensor) -> Tensor:
        """All that may follow a tag at the last token, and does not go on with it."""
        row, _, end, label = spans
        last = end == self.lengths[row]
        after = self.backward[row, end.masked_fill(last, 0)]  # [spans, tags]
        follows = self.chain.moves[tag] + after
        goes_on = tag_of(label, INSIDE).unsqueeze(1)
        follows = follows.scatter(1, goes_on, float("-inf"))
        return torch.where(last, self.chain.end[tag], follows.logsumexp(dim=1))


def _sum_up(scores: Tensor, mask: Tensor, first: Tensor, moves: Tensor) -> Tensor:
    scores = scores.transpose(0, 1).clone()
    scores[0] += first
    return sum_up(scores, mask, moves).transpose(0, 1)


def _add_up(scores: Tensor) -> Tensor:
    """The sum of what stands before each place, the end included."""
    return torch.nn.functional.pad(scores.cumsum(dim=1), (0, 0, 1, 0))
