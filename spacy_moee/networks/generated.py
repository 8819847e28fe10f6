"""A tagger that learns from raw text of two domains (Jia, Liang and Zhang 2019, "Cross-
Domain NER using Cross-Domain Language Modeling"; arXiv 2002.05923, Table 1)."""

from typing import Collection, Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..scheme import Notation
from .bioes import BIOES
from .common import (
    FLOATS_READ,
    bar_outside,
    count_labelled,
    register_scheme,
    start_below_outside,
    token_mask,
)
from .crf import CRF, TagDistribution
from .divergence import chain_divergence
from .encoder import closing_column, run_bilstm
from .generator import LANGUAGE, RECOGNITION, Pair, ParameterGenerator
from .language import WordPredictor
from .network import SOURCE, TARGET, Decoded, Inputs, Loss, Origin, Targets
from .soft import SoftRows
from .spans import unlikelihood

# the parts of the loss that predict words, by domain
WORD_PARTS = {SOURCE: "source_words", TARGET: "target_words"}


class GeneratedOutputs(NamedTuple):
    """What the network says of each token.

    emissions (Tensor): Scores of the inner tags, shape [batch, seq, tags]; 0 for raw
        text.
    states (Optional[Tensor]): What predicts the next word, and the one before, shape
        [batch, seq, 2 * hidden_width]; None if no words are predicted.
    """

    emissions: Tensor
    states: Optional[Tensor]


class GeneratedNetwork(nn.Module):
    """One BiLSTM for two tasks and two domains, all of its weights generated. It tags
    the source domain, and predicts the next word and the one before in raw text of both
    domains; so the vectors of the tasks and of the domains are learned, and with them
    what tags the target domain, of which no annotation is read.

    width (int): Width of the token vectors.
    n_tags (int): The number of tags, O included.
    n_categories (int): The number of entity categories, O included.
    n_words (int): The number of words that are predicted, the unknown one included; 1
        if none are.
    hidden_width (int): Width of each direction of the BiLSTM.
    task_width (int): Width of the vector of a task.
    domain_width (int): Width of the vector of a domain.
    language_weight (float): Weight of the loss of words.
    negatives (int): See `WordPredictor`.
    """

    category: Tensor
    boundary: Tensor
    legal: Tensor
    word_level: Tensor
    close: Tensor

    def __init__(
        self,
        *,
        width: int,
        n_tags: int,
        n_categories: int,
        n_words: int,
        hidden_width: int,
        task_width: int,
        domain_width: int,
        language_weight: float,
        negatives: int,
    ) -> None:
        super().__init__()
        parts = "recognition", "incorrect", "soft_recognition"
        self.weights = dict.fromkeys(parts, 1.0)
        self.weights.update(dict.fromkeys(WORD_PARTS.values(), language_weight))
        register_scheme(self, n_tags)
        # False for columns of the token vectors that know the words beside
        self.register_buffer("word_level", torch.ones(width, dtype=torch.bool))
        self.register_buffer("close", closing_column(hidden_width), persistent=False)
        sizes = width, hidden_width, task_width, domain_width
        self.generator = ParameterGenerator(*sizes)
        # BIOES inside, tags of the scheme outside
        n_inner = _count_tags(n_categories)
        self.recognition = nn.Linear(2 * hidden_width, n_inner)
        self.crf = CRF(n_inner)
        self.n_words = n_words
        self.words = (
            WordPredictor(n_words, hidden_width, negatives) if n_words > 1 else None
        )
        self._kept: Dict[Pair, List[Tensor]] = {}

    def start_new_types(self, n_tags: int, n_categories: int) -> None:
        """Make new types unlikely. See `GrowingNetwork.start_new_types`."""
        n_inner = _count_tags(n_categories)
        start_below_outside(self.recognition, n_inner)
        self.crf.start_below_outside(n_inner)

    @property
    def floats(self) -> int:
        """About how many numbers a place takes."""
        n_tags: int = self.crf.num_tags
        return max(FLOATS_READ, 8 * n_tags)

    @property
    def _bioes(self) -> BIOES:
        n_labels = Notation.IOB2.count_labels(len(self.category))
        return BIOES.of(n_labels, self.category.device)

    def forget(self) -> None:
        """Drop the weights that are kept for prediction. See `Keeper.forget`."""
        self._kept = {}

    def forward(self, inputs: Inputs) -> GeneratedOutputs:
        """Score a batch of sentences.

        inputs (Inputs): The batch.
        RETURNS (GeneratedOutputs): The scores.
        """
        vectors, lengths, dropout, origin = inputs
        if origin is None:
            domains = torch.full_like(lengths, TARGET)
            origin = Origin(domains, torch.zeros_like(domains, dtype=torch.bool))
        plan = self._plan(origin)
        weights = self._generate([*plan])
        n_batch, n_steps, _ = vectors.shape
        emissions = vectors.new_zeros(n_batch, n_steps, self.crf.num_tags)
        states = None
        if origin.words is not None and self.words is not None:
            width = 2 * self.words.vectors.shape[1]
            states = vectors.new_zeros(n_batch, n_steps, width)
        vectors = functional.dropout(vectors, dropout, training=dropout > 0)
        for (task, domain), rows in plan.items():
            longest = int(lengths[rows].max())
            read = vectors[rows, :longest]
            if task == LANGUAGE:
                read = read * self.word_level
            hidden = self._read(read, lengths[rows], weights[task, domain])
            hidden = functional.dropout(hidden, dropout, training=dropout > 0)
            hidden = functional.pad(hidden, (0, 0, 0, n_steps - longest))
            if task == LANGUAGE and states is not None:
                states = states.index_copy(0, rows, hidden)
            else:
                emissions = emissions.index_copy(0, rows, self.recognition(hidden))
        return GeneratedOutputs(emissions, states)

    def _plan(self, origin: Origin) -> Dict[Pair, Tensor]:
        """Which rows are read for which task and domain."""
        wanted = {RECOGNITION: ~origin.raw}
        if origin.words is not None and self.words is not None:
            wanted[LANGUAGE] = torch.ones_like(origin.raw)
        plan = {}
        for task, of_task in wanted.items():
            for domain in (SOURCE, TARGET):
                rows = (of_task & (origin.domains == domain)).nonzero().squeeze(1)
                if len(rows):
                    plan[task, domain] = rows
        return plan

    def _generate(self, pairs: List[Pair]) -> Dict[Pair, List[Tensor]]:
        """The weights of some BiLSTMs, which are kept in prediction."""
        if torch.is_grad_enabled():
            self.forget()
            return dict(zip(pairs, self.generator(pairs), strict=True))
        kept = self._kept
        if missing := [pair for pair in pairs if pair not in kept]:
            kept = {**kept, **dict(zip(missing, self.generator(missing), strict=True))}
            self._kept = kept
        return {pair: kept[pair] for pair in pairs}

    def _read(self, vectors: Tensor, lengths: Tensor, weights: List[Tensor]) -> Tensor:
        """See `spacy_moee.networks.encoder.BiLSTM` on padding."""
        mask = token_mask(vectors, lengths)
        padding = (~mask).to(vectors.dtype).unsqueeze(2)
        closed = [
            torch.cat([part, self.close], dim=1) if place % 4 == 0 else part
            for place, part in enumerate(weights)
        ]
        return run_bilstm(torch.cat([vectors, padding], dim=2), closed)

    def loss(self, outputs: GeneratedOutputs, targets: Targets) -> Loss:
        """Sum the losses of tags, of the sentences of the source domain that have gold,
        and of words, of all sentences of each domain; the units are these sentences.

        outputs (GeneratedOutputs): What `forward` returned.
        targets (Targets): The gold.
        RETURNS (Loss): The sums.
        """
        mask = token_mask(targets.tags, targets.lengths)
        gold = targets.tags.masked_fill(~mask, -1)
        origin, bioes = targets.origin, self._bioes
        if origin is not None:
            # the annotation of the target domain is never read
            target = origin.domains == TARGET
            gold = gold.masked_fill(target.unsqueeze(1), -1)
        units = {"recognition": count_labelled(gold)}
        inner, possible = bioes.read_gold(gold, mask, targets.possible)
        nll = self.crf.chain.nll(outputs.emissions, inner, mask, possible, bioes.legal)
        sums = {"recognition": nll.sum()}
        if origin is not None and outputs.states is not None:
            for domain, name in WORD_PARTS.items():
                rows = (origin.domains == domain).nonzero().squeeze(1)
                sums[name] = self._word_loss(outputs.states, origin, mask, rows)
                units[name] = units["recognition"].new_tensor(len(rows))
        loss = Loss(sums, units, self.weights)
        if targets.incorrect is not None:
            chain, scores, spans = self.crf.chain, outputs.emissions, targets.incorrect
            notation = Notation.BIOES
            loss.sums["incorrect"] = unlikelihood(chain, scores, mask, spans, notation)
            loss.units["incorrect"] = spans.units
        if targets.marginals is not None:
            known = mask if origin is None else mask & ~target.unsqueeze(1)
            soft, said = SoftRows.of(targets.marginals, known), self.tag_distribution
            loss.sums["soft_recognition"] = soft.divergence(said(outputs))
            loss.units["soft_recognition"] = soft.n_tokens
        return loss

    def _word_loss(
        self, states: Tensor, origin: Origin, mask: Tensor, rows: Tensor
    ) -> Tensor:
        """Of the next word and of the one before, halved, summed over the tokens."""
        assert self.words is not None and origin.words is not None
        if not len(rows):
            return states.new_zeros(()) * self.words.bias[0]
        pairs = _look_beside(states[rows], origin.words[rows], mask[rows])
        return self.words.nll(*pairs).sum() / 2

    @torch.no_grad()
    def word_nll(
        self, outputs: GeneratedOutputs, lengths: Tensor, origin: Origin
    ) -> Tensor:
        """Say how likely the words are. See `LanguageModel.word_nll`."""
        states, words = outputs.states, origin.words
        assert self.words is not None and states is not None and words is not None
        pairs = _look_beside(states, words, token_mask(states, lengths))
        return self.words.exact_nll(*pairs)

    def distill(
        self,
        outputs: GeneratedOutputs,
        teacher: "GeneratedNetwork",
        said: GeneratedOutputs,
        lengths: Tensor,
    ) -> Loss:
        """Sum over the sentences the divergence of the tags. See `Student.distill`."""
        mask = token_mask(outputs.emissions, lengths)
        scores = outputs.emissions, said.emissions
        total = chain_divergence(self.crf, teacher.crf, *scores, mask)
        name, units = "recognition", lengths.new_tensor(len(lengths))
        return Loss({name: total}, {name: units}, self.weights)

    def decode(
        self,
        outputs: GeneratedOutputs,
        lengths: Tensor,
        wanted: Collection[str] = (),
        outside: Optional[Tensor] = None,
    ) -> Decoded:
        """Find the best tags of each sentence, of the legal sequences. There are no
        gates and no detection. See `Network.decode`."""
        mask = token_mask(outputs.emissions, lengths)
        possible = bar_outside(outputs.emissions, outside)
        distribution = self.tag_distribution(outputs)
        tags = distribution.chain.best_paths(outputs.emissions, mask, possible)
        return Decoded(self._bioes.outer(tags))

    def tag_distribution(self, outputs: GeneratedOutputs) -> TagDistribution:
        """Say what decoding chooses from. See `Network.tag_distribution`."""
        chain = self._bioes.constrain(self.crf.chain)
        return TagDistribution(chain, outputs.emissions, Notation.BIOES)

    def detection_distribution(
        self, outputs: GeneratedOutputs
    ) -> Optional[TagDistribution]:
        """There is no detection. See `Network.detection_distribution`."""
        return None


def _look_beside(states: Tensor, words: Tensor, mask: Tensor) -> Tuple[Tensor, Tensor]:
    """The states of both directions, and the words that they are to predict."""
    # [2, batch, seq]: beyond the edges of a sentence are unknown words
    beside = functional.pad(words.masked_fill(~mask, 0), (1, 1))
    neighbours = torch.stack([beside[:, 2:], beside[:, :-2]])
    both, places = torch.stack(states.chunk(2, dim=2)), mask.expand_as(neighbours)
    return both[places], neighbours[places]


def _count_tags(n_categories: int) -> int:
    """How many tags there are inside, O included."""
    return 1 + len(Notation.BIOES.value) * (n_categories - 1)
