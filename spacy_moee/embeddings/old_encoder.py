"""Encoders in the format of spacy-transformers' shim, which older pipelines have."""

import io
import json
from typing import Any, Dict, Optional
from zipfile import ZipFile

import torch
from torch import Tensor

from ..errors import MoeeError
from .encoder_config import refuse

KEYS = {
    *("config", "state", "tokenizer"),
    *("_init_tokenizer_config", "_init_transformer_config"),
}
# the files of tokenizers; no others are read
FILES = {
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
    *("added_tokens.json", "vocab.txt", "vocab.json", "merges.txt"),
    *("spiece.model", "sentencepiece.bpe.model", "tokenizer.model"),
}
KWARGS = {"use_fast", "add_prefix_space"}
TOKENS = ("pad", "unk", "cls", "sep", "mask", "bos", "eos")


def read_old(msg: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Convert the parts of an encoder in the old format.

    msg (Dict[str, Any]): The content of the file.
    RETURNS (Optional[Dict[str, Any]]): The parts as `write_encoder` names them, with
        the weights as tensors; None if the file holds no encoder yet.
    RAISES (MoeeError): M260, for parts that can't be read.
    """
    if msg.keys() != KEYS:
        refuse(f"it has the parts {sorted(map(str, msg))}")
    if not msg["config"]:
        return None
    files = dict(msg["tokenizer"])
    kwargs = files.pop("kwargs", {})
    if not isinstance(kwargs, dict) or not kwargs.keys() <= KWARGS:
        refuse(f"it has unknown arguments for the tokenizer: {kwargs}")
    for name, content in files.items():
        if name not in FILES or not isinstance(content, bytes):
            refuse(f"it has a file {str(name)[:80]!r}, which no tokenizer has")
    if "tokenizer.json" not in files:
        refuse("it has no fast tokenizer (tokenizer.json)")
    if not isinstance(msg["config"], dict):
        refuse("its config is not a table of values")
    config = dict(msg["config"])
    # every such file has these, without other code
    for name in ("_attn_implementation_autoset", "_attn_implementation"):
        config.pop(name, None)
    return {
        "config": config,
        "weights": _read_state(msg["state"]),
        "tokenizer": files["tokenizer.json"],
        "settings": _settings(files),
    }


def _read_state(data: Any) -> Dict[str, Tensor]:
    """Read PyTorch's own format: only values from its pickle, and no more of them than
    the file holds."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            packed = any(info.compress_type for info in archive.infolist())
        if packed:
            refuse("its weights are compressed")
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        weights = {str(name): tensor for name, tensor in state.items()}
        # the file holds tied tensors once
        distinct = {tensor.data_ptr(): tensor for tensor in weights.values()}
        n_bytes = sum(t.numel() * t.element_size() for t in distinct.values())
        dense = all(t.device.type == "cpu" and not t.is_sparse for t in state.values())
    except MoeeError:
        raise
    except Exception as error:  # a damaged file can raise anything
        refuse(f"its weights can't be read ({str(error)[:200]})")
    if not dense or n_bytes > len(data):
        refuse(f"its weights are {n_bytes} bytes, of a file of {len(data)}")
    return weights


def _settings(files: Dict[str, bytes]) -> Dict[str, Any]:
    """Read the plain settings of a tokenizer; the others in its files are ignored."""
    values: Dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        try:
            values.update(json.loads(files.get(name, b"{}")))
        except (ValueError, TypeError) as error:
            refuse(f"its {name} can't be read ({str(error)[:200]})")
    settings: Dict[str, Any] = {}
    for name in TOKENS:
        token = values.get(f"{name}_token")
        token = token.get("content") if isinstance(token, dict) else token
        if isinstance(token, str):
            settings[f"{name}_token"] = token
    longest = values.get("model_max_length")
    if isinstance(longest, int) and 0 < longest < 2**31:
        settings["model_max_length"] = longest
    return settings
