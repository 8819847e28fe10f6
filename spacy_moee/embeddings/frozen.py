"""Embeddings that are not trained, computed once per doc of a training run."""

import weakref
from hashlib import blake2b
from itertools import chain
from typing import Any, Callable, Dict, Iterator, List, Set, Tuple

from spacy.attrs import ORTH
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import MoeeError, check_setting

PLACE = "spacy_moee.FrozenEmbed.v1"
# of the layer
NAME = "frozen_embed"
# docs to remember, to recognize those of an evaluation, which come again: 8 MB
MOST_DOCS = 2**16


class DocCache:
    """The vectors of docs, up to a size. When it is full, its content stays: the docs
    of an epoch come in turn, so evicting the oldest would evict each one just before it
    is needed. It is neither saved nor copied.

    Only training fills it. A prediction may belong to an evaluation, whose docs come
    again after the next update, or to a service, whose docs do not. So a prediction
    only adds docs that were also predicted before an update.

    max_mb (float): The size of all vectors, in MB (2**20 bytes).
    """

    def __init__(self, max_mb: float) -> None:
        self.max_mb = max_mb
        self.clear()

    def __reduce__(self) -> Tuple[Callable, Tuple]:
        return DocCache, (self.max_mb,)

    def clear(self) -> None:
        """Drop all vectors, and keep none until the next update."""
        self.is_on = False
        self.n_bytes = 0
        self.vectors: Dict[bytes, Any] = {}
        self.source: List[Tuple[Callable[[], Any], int]] = []
        self.predicted: Set[bytes] = set()
        self.expected: Set[bytes] = set()

    def start(self, source: List[Tuple[Any, int]], is_train: bool) -> None:
        """Begin a batch, and drop the vectors if their source has changed.

        source (List[Tuple[Any, int]]): The arrays and modules that vectors are computed
            from, and the version of each.
        is_train (bool): Whether it is an update.
        """
        before = [(get(), version) for get, version in self.source]
        if not _is_same(before, source):
            self.clear()
            self.source = [(_refer(item), version) for item, version in source]
        if is_train:
            self.is_on = True
            if self.predicted:
                self.expected, self.predicted = self.predicted, set()

    def wants(self, key: bytes, is_train: bool) -> bool:
        """Whether to keep the vectors of a new doc.

        key (bytes): The key of the doc.
        is_train (bool): Whether it is part of an update.
        RETURNS (bool): False for a doc that may not come again.
        """
        if not is_train and len(self.predicted) < MOST_DOCS:
            self.predicted.add(key)
        return is_train or key in self.expected

    def add(self, key: bytes, vectors: Any) -> None:
        """Keep the vectors of a doc, if there is room.

        key (bytes): The key of the doc.
        vectors (ndarray): Its vectors, shape [len(doc), width].
        """
        if self.n_bytes + vectors.nbytes <= self.max_mb * 2**20:
            # a copy: a slice would keep the whole batch alive
            self.vectors[key] = vectors.copy()
            self.n_bytes += vectors.nbytes


def _is_same(before: List[Tuple[Any, int]], now: List[Tuple[Any, int]]) -> bool:
    return len(before) == len(now) and all(
        old is new and old_version == version
        for (old, old_version), (new, version) in zip(before, now, strict=True)
    )


def _refer(item: Any) -> Callable[[], Any]:
    """Make a weak reference, which keeps no weights alive. An address would not do:
    another object can get the address of one that is gone."""
    try:
        return weakref.ref(item)
    except TypeError:
        return lambda: item


def build_frozen_embed_v1(
    embed: Model[List[Doc], List[Floats2d]], cache_mb: float = 1024.0
) -> Model[List[Doc], List[Floats2d]]:
    """Use embeddings as they are: no gradient reaches them. From the first training
    step on, the vectors of each doc are kept in memory, so that they are computed once
    per training run and not once per epoch; those of a doc that is only evaluated are
    computed in the first two evaluations. A pipeline that does not train keeps nothing.
    Kept vectors are dropped when other weights are loaded, when the layer is
    initialized again, and when the word vectors are replaced; but not when a row of a
    vectors table changes in place during training. Registered as
    `spacy_moee.FrozenEmbed.v1`.

    embed (Model[List[Doc], List[Floats2d]]): A layer that reads only the words of a
        doc, such as `spacy_moee.TransformerEmbed.v1`.
    cache_mb (float): The most memory for kept vectors, in MB; CoNLL-2003 takes 750
        at a width of 384, if it is read by sentences and by documents. Vectors that do
        not fit are computed each time. 0 keeps none.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    RAISES (MoeeError): M103, for a negative size; at initialization M251, for a
        listener.
    """
    check_setting(cache_mb >= 0, "cache_mb", PLACE, "0 or more", cache_mb)
    return Model(
        NAME,
        forward,
        init=init,
        layers=[embed],
        dims={"nO": None},
        attrs={"cache": DocCache(cache_mb)},
    )


def init(model: Model, X: Any = None, Y: Any = None) -> None:
    """Initialize the inner layer, and take its width."""
    embed = model.layers[0]
    for node in embed.walk():
        if node.name.endswith("listener"):
            raise MoeeError("M251", name=node.name)
    model.attrs["cache"].clear()
    embed.initialize(X=X)
    model.set_dim("nO", embed.get_dim("nO"), force=True)


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Embed the docs that are not in the cache."""
    cache, embed = model.attrs["cache"], model.layers[0]
    if not (docs and (cache.is_on or is_train)):
        return embed.predict(docs), lambda d_output: []
    cache.start(list(_find_source(embed, docs[0])), is_train)
    if not cache.is_on:
        return embed.predict(docs), lambda d_output: []
    keys, kept = [_key(doc) for doc in docs], cache.vectors
    pairs = zip(keys, docs, strict=True)
    new = {key: doc for key, doc in pairs if key not in kept}
    computed: Dict[bytes, Any] = {}
    if new:
        computed = dict(zip(new, embed.predict(list(new.values())), strict=True))
    for key, vectors in computed.items():
        if cache.wants(key, is_train):
            cache.add(key, model.ops.to_numpy(vectors))
    output = [
        computed[key] if key in computed else model.ops.asarray2f(kept[key])
        for key in keys
    ]
    return output, lambda d_output: []


def _find_source(embed: Model, doc: Doc) -> Iterator[Tuple[Any, int]]:
    """List the arrays and modules that a layer computes vectors from, and the version
    of each: Thinc replaces its arrays, and PyTorch counts the changes of a tensor. One
    with a gradient is trained elsewhere, in place, and counts as new each time."""
    vectors = doc.vocab.vectors
    yield getattr(vectors, "data", vectors), 0
    for node in embed.walk():
        for name in filter(node.has_param, node.param_names):
            yield node.get_param(name), 0
            if node.has_grad(name) and node.get_grad(name).size:
                yield object(), 0
        for shim in node.shims:
            module: Any = shim._model
            yield module, 0
            if hasattr(module, "named_parameters"):
                for tensor in chain(module.parameters(), module.buffers()):
                    yield tensor, tensor._version
                    if tensor.grad is not None:
                        yield object(), 0


def _key(doc: Doc) -> bytes:
    return blake2b(doc.to_array(ORTH).tobytes(), digest_size=16).digest()
