"""Holds a PyTorch network inside a Thinc model.

Thinc's own `PyTorchShim` changes the module's mode in every `predict`, so that
threads that share a pipeline disturb each other, and ignores `use_params`. Here
nothing changes but in training: networks take the dropout rate as an argument.
"""

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple, cast

import numpy
import srsly
import torch
from thinc.api import Optimizer
from thinc.shims import Shim
from thinc.types import FloatsXd
from thinc.util import get_torch_default_device, torch2xp, xp2torch
from torch import Tensor, nn

from ..errors import MoeeError
from ..finite import is_finite
from ..networks.network import GrowingNetwork, Keeper
from .growth import Stage, add_stage, enlarge, lay_over, move_state

# what a file can say of a network
SIZES = {"width", "n_tags", "n_categories", "vector_width", "n_examples", "n_words"}


class NetworkShim(Shim):
    """A network that is built when its sizes are known: by `build`, or from its own
    bytes, which hold its sizes beside its weights. So loading is one pass, works
    before `initialize`, and unpickles nothing.

    network (Callable): Makes the network from its sizes as keyword arguments; a
        class or function of a module, or a partial of one.
    """

    def __init__(self, network: Callable[..., nn.Module]) -> None:
        super().__init__(None)
        self.network = network
        # of each parameter, for optimizers that have seen it before
        self._stages: Dict[str, List[Stage]] = {}

    @property
    def is_built(self) -> bool:
        """Whether there is a network."""
        return self._model is not None

    @property
    def module(self) -> nn.Module:
        """The network. RAISES (MoeeError): M101, before it is built."""
        if self._model is None:
            raise MoeeError("M101", name="moee")
        return cast(nn.Module, self._model)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.module.parameters()).device

    def build(self, sizes: Dict[str, int], buffers: Dict[str, numpy.ndarray]) -> None:
        """Build the network with fresh weights.

        sizes (Dict[str, int]): Its sizes.
        buffers (Dict[str, ndarray]): Constants by name.
        """
        module = self._make(sizes)
        for name, values in buffers.items():
            getattr(module, name).copy_(
                torch.from_numpy(numpy.ascontiguousarray(values))
            )
        self._install(sizes, module.to(get_torch_default_device()))

    def constants(self, names: Sequence[str]) -> Dict[str, numpy.ndarray]:
        """Read constants of the network.

        names (Sequence[str]): Their names.
        RETURNS (Dict[str, ndarray]): Their values by name.
        """
        return {name: self.module.get_buffer(name).cpu().numpy() for name in names}

    def resize(self, sizes: Dict[str, int], buffers: Dict[str, numpy.ndarray]) -> None:
        """Put a network of other sizes in the place of the one that is there. Weights,
        and gradients that wait for an optimizer, stay, and are the beginning of what
        is larger.

        sizes (Dict[str, int]): What changes in its sizes.
        buffers (Dict[str, ndarray]): Constants by name.
        """
        before, device = self.module, self.device
        sizes = {**self.sizes, **sizes}
        # room for what changes, and for that alone
        with torch.device("meta"):
            module = self._make(sizes)
        old = {**dict(before.named_buffers()), **dict(before.named_parameters())}
        state = {}
        for name, new in module.state_dict().items():
            if name in buffers:
                state[name] = torch.tensor(buffers[name], dtype=new.dtype).to(device)
            else:
                state[name] = enlarge(old[name], new.shape)
        module.load_state_dict(state, assign=True)
        for name in old.keys() - state.keys():  # constants that are not saved
            place, _, leaf = name.rpartition(".")
            setattr(module.get_submodule(place), leaf, old[name])
        if isinstance(module, GrowingNetwork):
            module.start_new_types(self.sizes["n_tags"], self.sizes["n_categories"])
        self._install(sizes, module)

    def _restore(self, sizes: Dict[str, int], state: Dict[str, Tensor]) -> None:
        module = self._make(sizes)
        module.load_state_dict(state)
        self._install(sizes, module.to(get_torch_default_device()))

    def _make(self, sizes: Dict[str, int]) -> nn.Module:
        # single precision, whatever the process's default is: as the token vectors
        return self.network(**sizes).float()

    def _install(self, sizes: Dict[str, int], module: nn.Module) -> None:
        for name, parameter in module.named_parameters():
            stages = self._stages.setdefault(name, [])
            add_stage(stages, (self.id, name), parameter.shape)
        self.sizes = sizes
        self._model = module.eval()

    def to_device(self, device_type: str, device_id: int) -> None:
        """Move the parameters. Called by Thinc."""
        if self._model is not None:
            kind = "cuda" if device_type == "gpu" else device_type
            place = kind if kind == "cpu" else f"{kind}:{device_id}"
            self._model.to(place)
            self._forget()

    def finish_update(self, optimizer: Optimizer) -> None:
        """Update the parameters that have a gradient. Gradients that the optimizer has
        used are dropped.

        optimizer (Optimizer): Thinc's optimizer. It clears what it uses, in place. One
            that only collects weights and gradients, as that of `Language.rehearse`,
            may use them later, or never: they stay, as those of Thinc's own layers.
        """
        for name, parameter in self._parameters():
            if parameter.grad is None:
                continue
            *before, now = self._stages[name]
            # one that only collects can't tell what it collects for
            for stage in before if isinstance(optimizer, Optimizer) else ():
                move_state(optimizer, stage, now, parameter.data)
            # on a CPU these share the tensor's memory, and the optimizer works in it
            parameter.grad = parameter.grad.contiguous()
            weights = cast(FloatsXd, torch2xp(parameter.data))
            gradient = cast(FloatsXd, torch2xp(parameter.grad))
            updated, _ = optimizer(now.key, weights, gradient)
            if updated is not weights:
                parameter.data.copy_(xp2torch(updated, device=parameter.device))
            if not gradient.any():
                parameter.grad = None
        self._forget()

    def _forget(self) -> None:
        """Tell the network that its parameters have changed."""
        if isinstance(self._model, Keeper):
            self._model.forget()

    def _parameters(self) -> List[Tuple[str, nn.Parameter]]:
        return [] if self._model is None else list(self._model.named_parameters())

    @contextmanager
    def use_params(self, params: Dict[Tuple[int, str], FloatsXd]) -> Iterator[None]:
        """Run with other values of the parameters, such as an optimizer's averages.

        params (Dict): Arrays by what an optimizer calls the parameters.
        """
        backup: Dict[str, Tensor] = {}
        for name, parameter in self._parameters():
            stages = reversed(self._stages[name])
            key = next((x.key for x in stages if x.key in params), None)
            if key is not None:
                backup[name] = parameter.data
                values = xp2torch(params[key], device=parameter.device)
                parameter.data = lay_over(values, parameter.data.clone())
        self._forget()
        try:
            yield
        finally:
            for name, parameter in self._parameters():
                if name in backup:
                    kept = backup[name]
                    if kept.shape != parameter.shape:  # it has grown inside
                        kept = lay_over(kept, parameter.data.clone())
                    parameter.data = kept
            self._forget()

    def to_bytes(self) -> bytes:
        """Serialize sizes and weights. RETURNS (bytes): msgpack."""
        sizes, weights = None, {}
        if self._model is not None:
            state = self._model.state_dict()
            sizes, weights = self.sizes, {k: v.cpu().numpy() for k, v in state.items()}
        return cast(bytes, srsly.msgpack_dumps({"sizes": sizes, "weights": weights}))

    def from_bytes(self, data: bytes) -> "NetworkShim":
        """Build the network from what `to_bytes` wrote; all of it or nothing.

        data (bytes): The bytes.
        RETURNS (NetworkShim): This object.
        RAISES (MoeeError): M102, if they are another network's.
        """
        msg = srsly.msgpack_loads(data)
        if not isinstance(msg, dict) or msg.keys() != {"sizes", "weights"}:
            raise MoeeError(
                "M102", problem="the parts 'sizes' and 'weights' are missing"
            )
        sizes, arrays = msg["sizes"], msg["weights"]
        if sizes is None:
            self._model = None
            return self
        try:
            self._check(sizes, arrays)
            weights = {k: torch.from_numpy(v.copy()) for k, v in arrays.items()}
            self._restore(sizes, weights)
        except (TypeError, RuntimeError) as error:
            # torch lists every weight
            problem = " ".join(str(error).split("\n\t")[:2])
            raise MoeeError("M102", problem=problem) from error
        return self

    def _check(self, sizes: Any, arrays: Any) -> None:
        """See that saved weights are those of the network that the config and the sizes
        make, before room is made for it: a small file can name large sizes. All else
        comes from the config, whatever the file says."""
        sound = isinstance(sizes, dict) and sizes.keys() <= SIZES
        if not sound or not all(type(x) is int and x >= 0 for x in sizes.values()):
            problem = f"its sizes are {sizes}; expected numbers for {SIZES}"
            raise MoeeError("M102", problem=problem)
        with torch.device("meta"):
            expected = self._make(sizes).state_dict()
        if not isinstance(arrays, dict) or arrays.keys() != expected.keys():
            names = sorted({*map(str, arrays)} ^ expected.keys())
            problem = f"it differs in {', '.join(names[:3])}"
            raise MoeeError("M102", problem=problem)
        for name, tensor in expected.items():
            array = arrays[name]
            kind = torch.empty(0, dtype=tensor.dtype).numpy().dtype
            found = getattr(array, "shape", None), getattr(array, "dtype", None)
            if found != (tuple(tensor.shape), kind):
                what = f"{name} is {found}; expected {(*tensor.shape,)}, {kind}"
                raise MoeeError("M102", problem=what)
            if not is_finite(array):
                raise MoeeError("M102", problem=f"{name} is not finite")

    def __reduce__(self) -> Tuple[Callable[..., "NetworkShim"], Tuple[Any, ...]]:
        return _rebuild, (self.network, self.to_bytes())

    def __deepcopy__(self, memo: Optional[Dict[int, Any]]) -> "NetworkShim":
        return NetworkShim(self.network).from_bytes(self.to_bytes())


def _rebuild(network: Callable[..., nn.Module], data: bytes) -> NetworkShim:
    return NetworkShim(network).from_bytes(data)
