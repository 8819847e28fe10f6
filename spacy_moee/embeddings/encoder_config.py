"""The config of a saved encoder, which is not trusted: it must not name code, files to
fetch, or sizes that the weights do not have."""

from typing import Any, Dict, Iterator, NoReturn

from torch import nn
from torch.overrides import TorchFunctionMode
from transformers import CONFIG_MAPPING, PretrainedConfig
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
)

from ..errors import MoeeError

# Encoders of text, except those that fetch a part when they are built, as encoders of
# images do, or that compile code for a GPU.
KINDS = frozenset(
    {*MODEL_FOR_MASKED_LM_MAPPING_NAMES, *MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES}
) - {"layoutlmv2", "mra", "perceiver", "reformer", "wav2vec2", "yoso"}
# settings that could fetch or run other code, or build another network
UNSAFE = {
    *("auto_map", "custom_pipelines", "quantization_config", "trust_remote_code"),
    *("attn_implementation", "_attn_implementation", "_attn_implementation_internal"),
}
# A number of layers, by any family's name for it
COUNTS = ("layer", "layers", "blocks", "groups", "experts")
# More than any vocabulary's size or number of positions
LARGEST = 2**24


def read_config(values: Any, n_weights: int) -> PretrainedConfig:
    """Build the config of an encoder, without settings that its kind does not have.

    values (Any): The values of a file.
    n_weights (int): The number of its weights.
    RETURNS (PretrainedConfig): The config.
    RAISES (MoeeError): M260, for values that no saved config has.
    """
    kind = values.get("model_type") if isinstance(values, dict) else None
    if kind not in KINDS:
        refuse(f"its config names {str(kind)[:80]!r} as model_type")
    unsafe = sorted(UNSAFE.intersection(_names(values)))
    if unsafe:
        refuse(f"its config has {', '.join(unsafe)}, which could run other code")
    try:
        defaults = CONFIG_MAPPING[kind]().to_dict()
        known = {k: v for k, v in values.items() if k in defaults}
        _check_sizes(known, defaults, n_weights)
        del known["model_type"]
        return CONFIG_MAPPING[kind](**known)
    except MoeeError:
        raise
    except Exception as error:  # a constructor can raise anything
        refuse(f"its config is not valid ({str(error)[:200]})")


def _names(values: Any) -> Iterator[str]:
    if isinstance(values, dict):
        yield from (str(name) for name in values)
        values = list(values.values())
    if isinstance(values, list):
        for value in values:
            yield from _names(value)


def _check_sizes(
    values: Dict[str, Any], defaults: Dict[str, Any], n_weights: int
) -> None:
    for name, value in values.items():
        if not isinstance(value, int) or value == defaults[name]:
            continue
        if abs(value) > (n_weights if name.endswith(COUNTS) else LARGEST):
            refuse(f"its config has {value} as {name}, for {n_weights} weights")


class Budget(TorchFunctionMode):
    """A block in which this thread may call PyTorch a limited number of times, so that
    building a network of absurd depth ends.

    n_weights (int): The number of the network's weights.
    """

    def __init__(self, n_weights: int) -> None:
        super().__init__()
        self.n_weights = n_weights
        self.left = 1000 + 20 * n_weights

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Count a call. RAISES (MoeeError): M260, for a call above the limit."""
        self.left -= 1
        if self.left < 0:
            refuse(f"its config makes more than its {self.n_weights} weights")
        return func(*args, **(kwargs or {}))


def n_bytes(network: nn.Module) -> int:
    """RETURNS (int): The bytes of a network's parameters and constants, each counted
    once."""
    tensors = {id(t): t for t in (*network.parameters(), *network.buffers())}
    return sum(t.numel() * t.element_size() for t in tensors.values())


def refuse(problem: str) -> NoReturn:
    """Refuse a saved encoder. RAISES (MoeeError): M260, always."""
    raise MoeeError("M260", problem=problem)
