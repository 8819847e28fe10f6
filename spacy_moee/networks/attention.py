"""The attention of the Robust Sequence Tagger over examples (Shah et al. 2019)."""

import torch
from torch import Tensor, nn

# Far below any score, and finite: a softmax over nothing but -inf has no value.
EXCLUDED = -1e9


class ExampleAttention(nn.Module):
    """How much each token attends to each example of an entity type:

        a_k = softmax_k((w * h) . e_k)

    w has a weight for each dimension, as h and e have the same ones in the original.
    Vectors of another width than h take a matrix: a_k = softmax_k((h W) . e_k).

    width (int): Width of the hidden states h.
    vector_width (int): Width of the examples e.
    """

    def __init__(self, width: int, vector_width: int) -> None:
        super().__init__()
        shape = (width,) if width == vector_width else (width, vector_width)
        self.weight = nn.Parameter(torch.empty(shape))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Let no example stand out at first."""
        nn.init.uniform_(self.weight, -0.01, 0.01)

    def forward(self, states: Tensor, examples: Tensor, is_there: Tensor) -> Tensor:
        """Weigh the examples.

        states (Tensor): Hidden states, shape [batch, seq, width].
        examples (Tensor): Vectors, shape [types, examples, vector_width].
        is_there (Tensor): False on missing examples, shape [types, examples].
        RETURNS (Tensor): Shape [batch, types, seq, examples]. The examples of a type
            add up to 1; all are 0 if it has none.
        """
        same_width = self.weight.dim() == 1
        query = states * self.weight if same_width else states @ self.weight
        scores = torch.einsum("bsw,tkw->btsk", query, examples)
        mask = is_there.unsqueeze(1)  # [types, 1, examples]
        return scores.masked_fill(~mask, EXCLUDED).softmax(dim=3) * mask
