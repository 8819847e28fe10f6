"""BiLSTM-MTL-MoEE-CRF (Liu, Winata and Fung 2020, arXiv 2002.05923)."""

from typing import NamedTuple, Optional

import torch
from torch import Tensor, nn
from torch.nn import functional

from .common import (
    FLOATS_READ,
    OUTSIDE_BIAS,
    Loss,
    look_up,
    register_scheme,
    token_mask,
)
from .crf import CRF
from .encoder import BiLSTM
from .experts import ExpertMixture
from .viterbi import best_paths


class Outputs(NamedTuple):
    """What the network says about each token.

    emissions (Tensor): Scores of the tags, shape [batch, seq, tags].
    detection (Optional[Tensor]): Scores of O, B and I, shape [batch, seq, 3];
        None without detection.
    gate (Optional[Tensor]): Logits of the experts, shape [batch, seq, experts];
        None without experts.
    """

    emissions: Tensor
    detection: Optional[Tensor]
    gate: Optional[Tensor]


class MoEENetwork(nn.Module):
    """The paper's full model; each part can be switched off (Table 1).

    width (int): Width of the token vectors.
    n_tags (int): The number of tags, O included.
    n_categories (int): The number of entity categories, O included.
    hidden_width (int): Width of each direction of the BiLSTM.
    depth (int): The number of BiLSTM layers; with 0 the heads read the token vectors
        themselves, which then come from an encoder such as BERT (decision D20).
    expert_width (int): Width of each expert.
    detection (bool): Learn entity detection beside recognition (MTL, section 2.1).
    experts (bool): Mix entity experts (MoEE, section 2.2); else one linear layer.
    crf (bool): Score sequences with CRFs; else tokens with a softmax.
    constrained (bool): Never decode an illegal transition.
    detection_weight (float): Weight of the detection loss.
    gate_weight (float): Weight of the gate loss.
    """

    category: Tensor
    boundary: Tensor
    legal: Tensor

    def __init__(
        self,
        *,
        width: int,
        n_tags: int,
        n_categories: int,
        hidden_width: int,
        depth: int,
        expert_width: int,
        detection: bool,
        experts: bool,
        crf: bool,
        constrained: bool,
        detection_weight: float,
        gate_weight: float,
    ) -> None:
        super().__init__()
        self.constrained = constrained
        self.detection_weight = detection_weight
        self.gate_weight = gate_weight
        register_scheme(self, n_tags)
        self.encoder = BiLSTM(width, hidden_width, depth) if depth else None
        states = 2 * hidden_width if depth else width
        self.recognition = (
            ExpertMixture(states, expert_width, n_categories, n_tags)
            if experts
            else nn.Linear(states, n_tags)
        )
        self.detection = nn.Linear(states, 3) if detection else None
        self.recognition_crf = CRF(n_tags) if crf else None
        self.detection_crf = CRF(3) if crf and detection else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Make O the likeliest tag; all else keeps PyTorch's initialization."""
        head = self.recognition
        output = head.output if isinstance(head, ExpertMixture) else head
        with torch.no_grad():
            output.bias[0] = OUTSIDE_BIAS

    @property
    def floats(self) -> int:
        """About how many numbers a place takes: as the BiLSTM reads it, or, if there
        are many types, for what the loss computes of each tag."""
        return max(FLOATS_READ, 8 * len(self.category))

    def forward(
        self, vectors: Tensor, lengths: Tensor, dropout: float = 0.0
    ) -> Outputs:
        """Score a batch of sentences.

        vectors (Tensor): Token vectors, shape [batch, seq, width].
        lengths (Tensor): The tokens of each sentence, at least one, shape [batch].
        dropout (float): The dropout rate, 0 for prediction.
        RETURNS (Outputs): The scores.
        """
        states = vectors
        if self.encoder is not None:
            states = self.encoder(vectors, token_mask(vectors, lengths), dropout)
        if isinstance(self.recognition, ExpertMixture):
            emissions, gate = self.recognition(states)
        else:
            emissions, gate = self.recognition(states), None
        detection = None if self.detection is None else self.detection(states)
        return Outputs(emissions, detection, gate)

    def loss(self, outputs: Outputs, gold: Tensor, lengths: Tensor) -> Loss:
        """Sum the losses of recognition, detection and gate (paper, Eqs 4 to 6;
        decisions D5, D6). Tokens of unknown gold add nothing.

        outputs (Outputs): What `forward` returned.
        gold (Tensor): Tag numbers, shape [batch, seq]; below 0 where unknown.
        lengths (Tensor): The tokens of each sentence, shape [batch].
        RETURNS (Loss): The sums and their number of units.
        """
        mask = token_mask(gold, lengths)
        gold = gold.masked_fill(~mask, -1)
        parts = {
            "recognition": _tag_loss(
                self.recognition_crf, outputs.emissions, gold, mask
            )
        }
        total = parts["recognition"]
        if outputs.detection is not None:
            boundary = look_up(self.boundary, gold)
            part = _tag_loss(self.detection_crf, outputs.detection, boundary, mask)
            parts["detection"] = part
            total = total + self.detection_weight * part
        if outputs.gate is not None:
            parts["gate"] = _token_loss(outputs.gate, look_up(self.category, gold))
            total = total + self.gate_weight * parts["gate"]
        units = len(gold) if self.recognition_crf else int((gold >= 0).sum())
        return Loss(total, {k: v.detach() for k, v in parts.items()}, units)

    def decode(
        self, outputs: Outputs, lengths: Tensor, outside: Optional[Tensor] = None
    ) -> Tensor:
        """Find the best tags of each sentence.

        outputs (Outputs): What `forward` returned.
        lengths (Tensor): The tokens of each sentence, shape [batch].
        outside (Optional[Tensor]): True on tokens that have to be O, shape
            [batch, seq].
        RETURNS (Tensor): Tag numbers, shape [batch, seq]; any number on padding.
        """
        scores, mask = outputs.emissions, token_mask(outputs.emissions, lengths)
        if outside is not None:
            not_o = torch.arange(scores.shape[2], device=scores.device) > 0
            scores = scores.masked_fill(outside.unsqueeze(2) & not_o, float("-inf"))
        legal = self.legal if self.constrained else None
        if self.recognition_crf is not None:
            return self.recognition_crf.viterbi(scores, mask, legal)
        if legal is None:
            return scores.argmax(dim=2)
        moves = torch.zeros_like(legal, dtype=scores.dtype)
        moves = moves.masked_fill(~legal, float("-inf"))
        return best_paths(
            scores, mask, moves[-1], moves[:-1], torch.zeros_like(moves[0])
        )


def _tag_loss(crf: Optional[CRF], scores: Tensor, gold: Tensor, mask: Tensor) -> Tensor:
    if crf is None:
        return _token_loss(scores, gold)
    return crf.nll(scores, gold, mask).sum()


def _token_loss(scores: Tensor, gold: Tensor) -> Tensor:
    return functional.cross_entropy(
        scores.flatten(0, 1), gold.flatten(), ignore_index=-1, reduction="sum"
    )
