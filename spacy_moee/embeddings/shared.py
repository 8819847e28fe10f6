"""Embeddings that several members of an ensemble read: made once, computed once."""

from typing import Any, Callable, Dict, List, Sequence, Tuple

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import MoeeError

NAME = "shared_embed"
PLACE = "spacy_moee.SharedEmbed.v1"


def build_shared_embed_v1(names: List[str]) -> Model[List[Doc], List[Floats2d]]:
    """Read some of the embeddings of an ensemble, one beside the other: what a member
    of `spacy_moee.EnsembleTagger.v1` has as its `tok2vec`. The layers themselves belong
    to the ensemble, which gives them to all members that name them; so they are saved
    once. Registered as `spacy_moee.SharedEmbed.v1`.

    names (List[str]): Their names in the block `embeddings` of the ensemble.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    RAISES (MoeeError): M109, if it reads docs outside of an ensemble.
    """
    return Model(NAME, forward, attrs={"names": [*names]})


def join_embeddings(
    embeddings: Dict[str, Model[List[Doc], List[Floats2d]]], names: Sequence[str]
) -> Model[List[Doc], List[Floats2d]]:
    """Make a layer that reads embeddings.

    embeddings (Dict[str, Model]): Embeddings by name.
    names (Sequence[str]): Which of them are read, in this order.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    model = build_shared_embed_v1([*names])
    model._layers = [embeddings[name] for name in names]
    return model


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Embed docs with each layer. No gradient comes back: see `EnsembleTagger`."""
    if not model.layers:
        names = ", ".join(model.attrs["names"])
        raise MoeeError(
            "M109",
            part=f"{PLACE} ({names})",
            problem="is not in an ensemble, and has nothing to read",
            expected="it as the tok2vec of a member of spacy_moee.EnsembleTagger.v1",
        )
    found: List[Any] = [layer.predict(docs) for layer in model.layers]
    if len(found) == 1:
        return found[0], lambda d_output: []
    xp: Any = model.ops.xp
    rows = zip(*found, strict=True)
    return [xp.concatenate(parts, axis=1) for parts in rows], lambda d_output: []
