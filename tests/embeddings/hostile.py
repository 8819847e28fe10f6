"""What an attacker could write into the file of a saved encoder."""

import io
import os
import zipfile
from pathlib import Path
from typing import Any, Callable, Dict

import torch
from safetensors.torch import load, save

Change = Callable[[Dict[str, Any]], None]
TABLE = "embeddings.word_embeddings.weight"


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def set_trap(path: Path) -> Change:
    def change(msg: Dict[str, Any]) -> None:
        msg["state"] = _saved(Trap(path))

    return change


def _saved(state: Any) -> bytes:
    data = io.BytesIO()
    torch.save(state, data)
    return data.getvalue()


def put(*path: Any) -> Callable[[Any], Change]:
    """A change that sets one value of nested tables."""

    def of(value: Any) -> Change:
        def change(msg: Dict[str, Any]) -> None:
            for key in path[:-1]:
                msg = msg[key]
            msg[path[-1]] = value

        return change

    return of


def expand_weights(msg: Dict[str, Any]) -> None:
    """Gigabytes that are one number in the file."""
    state = torch.load(io.BytesIO(msg["state"]), weights_only=True)
    rows, width = 10**6, state[TABLE].shape[1]
    state[TABLE] = torch.zeros(1, width).expand(rows, width)
    msg["state"] = _saved(state)
    msg["config"]["vocab_size"] = rows


def share_weights(msg: Dict[str, Any]) -> None:
    """Parts of one tensor that overlap."""
    state = torch.load(io.BytesIO(msg["state"]), weights_only=True)
    flat = torch.zeros(len(state) + max(t.numel() for t in state.values()))
    for place, (name, tensor) in enumerate(state.items()):
        state[name] = flat[place : place + tensor.numel()].view(tensor.shape)
    msg["state"] = _saved(state)


def compress_weights(msg: Dict[str, Any]) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(msg["state"])) as source:
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(name, source.read(name))
    msg["state"] = data.getvalue()


def leave_out_a_large_weight(msg: Dict[str, Any]) -> None:
    weights = load(msg["weights"])
    del weights[TABLE]
    msg["weights"] = save(weights)
    msg["config"] = {**msg["config"], "vocab_size": 2**24}


OLD: Dict[str, Change] = {
    "arguments of the tokenizer": put("tokenizer", "kwargs")(
        {"trust_remote_code": True, "use_fast": True}
    ),
    "a file elsewhere": put("tokenizer", "../../escaped.txt")(b"x"),
    "an absolute file": put("tokenizer", "/tmp/moee-escaped.txt")(b"x"),
    "a file of code": put("tokenizer", "evil.py")(b"import os"),
    "code of the config": put("config", "auto_map")({"AutoModel": "evil.Model"}),
    "quantization": put("config", "quantization_config")({"quant_method": "x"}),
    "attention from elsewhere": put("config", "attn_implementation")("evil/kernel"),
    "another part": put("extra")(1),
    "no weights": put("state")(b""),
    "weights that are a text": put("state")("x"),
    "weights of one number": expand_weights,
    "weights that overlap": share_weights,
    "compressed weights": compress_weights,
    "another kind of model": put("config", "model_type")("evil"),
    "a slow tokenizer": lambda msg: msg["tokenizer"].pop("tokenizer.json"),
    "a damaged tokenizer": put("tokenizer", "tokenizer.json")(b"{"),
    "damaged settings": put("tokenizer", "tokenizer_config.json")(b"{"),
}
NEW: Dict[str, Change] = {
    "code of the config": put("config", "auto_map")({"AutoModel": "evil.Model"}),
    "code of a part of it": put("config", "text_config")(
        {"model_type": "bert", "auto_map": {"AutoModel": "evil/repository--x.Model"}}
    ),
    "attention from elsewhere": put("config", "attn_implementation")("evil/kernel"),
    "private attention": put("config", "_attn_implementation")("evil/kernel"),
    "a model that is fetched": put("config")(
        {"model_type": "detr", "backbone": "evil", "use_pretrained_backbone": True}
    ),
    "a setting of the tokenizer": put("settings", "auto_map")({"AutoTokenizer": ["e"]}),
    "a file of the tokenizer": put("settings", "tokenizer_file")("/etc/passwd"),
    "a setting of another kind": put("settings", "pad_token")({"content": "x"}),
    "another part": put("kwargs")({"trust_remote_code": True}),
    "another format": put("format")("spacy_moee.encoder.v9"),
    "damaged weights": put("weights")(b"\xff" * 64),
    "weights that are a text": put("weights")("x"),
    "no tokenizer": put("tokenizer")(b""),
    "a config of nothing": put("config")({}),
    "a config that is a text": put("config")("bert"),
    "a config that fails": put("config", "hidden_size")(17),
    "sizes that nothing explains": put("config", "vocab_size")(2**31),
    "a large weight that is not there": leave_out_a_large_weight,
    "negative sizes": put("config", "vocab_size")(-1),
    "a million layers": put("config", "num_hidden_layers")(10**6),
    "layers of another kind": put("config", "num_hidden_layers")("3"),
}
