"""Several networks as one: the mean of what they say of each token."""

from typing import (
    Any,
    Collection,
    Iterator,
    List,
    NamedTuple,
    NoReturn,
    Optional,
    Sequence,
    Tuple,
)

import torch
from torch import Tensor, nn

from ..errors import MoeeError
from ..scheme import BEGIN, INSIDE, Notation
from .common import bar_outside, legal_borders, token_mask
from .crf import TagDistribution
from .network import Decoded, Inputs, Loss, Network, Targets
from .posterior import posterior_distribution

# marginals of tags and of detection, and gates, of one member
Said = Tuple[Tensor, Optional[Tensor], Optional[Tensor]]


class Member(NamedTuple):
    """One of the networks.

    network (Network): The network.
    columns (List[Tuple[int, int]]): The first and the end of each run of columns of
        the token vectors that it reads, in the order in which it reads them.
    labels (List[int]): Its own number of each entity type of the ensemble.
    """

    network: Network[Any]
    columns: List[Tuple[int, int]]
    labels: List[int]

    @property
    def tags(self) -> List[int]:
        """RETURNS (List[int]): Its own number of each IOB2 tag of the ensemble."""
        tag_of, borders = Notation.IOB2.tag_of, (BEGIN, INSIDE)
        return [0, *(tag_of(x, border) for x in self.labels for border in borders)]

    @property
    def experts(self) -> List[int]:
        """RETURNS (List[int]): Its own number of each expert of the ensemble."""
        return [0, *(1 + label for label in self.labels)]


class EnsembleOutputs(NamedTuple):
    """What the networks say of each token on average. A part that one of them does not
    have is None.

    marginals (Tensor): The log of the probability of each tag, shape
        [batch, seq, tags].
    detection (Optional[Tensor]): The same of O, B and I, shape [batch, seq, 3].
    gates (Optional[Tensor]): The weight of each expert, shape [batch, seq, experts].
    """

    marginals: Tensor
    detection: Optional[Tensor]
    gates: Optional[Tensor]


class EnsembleNetwork:
    """A network that has no parameters of its own, and does not learn. The probability
    of a tag is the mean of those that the members give it, each over all sequences that
    the member chooses from; sequences are then made of legal moves.

    members (Sequence[Member]): The networks, of the same entity types.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members
        first = members[0].network
        self.category, self.boundary, self.legal = (
            first.category,
            first.boundary,
            first.legal,
        )

    @property
    def floats(self) -> int:
        """About how many numbers a place takes: one member reads after the other."""
        return max(member.network.floats for member in self.members)

    def __call__(self, inputs: Inputs) -> EnsembleOutputs:
        """Read a batch with all networks, one after the other.

        inputs (Inputs): The batch.
        RETURNS (EnsembleOutputs): What they say on average.
        """
        said = [_read(member, inputs) for member in self.members]
        marginals, detection, gates = zip(*said, strict=True)
        detected = _mean(detection)
        mean = _mean(marginals)
        assert mean is not None
        return EnsembleOutputs(
            mean.log(), None if detected is None else detected.log(), _mean(gates)
        )

    def loss(self, outputs: EnsembleOutputs, targets: Targets) -> Loss:
        """Nothing is learned. RAISES (MoeeError): M107."""
        refuse_to_learn()

    def decode(
        self,
        outputs: EnsembleOutputs,
        lengths: Tensor,
        wanted: Collection[str] = (),
        outside: Optional[Tensor] = None,
    ) -> Decoded:
        """Find the best tags of each sentence. See `Network.decode`."""
        mask = token_mask(outputs.marginals, lengths)
        possible = bar_outside(outputs.marginals, outside)
        chain, scores, _ = self.tag_distribution(outputs)
        gates = outputs.gates if "gates" in wanted else None
        detection = None
        if "detection" in wanted:
            detecting = self.detection_distribution(outputs)
            if detecting is not None:
                detection = detecting.chain.best_paths(detecting.emissions, mask)
        return Decoded(chain.best_paths(scores, mask, possible), gates, detection)

    def tag_distribution(self, outputs: EnsembleOutputs) -> TagDistribution:
        """Say what decoding chooses from: tokens, as far as their tags may follow each
        other. See `Network.tag_distribution`."""
        return posterior_distribution(outputs.marginals, self.legal)

    def detection_distribution(
        self, outputs: EnsembleOutputs
    ) -> Optional[TagDistribution]:
        """The same of entity detection. See `Network.detection_distribution`."""
        if outputs.detection is None:
            return None
        legal = legal_borders(outputs.detection)
        return posterior_distribution(outputs.detection, legal)

    def named_parameters(self) -> Iterator[Tuple[str, nn.Parameter]]:
        """YIELDS (Tuple[str, Parameter]): Nothing, since nothing is learned."""
        yield from ()


def refuse_to_learn() -> NoReturn:
    """Say that an ensemble is not trained. RAISES (MoeeError): M107."""
    raise MoeeError("M107")


def _read(member: Member, inputs: Inputs) -> Said:
    network, columns, _ = member
    parts = [inputs.vectors[..., first:end] for first, end in columns]
    vectors = parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)
    outputs = network(inputs._replace(vectors=vectors))
    mask = token_mask(vectors, inputs.lengths)
    marginals = network.tag_distribution(outputs).marginals(mask)[..., member.tags]
    detecting = network.detection_distribution(outputs)
    detection = None if detecting is None else detecting.marginals(mask)
    # their best tags are thrown away: finding them costs little beside the marginals
    gates = network.decode(outputs, inputs.lengths, ("gates",)).gates
    if gates is not None:
        gates = gates[..., member.experts]
    return marginals, detection, gates


def _mean(parts: Sequence[Optional[Tensor]]) -> Optional[Tensor]:
    """The mean over all members; None, if one of them has nothing to say."""
    found = [part for part in parts if part is not None]
    return torch.stack(found).mean(dim=0) if len(found) == len(parts) else None
