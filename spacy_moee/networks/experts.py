"""The mixture of entity experts (paper, section 2.2)."""

import math
from typing import Any, Tuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from .common import FLOATS_READ, start_below_outside


class ExpertMixture(nn.Module):
    """One linear expert per entity category, mixed by a gate, and the linear layer
    that reads the mixture:

        alpha = softmax(gate(h))          the gate, one weight an expert
        m     = sum_a alpha_a L_a(h)      the meta-expert feature
        y     = W m + b                   the emissions

    Since the experts are linear (decision D10), W L_a can be computed once a batch and
    m never: the same numbers, and for the paper's 9 tags a twentieth of the work. For
    many tags m is less work, and votes of all experts on all tags would be quadratic
    in the number of types.

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

    @torch.no_grad()
    def reset_parameters(self, n_known: int = 0) -> None:
        """Initialize each expert as PyTorch initializes a linear layer.

        n_known (int): How many experts stay as they are.
        """
        bound = 1 / math.sqrt(self.weight.shape[2])
        self.weight[n_known:].uniform_(-bound, bound)
        self.bias[n_known:].uniform_(-bound, bound)

    def start_new_experts(self, n_known: int) -> None:
        """Give the last experts fresh weights, and nearly no vote.

        n_known (int): How many experts stay as they are.
        """
        self.reset_parameters(n_known)
        start_below_outside(self.gate, n_known)

    def forward(self, states: Tensor) -> Tuple[Tensor, Tensor]:
        """Mix the experts.

        states (Tensor): Hidden states, shape [batch, seq, width].
        RETURNS (Tuple[Tensor, Tensor]): The emissions, shape [batch, seq, tags],
            and the gate's logits, shape [batch, seq, experts].
        """
        gate = self.gate(states)
        alpha = gate.softmax(dim=2)  # [batch, seq, experts]
        emit = self._emit_folded if self._folds(states) else self._emit
        return emit(states, alpha), gate

    def _folds(self, states: Tensor) -> bool:
        """Whether W L_a takes fewer multiplications, with few votes."""
        places = states.shape[:2].numel()
        n_experts, expert_width, _ = self.weight.shape
        n_tags = self.output.out_features
        # both sides times n_experts * width
        fewer = n_tags * (expert_width + places) < expert_width * places
        return fewer and n_experts * n_tags <= FLOATS_READ

    def _emit_folded(self, states: Tensor, alpha: Tensor) -> Tensor:
        n_experts, _, width = self.weight.shape
        n_tags = self.output.out_features
        # [tags, expert_width] x [experts, expert_width, width]
        weight = torch.matmul(self.output.weight, self.weight)
        bias = torch.matmul(self.bias, self.output.weight.T)  # [experts, tags]
        votes = functional.linear(states, weight.view(-1, width), bias.view(-1))
        votes = votes.view(*states.shape[:2], n_experts, n_tags)
        return (alpha.unsqueeze(3) * votes).sum(dim=2) + self.output.bias

    def _emit(self, states: Tensor, alpha: Tensor) -> Tensor:
        rows = states.flatten(0, 1).to(self.weight.dtype)
        shares = alpha.flatten(0, 1).to(rows.dtype)
        meta: Tensor = _Mixture.apply(rows, shares, self.weight)
        meta = meta.view(*states.shape[:2], -1) + alpha @ self.bias
        return functional.linear(meta, self.output.weight, self.output.bias)


class _Mixture(torch.autograd.Function):
    """sum_a alpha_a L_a h, one expert at a time: what each of them says of each token
    is never held at once, nor kept for the way back."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, alpha: Tensor, weight: Tensor) -> Tensor:
        # [tokens, width], [tokens, experts], [experts, expert_width, width]
        ctx.save_for_backward(states, alpha, weight)
        meta = states.new_zeros(len(states), weight.shape[1])
        vote = torch.empty_like(meta)
        for share, expert in zip(_columns(alpha), weight.unbind(), strict=True):
            torch.mm(states, expert.T, out=vote)
            meta.addcmul_(vote, share)
        return meta

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_meta: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        states, alpha, weight = ctx.saved_tensors
        d_states, d_weight = torch.zeros_like(states), torch.empty_like(weight)
        d_alpha = torch.empty_like(alpha.T)  # [experts, tokens]
        d_state, d_vote = torch.empty_like(states), torch.empty_like(d_meta)
        for share, expert, d_share, d_expert in zip(
            _columns(alpha), weight.unbind(), d_alpha.unbind(), d_weight.unbind(),
            strict=True,
        ):  # fmt: skip
            torch.mm(d_meta, expert, out=d_state)
            d_states.addcmul_(d_state, share)
            torch.sum(d_state.mul_(states), 1, out=d_share)
            torch.mul(d_meta, share, out=d_vote)
            torch.mm(d_vote.T, states, out=d_expert)
        return d_states, d_alpha.T, d_weight


def _columns(alpha: Tensor) -> Tuple[Tensor, ...]:
    """RETURNS (Tuple[Tensor, ...]): One [tokens, 1] for each expert."""
    return alpha.unsqueeze(2).unbind(1)
