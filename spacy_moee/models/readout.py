"""What a network's outputs say: the loss and its gradient, and the best tags."""

from typing import List, Optional, Sequence, Tuple

import numpy
import torch
from numpy import ndarray
from spacy.tokens import Doc

from . import batches
from .segments import cut_all, merge_all
from .types import Gradient, MoEEModelT, Scores
from .wrapper import network_of


def compute_loss(
    model: MoEEModelT, docs: Sequence[Doc], scores: Scores, gold: List[ndarray]
) -> Tuple[float, Gradient]:
    """Compute the loss and its gradient. Nothing is changed: neither the scores nor
    any `.grad`.

    model (Model[List[Doc], Scores]): The model.
    docs (Sequence[Doc]): The docs.
    scores (Scores): What the model said of them, in training or in prediction.
    gold (List[ndarray]): Tag numbers of each doc; below 0 where unknown.
    RETURNS (Tuple[float, Gradient]): The loss, and what the model's backprop takes.
    """
    network = network_of(model)
    if not scores.batches:  # every doc is empty
        return 0.0, Gradient([], {}, {}, [])
    boundary = network.boundary.cpu().numpy()
    pieces, crossing = cut_all(docs, scores.layout.windows, gold, boundary)
    detached, losses = [], []
    with torch.enable_grad():
        for batch in scores.batches:
            outputs = type(batch.outputs)(
                *(
                    o if o is None else o.detach().requires_grad_()
                    for o in batch.outputs
                )
            )
            padded = batches.gather_gold(scores.layout, pieces, batch.rows)
            tags = torch.as_tensor(padded, device=batch.lengths.device)
            detached.append([o for o in outputs if o is not None])
            losses.append(network.loss(outputs, tags, batch.lengths))
        units = max(1, sum(loss.units for loss in losses))
        total = torch.stack([loss.total for loss in losses]).sum() / units
        parameters = dict(network.named_parameters())
        leaves = [o for outputs in detached for o in outputs]
        gradients = torch.autograd.grad(
            total, [*leaves, *parameters.values()], allow_unused=True
        )
    rest = iter(gradients)
    d_outputs = [
        [torch.zeros_like(o) if (d := next(rest)) is None else d for o in outputs]
        for outputs in detached
    ]
    d_parameters = {
        name: d for name, d in zip(parameters, rest, strict=True) if d is not None
    }
    parts = {
        name: sum(float(loss.parts[name]) for loss in losses) / units
        for name in losses[0].parts
    }
    return float(total.detach()), Gradient(d_outputs, d_parameters, parts, crossing)


def find_crossing(
    model: MoEEModelT, docs: Sequence[Doc], gold: List[ndarray], boundary: ndarray
) -> List[str]:
    """Find the gold entities that no window of the model shows whole.

    model (Model[List[Doc], Scores]): The model.
    docs (Sequence[Doc]): The docs.
    gold (List[ndarray]): Tag numbers of each doc; below 0 where unknown.
    boundary (ndarray): 0, 1 or 2 for O, B or I: what each tag is.
    RETURNS (List[str]): The two tokens at the border, for each.
    """
    windows = [model.attrs["segments"](doc) for doc in docs]
    return cut_all(docs, windows, gold, boundary)[1]


def decode(
    model: MoEEModelT,
    docs: Sequence[Doc],
    scores: Scores,
    presets: List[Optional[ndarray]],
) -> List[ndarray]:
    """Find the best tags of each doc.

    model (Model[List[Doc], Scores]): The model.
    docs (Sequence[Doc]): The docs.
    scores (Scores): What the model said of them.
    presets (List[Optional[ndarray]]): For each doc, True on tokens that have to be
        O, or None.
    RETURNS (List[ndarray]): Tag numbers, shape [len(doc)] each.
    """
    network = network_of(model)
    outside = batches.outside_places(presets, docs)
    layout = scores.layout
    tags: List[ndarray] = [numpy.zeros(0, "int64")] * len(layout.lengths)
    for batch in scores.batches:
        fixed = (
            None if outside is None else torch.as_tensor(outside)[batch.tokens.cpu()]
        )
        with torch.no_grad():
            paths = network.decode(
                batch.outputs,
                batch.lengths,
                fixed if fixed is None else fixed.to(batch.lengths.device),
            )
        lengths = layout.lengths[batch.rows].tolist()
        for row, path, length in zip(
            batch.rows.tolist(), paths.cpu().numpy(), lengths, strict=True
        ):
            tags[row] = path[:length]
    boundary, legal = network.boundary.cpu().numpy(), network.legal.cpu().numpy()
    return merge_all(layout.windows, tags, boundary, legal)
