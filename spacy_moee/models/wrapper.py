"""A network inside a Thinc model: documents in, scores out.

It owns the seam between arrays and tensors, and works with any network that keeps the
contract of `spacy_moee.networks.network`. No other file touches the shim.
"""

from contextlib import nullcontext
from functools import partial
from itertools import compress
from typing import (
    Callable,
    ContextManager,
    Dict,
    List,
    Optional,
    Sequence,
    Tuple,
    Union,
    cast,
)

import torch
from numpy import ndarray
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d
from thinc.util import torch2xp
from torch import Tensor, nn

from ..errors import MoeeError
from ..finite import check_vectors
from ..networks.network import GrowingNetwork, Network, Outputs
from ..scheme import iob2_scheme
from . import batches
from .families import Constants, EntityType, Family
from .joint import JointShim
from .memory import NO_MEMORY, DocumentMemory, remember
from .reading import read_to_learn, read_to_predict, repeat
from .segments import Segmenter
from .shim import NetworkShim
from .threads import use_threads
from .types import BackpropT, Gradient, MoEEModelT, Scores, Tok2VecT
from .vocabularies import check_vocab


def network_model(
    network: Callable[..., nn.Module],
    tok2vec: Tok2VecT,
    dropout: Optional[float],
    segments: Segmenter,
    threads: int,
    family: Family,
    memory: Optional[DocumentMemory] = None,
) -> MoEEModelT:
    """Wrap a network that is built when the width of the embeddings and the tags
    are known.

    network (Callable): Makes it from the sizes `width`, `n_tags` and `n_categories`,
        and those that the family reads. All else is its own and comes from the config,
        also when a saved pipeline is loaded.
    tok2vec (Model[List[Doc], List[Floats2d]]): Token embeddings.
    dropout (Optional[float]): See `build_moee_tagger_v1`.
    segments (Segmenter): What the network reads at once.
    threads (int): See `build_moee_tagger_v1`.
    family (Family): How the network knows entity types.
    memory (Optional[DocumentMemory]): See `build_moee_tagger_v1`.
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
            "family": family,
            "memory": memory or NO_MEMORY,
            # not a number, which would be saved and stand above the config
            "threads": partial(use_threads, threads),
        },
    )


def init(
    model: MoEEModelT, X: Optional[List[Doc]] = None, Y: Optional[List[str]] = None
) -> None:
    """Build the network for sample docs `X`; `Y` is the entity types."""
    assert X and Y
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
    constants = _family(model).make_constants(model, X, Y)
    sizes, constants = _complete(model, constants, len(Y))
    _own_shim(model).build({"width": int(width), **sizes}, constants)


def _complete(
    model: MoEEModelT, constants: Constants, n_labels: int
) -> Tuple[Dict[str, int], Constants]:
    """The sizes of a network for some entity types, and all of its constants."""
    scheme = iob2_scheme(n_labels)
    sizes = {**scheme.sizes, **_family(model).read_sizes(model, constants)}
    return sizes, {**scheme._asdict(), **constants}


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
    RAISES (MoeeError): M102, if their number differs, or if a member of several does
        not number each of them.
    """
    numbers = list(range(len(labels)))
    for member in _family(model).members(model):
        check_labels(member.model, labels)
        if sorted(member.labels) != numbers:
            problem = f"a member numbers the labels {list(labels)} as {member.labels}"
            raise MoeeError("M102", problem=problem)
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
    return _own_shim(model).constants(names)


def set_constants(model: MoEEModelT, constants: Constants, n_labels: int) -> None:
    """Give a built network other entity types, of which those that there are come
    first. What it has learned stays.

    model (Model[List[Doc], Scores]): The model.
    constants (Dict[str, ndarray]): What its family made of all types.
    n_labels (int): Their number.
    """
    _own_shim(model).resize(*_complete(model, constants, n_labels))


def set_type(
    model: MoEEModelT, vocab: Vocab, labels: Sequence[str], new: EntityType
) -> bool:
    """Make room for one more entity type, or describe one of them anew: see
    `Family.set_type`.

    RETURNS (bool): Whether there is room, as there is before the network is built,
        and if it grows.
    """
    if _family(model).set_type(model, vocab, labels, new) or not is_built(model):
        return True
    if not isinstance(network_of(model), GrowingNetwork):
        return False
    set_constants(model, {}, len(labels) + 1)
    return True


def needs_description(model: MoEEModelT) -> bool:
    """Whether an entity type has to be described before it can be learned."""
    return _family(model).needs_description


def network_of(model: MoEEModelT) -> Network[Outputs]:
    """RETURNS (Network): The network, for code that reads its outputs.
    RAISES (MoeeError): M101, before it is built."""
    return cast(Network[Outputs], _shim(model).module)


def _family(model: MoEEModelT) -> Family:
    return cast(Family, model.attrs["family"])


def _own_shim(model: MoEEModelT) -> NetworkShim:
    return cast(NetworkShim, model.shims[0])


def _shim(model: MoEEModelT) -> Union[NetworkShim, JointShim]:
    """What holds the network, or those of the members."""
    members = _family(model).members(model)
    if not members:
        return _own_shim(model)
    return JointShim([(_own_shim(member.model), member) for member in members])


def forward(
    model: MoEEModelT, docs: List[Doc], is_train: bool
) -> Tuple[Scores, BackpropT]:
    """Embed, cut, pad and score."""
    check_vocab(model.layers[0], docs)
    layout = batches.lay_out(docs, model.attrs["segments"], is_train)
    shim, network = _shim(model), network_of(model)
    if not any(layout.doc_lengths):  # which some embeddings can't read
        return Scores(layout, [], network), lambda gradient: []
    width = shim.sizes["width"]
    vectors, backprop_tok2vec = model.layers[0](docs, is_train)
    table = batches.flatten(vectors, shim.device)
    del vectors  # of a long doc, as large as all the rest
    if table.shape[1] != width:
        raise MoeeError("M104", found=table.shape[1], expected=width)
    batches.check_finite(table, docs)
    dropout = _dropout_rate(model)
    origins = _family(model).find_origins(model, docs, is_train)
    if is_train:
        read = read_to_learn(network, table, layout, origins, dropout)
    else:
        read = read_to_predict(network, table, layout, origins)
    scores = Scores(layout, read, network)
    if not is_train:
        remember(model.attrs["memory"], docs, scores)

    def backprop(gradient: Gradient) -> List[Doc]:
        d_table = torch.zeros_like(table)
        for batch, d_outputs in zip(read, gradient.outputs, strict=True):
            outputs = repeat(network, batch, dropout)
            tensors = [output for output in outputs if output is not None]
            # a network may have nothing to say of a batch: then a part is a constant
            varies = [tensor.requires_grad for tensor in tensors]
            if not any(varies):
                continue
            torch.autograd.backward(
                [*compress(tensors, varies)], [*compress(d_outputs, varies)]
            )
            d_vectors, batch.vectors.grad = cast(Tensor, batch.vectors.grad), None
            d_table.index_add_(0, batch.tokens.flatten(), d_vectors.flatten(0, 1))
        parameters = dict(network.named_parameters())
        for name, part in gradient.parameters.items():
            before = parameters[name].grad
            # a copy, since the optimizer works in the memory of `.grad`
            parameters[name].grad = part.clone() if before is None else before + part
        d_tokens = cast(Floats2d, torch2xp(d_table[:-1]))
        lengths = model.ops.asarray1i(layout.doc_lengths)
        return cast(List[Doc], backprop_tok2vec(model.ops.unflatten(d_tokens, lengths)))

    return scores, backprop


def _dropout_rate(model: MoEEModelT) -> float:
    given: float = model.attrs["dropout_rate"]
    fixed: Optional[float] = model.attrs["dropout"]
    return fixed if given > 0 and fixed is not None else given
