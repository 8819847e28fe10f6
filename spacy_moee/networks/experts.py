"""The mixture of entity experts (paper, section 2.2)."""

import math
from typing import Tuple

import torch
from torch import Tensor, nn


class ExpertMixture(nn.Module):
    """One linear expert per entity category, mixed by a gate, and the linear layer
    that reads the mixture:

        alpha = softmax(gate(h))          the gate, one weight an expert
        m     = sum_a alpha_a L_a(h)      the meta-expert feature
        y     = W m + b                   the emissions

    Since the experts are linear (decision D10), W L_a is computed once a batch and
    m never: the same numbers at a twentieth of the work.

    width (int): Width of the hidden states h.
    expert_width (int): Width of each expert, and of m.
    n_experts (int): The number of categories, O included.
    n_tags (int): Width of the emissions.
    """

    def __init__(
        self, width: int, expert_width: int, n_experts: int, n_tags: int
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_experts, expert_width, width))
        self.bias = nn.Parameter(torch.empty(n_experts, expert_width))
        self.gate = nn.Linear(width, n_experts)
        self.output = nn.Linear(expert_width, n_tags)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialize each expert as PyTorch initializes a linear layer."""
        bound = 1 / math.sqrt(self.weight.shape[2])
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, states: Tensor) -> Tuple[Tensor, Tensor]:
        """Mix the experts.

        states (Tensor): Hidden states, shape [batch, seq, width].
        RETURNS (Tuple[Tensor, Tensor]): The emissions, shape [batch, seq, tags],
            and the gate's logits, shape [batch, seq, experts].
        """
        n_experts, _, width = self.weight.shape
        n_tags = self.output.out_features
        # [tags, expert_width] x [experts, expert_width, width]
        weight = torch.matmul(self.output.weight, self.weight)
        bias = torch.matmul(self.bias, self.output.weight.T)  # [experts, tags]
        votes = nn.functional.linear(states, weight.view(-1, width), bias.view(-1))
        votes = votes.unflatten(2, (n_experts, n_tags))
        gate = self.gate(states)
        alpha = gate.softmax(dim=2).unsqueeze(3)  # [batch, seq, experts, 1]
        return (alpha * votes).sum(dim=2) + self.output.bias, gate
