"""Tags of BIOES inside of a network: what it learns them from, which of their sequences
there are, and the entities in them. Outside, all tags are IOB2."""

from typing import NamedTuple, Optional, Tuple

import torch
from torch import Tensor
from torch.nn import functional

from ..scheme import BEGIN, END, INSIDE, SINGLE, Notation, chain_scheme, to_bioes
from .common import look_up
from .crf import Chain
from .lattice import Borders, Lattice
from .spans import Spans


class BIOES(NamedTuple):
    """The tags of some entity types.

    outer_tags (Tensor): The IOB2 tag that each stands for, shape [tags].
    legal (Tensor): Which tag may follow which, shape [tags + 1, tags]; the last row is
        for the start.
    last (Tensor): Which tags may be the last, shape [tags].
    """

    outer_tags: Tensor
    legal: Tensor
    last: Tensor

    @classmethod
    def of(cls, n_labels: int, device: torch.device) -> "BIOES":
        """Number the tags.

        n_labels (int): The number of entity types.
        device (device): Where the tables are needed.
        RETURNS (BIOES): The tables.
        """
        scheme = chain_scheme(Notation.BIOES, n_labels)
        tables = (scheme.outer, scheme.legal, scheme.last)
        return cls(*(torch.from_numpy(table).to(device) for table in tables))

    def constrain(self, chain: Chain) -> Chain:
        """Rule out all sequences that are not legal.

        chain (Chain): What a sequence scores beside its emissions.
        RETURNS (Chain): The rest.
        """
        return chain.constrain(self.legal, self.last)

    def outer(self, tags: Tensor) -> Tensor:
        """Find the IOB2 tag of each tag.

        tags (Tensor): BIOES tag numbers, any shape; below 0 where unknown.
        RETURNS (Tensor): IOB2 tag numbers, of the same shape; -1 where unknown.
        """
        return look_up(self.outer_tags, tags)

    def read_gold(
        self, gold: Tensor, mask: Tensor, possible: Optional[Tensor] = None
    ) -> Tuple[Tensor, Optional[Tensor]]:
        """Find the gold tags of sequences, as `Chain.nll` takes them. Gold entities are
        whole: what is unknown goes on with none.

        gold (Tensor): IOB2 tag numbers, shape [batch, seq]; below 0 where unknown.
        mask (Tensor): True on tokens, a prefix of at least one in each row.
        possible (Optional[Tensor]): Which IOB2 tags each token may have, shape
            [batch, seq, IOB2 tags]; None for all where the gold is unknown.
        RETURNS (Tuple[Tensor, Optional[Tensor]]): BIOES tag numbers, -1 where unknown
            and on padding; and which of them each token of a legal sequence may have,
            shape [batch, seq, tags], or None if no sequence is known in part.
        """
        tags = to_bioes(gold.masked_fill(~mask | (gold < 0), -1))
        known = tags >= 0
        partly = mask & ~known & known.any(dim=1, keepdim=True)
        if not bool(partly.any()):
            return tags, None
        agreeing = tags.unsqueeze(2) == torch.arange(len(self.last), device=tags.device)
        free = ~known.unsqueeze(2)
        if possible is not None:
            free = free & possible[:, :, self.outer_tags]
        return tags, self._prune(agreeing | free, mask)

    def _prune(self, possible: Tensor, mask: Tensor) -> Tensor:
        """Take out tags that no other one leads to, or follows. The sums of sequences
        stay the same, but are no more of numbers too small for exponentials."""
        moves = self.legal[:-1].float()
        ends = mask & ~functional.pad(mask[:, 1:], (0, 1))
        possible = possible & (self.last | ~ends.unsqueeze(2))
        possible[:, 0] &= self.legal[-1]
        leads = possible[:, :-1].float() @ moves > 0
        follows = possible[:, 1:].float() @ moves.T > 0
        possible[:, 1:] &= leads
        possible[:, :-1] &= follows | ~mask[:, 1:].unsqueeze(2)
        return possible


class BIOESLattice(Lattice):
    """The sums of sequences of BIOES tags, in which each entity closes: its tags say
    all of its borders, and nothing has to be known of its neighbours."""

    n_closing = 1

    def log_probability(self, spans: Spans) -> Tensor:
        """Compute the log of the probability of each span. See
        `Lattice.log_probability`."""
        row, start, end, label = spans
        single, first, last = self.borders()
        size = end - start
        moves = self.moves_within(size.unsqueeze(1))
        score = first[row, start, label] + last[row, end - 1, label]
        score += self.between(spans) + moves.gather(1, label.unsqueeze(1)).squeeze(1)
        score = torch.where(size == 1, single[row, start, label], score)
        return score - self.total[row]

    def borders(self) -> Borders:
        """Find what all spans score at their borders. See `Lattice.borders`."""
        begin, end, single = (
            Notation.BIOES.tags_of(border) for border in (BEGIN, END, SINGLE)
        )
        score = self.emissions[:, :, single]
        # counted from both sides; of less than nothing, nothing is left
        alone = self.forward[:, :, single] + self.backward[:, :, single]
        alone = torch.where(score > float("-inf"), alone - score, alone)
        return Borders(alone, self.forward[:, :, begin], self.backward[:, :, end])

    def moves_within(self, size: Tensor) -> Tensor:
        """Find what spans score for their moves. See `Lattice.moves_within`."""
        begin, inside, end = (
            Notation.BIOES.tags_of(border) for border in (BEGIN, INSIDE, END)
        )
        moves = self.chain.moves
        pair = moves[begin, end].diagonal()
        stays = (size - 3) * moves[inside, inside].diagonal()
        more = moves[begin, inside].diagonal() + stays + moves[inside, end].diagonal()
        return torch.where(size == 2, pair, more)
