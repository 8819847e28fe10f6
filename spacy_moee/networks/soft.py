"""How far the marginals of a network are from those that another model gave: the sum
over the tokens of the Kullback-Leibler divergence. It is 0 if both are the same.

Each token is weighted: what is compared with are its marginals times its weight.
"""

from typing import NamedTuple, Optional

from torch import Tensor

from .crf import TagDistribution


class SoftRows(NamedTuple):
    """The rows of a batch of which marginals are known.

    rows (Tensor): Their numbers, shape [rows].
    marginals (Tensor): Shape [rows, seq, tags]; 0 on tokens of which none are known.
    mask (Tensor): True on tokens, shape [rows, seq].
    """

    rows: Tensor
    marginals: Tensor
    mask: Tensor

    @classmethod
    def of(cls, marginals: Tensor, mask: Tensor) -> "SoftRows":
        """Choose them.

        marginals (Tensor): Those of a batch, shape [batch, seq, tags].
        mask (Tensor): True on tokens, shape [batch, seq].
        RETURNS (SoftRows): The rows; there may be none.
        """
        marginals = marginals.masked_fill(~mask.unsqueeze(2), 0)
        rows = (marginals > 0).flatten(1).any(dim=1).nonzero().squeeze(1)
        return cls(rows, marginals[rows], mask[rows])

    @property
    def n_tokens(self) -> Tensor:
        """RETURNS (Tensor): The number of tokens of which marginals are known."""
        return (self.marginals > 0).any(dim=2).sum()

    def divergence(
        self, said: TagDistribution, table: Optional[Tensor] = None
    ) -> Tensor:
        """Compare with the marginals of sequences of tags.

        said (TagDistribution): What the network says of the batch.
        table (Optional[Tensor]): Its tag for each tag that is known, shape [tags]; None
            if they are the same.
        RETURNS (Tensor): A scalar, the sum over the tokens.
        """
        said = said._replace(emissions=said.emissions[self.rows])
        logs = said.log_marginals(self.mask)
        if table is None:
            return soft_divergence(logs, self.marginals)
        return soft_divergence(logs, self._add_up(table, logs.shape[2]))

    def token_divergence(self, scores: Tensor, table: Tensor) -> Tensor:
        """Compare with a softmax of each token.

        scores (Tensor): The scores of the batch, shape [batch, seq, size].
        table (Tensor): Its number for each tag that is known, shape [tags].
        RETURNS (Tensor): A scalar, the sum over the tokens.
        """
        wanted = self._add_up(table, scores.shape[2])
        return soft_divergence(scores[self.rows].log_softmax(dim=2), wanted)

    def cell_divergence(
        self, scores: Tensor, category: Tensor, boundary: Tensor
    ) -> Tensor:
        """Compare with a softmax over O, B and I of each type of each token, and take
        the mean over the types.

        scores (Tensor): The scores of the batch, shape [batch, seq, types, 3].
        category (Tensor): The entity category of each tag, shape [tags].
        boundary (Tensor): 0 for O, 1 for B, 2 for I, shape [tags].
        RETURNS (Tensor): A scalar, the sum over the tokens.
        """
        n_types = scores.shape[2]
        cells = self._add_up(category * 3 + boundary, 3 * (n_types + 1))
        cells = cells.unflatten(2, (-1, 3))[:, :, 1:].clone()
        weights = self.marginals.sum(dim=2)
        # all other tags are O for a type
        rest = weights.unsqueeze(2) - cells.sum(dim=3)
        cells[..., 0] = rest.clamp_min(0)
        logs = scores[self.rows].log_softmax(dim=3)
        return soft_divergence(logs, cells) / n_types

    def _add_up(self, table: Tensor, size: int) -> Tensor:
        """The marginals of tags that are alike, such as those of a category."""
        shape = *self.marginals.shape[:2], size
        return self.marginals.new_zeros(shape).index_add_(2, table, self.marginals)


def soft_divergence(logs: Tensor, marginals: Tensor) -> Tensor:
    """Compare what a network says of each token with marginals.

    logs (Tensor): The logs of its probabilities, shape [..., tags]. One that is -inf
        has to be that of a marginal of 0.
    marginals (Tensor): Probabilities times weights, of the same shape.
    RETURNS (Tensor): A scalar, the sum over the tokens.
    """
    weights = marginals.sum(dim=-1, keepdim=True)
    # a log of 0 has no gradient, and 0 times it is no number
    unknown = marginals == 0
    own = (marginals / weights).masked_fill(unknown, 1).log()
    return (marginals * (own - logs.masked_fill(unknown, 0))).sum()
