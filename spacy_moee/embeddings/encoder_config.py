"""What the config of a saved encoder may say. It is read as values that are not to be
trusted: they name no code, nothing to fetch, and no sizes that the weights lack."""

from typing import Any, Dict, Iterator, NoReturn

from torch import nn
from torch.overrides import TorchFunctionMode
from transformers import CONFIG_MAPPING, PretrainedConfig
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
)

from ..errors import MoeeError

# Encoders of text. Others fetch a part of them from elsewhere when they are built, as
# those of images do, or compile code for a GPU.
KINDS = frozenset(
    {*MODEL_FOR_MASKED_LM_MAPPING_NAMES, *MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES}
) - {"layoutlmv2", "mra", "perceiver", "reformer", "wav2vec2", "yoso"}
# what would fetch or run other code, or build another network than the config's
UNSAFE = {
    *("auto_map", "custom_pipelines", "quantization_config", "trust_remote_code"),
    *("attn_implementation", "_attn_implementation", "_attn_implementation_internal"),
}
# A number of layers, by any family's name for it
COUNTS = ("layer", "layers", "blocks", "groups", "experts")
# More than any vocabulary's size or number of positions
LARGEST = 2**24


def read_config(values: Any, n_weights: int) -> PretrainedConfig:
    """Build the config of an encoder. What its kind has no name for is left out.

    values (Any): What a file says.
    n_weights (int): How many weights come with it.
    RETURNS (PretrainedConfig): The config.
    RAISES (MoeeError): M260, for values that no config of ours has.
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
    except Exception as error:  # whatever other people's constructors raise
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
    """A block in which PyTorch may be called a number of times, by this thread: a
    network that grows without end is not built.

    n_weights (int): How many weights the network has.
    """

    def __init__(self, n_weights: int) -> None:
        super().__init__()
        self.n_weights = n_weights
        self.left = 1000 + 20 * n_weights

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Count a call. RAISES (MoeeError): M260, for the first one too many."""
        self.left -= 1
        if self.left < 0:
            refuse(f"its config makes more than its {self.n_weights} weights")
        return func(*args, **(kwargs or {}))


def n_bytes(network: nn.Module) -> int:
    """The memory of a network's parameters and constants, each counted once. RETURNS
    (int): Bytes."""
    tensors = {id(t): t for t in (*network.parameters(), *network.buffers())}
    return sum(t.numel() * t.element_size() for t in tensors.values())


def refuse(problem: str) -> NoReturn:
    """Refuse a saved encoder. RAISES (MoeeError): M260, always."""
    raise MoeeError("M260", problem=problem)
