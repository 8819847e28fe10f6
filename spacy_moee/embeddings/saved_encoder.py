"""A pretrained encoder as bytes, and back: nothing in them is ever run, and nothing is
written when they are read.

spacy-transformers' own shim hands what a file says to Hugging Face's loaders, which may
run code that the file names, and writes files to places that the file names. Here an
encoder is four things: the values of its config, its weights as safetensors, the rules
of its fast tokenizer (`tokenizer.json`), and a few plain settings of that.
"""

import json
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
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast
from transformers.modeling_utils import no_init_weights

from ..errors import MoeeError
from ..finite import is_finite
from .old_encoder import read_old

FORMAT = "spacy_moee.encoder.v1"
KEYS = {"format", "config", "weights", "tokenizer", "settings"}
# what would fetch or run other code, or build another network than the config's
UNSAFE = {
    *("auto_map", "custom_pipelines", "quantization_config", "trust_remote_code"),
    *("attn_implementation", "_attn_implementation", "_attn_implementation_internal"),
}
# of a tokenizer: what is not in tokenizer.json
SETTINGS = {
    "model_max_length": int,
    "pad_token": str,
    "unk_token": str,
    "cls_token": str,
    "sep_token": str,
    "mask_token": str,
    "bos_token": str,
    "eos_token": str,
}


class EncoderShim(HFShim):
    """Holds a Hugging Face encoder inside a Thinc model."""

    def to_bytes(self) -> bytes:
        """Serialize the encoder. RETURNS (bytes): msgpack."""
        if self._hfmodel.transformer is None:
            return srsly.msgpack_dumps({"format": FORMAT})
        return srsly.msgpack_dumps(write_encoder(self._hfmodel))

    def from_bytes(self, bytes_data: bytes) -> "EncoderShim":
        """Build the encoder from what `to_bytes` wrote; all of it or nothing.

        bytes_data (bytes): The bytes, or those of spacy-transformers' own shim.
        RETURNS (EncoderShim): This object.
        RAISES (MoeeError): M260, for bytes that are not, or not only, an encoder.
        """
        before = self._hfmodel
        found = read_encoder(srsly.msgpack_loads(bytes_data))
        # spacy-transformers' settings for the hub, which is not asked any more
        found._init_tokenizer_config = before._init_tokenizer_config
        found._init_transformer_config = before._init_transformer_config
        self._hfmodel, self._model = found, found.transformer
        return self


def write_encoder(encoder: HFObjects) -> Dict[str, Any]:
    """Take an encoder apart.

    encoder (HFObjects): The encoder and its fast tokenizer.
    RETURNS (Dict[str, Any]): What `read_encoder` reads.
    """
    tokenizer = encoder.tokenizer
    settings = {"model_max_length": tokenizer.model_max_length}
    # huge, if it does not say
    settings = {k: v for k, v in settings.items() if v < 2**31}
    tokens = tokenizer.special_tokens_map
    settings.update({k: str(v) for k, v in tokens.items() if k in SETTINGS})
    config = encoder.transformer.config.to_dict()
    return {
        "format": FORMAT,
        "config": {k: v for k, v in config.items() if k not in UNSAFE},
        "weights": save_tensors(_untied(encoder.transformer)),
        "tokenizer": tokenizer.backend_tokenizer.to_str().encode("utf8"),
        "settings": settings,
    }


def _untied(network: nn.Module) -> Dict[str, Tensor]:
    """The weights, those that are the same tensor once."""
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

    msg (Dict[str, Any]): What `write_encoder` returned, or what spacy-transformers'
        own shim saves.
    RETURNS (HFObjects): The encoder and its tokenizer.
    RAISES (MoeeError): M260, for anything else.
    """
    if not isinstance(msg, dict):
        _refuse("it is no table of values")
    nothing = HFObjects(None, None, None, SimpleFrozenDict(), SimpleFrozenDict())
    if msg == {"format": FORMAT}:
        return nothing
    if "format" not in msg:
        msg = read_old(msg, _refuse)
        if msg is None:
            return nothing
    if msg["format"] != FORMAT or msg.keys() != KEYS:
        _refuse(f"it has the parts {sorted(map(str, msg))}, not {sorted(KEYS)}")
    config = _read_config(msg["config"])
    weights: Any = msg["weights"]
    if isinstance(weights, bytes):
        try:
            weights = load_tensors(weights)
        except SafetensorError as error:
            _refuse(f"its weights are damaged ({error})")
    transformer = _build(config, weights)
    return HFObjects(
        _read_tokenizer(msg["tokenizer"], msg["settings"]),
        transformer,
        None,
        SimpleFrozenDict(),
        SimpleFrozenDict(),
    )


def _read_config(values: Any) -> Any:
    if not isinstance(values, dict) or not isinstance(values.get("model_type"), str):
        _refuse("its config names no model_type")
    unsafe = sorted(UNSAFE & values.keys())
    if unsafe:
        _refuse(f"its config has {', '.join(unsafe)}, which could run other code")
    values = dict(values)
    try:
        return AutoConfig.for_model(values.pop("model_type"), **values)
    except (ValueError, TypeError, AttributeError) as error:
        _refuse(f"its config is not valid ({str(error)[:200]})")


def _build(config: Any, weights: Dict[str, Tensor]) -> nn.Module:
    """Build the network, once its shapes are known to be those of the weights."""
    n_layers = getattr(config, "num_hidden_layers", 0)
    if not isinstance(n_layers, int) or n_layers > len(weights):
        _refuse(f"its config has {n_layers} layers, for {len(weights)} weights")
    try:
        with torch.device("meta"), no_init_weights():
            shapes = _shapes(AutoModel.from_config(config, trust_remote_code=False))
    except (ValueError, TypeError, RuntimeError, OverflowError, ImportError) as error:
        _refuse(f"its config makes no encoder ({str(error)[:200]})")
    for name, tensor in weights.items():
        if name in shapes and tuple(tensor.shape) != shapes[name]:
            found = tuple(tensor.shape)
            _refuse(f"its weight {name} is {found}, and expected is {shapes[name]}")
        if not is_finite(tensor):
            _refuse(f"its weight {name} is not finite")
    with no_init_weights():
        network = AutoModel.from_config(config, trust_remote_code=False)
    network.tie_weights()
    _fill(network, weights)
    return network.to(get_torch_default_device()).eval()


def _shapes(network: nn.Module) -> Dict[str, Any]:
    return {k: tuple(v.shape) for k, v in network.state_dict().items()}


def _fill(network: nn.Module, weights: Dict[str, Tensor]) -> None:
    """Set every weight. One that is missing has to be the same tensor as another."""
    state = network.state_dict()
    missing = state.keys() - weights.keys()
    there = {state[name].data_ptr() for name in weights if name in state}
    lost = sorted(name for name in missing if state[name].data_ptr() not in there)
    # older releases saved these constants, too
    extra = sorted(weights.keys() - state.keys())
    extra = [name for name in extra if not name.endswith("position_ids")]
    if lost or extra:
        what = f"lacks {_some(lost)}" if lost else f"has the unknown {_some(extra)}"
        _refuse(f"it {what}")
    network.load_state_dict({k: v for k, v in weights.items() if k in state}, False)


def _some(names: List[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _read_tokenizer(rules: Any, settings: Any) -> PreTrainedTokenizerFast:
    from tokenizers import Tokenizer

    if not isinstance(rules, bytes) or not isinstance(settings, dict):
        _refuse("its tokenizer is no text and a table of settings")
    for name, value in settings.items():
        kind = SETTINGS.get(name)
        if kind is None or type(value) is not kind:
            _refuse(f"its tokenizer has the setting {name!r}: {str(value)[:80]!r}")
    try:
        backend = Tokenizer.from_buffer(rules)
    except Exception as error:  # the library raises bare exceptions
        _refuse(f"its tokenizer can't be read ({str(error)[:200]})")
    # else the constructor sets this rule back to its default
    before_words = backend.pre_tokenizer
    rule = json.loads(before_words.__getstate__()) if before_words else {}
    prefix = bool(rule.get("add_prefix_space", False))
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, add_prefix_space=prefix, **settings
    )


def _refuse(problem: str) -> Any:
    raise MoeeError("M260", problem=problem)
