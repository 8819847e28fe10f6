"""Runs a network over the windows of docs, in batches that fit into memory."""

from typing import List, Optional

import torch
from torch import Tensor

from ..networks.network import Inputs, Network, Outputs
from ..padding import count_places, most_places, plan
from . import batches
from .origins import Origins, gather_origin
from .random_state import get_random_state, use_random_state
from .types import Batch, Layout


def read_to_learn(
    network: Network[Outputs],
    table: Tensor,
    layout: Layout,
    origins: Optional[Origins],
    dropout: float,
) -> List[Batch]:
    """Score in training, with a graph that reaches back to the vectors. The graphs of
    many batches would take memory for the longest doc; so each is read again on the way
    back, with the same dropout.

    network (Network): The network.
    table (Tensor): The vectors of all tokens, and a row for padding.
    layout (Layout): The windows.
    origins (Optional[Origins]): Where the docs come from.
    dropout (float): The dropout rate.
    RETURNS (List[Batch]): What it says.
    """
    window_lengths = layout.windows.lengths
    groups = plan(window_lengths, network.floats)
    places = count_places(groups, window_lengths)
    is_long = sum(places) > most_places(network.floats)
    read = []
    for rows in groups:
        tokens, lengths = batches.pad(layout, rows, table.device)
        vectors = table[tokens].requires_grad_()
        state = get_random_state(table.device) if is_long else None
        origin = gather_origin(origins, layout, rows, tokens)
        with torch.set_grad_enabled(state is None):
            outputs = network(Inputs(vectors, lengths, dropout, origin))
        read.append(Batch(rows, tokens, lengths, vectors, outputs, state, origin))
    return read


def repeat(network: Network[Outputs], batch: Batch, dropout: float) -> Outputs:
    """Find the outputs of a batch with their graph.

    network (Network): The network.
    batch (Batch): One of `read_to_learn`.
    dropout (float): The same dropout rate.
    RETURNS (NamedTuple): The outputs.
    """
    if batch.random_state is None:
        return batch.outputs
    inputs = Inputs(batch.vectors, batch.lengths, dropout, batch.origin)
    with use_random_state(batch.vectors.device, batch.random_state):
        return network(inputs)


@torch.no_grad()
def read_to_predict(
    network: Network[Outputs],
    table: Tensor,
    layout: Layout,
    origins: Optional[Origins],
) -> List[Batch]:
    """Score in prediction: nothing is kept but the outputs.

    network (Network): The network.
    table (Tensor): The vectors of all tokens, and a row for padding.
    layout (Layout): The windows.
    origins (Optional[Origins]): Where the docs come from.
    RETURNS (List[Batch]): What it says.
    """
    window_lengths = layout.windows.lengths
    groups = plan(window_lengths, network.floats)
    places = count_places(groups, window_lengths)
    tables = batches.OutputTables(sum(places))
    empty = table[:0]
    read = []
    for rows, n_places in zip(groups, places, strict=True):
        tokens, lengths = batches.pad(layout, rows, table.device)
        origin = gather_origin(origins, layout, rows, tokens)
        outputs = network(Inputs(table[tokens], lengths, origin=origin))
        kept = tables.keep(outputs, n_places)
        read.append(Batch(rows, tokens, lengths, empty, kept, origin=origin))
    return read
