"""A network inside a Thinc model: documents in, scores out.

It owns the seam between arrays and tensors, and works with any network that has
`forward`, `loss`, `decode` and `floats`. No other file touches the shim.
"""

from contextlib import nullcontext
from functools import partial
from typing import (
    Any,
    Callable,
    ContextManager,
    Dict,
    List,
    Optional,
    Sequence,
    Tuple,
    cast,
)

import torch
from numpy import ndarray
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d
from thinc.util import torch2xp
from torch import Tensor, nn

from ..errors import MoeeError
from ..finite import check_vectors
from ..padding import plan
from . import batches
from .descriptions import Described, sizes_of, type_vectors
from .segments import Segmenter
from .shim import NetworkShim
from .threads import use_threads
from .types import Batch, Gradient, Layout, MoEEModelT, Scores, Tok2VecT
from .vocabularies import check_vocab


def network_model(
    network: Callable[..., nn.Module],
    tok2vec: Tok2VecT,
    dropout: Optional[float],
    segments: Segmenter,
    threads: int,
) -> MoEEModelT:
    """Wrap a network that is built when the width of the embeddings and the tags
    are known.

    network (Callable): Makes it from the sizes `width`, `n_tags` and `n_categories`,
        and those of `sizes_of` if its types are described. All else is its own and
        comes from the config, also when a saved pipeline is loaded.
    tok2vec (Model[List[Doc], List[Floats2d]]): Token embeddings.
    dropout (Optional[float]): See `build_moee_tagger_v1`.
    segments (Segmenter): What the network reads at once.
    threads (int): See `build_moee_tagger_v1`.
    RETURNS (Model[List[Doc], Scores]): The model.
    """
    return Model(
        "moee_tagger",
        forward,
        init=init,
        layers=[tok2vec],
        refs={"tok2vec": tok2vec},
        shims=[NetworkShim(network)],
        attrs={
            "dropout_rate": 0.0,
            "dropout": dropout,
            "segments": segments,
            # not a number, which would be saved and stand above the config
            "threads": partial(use_threads, threads),
        },
    )


def init(model: MoEEModelT, X: Any = None, Y: Any = None) -> None:
    """Build the network for sample docs `X`; `Y` is the entity types and their
    `TagScheme`."""
    labels, scheme = Y
    tok2vec = model.layers[0]
    check_vocab(tok2vec, X)
    if any(node.name == "static_vectors" for node in tok2vec.walk()):
        # spaCy's own layer; ours look by themselves
        check_vectors(X[0].vocab.vectors)
    tok2vec.initialize(X=X)
    if tok2vec.has_dim("nO"):
        width = tok2vec.get_dim("nO")
    else:
        width = tok2vec.predict(X[:1])[0].shape[1]
    sizes = {"width": int(width), **scheme.sizes}
    constants = scheme._asdict()
    described = Described.of(model)
    if described is not None:
        for label in labels:
            described = described.add(label)
        vectors = type_vectors(model, X[0].vocab, labels, described)
        sizes.update(sizes_of(vectors))
        constants.update(vectors)
        model.attrs.update(described._asdict())
    _shim(model).build(sizes, constants)


def is_built(model: MoEEModelT) -> bool:
    """Whether the network is there: after `initialize`, or loaded."""
    return _shim(model).is_built


def prediction_threads(model: MoEEModelT) -> ContextManager[None]:
    """Make what is computed inside use as many threads as the model's config says. On
    a GPU this changes nothing.

    model (Model[List[Doc], Scores]): The model.
    RETURNS (ContextManager[None]): The context.
    """
    on_cpu = _shim(model).device.type == "cpu"
    return model.attrs["threads"]() if on_cpu else nullcontext()


def check_labels(model: MoEEModelT, labels: Sequence[str]) -> None:
    """Check that a loaded network was built for these labels.

    model (Model[List[Doc], Scores]): The model.
    labels (Sequence[str]): The entity types.
    RAISES (MoeeError): M102, if their number differs.
    """
    n_labels = (
        _shim(model).sizes["n_categories"] - 1 if is_built(model) else len(labels)
    )
    if n_labels != len(labels):
        problem = f"it tells {n_labels} entity types apart, and the labels are {labels}"
        raise MoeeError("M102", problem=problem)


def get_constants(model: MoEEModelT, names: Sequence[str]) -> Dict[str, ndarray]:
    """Read constants of a built network.

    model (Model[List[Doc], Scores]): The model.
    names (Sequence[str]): Their names.
    RETURNS (Dict[str, ndarray]): Their values by name.
    """
    return _shim(model).constants(names)


def set_constants(
    model: MoEEModelT, scheme: Any, constants: Dict[str, ndarray]
) -> None:
    """Give a built network other entity types. Its weights stay.

    model (Model[List[Doc], Scores]): The model.
    scheme (TagScheme): The tags of all types.
    constants (Dict[str, ndarray]): What `type_vectors` returned, of all types.
    """
    sizes = {**scheme.sizes, **sizes_of(constants)}
    _shim(model).resize(sizes, {**scheme._asdict(), **constants})


def network_of(model: MoEEModelT) -> Any:
    """Give the network to who reads its outputs. RAISES (MoeeError): M101, before it is
    built."""
    return _shim(model).module


def _shim(model: MoEEModelT) -> NetworkShim:
    return cast(NetworkShim, model.shims[0])


def forward(
    model: MoEEModelT, docs: Sequence[Doc], is_train: bool
) -> Tuple[Scores, Callable[[Gradient], List[Doc]]]:
    """Embed, cut, pad and score. The graph of each batch is kept for training."""
    check_vocab(model.layers[0], docs)
    shim = _shim(model)
    network, width = shim.module, shim.sizes["width"]
    vectors, backprop_tok2vec = model.layers[0](docs, is_train)
    table = batches.flatten(vectors, shim.device)
    del vectors  # of a long doc, as large as all the rest
    if table.shape[1] != width:
        raise MoeeError("M104", found=table.shape[1], expected=width)
    _check_finite(table, docs)
    layout = batches.lay_out(docs, model.attrs["segments"])
    if is_train:
        done = _run(network, table, layout, _dropout_rate(model))
    else:
        done = _predict(network, table, layout)

    def backprop(gradient: Gradient) -> List[Doc]:
        d_table = torch.zeros_like(table)
        for batch, d_outputs in zip(done, gradient.outputs, strict=True):
            torch.autograd.backward(_tensors(batch), d_outputs)
            d_vectors = cast(Tensor, batch.vectors.grad)
            d_table.index_add_(0, batch.tokens.flatten(), d_vectors.flatten(0, 1))
        for name, part in gradient.parameters.items():
            parameter = network.get_parameter(name)
            before = parameter.grad
            # a copy, since the optimizer works in the memory of `.grad`
            parameter.grad = part.clone() if before is None else before + part
        d_tokens = cast(Floats2d, torch2xp(d_table[:-1]))
        lengths = model.ops.asarray1i([len(doc) for doc in docs])
        return backprop_tok2vec(model.ops.unflatten(d_tokens, lengths))

    return Scores(layout, done), backprop


def _check_finite(table: Tensor, docs: Sequence[Doc]) -> None:
    """See that token vectors are finite: in a network one NaN reaches its whole batch.
    RAISES (MoeeError): M008, if they are not."""
    # one number, and no table of bools beside that of a long doc; on the meta device
    # there is none
    if table.is_meta or torch.isfinite(table.sum()):
        return
    bad = (~torch.isfinite(table[:-1]).all(dim=1)).nonzero().flatten().tolist()
    if bad:
        tokens = [token for doc in docs for token in doc]
        word, count = tokens[bad[0]].text, len(bad)
        raise MoeeError("M008", word=word, count=count, total=len(tokens))


def _run(network: Any, table: Tensor, layout: Layout, dropout: float) -> List[Batch]:
    """Score in training: with a graph that reaches back to the vectors."""
    done = []
    for rows in plan(layout.lengths, network.floats):
        tokens, lengths = batches.pad(layout, rows, table.device)
        inputs = table[tokens].requires_grad_()
        outputs = network(inputs, lengths, dropout)
        done.append(Batch(rows, tokens, lengths, inputs, outputs))
    return done


@torch.no_grad()
def _predict(network: Any, table: Tensor, layout: Layout) -> List[Batch]:
    """Score in prediction: nothing is kept but the outputs."""
    groups = plan(layout.lengths, network.floats)
    places = sum(len(rows) * int(layout.lengths[rows[0]]) for rows in groups)
    tables = batches.OutputTables(places)
    nothing = table[:0]
    done = []
    for rows in groups:
        tokens, lengths = batches.pad(layout, rows, table.device)
        outputs = tables.keep(network(table[tokens], lengths))
        done.append(Batch(rows, tokens, lengths, nothing, outputs))
    return done


def _dropout_rate(model: MoEEModelT) -> float:
    given, fixed = model.attrs["dropout_rate"], model.attrs["dropout"]
    return fixed if given > 0 and fixed is not None else given


def _tensors(batch: Batch) -> List[Tensor]:
    return [output for output in batch.outputs if output is not None]
