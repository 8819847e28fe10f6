"""Documents to padded batches and back, in whole arrays."""

from typing import List, Optional, Sequence, Tuple

import numpy
import torch
from numpy import ndarray
from spacy.tokens import Doc
from thinc.types import Floats2d
from thinc.util import xp2torch
from torch import Tensor

from ..errors import MoeeError
from ..networks.network import Outputs
from ..networks.spans import Spans
from ..padding import join_windows, padded_places
from .segments import Segmenter
from .types import Batch, Layout


def lay_out(
    docs: Sequence[Doc], segmenter: Segmenter, is_train: bool = False
) -> Layout:
    """Cut docs into windows.

    docs (Sequence[Doc]): The docs; empty ones have no window.
    segmenter (Segmenter): Cuts one doc.
    is_train (bool): Whether a network is to learn from them.
    RETURNS (Layout): The windows of all docs.
    """
    of_docs = [segmenter(doc, is_train) for doc in docs]
    lengths = [len(doc) for doc in docs]
    return Layout(of_docs, join_windows(of_docs, lengths), lengths)


def pad(layout: Layout, rows: ndarray, device: torch.device) -> Tuple[Tensor, Tensor]:
    """Number the token at each place of a padded batch.

    layout (Layout): The windows.
    rows (ndarray): The windows of the batch.
    device (torch.device): Where the tensors go.
    RETURNS (Tuple[Tensor, Tensor]): The token at each place, counted through all
        docs, shape [batch, seq], the number of all tokens on padding; and the lengths.
    """
    windows, n_tokens = layout.windows, sum(layout.doc_lengths)
    lengths = windows.lengths[rows]
    tokens = padded_places(windows.start[rows], lengths, n_tokens)
    return torch.as_tensor(tokens, device=device), torch.as_tensor(
        lengths, device=device
    )


def flatten(vectors: List[Floats2d], device: torch.device) -> Tensor:
    """Put the vectors of all docs into one table, with a row of zeros at its end,
    which padding reads.

    vectors (List[Floats2d]): Token vectors of each doc.
    device (torch.device): Where the table goes.
    RETURNS (Tensor): Shape [tokens + 1, width].
    """
    tables = [xp2torch(v, device=device) for v in vectors]
    return torch.cat([*tables, tables[0].new_zeros(1, tables[0].shape[1])])


def check_finite(table: Tensor, docs: Sequence[Doc]) -> None:
    """See that token vectors are finite: in a network one NaN reaches its whole batch.

    table (Tensor): The vectors of all tokens, and a row for padding.
    docs (Sequence[Doc]): Whose tokens they are.
    RAISES (MoeeError): M008, if they are not.
    """
    # one number, and no table of bools beside that of a long doc; on the meta device
    # there is none
    if table.is_meta or torch.isfinite(table.sum()):
        return
    bad = (~torch.isfinite(table[:-1]).all(dim=1)).nonzero().flatten().tolist()
    if bad:
        tokens = [token for doc in docs for token in doc]
        word, count = tokens[bad[0]].text, len(bad)
        raise MoeeError("M008", word=word, count=count, total=len(tokens))


class OutputTables:
    """Keeps the outputs of prediction in tables that are made once. Small results
    between the large buffers of each batch would leave the heap in pieces, which
    triples the memory of a long doc.

    places (int): The places of all batches, padding included.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self.used = 0
        self.tables: List[Optional[Tensor]] = []

    def keep(self, outputs: Outputs, places: int) -> Outputs:
        """Copy the outputs of one batch.

        outputs (NamedTuple): Tensors [batch, seq, ...], or None.
        places (int): How many places a batch has, padding included.
        RETURNS (NamedTuple): The same, in the tables.
        """
        self.tables = self.tables or [
            None if o is None else o.new_empty(self.places, *o.shape[2:])
            for o in outputs
        ]
        first, self.used = self.used, self.used + places
        kept = [
            o
            if table is None or o is None
            else table[first : self.used].view(o.shape).copy_(o)
            for table, o in zip(self.tables, outputs, strict=True)
        ]
        return rebuild(outputs, kept)


def rebuild(outputs: Outputs, parts: Sequence[Optional[Tensor]]) -> Outputs:
    """Put other tensors into a network's outputs.

    outputs (NamedTuple): The outputs.
    parts (Sequence[Optional[Tensor]]): What takes the place of each.
    RETURNS (NamedTuple): A tuple of the same class.
    """
    return type(outputs)(*parts)  # type: ignore[arg-type]


def gather_gold(layout: Layout, gold: List[ndarray], rows: ndarray) -> ndarray:
    """Pad the gold of some windows.

    layout (Layout): The windows.
    gold (List[ndarray]): The gold of every window, in order.
    rows (ndarray): The windows of the batch.
    RETURNS (ndarray): Tag numbers, shape [batch, seq]; below 0 on padding.
    """
    padded = numpy.full((len(rows), int(layout.windows.lengths[rows].max())), -1)
    for place, row in enumerate(rows.tolist()):
        padded[place, : len(gold[row])] = gold[row]
    return padded


def gather_spans(
    placed: ndarray, rows: ndarray, device: torch.device
) -> Tuple[Spans, ndarray]:
    """Collect the spans of some windows.

    placed (ndarray): Window (-1 for none), first token, end and label of each, shape
        [spans, 4].
    rows (ndarray): The windows of the batch.
    device (torch.device): Where the tensors go.
    RETURNS (Tuple[Spans, ndarray]): Those of the batch, and their numbers.
    """
    order = numpy.argsort(rows)
    place = numpy.searchsorted(rows, placed[:, 0], sorter=order).clip(max=len(rows) - 1)
    place = order[place]
    numbers = numpy.flatnonzero(rows[place] == placed[:, 0])
    columns = [place[numbers], *placed[numbers, 1:].T]
    spans = Spans(*(torch.as_tensor(column, device=device) for column in columns))
    return spans, numbers


def outside_places(
    presets: List[Optional[ndarray]], docs: Sequence[Doc], device: torch.device
) -> Optional[Tensor]:
    """Join the tokens that have to stay O, with a False for padding.

    presets (List[Optional[ndarray]]): A bool a token, or None, for each doc.
    docs (Sequence[Doc]): The docs.
    device (torch.device): Where the tensor goes.
    RETURNS (Optional[Tensor]): Shape [tokens + 1], or None if there are none.
    """
    if all(preset is None for preset in presets):
        return None
    filled = [
        numpy.zeros(len(doc), dtype=bool) if preset is None else preset
        for preset, doc in zip(presets, docs, strict=True)
    ]
    return torch.as_tensor(numpy.concatenate([*filled, [False]]), device=device)


def gather_outside(outside: Optional[Tensor], batch: Batch) -> Optional[Tensor]:
    """Find the tokens of some windows that have to stay O.

    outside (Optional[Tensor]): What `outside_places` returned.
    batch (Batch): The windows.
    RETURNS (Optional[Tensor]): Shape [batch, seq], or None if there are none.
    """
    return None if outside is None else outside[batch.tokens]
