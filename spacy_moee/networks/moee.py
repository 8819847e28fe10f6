"""BiLSTM-MTL-MoEE-CRF (Liu, Winata and Fung 2020, arXiv 2002.05923)."""

from typing import Collection, Dict, NamedTuple, Optional, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .common import (
    FLOATS_READ,
    OUTSIDE_BIAS,
    bar_outside,
    count_known,
    legal_borders,
    look_up,
    look_up_possible,
    register_scheme,
    start_below_outside,
    token_mask,
)
from .crf import CRF, Chain, TagDistribution
from .divergence import chain_divergence, token_divergence
from .encoder import BiLSTM
from .experts import ExpertMixture
from .network import Decoded, Inputs, Loss, Targets
from .soft import SoftRows
from .spans import unlikelihood

# tags, below 0 where unknown; tokens; and which tags agree, None if all are known
Gold = Tuple[Tensor, Tensor, Optional[Tensor]]


class MoEEOutputs(NamedTuple):
    """What the network says of each token.

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
        self.weights = {"recognition": 1.0, "incorrect": 1.0, "soft_recognition": 1.0}
        for name, weight in (("detection", detection_weight), ("gate", gate_weight)):
            self.weights |= {name: weight, f"soft_{name}": weight}
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
        with torch.no_grad():
            self._output.bias[0] = OUTSIDE_BIAS

    @property
    def _output(self) -> nn.Linear:
        head = self.recognition
        return head.output if isinstance(head, ExpertMixture) else head

    def start_new_types(self, n_tags: int, n_categories: int) -> None:
        """Make new types unlikely. See `GrowingNetwork.start_new_types`. A sequence
        that has new tags scores 10 less for each than the same with O in their place,
        and a new expert has at most exp(-10) of the weight of the expert for O."""
        start_below_outside(self._output, n_tags)
        if isinstance(self.recognition, ExpertMixture):
            self.recognition.start_new_experts(n_categories)
        if self.recognition_crf is not None:
            self.recognition_crf.start_below_outside(n_tags)

    @property
    def floats(self) -> int:
        """About how many numbers a place takes: as the BiLSTM reads it, or, if there
        are many types, for what the loss computes of each tag."""
        return max(FLOATS_READ, 8 * len(self.category))

    def forward(self, inputs: Inputs) -> MoEEOutputs:
        """Score a batch of sentences.

        inputs (Inputs): The batch.
        RETURNS (MoEEOutputs): The scores.
        """
        states, lengths, dropout, _ = inputs
        if self.encoder is not None:
            states = self.encoder(states, token_mask(states, lengths), dropout)
        if isinstance(self.recognition, ExpertMixture):
            emissions, gate = self.recognition(states)
        else:
            emissions, gate = self.recognition(states), None
        detection = None if self.detection is None else self.detection(states)
        return MoEEOutputs(emissions, detection, gate)

    def loss(self, outputs: MoEEOutputs, targets: Targets) -> Loss:
        """Sum the losses of recognition, detection and gate (paper, Eqs 4 to 6;
        decisions D5, D6), and of incorrect spans. Their units are tokens with gold, so
        that a batch of whole docs weighs as much as one of short sentences; and spans.

        outputs (MoEEOutputs): What `forward` returned.
        targets (Targets): The gold.
        RETURNS (Loss): The sums.
        """
        mask = token_mask(targets.tags, targets.lengths)
        gold = targets.tags.masked_fill(~mask, -1)
        agreed = gold, mask, targets.possible
        scored = self.recognition_crf, outputs.emissions
        sums = {"recognition": _tag_loss(*scored, agreed, self.legal)}
        if outputs.detection is not None:
            sums["detection"] = _tag_loss(
                self.detection_crf,
                outputs.detection,
                _look_up_gold(self.boundary, agreed, 3),
                legal_borders(gold),
            )
        if outputs.gate is not None:
            categories = _look_up_gold(self.category, agreed, outputs.gate.shape[2])
            sums["gate"] = _token_loss(outputs.gate, categories)
        units = count_known(gold)
        loss = Loss(sums, dict.fromkeys(sums, units), self.weights)
        if targets.incorrect is not None:
            chain = _chain(self.recognition_crf, outputs.emissions, None)
            scores, spans = outputs.emissions, targets.incorrect
            loss.sums["incorrect"] = unlikelihood(chain, scores, mask, spans)
            loss.units["incorrect"] = spans.units
        if targets.marginals is not None:
            soft = SoftRows.of(targets.marginals, mask)
            sums = self._soft_sums(outputs, soft)
            loss.sums.update(sums)
            loss.units.update(dict.fromkeys(sums, soft.n_tokens))
        return loss

    def _soft_sums(self, outputs: MoEEOutputs, soft: SoftRows) -> Dict[str, Tensor]:
        """The divergences of recognition, detection and gate from marginals, of tags
        and of what they sum to."""
        tagging = self.tag_distribution(outputs)
        detecting = self.detection_distribution(outputs)
        sums = {"soft_recognition": soft.divergence(tagging)}
        if detecting is not None:
            sums["soft_detection"] = soft.divergence(detecting, self.boundary)
        if outputs.gate is not None:
            sums["soft_gate"] = soft.token_divergence(outputs.gate, self.category)
        return sums

    def distill(
        self,
        outputs: MoEEOutputs,
        teacher: "MoEENetwork",
        said: MoEEOutputs,
        lengths: Tensor,
    ) -> Loss:
        """Sum the divergences of recognition, detection and gate from those of another
        network. Their units are tokens. See `Student.distill`."""
        mask = token_mask(outputs.emissions, lengths)
        tagged = outputs.emissions, said.emissions, mask
        crfs = self.recognition_crf, teacher.recognition_crf
        sums = {"recognition": _tag_divergence(*crfs, *tagged)}
        if outputs.detection is not None and said.detection is not None:
            detected = outputs.detection, said.detection, mask
            crfs = self.detection_crf, teacher.detection_crf
            sums["detection"] = _tag_divergence(*crfs, *detected)
        if outputs.gate is not None and said.gate is not None:
            sums["gate"] = token_divergence(outputs.gate, said.gate, mask)
        return Loss(sums, dict.fromkeys(sums, lengths.sum()), self.weights)

    def decode(
        self,
        outputs: MoEEOutputs,
        lengths: Tensor,
        wanted: Collection[str] = (),
        outside: Optional[Tensor] = None,
    ) -> Decoded:
        """Find the best tags of each sentence. See `Network.decode`."""
        mask = token_mask(outputs.emissions, lengths)
        possible = bar_outside(outputs.emissions, outside)
        chain, scores, _ = self.tag_distribution(outputs)
        gates = detection = None
        if "gates" in wanted and outputs.gate is not None:
            gates = outputs.gate.softmax(dim=2)
        if "detection" in wanted:
            detecting = self.detection_distribution(outputs)
            if detecting is not None:
                detection = detecting.chain.best_paths(detecting.emissions, mask)
        tags = chain.best_paths(scores, mask, possible)
        return Decoded(tags, gates, detection)

    def tag_distribution(self, outputs: MoEEOutputs) -> TagDistribution:
        """Say what decoding chooses from: the sequences of the CRF, or tokens with a
        softmax. See `Network.tag_distribution`."""
        legal = self.legal if self.constrained else None
        chain = _chain(self.recognition_crf, outputs.emissions, legal)
        return TagDistribution(chain, outputs.emissions)

    def detection_distribution(self, outputs: MoEEOutputs) -> Optional[TagDistribution]:
        """The same of entity detection. See `Network.detection_distribution`."""
        if outputs.detection is None:
            return None
        legal = legal_borders(outputs.detection)
        chain = _chain(self.detection_crf, outputs.detection, legal)
        return TagDistribution(chain, outputs.detection)


def _chain(crf: Optional[CRF], scores: Tensor, legal: Optional[Tensor]) -> Chain:
    chain = Chain.free(scores) if crf is None else crf.chain
    return chain if legal is None else chain.constrain(legal)


def _look_up_gold(table: Tensor, gold: Gold, size: int) -> Gold:
    tags, mask, possible = gold
    if possible is not None:
        possible = look_up_possible(table, possible, size)
    return look_up(table, tags), mask, possible


def _tag_loss(crf: Optional[CRF], scores: Tensor, gold: Gold, legal: Tensor) -> Tensor:
    """Of sequences of tags. Without a CRF, and if all tags are known, the softmax of
    each token says the same faster."""
    if crf is None and gold[2] is None:
        return _token_loss(scores, gold)
    chain = Chain.free(scores) if crf is None else crf.chain
    return chain.nll(scores, *gold, legal).sum()


def _tag_divergence(
    crf: Optional[CRF],
    teacher: Optional[CRF],
    scores: Tensor,
    said: Tensor,
    mask: Tensor,
) -> Tensor:
    if crf is None or teacher is None:
        return token_divergence(scores, said, mask)
    return chain_divergence(crf, teacher, scores, said, mask)


def _token_loss(scores: Tensor, gold: Gold) -> Tensor:
    """Of each token by itself."""
    tags, mask, possible = gold
    if possible is None:
        return functional.cross_entropy(
            scores.flatten(0, 1), tags.flatten(), ignore_index=-1, reduction="sum"
        )
    agreeing = scores.masked_fill(~possible, float("-inf")).logsumexp(dim=2)
    return (scores.logsumexp(dim=2) - agreeing).masked_fill(~mask, 0).sum()
