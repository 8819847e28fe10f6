"""Encoders as spacy-transformers' own shim saves them, and this package did before."""

import io
import json
import pickle
from typing import Any, Callable, Dict, Optional

import torch

KEYS = {
    *("config", "state", "tokenizer"),
    *("_init_tokenizer_config", "_init_transformer_config"),
}
# the files of tokenizers: nothing else is even looked at
FILES = {
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
    *("added_tokens.json", "vocab.txt", "vocab.json", "merges.txt"),
    *("spiece.model", "sentencepiece.bpe.model", "tokenizer.model"),
}
KWARGS = {"use_fast", "add_prefix_space"}
TOKENS = ("pad", "unk", "cls", "sep", "mask", "bos", "eos")


def read_old(
    msg: Dict[str, Any], refuse: Callable[[str], Any]
) -> Optional[Dict[str, Any]]:
    """Put an old file's parts in order.

    msg (Dict[str, Any]): What the file holds.
    refuse (Callable[[str], Any]): Raises the error for what can't be read.
    RETURNS (Optional[Dict[str, Any]]): The parts as `write_encoder` names them; None if
        the file holds no encoder yet.
    """
    if msg.keys() != KEYS:
        refuse(f"it has the parts {sorted(map(str, msg))}")
    if not msg["config"]:
        return None
    files = dict(msg["tokenizer"])
    kwargs = files.pop("kwargs", {})
    if not isinstance(kwargs, dict) or not kwargs.keys() <= KWARGS:
        refuse(f"it has arguments for the tokenizer that it can't have: {kwargs}")
    for name, content in files.items():
        if name not in FILES or not isinstance(content, bytes):
            refuse(f"it has a file {str(name)[:80]!r}, which is none of a tokenizer")
    if "tokenizer.json" not in files:
        refuse("it has no fast tokenizer (tokenizer.json)")
    config = dict(msg["config"])
    # what every file says that was never loaded with other code
    for name in ("_attn_implementation_autoset", "_attn_implementation"):
        config.pop(name, None)
    try:
        settings = _settings(files)
        state = io.BytesIO(msg["state"])
        weights = torch.load(state, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        refuse(f"its parts can't be read ({str(error)[:200]})")
    return {
        "format": "spacy_moee.encoder.v1",
        "config": config,
        "weights": weights,
        "tokenizer": files["tokenizer.json"],
        "settings": settings,
    }


def _settings(files: Dict[str, bytes]) -> Dict[str, Any]:
    """The plain settings of a tokenizer; all others of its files are left alone."""
    values: Dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        values.update(json.loads(files.get(name, b"{}")))
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
