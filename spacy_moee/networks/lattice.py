"""What tells the exact probability of entities: that exactly these tokens are an entity
of this label, over all sequences of tags that decoding chooses from (forward-backward
with the borders of a span).

What comes before a token, and what comes after it, is summed up once for all spans of a
sequence. Where an entity starts and ends, the notation of the tags says: there is a
class for each, in `iob2.py` and `bioes.py`.
"""

from typing import NamedTuple, Optional

import torch
from torch import Tensor

from ..scheme import INSIDE
from .crf import TagDistribution
from .messages import sum_both_ways
from .spans import Spans


class Borders(NamedTuple):
    """What spans score at their borders. The sums are logs, and those of each label lie
    side by side: shape [batch, seq, labels].

    single (Tensor): All of one that is a single token.
    first (Tensor): At the first of several tokens, with all before it.
    last (Tensor): What may follow the last of several tokens, and what itself scores if
        it closes them: see `Lattice.n_closing`.
    """

    single: Tensor
    first: Tensor
    last: Tensor


class Lattice:
    """The sums of a batch of sequences. They are logs, all numbers in double precision.

    distribution (TagDistribution): What decoding chooses from.
    mask (Tensor): True on tokens, a prefix of at least one in each row, shape
        [batch, seq].
    possible (Optional[Tensor]): Which tags each token may have, shape
        [batch, seq, tags]; None for all.

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

    # how many of the last tokens of a span have a tag of their own, and not I
    n_closing: int

    def __init__(
        self,
        distribution: TagDistribution,
        mask: Tensor,
        possible: Optional[Tensor] = None,
    ) -> None:
        chain, scores, notation = distribution.exact()
        scores = scores.masked_fill(~mask.unsqueeze(2), 0)
        if possible is not None:
            scores = scores.masked_fill(~(possible | ~mask.unsqueeze(2)), float("-inf"))
        lengths = mask.sum(dim=1)
        # else one that can't be the first, or the last, might be all that is left of a
        # sum
        _bar(scores, torch.zeros_like(lengths), chain.start)
        _bar(scores, lengths - 1, chain.end)
        self.chain, self.emissions, self.lengths = chain, scores, lengths
        self.forward, self.backward = sum_both_ways(scores, mask, *chain)
        self.total = (chain.start + self.backward[:, 0]).logsumexp(dim=1)
        of_inside = scores[:, :, notation.tags_of(INSIDE)]
        barred = of_inside == float("-inf")
        self.inside = _add_up(of_inside.masked_fill(barred, 0))
        self.barred = _add_up(barred.to(scores.dtype))

    def log_probability(self, spans: Spans) -> Tensor:
        """Compute the log of the probability of each span.

        spans (Spans): The spans, each with a label.
        RETURNS (Tensor): Shape [spans]; -inf for one that can't be.
        """
        raise NotImplementedError

    def borders(self) -> Borders:
        """Sum up what all spans score at their borders.

        RETURNS (Borders): The sums.
        """
        raise NotImplementedError

    def moves_within(self, size: Tensor) -> Tensor:
        """Find what spans score for their moves, but for those that `Borders.first`
        has.

        size (Tensor): Their tokens, shape [..., 1].
        RETURNS (Tensor): Shape [..., labels]; any number for those of a single token.
        """
        raise NotImplementedError

    def between(self, spans: Spans) -> Tensor:
        """Find what the tokens between the borders of each span score.

        spans (Spans): The spans, each with a label.
        RETURNS (Tensor): Shape [spans]; any number for those of a single token.
        """
        row, start, end, label = spans
        first, end = start + 1, end - self.n_closing
        score = self.inside[row, end, label] - self.inside[row, first, label]
        n_barred = self.barred[row, end, label] - self.barred[row, first, label]
        return score.masked_fill(n_barred > 0, float("-inf"))


def _bar(scores: Tensor, places: Tensor, edge: Tensor) -> None:
    """Take from a token of each row the tags that can't be at that edge, in place."""
    rows = torch.arange(len(places), device=places.device)
    barred = edge == float("-inf")
    scores[rows, places] = scores[rows, places].masked_fill(barred, float("-inf"))


def _add_up(scores: Tensor) -> Tensor:
    """The sum of what stands before each place, the end included."""
    return torch.nn.functional.pad(scores.cumsum(dim=1), (0, 0, 1, 0))
