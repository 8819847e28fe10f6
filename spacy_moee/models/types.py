"""What crosses the seams between component, Thinc model and network."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from numpy import ndarray
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d
from torch import Tensor

from ..networks.network import Network, Origin, Outputs
from ..padding import Windows

Tok2VecT = Model[List[Doc], List[Floats2d]]
# a layer of whatever kind
LayerT = Model[Any, Any]


class Layout(NamedTuple):
    """Where the windows of a batch of docs lie.

    of_docs (List[Windows]): The windows of each doc, counted from its first token.
    windows (Windows): All of them, counted through all docs.
    doc_lengths (List[int]): The tokens of each doc.
    """

    of_docs: List[Windows]
    windows: Windows
    doc_lengths: List[int]


@dataclass
class Batch:
    """Windows that went through the network together.

    rows (ndarray): The numbers of the windows, shape [batch].
    tokens (Tensor): The token at each place, counted through all docs, shape
        [batch, seq]; the number of all tokens on padding.
    lengths (Tensor): The tokens of each window, shape [batch].
    vectors (Tensor): What went in, shape [batch, seq, width]; nothing in
        prediction, which would keep a long doc a second time.
    outputs (NamedTuple): What the network said, each part [batch, seq, ...].
    random_state (Optional[Tensor]): In training, that of the random numbers before the
        batch was read, if it is one of several: then the outputs have no graph, and it
        is read again.
    origin (Optional[Origin]): Where the windows come from; None for most networks.
    memory (Optional[Tensor]): What the rest of each doc adds to the scores of the IOB2
        tags, shape [batch, seq, tags]; None if it says nothing, and in training.
    """

    rows: ndarray
    tokens: Tensor
    lengths: Tensor
    vectors: Tensor
    outputs: Outputs
    random_state: Optional[Tensor] = None
    origin: Optional[Origin] = None
    memory: Optional[Tensor] = None


@dataclass
class Scores:
    """The output of the Thinc model for a batch of docs.

    layout (Layout): Where their windows lie.
    batches (List[Batch]): What was read.
    network (Network): What read it, and knows how to read the outputs: another may
        have taken its place in the model by then, with more entity types.
    """

    layout: Layout
    batches: List[Batch]
    network: Network[Outputs]


@dataclass
class Gradient:
    """The gradient of a loss with respect to `Scores`, and to the parameters that
    the loss reads itself (those of the CRFs).

    outputs (List[List[Tensor]]): For each batch, one tensor an output that is there.
    parameters (Dict[str, Tensor]): By the parameter's name.
    parts (Dict[str, float]): The parts of the loss, by name.
    crossing (Dict[str, List[str]]): Texts of gold entities and incorrect spans that no
        window shows whole, by the code of a warning. They add nothing.
    """

    outputs: List[List[Tensor]]
    parameters: Dict[str, Tensor]
    parts: Dict[str, float]
    crossing: Dict[str, List[str]]


class Prediction(NamedTuple):
    """What is predicted for a doc. Fields other than the tags are None unless wanted,
    or if the network has no such part. Each token has the values of the window that
    answers for it.

    tags (ndarray): Tag numbers (see `spacy_moee.scheme`), shape [tokens].
    gates (Optional[ndarray]): The weight of each expert, first the one for no entity,
        float32, shape [tokens, experts].
    detection (Optional[ndarray]): The path of entity detection, 0 for O, 1 for B, 2 for
        I, shape [tokens].
    marginals (Optional[ndarray]): The probability of each tag, over all sequences that
        decoding chooses from, float32, shape [tokens, tags].
    scores (Optional[ndarray]): The probability of each entity that the tags have (see
        `spacy_moee.scheme.spans`), float32, shape [entities]: that exactly these tokens
        are an entity of this label. No number (NaN) if the window that answers for its
        first token does not read all of it, and what borders it.
    detection_scores (Optional[ndarray]): The same from entity detection: that exactly
        these tokens are an entity, of whatever label.
    """

    tags: ndarray
    gates: Optional[ndarray] = None
    detection: Optional[ndarray] = None
    marginals: Optional[ndarray] = None
    scores: Optional[ndarray] = None
    detection_scores: Optional[ndarray] = None


MoEEModelT = Model[List[Doc], Scores]
BackpropT = Callable[[Gradient], List[Doc]]
