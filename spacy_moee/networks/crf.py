"""The CRF layer: pytorch-crf's likelihood, with batched scoring and decoding."""

from typing import List, Optional

import torch
import torchcrf
from torch import Tensor

# Far below any score, and finite: logsumexp has no gradient where all is -inf.
EXCLUDED = -1e9


class CRF(torchcrf.CRF):
    """`torchcrf.CRF` without its loops over tokens in Python, and with sequences
    whose gold is partly unknown. Batch first (paper, section 2; decisions D7, D8).

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
            losses = emissions.sum(dim=(1, 2)) * 0
            if bool(labelled.any()):
                rows = (emissions[labelled], gold[labelled], mask[labelled])
                losses = losses.masked_scatter(labelled, self.nll(*rows))
            return losses
        scores, steps = emissions.transpose(0, 1), mask.T  # torchcrf: seq first
        partition = self._compute_normalizer(scores, steps)
        if bool((known | ~mask).all()):
            return partition - self._compute_score(scores, gold.T, steps)
        tags = torch.arange(self.num_tags, device=gold.device)
        allowed = ~known.unsqueeze(2) | (gold.unsqueeze(2) == tags)
        constrained = scores.masked_fill(~allowed.transpose(0, 1), EXCLUDED)
        return partition - self._compute_normalizer(constrained, steps)

    def _compute_score(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        # [seq, batch, tags], [seq, batch], [seq, batch] -> [batch]
        tags = tags.clamp(min=0)
        steps = mask.to(emissions.dtype)
        last = tags.gather(0, mask.long().sum(dim=0, keepdim=True) - 1)[0]
        emitted = emissions.gather(2, tags.unsqueeze(2)).squeeze(2)
        moved = self.transitions[tags[:-1], tags[1:]]
        return (
            self.start_transitions[tags[0]]
            + (emitted * steps).sum(dim=0)
            + (moved * steps[1:]).sum(dim=0)
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


def best_paths(
    emissions: Tensor, mask: Tensor, start: Tensor, moves: Tensor, end: Tensor
) -> Tensor:
    """The Viterbi algorithm over a batch.

    emissions (Tensor): Scores, shape [batch, seq, tags].
    mask (Tensor): True on real tokens, shape [batch, seq].
    start (Tensor): Score of each first tag, shape [tags].
    moves (Tensor): Score of tag b after tag a at [a, b], shape [tags, tags].
    end (Tensor): Score of each last tag, shape [tags].
    RETURNS (Tensor): Tag numbers, shape [batch, seq]; any number on padding.
    """
    n_batch, n_steps, n_tags = emissions.shape
    scores = start + emissions[:, 0]  # [batch, tags]
    # the tag before each tag; padding keeps the tag, so that all rows end together
    stay = torch.arange(n_tags, device=emissions.device).expand(n_batch, n_tags)
    into = moves.T.contiguous()  # [to, from]
    history = []
    for step in range(1, n_steps):
        # [batch, 1, from] + [to, from] -> max over from
        best, before = (scores.unsqueeze(1) + into).max(dim=2)
        here = mask[:, step].unsqueeze(1)
        scores = torch.where(here, best + emissions[:, step], scores)
        history.append(torch.where(here, before, stay))
    tag = (scores + end).argmax(dim=1, keepdim=True)  # [batch, 1]
    path = [tag]
    for before in reversed(history):
        tag = before.gather(1, tag)
        path.append(tag)
    return torch.cat(path[::-1], dim=1)
