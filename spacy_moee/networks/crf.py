"""The CRF layer: pytorch-crf's parameters and likelihood, for many tags, and for
sequences whose gold is partly unknown."""

from typing import List, Optional

import torch
import torchcrf
from torch import Tensor

from .partition import log_partition
from .viterbi import best_paths


class CRF(torchcrf.CRF):
    """`torchcrf.CRF`, which owns the parameters, with a loss and a decoding that take
    memory for batch x seq x tags, not for tags x tags in each row. Batch first (paper,
    section 2; decisions D7, D8).

    n_tags (int): The number of tags.
    """

    def __init__(self, n_tags: int) -> None:
        super().__init__(n_tags, batch_first=True)

    def nll(self, emissions: Tensor, gold: Tensor, mask: Tensor) -> Tensor:
        """Negative log-likelihood of each sequence. A token of unknown gold is
        summed over all its tags: it says nothing about itself.

        emissions (Tensor): Scores, shape [batch, seq, tags].
        gold (Tensor): Tag numbers, shape [batch, seq]; below 0 where unknown.
        mask (Tensor): True on real tokens, shape [batch, seq]: a prefix of at
            least one token in each row.
        RETURNS (Tensor): Shape [batch].
        """
        known = gold >= 0
        labelled = known.any(dim=1)
        if not bool(labelled.all()):
            # exactly 0, gradient included: Adam makes a whole step of a rounding error
            losses = emissions[:, 0, 0].masked_fill(torch.ones_like(labelled), 0)
            if bool(labelled.any()):
                rows = (emissions[labelled], gold[labelled], mask[labelled])
                losses = losses.masked_scatter(labelled, self.nll(*rows))
            return losses
        steps = mask.T  # torchcrf: seq first
        agreeing = self._compute_score(emissions.transpose(0, 1), gold.T, steps)
        partly = (mask & ~known).any(dim=1)
        if bool(partly.any()):
            tags = torch.arange(self.num_tags, device=gold.device)
            gold = gold[partly].unsqueeze(2)  # [some of batch, seq, 1]
            possible = (gold < 0) | (gold == tags)
            sums = self._log_partition(emissions[partly], mask[partly], possible)
            agreeing = agreeing.masked_scatter(partly, sums)
        return self._log_partition(emissions, mask) - agreeing

    def _log_partition(
        self, emissions: Tensor, mask: Tensor, possible: Optional[Tensor] = None
    ) -> Tensor:
        scores = self.start_transitions, self.transitions, self.end_transitions
        return log_partition(emissions, mask, *scores, possible)

    def _compute_normalizer(self, emissions: Tensor, mask: Tensor) -> Tensor:
        # [seq, batch, tags], [seq, batch] -> [batch]
        return self._log_partition(emissions.transpose(0, 1), mask.T.bool())

    def _compute_score(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        # [seq, batch, tags], [seq, batch], [seq, batch] -> [batch]
        tags, padding = tags.clamp(min=0), ~mask.bool()
        last = tags.gather(0, (~padding).sum(dim=0, keepdim=True) - 1)[0]
        emitted = emissions.gather(2, tags.unsqueeze(2)).squeeze(2)
        moved = self.transitions[tags[:-1], tags[1:]]
        return (
            self.start_transitions[tags[0]]
            + emitted.masked_fill(padding, 0).sum(dim=0)
            + moved.masked_fill(padding[1:], 0).sum(dim=0)
            + self.end_transitions[last]
        )

    def _viterbi_decode(self, emissions: Tensor, mask: Tensor) -> List[List[int]]:
        # [seq, batch, tags], [seq, batch] -> one list of tags a sequence
        paths = self.viterbi(emissions.transpose(0, 1), mask.T.bool()).tolist()
        return [p[:n] for p, n in zip(paths, mask.sum(dim=0).tolist(), strict=True)]

    def viterbi(
        self, emissions: Tensor, mask: Tensor, legal: Optional[Tensor] = None
    ) -> Tensor:
        """Find the best sequence of tags of each row.

        emissions (Tensor): Scores, shape [batch, seq, tags].
        mask (Tensor): True on real tokens, shape [batch, seq].
        legal (Optional[Tensor]): Which tag may follow which, shape
            [tags + 1, tags], last row for the start; None for no constraint.
        RETURNS (Tensor): Tag numbers, shape [batch, seq]; any number on padding.
        """
        start, moves = self.start_transitions, self.transitions
        if legal is not None:
            start = start.masked_fill(~legal[-1], float("-inf"))
            moves = moves.masked_fill(~legal[:-1], float("-inf"))
        return best_paths(emissions, mask, start, moves, self.end_transitions)
