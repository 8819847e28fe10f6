"""A pretrained encoder as bytes, and back. Reading them runs no code from them, and
writes no file.

spacy-transformers' own shim passes the content of a file to Hugging Face's loaders,
which may run code that the file names, and writes files to places that the file names.
Here an encoder has four parts: the values of its config, its weights as safetensors,
the rules of its fast tokenizer (`tokenizer.json`), and a few plain settings of the
tokenizer.
"""

import json
from dataclasses import replace
from typing import Any, Dict, List

import srsly
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from spacy.util import SimpleFrozenDict
from spacy_transformers.data_classes import HFObjects
from spacy_transformers.layers.hf_shim import HFShim
from thinc.util import get_torch_default_device
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedTokenizerFast
from transformers.modeling_utils import no_init_weights

from ..errors import MoeeError
from ..finite import is_finite
from .encoder_config import UNSAFE, Budget, n_bytes, read_config, refuse
from .old_encoder import TOKENS, read_old

FORMAT = "spacy_moee.encoder.v1"
KEYS = {"format", "config", "weights", "tokenizer", "settings"}
# where an encoder was read from: it says nothing of what the encoder is
ORIGIN = "_name_or_path"
# bytes of constants that a network may have besides its weights
MARGIN = 2**25
# settings of a tokenizer that are not in tokenizer.json
SETTINGS = {"model_max_length": int, **{f"{name}_token": str for name in TOKENS}}


class EncoderShim(HFShim):
    """Holds a Hugging Face encoder inside a Thinc model."""

    def to_bytes(self) -> bytes:
        """Serialize the encoder. RETURNS (bytes): msgpack."""
        if self._hfmodel.transformer is None:
            return srsly.msgpack_dumps({"format": FORMAT})
        return srsly.msgpack_dumps(write_encoder(self._hfmodel))

    def from_bytes(self, bytes_data: bytes) -> "EncoderShim":
        """Build the encoder from the result of `to_bytes`, completely or not at all.

        bytes_data (bytes): The bytes, or those of spacy-transformers' own shim.
        RETURNS (EncoderShim): This object.
        RAISES (MoeeError): M260, for bytes that are not an encoder and nothing else.
        """
        before = self._hfmodel
        found = read_encoder(srsly.msgpack_loads(bytes_data))
        # spacy-transformers' settings for the hub, which is not used any more
        found._init_tokenizer_config = before._init_tokenizer_config
        found._init_transformer_config = before._init_transformer_config
        self._hfmodel, self._model = found, found.transformer
        return self


def write_encoder(encoder: HFObjects) -> Dict[str, Any]:
    """Split an encoder into parts.

    encoder (HFObjects): The encoder and its fast tokenizer.
    RETURNS (Dict[str, Any]): The parts, for `read_encoder`.
    """
    tokenizer = encoder.tokenizer
    settings = {"model_max_length": tokenizer.model_max_length}
    # a huge number means that the length is unknown
    settings = {k: v for k, v in settings.items() if v < 2**31}
    tokens = tokenizer.special_tokens_map
    settings.update({k: str(v) for k, v in tokens.items() if k in SETTINGS})
    config = encoder.transformer.config.to_dict()
    return {
        "format": FORMAT,
        "config": {k: v for k, v in config.items() if k not in (*UNSAFE, ORIGIN)},
        "weights": save_tensors(_untied(encoder.transformer)),
        "tokenizer": tokenizer.backend_tokenizer.to_str().encode("utf8"),
        "settings": settings,
    }


def _untied(network: nn.Module) -> Dict[str, Tensor]:
    """List the weights; a tensor with several names has one of them."""
    seen = set()
    weights = {}
    for name, tensor in network.state_dict().items():
        place = (tensor.data_ptr(), tensor.shape, tensor.stride())
        if tensor.numel() and place in seen:
            continue
        seen.add(place)
        weights[name] = tensor.detach().cpu().contiguous()
    return weights


def read_encoder(msg: Any) -> HFObjects:
    """Build an encoder.

    msg (Dict[str, Any]): The result of `write_encoder`, or the content of a file of
        spacy-transformers' own shim.
    RETURNS (HFObjects): The encoder and its tokenizer.
    RAISES (MoeeError): M260, for anything else.
    """
    if not isinstance(msg, dict):
        refuse("it is not a table of values")
    unset = HFObjects(None, None, None, SimpleFrozenDict(), SimpleFrozenDict())
    if msg == {"format": FORMAT}:
        return unset
    if "format" in msg:
        if msg["format"] != FORMAT or msg.keys() != KEYS:
            refuse(f"it has the parts {sorted(map(str, msg))}, not {sorted(KEYS)}")
        weights = _read_weights(msg["weights"])
    else:
        parts = read_old(msg)
        if parts is None:
            return unset
        msg, weights = parts, parts["weights"]
    network = _build(msg["config"], weights)
    tokenizer = _read_tokenizer(msg["tokenizer"], msg["settings"])
    return replace(unset, tokenizer=tokenizer, transformer=network)


def _read_weights(data: Any) -> Dict[str, Tensor]:
    try:
        return load_tensors(data)
    except (SafetensorError, TypeError) as error:
        refuse(f"its weights are damaged ({error})")


def _build(values: Any, weights: Dict[str, Tensor]) -> nn.Module:
    """Build the network, after a check that it fits the weights: a small file can name
    large sizes."""
    config = read_config(values, len(weights))
    try:
        with torch.device("meta"), no_init_weights(), Budget(len(weights)):
            empty = AutoModel.from_config(config, trust_remote_code=False)
    except MoeeError:
        raise
    except Exception as error:  # a constructor can raise anything
        refuse(f"its config makes no encoder ({str(error)[:200]})")
    empty.tie_weights()
    expected = empty.state_dict(keep_vars=True)
    weights = _check_weights(weights, expected)
    room = sum(tensor.numel() for tensor in weights.values()) * 4
    if n_bytes(empty) > 2 * room + MARGIN:
        refuse(f"its config makes {n_bytes(empty)} bytes, for {room} of weights")
    with no_init_weights():
        network = AutoModel.from_config(config, trust_remote_code=False)
    network.tie_weights()
    network.load_state_dict(weights, strict=False)
    return network.to(get_torch_default_device()).eval()


def _check_weights(
    weights: Dict[str, Tensor], expected: Dict[str, Tensor]
) -> Dict[str, Tensor]:
    """Check that all weights are there, have the right shapes, and are finite. A
    missing one has to be the same tensor as another.

    RETURNS (Dict[str, Tensor]): The weights that the network has.
    """
    known = {id(tensor) for name, tensor in expected.items() if name in weights}
    missing = sorted(name for name in expected if id(expected[name]) not in known)
    # older releases saved these constants, too
    extra = sorted(weights.keys() - expected.keys())
    extra = [name for name in extra if not name.endswith("position_ids")]
    if missing:
        refuse(f"it lacks {_some(missing)}")
    if extra:
        refuse(f"it has the unknown {_some(extra)}")
    kept = {name: weights[name] for name in expected if name in weights}
    for name, tensor in kept.items():
        found, shape = (*tensor.shape,), (*expected[name].shape,)
        if found != shape:
            refuse(f"its weight {name} has the shape {found}, not {shape}")
        if not is_finite(tensor):
            refuse(f"its weight {name} is not finite")
    return kept


def _some(names: List[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _read_tokenizer(rules: Any, settings: Any) -> PreTrainedTokenizerFast:
    if not isinstance(rules, bytes) or not isinstance(settings, dict):
        refuse("its tokenizer is not a text and a table of settings")
    for name, value in settings.items():
        kind = SETTINGS.get(name)
        if kind is None or type(value) is not kind:
            refuse(f"its tokenizer has the setting {name!r}: {str(value)[:80]!r}")
    try:
        backend = Tokenizer.from_buffer(rules)
    except Exception as error:  # the library raises bare exceptions
        refuse(f"its tokenizer can't be read ({str(error)[:200]})")
    # otherwise the constructor sets this rule back to its default
    before_words = backend.pre_tokenizer
    rule = json.loads(before_words.__getstate__()) if before_words else {}
    prefix = bool(rule.get("add_prefix_space", False))
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, add_prefix_space=prefix, **settings
    )
