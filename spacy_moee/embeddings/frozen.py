"""Embeddings that are not trained, computed once for each doc of a training run."""

from hashlib import blake2b
from typing import Any, Callable, Dict, List, Tuple

from spacy.attrs import ORTH
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import check_setting


class DocCache:
    """The vectors of docs, up to a size. When it is full, what is in it stays: the
    docs of an epoch come round in turn, so that throwing out the oldest would throw
    out each one just before it is needed. It is neither saved nor copied.

    max_mb (float): The size of all vectors, in MB (2**20 bytes).
    """

    def __init__(self, max_mb: float) -> None:
        self.max_mb = max_mb
        self.n_bytes = 0
        self.is_on = False
        self.vectors: Dict[bytes, Any] = {}

    def __reduce__(self) -> Tuple[Callable, Tuple]:
        return DocCache, (self.max_mb,)

    def add(self, key: bytes, vectors: Any) -> None:
        """Keep the vectors of a doc, if there is room.

        key (bytes): What stands for the doc.
        vectors (ndarray): Its vectors, shape [len(doc), width].
        """
        if self.n_bytes + vectors.nbytes <= self.max_mb * 2**20:
            # a copy: a slice would keep the whole batch alive
            self.vectors[key] = vectors.copy()
            self.n_bytes += vectors.nbytes


def build_frozen_embed_v1(
    embed: Model[List[Doc], List[Floats2d]], cache_mb: float = 1024.0
) -> Model[List[Doc], List[Floats2d]]:
    """Use embeddings as they are: no gradient reaches them. From the first training
    step on, the vectors of each doc are kept in memory, so that they are computed
    once a training run and not once an epoch; a pipeline that is only used keeps
    nothing. Registered as `spacy_moee.FrozenEmbed.v1`.

    embed (Model[List[Doc], List[Floats2d]]): A layer that reads nothing of a doc but
        the words, such as `spacy_moee.TransformerEmbed.v1`.
    cache_mb (float): The most memory for kept vectors, in MB; CoNLL-2003 takes 390
        at a width of 384. What does not fit is computed each time. 0 keeps nothing.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    RAISES (MoeeError): M103, for a negative size.
    """
    place = "spacy_moee.FrozenEmbed.v1"
    check_setting(cache_mb >= 0, "cache_mb", place, "0 or more", cache_mb)
    return Model(
        "frozen_embed",
        forward,
        init=init,
        layers=[embed],
        dims={"nO": None},
        attrs={"cache": DocCache(cache_mb)},
    )


def init(model: Model, X: Any = None, Y: Any = None) -> None:
    """Initialize the inner layer, and learn its width."""
    embed = model.layers[0]
    embed.initialize(X=X)
    model.set_dim("nO", embed.get_dim("nO"), force=True)


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Embed the docs that are not known."""
    cache, embed = model.attrs["cache"], model.layers[0]
    cache.is_on = cache.is_on or is_train
    if not cache.is_on:
        return embed.predict(docs), lambda d_output: []
    keys = [_key(doc) for doc in docs]
    pairs = zip(keys, docs, strict=True)
    new = {key: doc for key, doc in pairs if key not in cache.vectors}
    computed: Dict[bytes, Any] = {}
    if new:
        computed = dict(zip(new, embed.predict(list(new.values())), strict=True))
    for key, vectors in computed.items():
        cache.add(key, model.ops.to_numpy(vectors))
    output = [
        computed[key] if key in computed else model.ops.asarray2f(cache.vectors[key])
        for key in keys
    ]
    return output, lambda d_output: []


def _key(doc: Doc) -> bytes:
    return blake2b(doc.to_array(ORTH).tobytes(), digest_size=16).digest()
