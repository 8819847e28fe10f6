"""Taggers that read what an entity type is called: the Concept Tagger (Bapna et al.
2017) and the Robust Sequence Tagger (Shah et al. 2019), as the paper compares itself
with them (arXiv 2002.05923, section 3)."""

from typing import Collection, NamedTuple, Optional, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..scheme import ANY_LABEL
from .attention import ExampleAttention
from .common import (
    FLOATS_READ,
    OUTSIDE_BIAS,
    count_known,
    legal_borders,
    look_up,
    look_up_possible,
    register_scheme,
    token_mask,
)
from .crf import Chain, TagDistribution
from .divergence import token_divergence
from .encoder import BiLSTM
from .merging import merge_best, merge_logs, number_tags
from .network import Decoded, Inputs, Loss, Targets
from .soft import SoftRows
from .spans import Spans, unlikelihood


class ConceptOutputs(NamedTuple):
    """What the network says of each token.

    emissions (Tensor): Scores of O, B and I for each entity type, shape
        [batch, seq, types, 3].
    """

    emissions: Tensor


class ConceptNetwork(nn.Module):
    """One B/I/O tagging pass per entity type, all of them by the same weights. What
    tells the types apart is the vector of a description, and, in the Robust Sequence
    Tagger, a mixture of the vectors of examples, by the attention of each token:

        h     = BiLSTM(x)
        a_tk  = softmax_k((w * h) . e_tk)
        z_t   = [h ; d_t ; sum_k a_tk e_tk]
        y_t   = W BiLSTM(z_t) + b

    d and e are constants. No weight knows how many types there are, so that the
    network takes types that it was not trained on.

    width (int): Width of the token vectors.
    n_tags (int): The number of tags, O included.
    n_categories (int): The number of entity categories, O included.
    vector_width (int): Width of the vectors of descriptions and examples.
    n_examples (int): The most examples of a type; 0 for the Concept Tagger.
    hidden_width (int): Width of each direction of both BiLSTMs.
    depth (int): The number of layers of the first; with 0 there is none, and h are
        the token vectors, which then come from an encoder such as BERT.
    merge (str): Which type wins a token that several claim: "max_prob", the one that
        is surest, or "overwrite", the one that was described last.
    """

    category: Tensor
    boundary: Tensor
    legal: Tensor
    rank: Tensor
    descriptions: Tensor
    examples: Tensor
    is_example: Tensor

    def __init__(
        self,
        *,
        width: int,
        n_tags: int,
        n_categories: int,
        vector_width: int,
        n_examples: int,
        hidden_width: int,
        depth: int,
        merge: str,
    ) -> None:
        super().__init__()
        self.merge = merge
        n_types = n_categories - 1
        register_scheme(self, n_tags)
        # in the same way: the place of each type in the order of the descriptions, and
        # the vectors
        self.register_buffer("rank", torch.zeros(n_types, dtype=torch.long))
        self.register_buffer("descriptions", torch.zeros(n_types, vector_width))
        if n_examples:
            shape = n_types, n_examples
            self.register_buffer("examples", torch.zeros(*shape, vector_width))
            self.register_buffer("is_example", torch.zeros(shape, dtype=torch.bool))
        self.encoder = BiLSTM(width, hidden_width, depth) if depth else None
        states = 2 * hidden_width if depth else width
        self.attention = ExampleAttention(states, vector_width) if n_examples else None
        columns = states + vector_width * (2 if n_examples else 1)
        self.tagger = BiLSTM(columns, hidden_width, 1)
        self.output = nn.Linear(2 * hidden_width, 3)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Make O the likeliest tag; all else keeps PyTorch's initialization."""
        with torch.no_grad():
            self.output.bias[0] = OUTSIDE_BIAS

    @property
    def floats(self) -> int:
        """About how many numbers a place takes: it is read once for each type."""
        return FLOATS_READ * max(1, len(self.descriptions))

    def forward(self, inputs: Inputs) -> ConceptOutputs:
        """Score a batch of sentences, every sentence for all types at once.

        inputs (Inputs): The batch.
        RETURNS (ConceptOutputs): The scores.
        """
        states, lengths, dropout, _ = inputs
        mask = token_mask(states, lengths)
        if self.encoder is not None:
            states = self.encoder(states, mask, dropout)
        n_batch, n_steps, _ = states.shape
        n_types = len(self.descriptions)
        shared = states.unsqueeze(1).expand(-1, n_types, -1, -1)
        types, table = self._describe_types(states)
        # [batch, types, seq, columns]
        columns = torch.cat([shared, types], dim=3).flatten(0, 1)
        masks = mask.unsqueeze(1).expand(-1, n_types, -1).flatten(0, 1)
        read = self.tagger(columns, masks, table=table)
        scores = self.output(read).view(n_batch, n_types, n_steps, 3)
        return ConceptOutputs(scores.transpose(1, 2))

    def _describe_types(self, states: Tensor) -> Tuple[Tensor, Optional[Tensor]]:
        """What each token reads of each type, [d ; sum_k a_k e_k], shape
        [batch, types, seq, columns]; or, where that is narrower, the factors of sums
        of the rows of a table, and the table."""
        n_batch, n_steps, _ = states.shape
        n_types, width = self.descriptions.shape
        if self.attention is None:
            weights, n_rows, columns = None, n_types, width
        else:
            weights = self.attention(states, self.examples, self.is_example)
            n_rows, columns = n_types * (1 + weights.shape[3]), 2 * width
        if n_rows < columns:
            own = torch.eye(n_types, dtype=states.dtype, device=states.device)
            # [types, types] -> [batch, types, seq, types]
            factors = own.unsqueeze(1).expand(n_batch, -1, n_steps, -1)
            if weights is None:
                return factors, self.descriptions
            # [batch, types, seq, types, examples]; those of other types are 0
            mixed = weights.unsqueeze(3) * own[:, None, :, None]
            table = torch.block_diag(self.descriptions, self.examples.flatten(0, 1))
            return torch.cat([factors, mixed.flatten(3)], dim=3), table
        named = self.descriptions.unsqueeze(1).expand(n_batch, -1, n_steps, -1)
        if weights is None:
            return named, None
        mixtures = torch.einsum("btsk,tkw->btsw", weights, self.examples)
        return torch.cat([named, mixtures], dim=3), None

    def loss(self, outputs: ConceptOutputs, targets: Targets) -> Loss:
        """Sum over the tokens with gold the cross-entropy, averaged over the types; and
        the loss of incorrect spans, each by what is said of its type alone.

        outputs (ConceptOutputs): What `forward` returned.
        targets (Targets): The gold.
        RETURNS (Loss): The sums.
        """
        scores = outputs.emissions
        mask = token_mask(targets.tags, targets.lengths)
        gold = targets.tags.masked_fill(~mask, -1)
        known = gold >= 0
        types = torch.arange(1, scores.shape[2] + 1, device=gold.device)
        # [batch, seq, types]: B or I of the token's own type; O of all others
        own = look_up(self.category, gold).unsqueeze(2) == types
        borders = look_up(self.boundary, gold).unsqueeze(2) * own
        borders = borders.masked_fill(~known.unsqueeze(2), -1)
        if targets.possible is None:
            flat = scores.flatten(0, 2), borders.flatten()
            total = functional.cross_entropy(*flat, ignore_index=-1, reduction="sum")
        else:
            total = self._sum_agreeing(scores, borders, mask, targets.possible)
        total, units = total / len(types), count_known(gold)
        name = "recognition"
        weights = dict.fromkeys((name, "incorrect", "soft_recognition"), 1.0)
        loss = Loss({name: total}, {name: units}, weights)
        if targets.incorrect is not None:
            # a row for each type, [batch * types, seq, 3]
            rows = scores.transpose(1, 2).flatten(0, 1)
            masks = mask.repeat_interleave(len(types), dim=0)
            spans = _in_rows_of_types(targets.incorrect, len(types))
            loss.sums["incorrect"] = unlikelihood(Chain.free(rows), rows, masks, spans)
            loss.units["incorrect"] = targets.incorrect.units
        if targets.marginals is not None:
            soft, tags = SoftRows.of(targets.marginals, mask), self.category
            found = soft.cell_divergence(scores, tags, self.boundary)
            loss.sums["soft_recognition"] = found
            loss.units["soft_recognition"] = soft.n_tokens
        return loss

    def _sum_agreeing(
        self, scores: Tensor, borders: Tensor, mask: Tensor, possible: Tensor
    ) -> Tensor:
        """The losses of sentences that are known in part: of each type by itself."""
        n_batch, n_steps, n_types, _ = scores.shape
        # [batch, seq, categories, 3]: what each tag is for its own type
        cells = self.category * 3 + self.boundary
        agreeing = look_up_possible(cells, possible, 3 * n_types + 3)
        agreeing = agreeing.view(n_batch, n_steps, -1, 3)[:, :, 1:].clone()
        # all other tags are O for it
        n_own = agreeing.sum(dim=3)
        agreeing[..., 0] = n_own < possible.sum(dim=2, keepdim=True)
        # a row for each type of each sentence
        rows = scores.transpose(1, 2).flatten(0, 1)
        losses = Chain.free(rows).nll(
            rows,
            borders.transpose(1, 2).flatten(0, 1),
            mask.repeat_interleave(n_types, dim=0),
            agreeing.transpose(1, 2).flatten(0, 1),
            legal_borders(scores),
        )
        return losses.sum()

    def distill(
        self,
        outputs: ConceptOutputs,
        teacher: "ConceptNetwork",
        said: ConceptOutputs,
        lengths: Tensor,
    ) -> Loss:
        """Sum over the tokens the divergence, averaged over the types. See
        `Student.distill`."""
        # [batch, seq, types, 3]
        n_types = said.emissions.shape[2]
        scores = outputs.emissions[:, :, :n_types]
        mask = token_mask(scores, lengths).unsqueeze(2)
        total = token_divergence(scores, said.emissions, mask) / n_types
        name = "recognition"
        return Loss({name: total}, {name: lengths.sum()}, {name: 1.0})

    def decode(
        self,
        outputs: ConceptOutputs,
        lengths: Tensor,
        wanted: Collection[str] = (),
        outside: Optional[Tensor] = None,
    ) -> Decoded:
        """Find the likeliest of B, I and O for each type, and merge the types token
        by token. An I that continues no entity becomes a B, as conlleval reads it.
        There are no gates and no detection. See `Network.decode`."""
        scores = outputs.emissions
        numbers = number_tags(self.category, self.boundary)
        tags = merge_best(scores, self._strength(scores), numbers, outside)
        before = functional.pad(tags[:, :-1], (1, 0), value=-1)
        begin = numbers[self.category[tags], 1]
        return Decoded(torch.where(self.legal[before, tags], tags, begin))

    def tag_distribution(self, outputs: ConceptOutputs) -> TagDistribution:
        """Say how likely each tag is once the types are merged: a token has a tag if
        its type says so, and no type that would win the token claims it. Each token is
        by itself, as each softmax is. `decode` merges what each type finds likeliest,
        which need not be what is likeliest after the merge. See
        `Network.tag_distribution`."""
        scores = outputs.emissions
        numbers = number_tags(self.category, self.boundary)
        emissions = merge_logs(scores, self._strength(scores), numbers)
        return TagDistribution(Chain.free(emissions), emissions)

    def detection_distribution(
        self, outputs: ConceptOutputs
    ) -> Optional[TagDistribution]:
        """There is no detection. See `Network.detection_distribution`."""
        return None

    def _strength(self, scores: Tensor) -> Tensor:
        """Which of several types wins a token, shape [batch, seq, types]."""
        if self.merge == "overwrite":
            return self.rank.expand(scores.shape[:3]).to(scores)
        # rises with the probability of B or I
        return scores[..., 1:].logsumexp(dim=3) - scores[..., 0]


def _in_rows_of_types(spans: Spans, n_types: int) -> Spans:
    """The spans as those of a single type, where each type of a sentence has a row. One
    of any label is none of each of the types, which are read apart."""
    types = torch.arange(n_types, device=spans.row.device)
    label = spans.label.unsqueeze(1)
    numbers, type_ = ((label == types) | (label == ANY_LABEL)).nonzero(as_tuple=True)
    found = spans.take(numbers)
    row = found.row * n_types + type_
    return found._replace(row=row, label=torch.zeros_like(row))
