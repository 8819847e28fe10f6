"""What crosses the seams between component, Thinc model and network."""

from dataclasses import dataclass
from typing import Any, Dict, List, NamedTuple

from numpy import ndarray
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d
from torch import Tensor

Tok2VecT = Model[List[Doc], List[Floats2d]]


class Layout(NamedTuple):
    """Where the windows of a batch of docs lie.

    windows (List[ndarray]): Start and end of each window of each doc.
    starts (ndarray): First token of each window, counted through all docs.
    lengths (ndarray): The tokens of each window.
    n_tokens (int): The tokens of all docs.
    """

    windows: List[ndarray]
    starts: ndarray
    lengths: ndarray
    n_tokens: int


@dataclass
class Batch:
    """Windows that went through the network together.

    rows (ndarray): The numbers of the windows, shape [batch].
    tokens (Tensor): The token at each place, counted through all docs, shape
        [batch, seq]; `n_tokens` on padding.
    lengths (Tensor): The tokens of each window, shape [batch].
    vectors (Tensor): What went in, shape [batch, seq, width]; nothing in
        prediction, which would keep a long doc a second time.
    outputs (NamedTuple): What the network said, each part [batch, seq, ...].
    """

    rows: ndarray
    tokens: Tensor
    lengths: Tensor
    vectors: Tensor
    outputs: Any


@dataclass
class Scores:
    """The output of the Thinc model for a batch of docs."""

    layout: Layout
    batches: List[Batch]


@dataclass
class Gradient:
    """The gradient of a loss with respect to `Scores`, and to the parameters that
    the loss reads itself (those of the CRFs).

    outputs (List[List[Tensor]]): For each batch, one tensor an output that is there.
    parameters (Dict[str, Tensor]): By the parameter's name.
    parts (Dict[str, float]): The parts of the loss, by name.
    crossing (List[str]): Texts at the borders that gold entities cross, so that no
        window shows them whole. They add nothing.
    """

    outputs: List[List[Tensor]]
    parameters: Dict[str, Tensor]
    parts: Dict[str, float]
    crossing: List[str]


# Any: its backprop takes a Gradient, and `initialize` a TagScheme
MoEEModelT = Model[List[Doc], Any]
