"""The contract of a network: all that the rest of the package knows about one.

A network is an `nn.Module` with the members of `Network`. Its *outputs* are a named
tuple of its own, of tensors [batch, seq, ...]; a part that is switched off is None. No
other code looks inside.
"""

from typing import (
    Any,
    Collection,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Protocol,
    Tuple,
    TypeVar,
    runtime_checkable,
)

import torch
from torch import Tensor, nn

from .crf import TagDistribution
from .spans import Spans

Outputs = Tuple[Optional[Tensor], ...]
OutputsT = TypeVar("OutputsT", bound=Outputs)
SaidT = TypeVar("SaidT", bound=Outputs, contravariant=True)
StudentT = TypeVar("StudentT", bound="Student[Any]")


# the domains of texts, by their numbers
SOURCE, TARGET = 0, 1


class Origin(NamedTuple):
    """Where the rows of a batch come from, for networks that learn from raw text.

    domains (Tensor): The number of the domain of each row, shape [batch].
    raw (Tensor): True for rows that are text without annotation, shape [batch].
    words (Optional[Tensor]): The number of each word in a vocabulary, 0 for unknown
        words and on padding, shape [batch, seq]; None if no words are to be learned.
    """

    domains: Tensor
    raw: Tensor
    words: Optional[Tensor] = None


class Inputs(NamedTuple):
    """What a network reads: a padded batch of sentences, or of windows of docs.

    vectors (Tensor): Token vectors, shape [batch, seq, width].
    lengths (Tensor): The tokens of each sentence, at least one, shape [batch].
    dropout (float): The dropout rate; 0 for prediction.
    origin (Optional[Origin]): Where the rows come from; None for most networks.
    """

    vectors: Tensor
    lengths: Tensor
    dropout: float = 0.0
    origin: Optional[Origin] = None


class Targets(NamedTuple):
    """What a network should have found.

    tags (Tensor): Gold tags, shape [batch, seq]; below 0 where unknown. Values on
        padding are not read.
    lengths (Tensor): The tokens of each sentence, shape [batch].
    possible (Optional[Tensor]): Which tags each token may have, by all that is known
        of its sentence, shape [batch, seq, tags]; None if no sentence is known in part.
    incorrect (Optional[Spans]): Spans that are known to be no entities of their label.
        None if there are none in the whole update, whose loss then has no such part.
    origin (Optional[Origin]): Where the rows come from; None for most networks.
    marginals (Optional[Tensor]): The probability of each tag by what another model says
        of the sentence, times what the token counts, shape [batch, seq, tags]; all 0
        where nothing is said. None if nothing is said in the whole update, whose loss
        then has no such part.
    """

    tags: Tensor
    lengths: Tensor
    possible: Optional[Tensor] = None
    incorrect: Optional[Spans] = None
    origin: Optional[Origin] = None
    marginals: Optional[Tensor] = None


class Loss(NamedTuple):
    """The parts of a loss by name. Each is summed over its own units: tokens with gold,
    sentences with gold, or incorrect spans. So what has no gold does not dilute a mean.

    sums (Dict[str, Tensor]): Scalars with a gradient, of what is never negative.
    units (Dict[str, Tensor]): What to divide each by for its mean: counts, which stay
        where they are computed.
    weights (Dict[str, float]): What to multiply each mean by in the total.
    """

    sums: Dict[str, Tensor]
    units: Dict[str, Tensor]
    weights: Dict[str, float]


class Decoded(NamedTuple):
    """What a network predicts, each [batch, seq, ...] with arbitrary values on padding.
    Fields other than the tags are None unless wanted, or if the network has no such
    part.

    tags (Tensor): The best tags, shape [batch, seq].
    gates (Optional[Tensor]): The weight of each expert, shape [batch, seq, experts].
    detection (Optional[Tensor]): The path of entity detection, 0 for O, 1 for B, 2 for
        I, shape [batch, seq].
    """

    tags: Tensor
    gates: Optional[Tensor] = None
    detection: Optional[Tensor] = None


class Network(Protocol[OutputsT]):
    """The members of a network. The model fills in its constants, which are saved with
    the weights: see `spacy_moee.scheme.TagScheme`.

    category (Tensor): The entity category of each tag, shape [tags].
    boundary (Tensor): 0, 1 or 2 for O, B or I: what each tag is, shape [tags].
    legal (Tensor): Which tag may follow which, shape [tags + 1, tags].
    """

    category: Tensor
    boundary: Tensor
    legal: Tensor

    @property
    def floats(self) -> int:
        """About how many numbers a place of a batch takes while it is read."""
        ...

    def __call__(self, inputs: Inputs, /) -> OutputsT:
        """Score a batch.

        inputs (Inputs): The batch.
        RETURNS (NamedTuple): The outputs.
        """
        ...

    def loss(self, outputs: OutputsT, targets: Targets) -> Loss:
        """Compare the outputs with gold: minus the log of the probability of all legal
        sequences that agree with it. Sentences of unknown gold add nothing. And with
        marginals: their divergence from those of what decoding chooses from.

        outputs (NamedTuple): What the network returned.
        targets (Targets): The gold.
        RETURNS (Loss): The parts.
        """
        ...

    def decode(
        self,
        outputs: OutputsT,
        lengths: Tensor,
        wanted: Collection[str] = (),
        outside: Optional[Tensor] = None,
    ) -> Decoded:
        """Find the best tags.

        outputs (NamedTuple): What the network returned.
        lengths (Tensor): The tokens of each sentence, shape [batch].
        wanted (Collection[str]): Which other fields of `Decoded` are filled.
        outside (Optional[Tensor]): True on tokens that have to be O, shape
            [batch, seq].
        RETURNS (Decoded): The tags, and what is wanted.
        """
        ...

    def tag_distribution(self, outputs: OutputsT, /) -> TagDistribution:
        """Say what decoding chooses the tags from.

        outputs (NamedTuple): What the network returned.
        RETURNS (TagDistribution): The probabilities of all sequences of tags.
        """
        ...

    def detection_distribution(self, outputs: OutputsT, /) -> Optional[TagDistribution]:
        """Say the same of entity detection, whose tags are O, B and I.

        outputs (NamedTuple): What the network returned.
        RETURNS (Optional[TagDistribution]): The probabilities; None without detection.
        """
        ...

    def named_parameters(self) -> Iterator[Tuple[str, nn.Parameter]]:
        """YIELDS (Tuple[str, Parameter]): What is learned, by name."""
        ...


@runtime_checkable
class GrowingNetwork(Protocol):
    """What a network has beside the members of `Network` if it takes new entity types
    once it is trained. The types that there are come first, and keep their numbers."""

    def start_new_types(self, n_tags: int, n_categories: int) -> None:
        """Set the parameters of new types, so that the network says of the first ones
        what it did. It is called once, on a network of the new sizes, whose parameters
        hold at their beginning what they held before, and zeros after that. Constants
        that are not saved are as before.

        n_tags (int): How many tags there were, O included.
        n_categories (int): How many entity categories there were, O included.
        """
        ...


@runtime_checkable
class Keeper(Protocol):
    """What a network has beside, if it keeps what it computes of its parameters."""

    def forget(self) -> None:
        """Drop what is kept: the parameters have changed."""


@runtime_checkable
class LanguageModel(Protocol[SaidT]):
    """What a network has beside, if it learns to predict words.

    n_words (int): The number of words, the unknown one included; 1 if none are.
    """

    n_words: int

    def word_nll(self, outputs: SaidT, lengths: Tensor, origin: Origin) -> Tensor:
        """Minus the log of the probability of the words beside each token: of the next
        one, and of the one before. It is exact, and has no gradient.

        outputs (NamedTuple): What the network returned for a batch.
        lengths (Tensor): The tokens of each sentence, shape [batch].
        origin (Origin): Where the rows come from, with the numbers of the words.
        RETURNS (Tensor): Shape [2 * tokens].
        """
        ...


@runtime_checkable
class Student(Protocol[SaidT]):
    """What a network has beside, if it can rehearse: learn from another one of its
    class. Not every network has to."""

    def distill(
        self: StudentT,
        outputs: SaidT,
        teacher: StudentT,
        said: SaidT,
        lengths: Tensor,
    ) -> Loss:
        """Compare the outputs with those of another network for the same batch.

        outputs (NamedTuple): What this network returned.
        teacher (Network): The other one. It has the same entity types, or the first of
            them: then nothing is said of the rest.
        said (NamedTuple): What it returned; it gets no gradient, nor does the teacher.
        lengths (Tensor): The tokens of each sentence, shape [batch].
        RETURNS (Loss): The parts, of the same names, units and weights as those of
            `loss`: the divergences of what this network says from what the other says.
        """
        ...


def mean_loss(losses: List[Loss]) -> Tuple[Tensor, Dict[str, float]]:
    """Join the losses of batches: the weighted sum of the means of the parts. A mean
    that is below 0 by rounding is 0, with the gradient that it has.

    losses (List[Loss]): One or more, of the same parts.
    RETURNS (Tuple[Tensor, Dict[str, float]]): The total, a scalar with a gradient, and
        the mean of each part.
    """
    means: Dict[str, Tensor] = {}
    for name in losses[0].sums:
        units = torch.stack([loss.units[name] for loss in losses]).sum().clamp(min=1)
        mean = torch.stack([loss.sums[name] for loss in losses]).sum() / units
        means[name] = mean - mean.detach().clamp(max=0)
    weights = losses[0].weights
    total = torch.stack([weights[name] * mean for name, mean in means.items()]).sum()
    return total, {name: float(mean.detach()) for name, mean in means.items()}
