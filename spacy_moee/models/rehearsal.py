"""A model learns to say of texts what a copy of it said before (`nlp.rehearse`)."""

from typing import Any, List, Sequence, Tuple, cast

import torch
from spacy.tokens import Doc
from thinc.api import set_dropout_rate

from ..embeddings.frozen import NAME as FROZEN
from ..errors import MoeeError
from ..networks.network import Inputs, Loss, Outputs, Student
from . import batches
from .readout import differentiate
from .types import BackpropT, Batch, Gradient, MoEEModelT, Scores
from .wrapper import network_of


def read_again(
    model: MoEEModelT, teacher: MoEEModelT, docs: List[Doc], name: str
) -> Tuple[float, Gradient, BackpropT]:
    """Compute how far what a model says of docs is from what its copy says, without
    dropout. No weights and no gradients are changed.

    model (Model[List[Doc], Scores]): The model.
    teacher (Model[List[Doc], Scores]): A copy of it from before.
    docs (List[Doc]): The docs, of which some have tokens.
    name (str): The component's name, for the error.
    RETURNS (Tuple[float, Gradient, Callable]): The divergence, its gradient, and what
        takes that back through the model.
    RAISES (MoeeError): M014, if the model can't learn from its copy.
    """
    _check(model, teacher, docs, name)
    _share_frozen(model, teacher)
    set_dropout_rate(model, 0.0)
    scores, backprop = model.begin_update(docs)
    loss, gradient = compute_divergence(model, teacher, docs, scores)
    return loss, gradient, cast(BackpropT, backprop)


def compute_divergence(
    model: MoEEModelT, teacher: MoEEModelT, docs: List[Doc], scores: Scores
) -> Tuple[float, Gradient]:
    """Compare what a model and its copy say. Nothing is changed.

    A window is compared as a whole, as a sequence of its own: a token that two windows
    read counts in both, in two contexts, and either may come to answer for it.

    model (Model[List[Doc], Scores]): The model.
    teacher (Model[List[Doc], Scores]): The copy.
    docs (List[Doc]): The docs, of which some have tokens.
    scores (Scores): What the model said of them.
    RETURNS (Tuple[float, Gradient]): The loss, and what the model's backprop takes.
    """
    network: Any = network_of(teacher)
    distill = cast(Student[Outputs], scores.network).distill
    device = scores.batches[0].tokens.device
    table = batches.flatten(teacher.get_ref("tok2vec").predict(docs), device)

    def loss_of(batch: Batch, outputs: Outputs) -> Loss:
        # In the batches of the student: a copy with fewer types may plan others. And by
        # the same kernels, with or without a graph: Adam makes whole steps of rounding
        # errors, if there is nothing else.
        with torch.set_grad_enabled(batch.random_state is None):
            inputs = Inputs(table[batch.tokens], batch.lengths, origin=batch.origin)
            said = network(inputs)
        said = batches.rebuild(said, [o if o is None else o.detach() for o in said])
        return distill(outputs, network, said, batch.lengths)

    return differentiate(scores, loss_of)


def _share_frozen(model: MoEEModelT, teacher: MoEEModelT) -> None:
    """Let the copy read frozen embeddings with the model's own layer: these are the
    same weights, and in other batches they would give other rounding errors. A text is
    embedded once for both."""
    for mine, copied in zip(model.walk(), teacher.walk(), strict=True):
        if mine.name == FROZEN:
            copied.layers[:] = mine.layers
            copied.attrs["cache"] = mine.attrs["cache"]


def _check(
    model: MoEEModelT, teacher: MoEEModelT, docs: Sequence[Doc], name: str
) -> None:
    """See that a model can learn from its copy. RAISES (MoeeError): M014."""
    network, n_tags = network_of(model), len(network_of(teacher).category)
    problem = ""
    if not isinstance(network, Student):
        problem = f"its network, {type(network).__name__}, has no method `distill`"
    elif n_tags > len(network.category):
        problem = "it knows fewer entity types than the copy of `nlp.resume_training()`"
    else:
        for node in model.walk():
            upstream = getattr(node, "upstream_name", None)
            if upstream is not None and not _has_read(node, docs):
                problem = (
                    f"it listens to a shared component (upstream = '{upstream}'), "
                    "which `nlp.rehearse` does not run"
                )
    if problem:
        raise MoeeError("M014", name=name, problem=problem)


def _has_read(listener: Any, docs: Sequence[Doc]) -> bool:
    """Whether the component that a listener listens to is not trained, and has written
    to the docs what it says of them. What it keeps of its last update is stale."""
    is_trained = getattr(listener, "_batch_id", None) is not None
    return not is_trained and all(len(doc.tensor) == len(doc) for doc in docs)
