"""What another model says of docs -> what it says of the windows of a network."""

from typing import Any, List, Optional, Sequence

import numpy
import torch
from numpy import ndarray
from torch import Tensor

from ..padding import Windows
from ..scheme import BEGIN, INSIDE

# that of a doc, or of a window
MaybeMarginals = Optional[ndarray]


def cut_marginals(
    of_docs: Sequence[Windows], marginals: Sequence[MaybeMarginals]
) -> List[MaybeMarginals]:
    """Give each window the marginals of the tokens that it answers for, so that each
    token counts once. Of the others nothing is said.

    of_docs (Sequence[Windows]): The windows of each doc.
    marginals (Sequence[Optional[ndarray]]): Those of each doc, shape [tokens, tags];
        None if nothing is said.
    RETURNS (List[Optional[ndarray]]): Those of all windows, one after the other.
    """
    pieces: List[MaybeMarginals] = []
    for windows, table in zip(of_docs, marginals, strict=True):
        if table is None:
            pieces += [None] * len(windows.start)
            continue
        for start, end, first, last in zip(*windows, strict=True):
            piece = table[start:end].copy()
            piece[: first - start] = piece[last - start :] = 0
            # an entity that goes on from before the window starts with it
            piece[:1, BEGIN::2] += piece[:1, INSIDE::2]
            piece[:1, INSIDE::2] = 0
            pieces.append(piece)
    return pieces


def pad_marginals(
    pieces: Sequence[MaybeMarginals], rows: ndarray, shape: Any, device: torch.device
) -> Tensor:
    """Pad the marginals of some windows.

    pieces (Sequence[Optional[ndarray]]): Those of every window, in order.
    rows (ndarray): The windows of the batch.
    shape (Tuple[int, int, int]): That of the result.
    device (torch.device): Where it goes.
    RETURNS (Tensor): Shape [batch, seq, tags]; 0 on padding, and where nothing is said.
    """
    padded = numpy.zeros(shape, dtype="float32")
    for place, row in enumerate(rows.tolist()):
        piece = pieces[row]
        if piece is not None:
            padded[place, : len(piece)] = piece
    return torch.as_tensor(padded, device=device)
