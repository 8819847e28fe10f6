"""Vectors of frozen encoders, kept for the next pipeline that has the same encoder."""

from hashlib import blake2b
from typing import Any, Callable, Dict, List, Tuple

from spacy.attrs import ORTH
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Model

from spacy_moee.embeddings.frozen import NAME as FROZEN

Kept = Dict[Tuple[bytes, bytes], Any]


def keep_vectors(nlp: Language, kept: Kept) -> None:
    """Let the frozen encoders of a pipeline look up what was computed before.

    nlp (Language): The pipeline, which is changed; it can't be saved any more.
    kept (Kept): The vectors of docs by encoder and words; it grows.
    """
    for _, component in nlp.pipeline:
        model = getattr(component, "model", None)
        nodes = model.walk() if isinstance(model, Model) else ()
        for node in [node for node in nodes if node.name == FROZEN]:
            # word vectors cost nothing, and are looked up in the pipeline's own table
            if any(inner.shims for inner in node.layers[0].walk()):
                node.layers[0] = _wrap(node.layers[0], kept)


def _wrap(embed: Model, kept: Kept) -> Model:
    encoder = _digest(embed.to_bytes())

    def forward(
        model: Model, docs: List[Doc], is_train: bool
    ) -> Tuple[List[Any], Callable]:
        keys = [(encoder, _digest(doc.to_array(ORTH).tobytes())) for doc in docs]
        new = {k: d for k, d in zip(keys, docs, strict=True) if k not in kept}
        if new:
            vectors = embed.predict(list(new.values()))
            kept.update(zip(new, map(model.ops.to_numpy, vectors), strict=True))
        return [model.ops.asarray2f(kept[key]) for key in keys], lambda d_output: []

    return Model("kept_vectors", forward, layers=[embed], dims={"nO": None})


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
