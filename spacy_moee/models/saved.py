"""What a saved model may change of the one that reads it."""

import gc
from contextlib import contextmanager
from typing import Any, Dict, Iterator

from numpy import ndarray

from ..errors import MoeeError
from ..finite import is_finite
from .types import LayerT, MoEEModelT


@contextmanager
def checked_load(model: MoEEModelT) -> Iterator[None]:
    """See that what is loaded inside can be of this model: no other settings than it
    has, of the same kinds, and finite parameters. On an error the settings are what
    they were.

    model (Model[List[Doc], Scores]): The model.
    RAISES (MoeeError): M102, if it can't.
    """
    nodes = list(model.walk())
    before = [{**node.attrs} for node in nodes]
    collects = gc.isenabled()
    try:
        yield
        for node, attrs in zip(nodes, before, strict=True):
            _check_attrs(node, attrs)
            for name in node.param_names:
                if node.has_param(name):
                    _check_param(node, name)
    except Exception:
        for node, attrs in zip(nodes, before, strict=True):
            node.attrs.clear()
            node.attrs.update(attrs)
        if collects:
            # srsly turns it off, and leaves it so when it can't read something
            gc.enable()
        raise


def own_parameters(model: MoEEModelT) -> None:
    """Copy parameters and gradients that lie in memory which can't be written, as those
    of a pipeline that processes share: Thinc's kernels refuse to read them.

    model (Model[List[Doc], Scores]): The model.
    """
    for node in model.walk():
        for name in node.param_names:
            if node.has_param(name):
                node.set_param(name, _own(node.get_param(name)))
        for name in node.grad_names:
            node.set_grad(name, _own(node.get_grad(name)))


def _own(array: Any) -> Any:
    is_shared = isinstance(array, ndarray) and not array.flags.writeable
    return array.copy() if is_shared else array


def _check_param(node: LayerT, name: str) -> None:
    array: Any = node.get_param(name)
    problem = ""
    if array.dtype.kind not in "fiu":
        problem = f"of type {array.dtype}"
    elif not is_finite(array):
        problem = "not finite"
    if problem:
        raise MoeeError("M102", problem=f"{name} of {node.name} is {problem}")


def _check_attrs(node: LayerT, before: Dict[str, Any]) -> None:
    for name, value in node.attrs.items():
        if name not in before or not _can_be(value, before[name]):
            problem = f"it has {str(value)[:80]!r} as '{name}' of {node.name}"
            raise MoeeError("M102", problem=problem)


def _can_be(value: Any, before: Any) -> bool:
    """Whether a file can say a value: one of the kind that was there, so that no
    object and no function is replaced, and no number by a text."""
    if value is before or before is None:
        # a file holds no functions
        return True
    kinds = ((bool,), (int, float), (list, tuple), (str,), (dict,), (ndarray,))
    return any(isinstance(value, k) and isinstance(before, k) for k in kinds)
