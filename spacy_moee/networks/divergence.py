"""How far what a network says is from what another one says: the Kullback-Leibler
divergence of its distribution over tags from the other's.

The scores of a softmax and of a CRF are the natural parameters of an exponential
family, whose log partition A is the log of the sum of exp(score). For these

    KL(teacher || student) = A(s) - A(t) - <dA/dt, s - t>

with the scores s of the student and t of the teacher. dA/dt is what the teacher
expects: the probability of each tag of each token, and the number of each move. So the
gradient for the student's scores is its own marginals minus the teacher's, exactly 0 if
both say the same. It takes first derivatives only.
"""

from typing import Callable, Sequence, Tuple

import torch
from torch import Tensor

from .crf import CRF
from .partition import log_partition


def divergence(
    total: Callable[..., Tensor], student: Sequence[Tensor], teacher: Sequence[Tensor]
) -> Tensor:
    """Compute KL(teacher || student).

    total (Callable): The log partition, of any shape, from scores: it is summed.
    student (Sequence[Tensor]): The scores of the student.
    teacher (Sequence[Tensor]): Those of the teacher, of the same shapes.
    RETURNS (Tensor): A scalar with a gradient for the student; never negative.
    """
    own, own_counts = _expect(total, student)
    other, counts = _expect(total, teacher)
    pairs = [*zip(student, teacher, strict=True)]
    with torch.no_grad():
        found = (own - other).sum()
        for count, (s, t) in zip(counts, pairs, strict=True):
            found -= (count * (s - t)).sum()
        # by rounding alone it may be below 0
        found.clamp_(min=0)
    for mine, count, (s, _) in zip(own_counts, counts, pairs, strict=True):
        # 0, with the gradient above, to the last bit
        found = found + ((mine - count) * (s - s.detach())).sum()
    return found


def _expect(
    total: Callable[..., Tensor], scores: Sequence[Tensor]
) -> Tuple[Tensor, Tuple[Tensor, ...]]:
    """A log partition, and its gradient."""
    with torch.enable_grad():
        leaves = [score.detach().requires_grad_() for score in scores]
        found = total(*leaves)
    return found.detach(), torch.autograd.grad(found.sum(), leaves)


def token_divergence(scores: Tensor, said: Tensor, weights: Tensor) -> Tensor:
    """Compare a softmax of each token.

    scores (Tensor): What the student says, shape [..., tags].
    said (Tensor): What the teacher says. If it has fewer tags, the student is compared
        with it given that the tag is one of these.
    weights (Tensor): How much each token counts, shape [...]; 0 on padding.
    RETURNS (Tensor): The divergence, summed over the tokens.
    """

    def total(scores: Tensor) -> Tensor:
        return scores.logsumexp(dim=-1) * weights

    return divergence(total, [scores[..., : said.shape[-1]]], [said])


def chain_divergence(
    crf: CRF, teacher: CRF, scores: Tensor, said: Tensor, mask: Tensor
) -> Tensor:
    """Compare two CRFs over all sequences of tags, also those that decoding never
    gives: as the losses do. With the legal ones alone, rehearsal would not see how an
    update moves what the loss of the next one sums over.

    crf (CRF): The student's.
    teacher (CRF): The teacher's.
    scores (Tensor): The student's emissions, shape [batch, seq, tags].
    said (Tensor): The teacher's. If it has fewer tags, the student is compared with it
        given that all tags are of these.
    mask (Tensor): True on tokens, shape [batch, seq].
    RETURNS (Tensor): The divergence, summed over the sequences.
    """

    def total(emissions: Tensor, *chain: Tensor) -> Tensor:
        return log_partition(emissions, mask, *chain)

    n_tags = said.shape[2]
    start, moves, end = crf.chain
    chain = start[:n_tags], moves[:n_tags, :n_tags], end[:n_tags]
    return divergence(total, [scores[..., :n_tags], *chain], [said, *teacher.chain])
