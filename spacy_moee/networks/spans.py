"""The exact probability that a span is no entity: not exactly these tokens with a
label, over all legal sequences of tags. It can be differentiated; of what is only
looked at, `Lattice` computes probabilities faster.

A row that agrees with a span has B at its start, I in it, and no I that goes on with it
at its end; with tags of BIOES, a single tag at each of its tokens. The log of the sum
over such sequences is a partition function, in which each token may only have some
tags. Those that do not agree are summed over as well, and not as the rest to 1, of
which nothing is left if the span is certain.
"""

from typing import NamedTuple, Optional

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ..scheme import ANY_LABEL, INSIDE, Notation, chain_scheme
from .crf import Chain

# Scores that are summed over at once. This bounds the memory.
MAX_FLOATS = 2**20


class Spans(NamedTuple):
    """Spans of a padded batch, each part of the shape [spans].

    row (Tensor): The sequence of each.
    start (Tensor): The first token.
    end (Tensor): Where it ends (exclusive); within its sequence.
    label (Tensor): The number of its entity type, from 0; `ANY_LABEL` for whatever
        type.
    """

    row: Tensor
    start: Tensor
    end: Tensor
    label: Tensor

    @property
    def units(self) -> Tensor:
        """RETURNS (Tensor): Their number, a scalar."""
        return torch.tensor(len(self.row), device=self.row.device)

    def take(self, numbers: Tensor) -> "Spans":
        """Choose some.

        numbers (Tensor): Which, of any length; some may be there more than once.
        RETURNS (Spans): These spans.
        """
        return Spans(*(part[numbers] for part in self))


def log_complement(
    chain: Chain,
    emissions: Tensor,
    mask: Tensor,
    spans: Spans,
    possible: Optional[Tensor] = None,
    notation: Notation = Notation.IOB2,
) -> Tensor:
    """Compute log(1 - P) for the probability P of each span. It is exact, and so is its
    gradient, however near to 1 P is: what is summed over are the sequences that do not
    agree with the span, by the first token at which they differ from it.

    chain (Chain): What a sequence scores beside its emissions.
    emissions (Tensor): Scores, shape [batch, seq, tags].
    mask (Tensor): True on tokens, a prefix of each row, shape [batch, seq].
    spans (Spans): The spans.
    possible (Optional[Tensor]): Which tags each token may have, shape
        [batch, seq, tags]; None for all.
    notation (Notation): What kind of tags these are.
    RETURNS (Tensor): Shape [spans].
    """
    sums = _Sums(chain, emissions, mask, possible, notation)
    last = mask.sum(dim=1)[spans.row] - 1
    places = torch.arange(emissions.shape[1], device=emissions.device)
    stop = _last_difference(spans, last, notation)
    differs = (places >= spans.start.unsqueeze(1)) & (places <= stop.unsqueeze(1))
    numbers, where = differs.nonzero(as_tuple=True)
    found = sums.agreeing(spans.take(numbers), where)
    parts = emissions.new_full(differs.shape, float("-inf"))
    parts = parts.masked_scatter(differs, found)  # [spans, seq]
    return parts.logsumexp(dim=1) - sums.all(spans.row)


def unlikelihood(
    chain: Chain,
    emissions: Tensor,
    mask: Tensor,
    spans: Spans,
    notation: Notation = Notation.IOB2,
) -> Tensor:
    """Sum the loss of spans that are known to be no entities: -log(1 - P). In double
    precision, since the gradient is a difference of probabilities.

    chain (Chain): As in `log_complement`, as all that follow.
    emissions (Tensor): Scores.
    mask (Tensor): The tokens.
    spans (Spans): The spans; there may be none.
    notation (Notation): The kind of tags.
    RETURNS (Tensor): A scalar, of the type of the emissions.
    """
    # Apple's GPUs have no float64
    exact = emissions.dtype if emissions.device.type == "mps" else torch.float64
    chain = Chain(*(part.to(exact) for part in chain))
    found = log_complement(chain, emissions.to(exact), mask, spans, None, notation)
    # not below 0 by rounding
    return -found.clamp(max=0).sum().to(emissions.dtype)


def _last_difference(spans: Spans, last: Tensor, notation: Notation) -> Tensor:
    """The last place at which a sequence may differ from each span: right behind it,
    where there is a token, or at its last token, if it closes there. An entity of
    several tokens has to, at the end of a sequence."""
    if not notation.closes:
        return torch.minimum(spans.end, last)
    has_to = (spans.end > last) & (spans.end - spans.start > 1)
    return spans.end - 1 - has_to.long()


class _Sums:
    """Sums over the legal sequences of a batch."""

    def __init__(
        self,
        chain: Chain,
        emissions: Tensor,
        mask: Tensor,
        possible: Optional[Tensor],
        notation: Notation,
    ) -> None:
        self.emissions, self.mask, self.possible = emissions, mask, possible
        self.notation = notation
        scheme = chain_scheme(notation, notation.count_labels(emissions.shape[2]))
        _, self.category, self.border, self.legal, self.last = (
            torch.from_numpy(table).to(emissions.device) for table in scheme
        )
        self.chain = chain.constrain(self.legal, self.last)

    def all(self, row: Tensor) -> Tensor:
        """The log of the sum over all sequences of each row."""
        rows, places = row.unique(return_inverse=True)
        possible = None if self.possible is None else self.possible[rows]
        return self._sum(rows, possible)[places]

    def agreeing(self, spans: Spans, differs: Tensor) -> Tensor:
        """The log of the sum over the sequences that agree with each span before a
        place, and do not at that place; behind it, all do."""
        size = max(1, MAX_FLOATS // self.emissions[:1].numel())
        parts = [self.emissions.new_zeros(0)]
        for few in torch.arange(len(differs), device=differs.device).split(size):
            found = checkpoint(  # which keeps nothing of a chunk for its way back
                *(self._agreeing, spans.take(few), differs[few]),
                use_reentrant=False,
                preserve_rng_state=False,
            )
            parts.append(found)
        return torch.cat(parts)

    def _agreeing(self, spans: Spans, differs: Tensor) -> Tensor:
        places = torch.arange(self.emissions.shape[1], device=differs.device)
        places, differs = places[:, None], differs[:, None, None]
        # [spans, seq, tags]
        agrees = self._agree(spans, places)
        possible = ~(places < differs) | agrees
        possible &= ~(places == differs) | ~agrees
        if self.possible is not None:
            possible &= self.possible[spans.row]
        return self._sum(spans.row, possible)

    def _agree(self, spans: Spans, places: Tensor) -> Tensor:
        start, end, label = (part[:, None, None] for part in spans[1:])
        of_type = (label == ANY_LABEL) | (label == self.category - 1)
        within = (start <= places) & (places < end)
        border = self.notation.border_at(places == start, places == end - 1)
        agrees = ~within | of_type & (self.border == border)
        if self.notation.closes:
            return agrees
        goes_on = of_type & (self.border == INSIDE)
        return agrees & (~(places == end) | ~goes_on)

    def _sum(self, rows: Tensor, possible: Optional[Tensor]) -> Tensor:
        if possible is not None:
            # The sums of tags that nothing leads to are 0, which would be taken for
            # numbers that are too small for exponentials.
            possible[:, 0] &= self.legal[-1]
            moves = self.legal[:-1].float()
            # an I that has to be closed decides on the tags of two tokens behind it
            for _ in range(3 if self.notation.closes else 1):
                possible[:, 1:] &= (possible[:, :-1].float() @ moves) > 0
        return self.chain.log_partition(self.emissions[rows], self.mask[rows], possible)
