"""A network's outputs -> a loss with its gradient, or predictions."""

from dataclasses import replace
from itertools import chain
from typing import Callable, Collection, Dict, List, Optional, Sequence, Tuple

import numpy
import torch
from numpy import ndarray
from spacy.tokens import Doc
from torch import Tensor

from ..errors import MoeeError
from ..networks.network import Loss, Outputs, Targets, mean_loss
from ..padding import ranges
from ..scheme import possible_tags
from . import batches
from .confidence import ENTITY_SCORES, find_marginals, score_entities
from .memory import decode_changed
from .soft import cut_marginals, pad_marginals
from .types import Batch, Gradient, MoEEModelT, Prediction, Scores
from .windows import cut_all, merge_windows, place_all

WANTED = Prediction._fields[1:]


def compute_loss(
    docs: Sequence[Doc],
    scores: Scores,
    gold: List[ndarray],
    incorrect: Sequence[ndarray] = (),
    marginals: Sequence[Optional[ndarray]] = (),
) -> Tuple[float, Gradient]:
    """Compute the loss and its gradient. Nothing is changed: neither the scores nor
    any `.grad`.

    docs (Sequence[Doc]): The docs.
    scores (Scores): What the model said of them, in training or in prediction.
    gold (List[ndarray]): Tag numbers of each doc; below 0 where unknown.
    incorrect (Sequence[ndarray]): First token, end and label of the spans of each doc
        that are known to be no entities; nothing, if there are none.
    marginals (Sequence[Optional[ndarray]]): What another model says of the tokens of
        each doc, shape [tokens, tags]; None for a doc of which nothing is said.
    RETURNS (Tuple[float, Gradient]): The loss, and what the model's backprop takes.
    """
    network, of_docs = scores.network, scores.layout.of_docs
    pieces, cut = cut_all(docs, of_docs, gold)
    placed, unplaced = place_all(docs, of_docs, incorrect)
    soft = None
    if any(table is not None for table in marginals):
        soft = cut_marginals(of_docs, marginals)

    def loss_of(batch: Batch, outputs: Outputs) -> Loss:
        padded = batches.gather_gold(scores.layout, pieces, batch.rows)
        targets = _make_targets(padded, batch.lengths, len(network.category))
        targets = targets._replace(origin=batch.origin)
        if len(placed):
            device = batch.lengths.device
            spans, _ = batches.gather_spans(placed, batch.rows, device)
            targets = targets._replace(incorrect=spans)
        if soft is not None:
            shape, device = (*padded.shape, len(network.category)), batch.lengths.device
            found = pad_marginals(soft, batch.rows, shape, device)
            targets = targets._replace(marginals=found)
        return network.loss(outputs, targets)

    loss, gradient = differentiate(scores, loss_of)
    return loss, replace(gradient, crossing={"MW01": cut, "MW07": unplaced})


def differentiate(
    scores: Scores, loss_of: Callable[[Batch, Outputs], Loss]
) -> Tuple[float, Gradient]:
    """Add up the losses of all batches, and compute the gradient. Nothing is changed.

    scores (Scores): What a model said of docs, in training or in prediction.
    loss_of (Callable[[Batch, NamedTuple], Loss]): The loss of a batch, from leaves that
        have the values of its outputs.
    RETURNS (Tuple[float, Gradient]): The loss, and what the model's backprop takes.
    """
    if not scores.batches:  # every doc is empty
        return 0.0, Gradient([], {}, {}, {})
    leaves: List[List[Tensor]] = []
    losses = []
    with torch.enable_grad():
        for batch in scores.batches:
            outputs = [
                o if o is None else o.detach().requires_grad_() for o in batch.outputs
            ]
            leaves.append([o for o in outputs if o is not None])
            losses.append(loss_of(batch, batches.rebuild(batch.outputs, outputs)))
        total, parts = mean_loss(losses)
        parameters = dict(scores.network.named_parameters())
        gradients = torch.autograd.grad(
            total,
            [*chain.from_iterable(leaves), *parameters.values()],
            allow_unused=True,
        )
    rest = iter(gradients)
    d_outputs = [
        [torch.zeros_like(o) if (d := next(rest)) is None else d for o in outputs]
        for outputs in leaves
    ]
    d_parameters = {
        name: d for name, d in zip(parameters, rest, strict=True) if d is not None
    }
    return float(total.detach()), Gradient(d_outputs, d_parameters, parts, {})


def _make_targets(gold: ndarray, lengths: Tensor, n_tags: int) -> Targets:
    tags = torch.as_tensor(gold, device=lengths.device)
    known = gold >= 0
    on_tokens = numpy.arange(gold.shape[1]) < lengths.cpu().numpy()[:, None]
    partly = known.any(axis=1, keepdims=True) & on_tokens & ~known
    if not partly.any():
        return Targets(tags, lengths)
    possible = torch.as_tensor(possible_tags(gold, n_tags), device=lengths.device)
    return Targets(tags, lengths, possible)


def find_crossing(
    model: MoEEModelT,
    docs: Sequence[Doc],
    gold: List[ndarray],
    incorrect: Sequence[ndarray] = (),
) -> Dict[str, List[str]]:
    """Find what no window of the model shows whole.

    model (Model[List[Doc], Scores]): The model.
    docs (Sequence[Doc]): The docs.
    gold (List[ndarray]): Tag numbers of each doc; below 0 where unknown.
    incorrect (Sequence[ndarray]): As `compute_loss` takes them.
    RETURNS (Dict[str, List[str]]): By the code of a warning, the two tokens at the
        border that a gold entity crosses, and the texts of incorrect spans.
    """
    windows = [model.attrs["segments"](doc) for doc in docs]
    _, crossing = cut_all(docs, windows, gold)
    return {"MW01": crossing, "MW07": place_all(docs, windows, incorrect)[1]}


def read_out(
    docs: Sequence[Doc],
    scores: Scores,
    presets: List[Optional[ndarray]],
    wanted: Collection[str] = (),
    temperature: float = 1.0,
) -> List[Prediction]:
    """Read predictions from the outputs of a network.

    docs (Sequence[Doc]): The docs.
    scores (Scores): What the model said of them.
    presets (List[Optional[ndarray]]): For each doc, True on tokens that have to be
        O, or None.
    wanted (Collection[str]): Which other fields of `Prediction` are filled.
    temperature (float): What the scores of tags are divided by before they become the
        probabilities of entities.
    RETURNS (List[Prediction]): One for each doc.
    RAISES (MoeeError): M011, for what can't be wanted.
    """
    if unknown := {*wanted} - {*WANTED}:
        expected = ", ".join(WANTED)
        raise MoeeError("M011", found=", ".join(sorted(unknown)), expected=expected)
    layout = scores.layout
    if not scores.batches:  # every doc is empty
        empty = dict.fromkeys(ENTITY_SCORES & {*wanted}, numpy.zeros(0, "float32"))
        return [Prediction(numpy.zeros(0, dtype="int64"), **empty) for _ in docs]
    device = scores.batches[0].tokens.device
    outside = batches.outside_places(presets, docs, device)
    decoded = decode_windows(scores, outside, wanted)
    merged = merge_windows(layout.windows, decoded.pop("tags"))
    ends = numpy.cumsum(layout.doc_lengths)[:-1]
    columns = {"tags": numpy.split(merged.tags, ends)}
    for name, table in decoded.items():
        columns[name] = numpy.split(table[merged.places], ends)
    if ENTITY_SCORES & {*wanted}:
        columns |= score_entities(scores, merged, outside, wanted, temperature)
    return [
        Prediction(**dict(zip(columns, row, strict=True)))
        for row in zip(*columns.values(), strict=True)
    ]


def decode_windows(
    scores: Scores,
    outside: Optional[Tensor],
    wanted: Collection[str],
) -> Dict[str, ndarray]:
    """Predict what each window says of the tokens that it reads.

    scores (Scores): What the model said of docs.
    outside (Optional[Tensor]): The tokens that have to be O: see `outside_places`.
    wanted (Collection[str]): Which other fields of `Prediction` are filled.
    RETURNS (Dict[str, ndarray]): By the names of fields, an array with the tokens of
        one window after the other.
    """
    network = scores.network
    tables: Dict[str, ndarray] = {}
    all_lengths = scores.layout.windows.lengths
    offsets = numpy.cumsum(all_lengths) - all_lengths
    for batch in scores.batches:
        in_batch = batches.gather_outside(outside, batch)
        with torch.no_grad():
            decoded = network.decode(batch.outputs, batch.lengths, wanted, in_batch)
            parts = decoded._asdict()
            parts["tags"] = decode_changed(network, batch, in_batch, decoded.tags)
            if "marginals" in wanted:
                parts["marginals"] = find_marginals(network, batch, in_batch)
        lengths = all_lengths[batch.rows]
        places = ranges(offsets[batch.rows], lengths)
        on_tokens = numpy.arange(batch.tokens.shape[1]) < lengths[:, None]
        for name, tensor in parts.items():
            if tensor is None:
                continue
            values = tensor.cpu().numpy()[on_tokens]
            shape = int(all_lengths.sum()), *values.shape[1:]
            if name not in tables:
                tables[name] = numpy.empty(shape, values.dtype)
            tables[name][places] = values
    return tables
