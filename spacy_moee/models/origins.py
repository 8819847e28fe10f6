"""Where docs come from: their domain, and whether they are text without annotation. A
reader of a corpus says so; nothing is guessed."""

from typing import NamedTuple, Optional

import numpy
import torch
from numpy import ndarray
from torch import Tensor

from ..networks.network import Origin
from .types import Layout


class Origins(NamedTuple):
    """Where the docs of a batch come from.

    domains (ndarray): The number of the domain of each doc.
    raw (ndarray): True for docs without annotation.
    words (Optional[ndarray]): The numbers of the words of all docs, and a 0 for what is
        padding; None if no words are to be learned.
    """

    domains: ndarray
    raw: ndarray
    words: Optional[ndarray]


def gather_origin(
    origins: Optional[Origins], layout: Layout, rows: ndarray, tokens: Tensor
) -> Optional[Origin]:
    """Say where some windows come from.

    origins (Optional[Origins]): Where the docs come from.
    layout (Layout): The windows.
    rows (ndarray): The windows of the batch.
    tokens (Tensor): The token at each place: see `pad`.
    RETURNS (Optional[Origin]): The same of the windows.
    """
    if origins is None:
        return None
    n_windows = [len(windows.start) for windows in layout.of_docs]
    docs = numpy.repeat(numpy.arange(len(n_windows)), n_windows)[rows]
    words = None
    if origins.words is not None:
        words = torch.as_tensor(origins.words, device=tokens.device)[tokens]
    domains = torch.as_tensor(origins.domains[docs], device=tokens.device)
    raw = torch.as_tensor(origins.raw[docs], device=tokens.device)
    return Origin(domains, raw, words)
