"""The CRF layer: pytorch-crf's parameters, with a likelihood and a decoding for many
tags, and for sequences whose gold is partly unknown."""

from typing import NamedTuple, Optional

import torch
import torchcrf
from torch import Tensor

from ..scheme import Notation, chain_scheme
from .marginals import log_marginals
from .partition import log_partition
from .viterbi import best_paths


class Chain(NamedTuple):
    """A linear chain of tags: what a sequence scores beside its emissions. In all
    methods, `emissions` are scores of the shape [batch, seq, tags]; `mask` is True on
    tokens, a prefix of at least one in each row, shape [batch, seq]; and `possible`
    says which tags each token may have, shape [batch, seq, tags], None for all.

    start (Tensor): Score of each first tag, shape [tags].
    moves (Tensor): Score of tag b after tag a at [a, b], shape [tags, tags].
    end (Tensor): Score of each last tag, shape [tags].
    """

    start: Tensor
    moves: Tensor
    end: Tensor

    @classmethod
    def free(cls, like: Tensor) -> "Chain":
        """Make one that adds nothing, for a softmax of each token.

        like (Tensor): Anything of the shape [..., tags].
        RETURNS (Chain): Zeros.
        """
        zeros = torch.zeros_like(like[(0,) * (like.dim() - 1)])
        return cls(zeros, zeros.repeat(len(zeros), 1), zeros)

    def constrain(self, legal: Tensor, last: Optional[Tensor] = None) -> "Chain":
        """Rule moves out.

        legal (Tensor): Which tag may follow which, shape [tags + 1, tags]; the last row
            is for the start.
        last (Optional[Tensor]): Which tags may be the last, shape [tags]; None for all.
        RETURNS (Chain): The rest.
        """
        start = self.start.masked_fill(~legal[-1], float("-inf"))
        moves = self.moves.masked_fill(~legal[:-1], float("-inf"))
        end = self.end
        if last is not None:
            end = end.masked_fill(~last, float("-inf"))
        return Chain(start, moves, end)

    def log_partition(
        self, emissions: Tensor, mask: Tensor, possible: Optional[Tensor] = None
    ) -> Tensor:
        """Compute the log of the sum of exp(score) over all sequences.

        emissions (Tensor): Scores.
        mask (Tensor): The tokens.
        possible (Optional[Tensor]): The tags of each token.
        RETURNS (Tensor): Shape [batch].
        """
        return log_partition(emissions, mask, *self, possible)

    def marginals(
        self, emissions: Tensor, mask: Tensor, possible: Optional[Tensor] = None
    ) -> Tensor:
        """Compute the probability of each tag: the gradient of `log_partition`.

        emissions (Tensor): Scores.
        mask (Tensor): The tokens.
        possible (Optional[Tensor]): The tags of each token.
        RETURNS (Tensor): Shape [batch, seq, tags]; 0 on padding.
        """
        with torch.enable_grad():
            scores = emissions.detach().requires_grad_()
            total = self.log_partition(scores, mask, possible).sum()
        return torch.autograd.grad(total, scores)[0]

    def log_marginals(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """Compute the log of the probability of each tag, which has a gradient.

        emissions (Tensor): Scores.
        mask (Tensor): The tokens.
        RETURNS (Tensor): Shape [batch, seq, tags]; 0 on padding.
        """
        return log_marginals(emissions, mask, *self)

    def nll(
        self,
        emissions: Tensor,
        gold: Tensor,
        mask: Tensor,
        possible: Optional[Tensor] = None,
        legal: Optional[Tensor] = None,
    ) -> Tensor:
        """Negative log-likelihood of each sequence. If its gold is unknown in part,
        that of all sequences that agree with it. If all is unknown, 0.

        emissions (Tensor): Scores.
        gold (Tensor): Tag numbers, shape [batch, seq]; below 0 where unknown.
        mask (Tensor): The tokens.
        possible (Optional[Tensor]): The tags of each token that agree with the gold;
            None for all where it is unknown.
        legal (Optional[Tensor]): What else an agreeing sequence keeps: see `constrain`.
        RETURNS (Tensor): Shape [batch].
        """
        known = gold >= 0
        labelled = (known & mask).any(dim=1)
        if not bool(labelled.all()):
            # exactly 0, gradient included: Adam makes a whole step of a rounding error
            losses = emissions[:, 0, 0].masked_fill(torch.ones_like(labelled), 0)
            if bool(labelled.any()):
                some = None if possible is None else possible[labelled]
                rows = (emissions[labelled], gold[labelled], mask[labelled])
                losses = losses.masked_scatter(labelled, self.nll(*rows, some, legal))
            return losses
        agreeing = self.score(emissions, gold, mask)
        partly = (mask & ~known).any(dim=1)
        if bool(partly.any()):
            if possible is None:
                tags = torch.arange(emissions.shape[2], device=gold.device)
                possible = ~known.unsqueeze(2) | (gold.unsqueeze(2) == tags)
            chain = self if legal is None else self.constrain(legal)
            rows = emissions[partly], mask[partly], possible[partly]
            sums = chain.log_partition(*rows)
            agreeing = agreeing.masked_scatter(partly, sums)
        return self.log_partition(emissions, mask) - agreeing

    def score(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """Score one sequence of tags in each row.

        emissions (Tensor): Scores.
        tags (Tensor): Tag numbers, shape [batch, seq]; unknown ones count as 0.
        mask (Tensor): The tokens.
        RETURNS (Tensor): Shape [batch].
        """
        tags, padding = tags.clamp(min=0), ~mask
        last = tags.gather(1, mask.sum(dim=1, keepdim=True) - 1).squeeze(1)
        emitted = emissions.gather(2, tags.unsqueeze(2)).squeeze(2)
        moved = self.moves[tags[:, :-1], tags[:, 1:]]
        return (
            self.start[tags[:, 0]]
            + emitted.masked_fill(padding, 0).sum(dim=1)
            + moved.masked_fill(padding[:, 1:], 0).sum(dim=1)
            + self.end[last]
        )

    def best_paths(
        self, emissions: Tensor, mask: Tensor, possible: Optional[Tensor] = None
    ) -> Tensor:
        """Find the best sequence of tags of each row.

        emissions (Tensor): Scores.
        mask (Tensor): The tokens.
        possible (Optional[Tensor]): The tags of each token.
        RETURNS (Tensor): Tag numbers, shape [batch, seq]; any number on padding.
        """
        if possible is not None:
            emissions = emissions.masked_fill(~possible, float("-inf"))
        return best_paths(emissions, mask, *self)


class TagDistribution(NamedTuple):
    """The probabilities of sequences of tags: exp(score), over the sum of it for all
    sequences.

    chain (Chain): What a sequence scores beside its emissions.
    emissions (Tensor): Scores, shape [batch, seq, tags].
    notation (Notation): What kind of tags these are. Those of BIOES are constrained to
        legal sequences, from the start to the end.
    """

    chain: Chain
    emissions: Tensor
    notation: Notation = Notation.IOB2

    @property
    def n_labels(self) -> int:
        """RETURNS (int): How many entity types there are."""
        return self.notation.count_labels(self.emissions.shape[2])

    def soften(self, temperature: float) -> "TagDistribution":
        """Divide all scores. The order of the sequences stays.

        temperature (float): Above 1, the likely get less likely.
        RETURNS (TagDistribution): The other distribution.
        """
        if temperature == 1:
            return self
        chain = Chain(*(part / temperature for part in self.chain))
        return self._replace(chain=chain, emissions=self.emissions / temperature)

    def adjust(self, scores: Tensor) -> "TagDistribution":
        """Add something to the score of each tag.

        scores (Tensor): What is added to the IOB2 tags, shape [batch, seq, IOB2 tags].
            A tag of another notation gets what that which it stands for does.
        RETURNS (TagDistribution): The other distribution.
        """
        if self.notation is not Notation.IOB2:
            outer = chain_scheme(self.notation, self.n_labels).outer
            scores = scores[..., torch.from_numpy(outer).to(scores.device)]
        return self._replace(emissions=self.emissions + scores)

    def exact(self) -> "TagDistribution":
        """Choose a precision of which something is left in differences of long sums.

        RETURNS (TagDistribution): The same in double precision, without a gradient.
        """
        # Apple's GPUs have no float64
        exact = torch.float32 if self.emissions.device.type == "mps" else torch.float64
        chain = Chain(*(part.detach().to(exact) for part in self.chain))
        return self._replace(chain=chain, emissions=self.emissions.detach().to(exact))

    def marginals(self, mask: Tensor, possible: Optional[Tensor] = None) -> Tensor:
        """Compute the probability of each IOB2 tag.

        mask (Tensor): The tokens.
        possible (Optional[Tensor]): Which tags each token may have, shape
            [batch, seq, tags]; None for all.
        RETURNS (Tensor): Shape [batch, seq, IOB2 tags]; 0 on padding.
        """
        found = self.chain.marginals(self.emissions, mask, possible)
        if self.notation is Notation.IOB2:
            return found
        outer = chain_scheme(self.notation, self.n_labels).outer
        tags = torch.from_numpy(outer).to(found.device)
        summed = found.new_zeros(*found.shape[:2], 2 * self.n_labels + 1)
        return summed.index_add_(2, tags, found)

    def log_marginals(self, mask: Tensor) -> Tensor:
        """Compute the log of the probability of each IOB2 tag, which has a gradient.

        mask (Tensor): The tokens.
        RETURNS (Tensor): Shape [batch, seq, IOB2 tags]; arbitrary values on padding.
        """
        found = self.chain.log_marginals(self.emissions, mask)
        if self.notation is Notation.IOB2:
            return found
        outer = chain_scheme(self.notation, self.n_labels).outer
        parts = [
            found[:, :, torch.from_numpy(outer == tag).to(found.device)]
            for tag in range(2 * self.n_labels + 1)
        ]
        return torch.stack([add_logs(part) for part in parts], dim=2)


def add_logs(logs: Tensor) -> Tensor:
    """Add up what logs stand for. Unlike that of `logsumexp`, the gradient of a sum of
    nothing is 0, and not no number.

    logs (Tensor): Shape [..., parts].
    RETURNS (Tensor): Shape [...].
    """
    nothing = (logs == float("-inf")).all(dim=-1)
    total = logs.masked_fill(nothing.unsqueeze(-1), 0).logsumexp(dim=-1)
    return total.masked_fill(nothing, float("-inf"))


class CRF(torchcrf.CRF):  # type: ignore[misc]
    """`torchcrf.CRF`, which owns the parameters. Its chain takes memory for batch x
    seq x tags, not for tags x tags in each row. Batch first (paper, section 2;
    decisions D7, D8). What it inherits is torchcrf's own.

    n_tags (int): The number of tags.
    """

    def __init__(self, n_tags: int) -> None:
        super().__init__(n_tags, batch_first=True)

    @property
    def chain(self) -> Chain:
        """RETURNS (Chain): The parameters."""
        return Chain(self.start_transitions, self.transitions, self.end_transitions)

    @torch.no_grad()
    def start_below_outside(self, n_known: int) -> None:
        """Let the last tags move as O does, which is the first.

        n_known (int): How many tags stay.
        """
        self.start_transitions[n_known:] = self.start_transitions[0]
        self.end_transitions[n_known:] = self.end_transitions[0]
        self.transitions[:, n_known:] = self.transitions[:, :1]
        self.transitions[n_known:] = self.transitions[0]
