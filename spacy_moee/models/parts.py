"""The embeddings of trained models in parts, so that what several of them have is kept
once."""

from hashlib import blake2b
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

import srsly
from spacy import registry

from .types import Tok2VecT

CONCATENATE = "concatenate.v1"
# layers that give to each column what they give to it without the others
WRAPPERS = {"spacy_moee.DistinctWords.v1", "spacy_moee.FrozenEmbed.v1"}
TRANSFORMER = "spacy_moee.TransformerEmbed.v1"
# what spacy-transformers calls the layer that holds an encoder
ENCODER = "transformer"


class Part(NamedTuple):
    """Some columns of the token vectors of a model.

    name (str): What its block is called in the config.
    config (Dict[str, Any]): The block.
    model (Model[List[Doc], List[Floats2d]]): The trained layer.
    """

    name: str
    config: Dict[str, Any]
    model: Tok2VecT

    @property
    def fingerprint(self) -> bytes:
        """RETURNS (bytes): The same for parts that say the same: their settings and all
        that they have learned are equal. Where an encoder was read from is no part of
        it."""
        content = self.model.to_dict()
        for node, attrs in zip(self.model.walk(), content["attrs"], strict=True):
            if node.name == ENCODER:
                attrs.pop("name", None)
        settings = srsly.json_dumps(_without_origin(self.config), sort_keys=True)
        data = settings.encode("utf8") + srsly.msgpack_dumps(content)
        return blake2b(data, digest_size=32).digest()


def _without_origin(config: Dict[str, Any]) -> Dict[str, Any]:
    """The settings of a layer without the names of encoders."""
    is_encoder = config.get("@architectures") == TRANSFORMER
    return {
        key: _without_origin(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if not (is_encoder and key == "name")
    }


def split_embeddings(name: str, config: Dict[str, Any], model: Tok2VecT) -> List[Part]:
    """Split token embeddings into layers that stand side by side, also inside of layers
    that treat each of them alike.

    name (str): What to call them if they can't be split.
    config (Dict[str, Any]): Their block in the config, without variables.
    model (Model[List[Doc], List[Floats2d]]): The embeddings.
    RETURNS (List[Part]): The parts, in the order of their columns, or the whole.
    """
    parts = list(_split(name, config, model))
    # all widths have to be known: each part is found by its columns
    whole = len(parts) == 1 or not all(part.model.has_dim("nO") for part in parts)
    return [Part(name, config, model)] if whole else parts


def _split(name: str, config: Dict[str, Any], model: Tok2VecT) -> Iterator[Part]:
    children = _children(config, model)
    if children:
        for child in children:
            yield from _split(*child)
    elif config.get("@architectures") in WRAPPERS:
        parts = list(_split(name, config["embed"], model.layers[0]))
        if len(parts) == 1:
            yield Part(name, config, model)
        else:
            yield from (_wrap(config, part) for part in parts)
    else:
        yield Part(name, config, model)


def _children(
    config: Dict[str, Any], model: Tok2VecT
) -> List[Tuple[str, Dict[str, Any], Tok2VecT]]:
    """The layers of a concatenation with their names and blocks; none for others, and
    where Thinc has merged it with one inside."""
    blocks: Dict[str, Any] = config.get("*", {})
    if config.get("@layers") != CONCATENATE or len(blocks) != len(model.layers):
        return []
    first = next(iter(blocks.values()))
    if len(blocks) == 1 or first.get("@layers") == CONCATENATE:
        return []
    pairs = zip(blocks.items(), model.layers, strict=True)
    return [(name, block, layer) for (name, block), layer in pairs]


def _wrap(config: Dict[str, Any], part: Part) -> Part:
    """Put the layer that was around several parts around one of them."""
    block = {**config, "embed": part.config}
    model = registry.resolve({"part": block})["part"]
    model.layers[0].from_bytes(part.model.to_bytes())
    if part.model.has_dim("nO"):
        model.set_dim("nO", part.model.get_dim("nO"))
    return Part(part.name, block, model)


class Pool:
    """Parts by name, each once."""

    def __init__(self) -> None:
        self.parts: Dict[str, Part] = {}
        self._names: Dict[bytes, str] = {}

    def add(self, part: Part) -> str:
        """Add a part, if it is not there.

        part (Part): The part.
        RETURNS (str): The name that it has here.
        """
        name = self._names.setdefault(part.fingerprint, self._free_name(part.name))
        self.parts.setdefault(name, part)
        return name

    def _free_name(self, name: str) -> str:
        number, free = 1, name
        while free in self.parts:
            number += 1
            free = f"{name}_{number}"
        return free
