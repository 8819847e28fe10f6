"""Arrays whose shape has changed: what they share is their beginning."""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import torch
from thinc.api import Optimizer
from thinc.util import torch2xp, xp2torch
from torch import Tensor, nn


class Stage(NamedTuple):
    """A parameter between two growths. Each has a key of its own: an optimizer that is
    called with it never meets what it remembers of another size.

    key (Tuple[int, str]): What an optimizer calls it.
    shape (Tuple[int, ...]): Its shape.
    """

    key: Tuple[int, str]
    shape: Tuple[int, ...]


def lay_over(values: Tensor, under: Tensor) -> Tensor:
    """Put values over the beginning of an array, in place.

    values (Tensor): The values.
    under (Tensor): An array of as many dimensions.
    RETURNS (Tensor): The array.
    """
    sizes = map(min, values.shape, under.shape)
    common = tuple(slice(size) for size in sizes)
    under[common] = values[common]
    return under


def enlarge(tensor: Tensor, shape: Sequence[int]) -> Tensor:
    """Add zeros at the ends of a constant or a parameter, and of its gradient.

    tensor (Tensor): The tensor.
    shape (Sequence[int]): Its new shape.
    RETURNS (Tensor): Itself, if it has this shape; else another one of its kind.
    """
    if tensor.shape == shape:
        return tensor
    larger = lay_over(tensor.detach(), tensor.detach().new_zeros(shape))
    if not isinstance(tensor, nn.Parameter):
        return larger
    parameter = nn.Parameter(larger, tensor.requires_grad)
    if tensor.grad is not None:
        parameter.grad = lay_over(tensor.grad, torch.zeros_like(larger))
    return parameter


def add_stage(stages: List[Stage], key: Tuple[int, str], shape: Sequence[int]) -> None:
    """Note the shape that a parameter has now.

    stages (List[Stage]): Those that it had.
    key (Tuple[int, str]): What an optimizer calls it at first.
    shape (Sequence[int]): Its shape.
    """
    if not stages or stages[-1].shape != tuple(shape):
        id_, name = key
        name = f"{name}, {len(stages)}" if stages else name
        stages.append(Stage((id_, name), tuple(shape)))


def move_state(optimizer: Optimizer, old: Stage, new: Stage, parameter: Tensor) -> None:
    """Give what an optimizer remembers of a parameter to the parameter as it is: new
    entries have no momentum, and begin their average with their value.

    optimizer (Optimizer): The optimizer.
    old (Stage): The parameter as it was.
    new (Stage): The parameter as it is.
    parameter (Tensor): Its values.
    """
    if old.key not in optimizer.nr_update:  # as at all steps but the first
        return
    zeros, averages = torch.zeros_like(parameter), optimizer.averages
    tables: List[Tuple[Any, Tensor]] = [
        *((momenta, zeros.clone()) for momenta in (optimizer.mom1, optimizer.mom2)),
        *([] if averages is None else [(averages, parameter.clone())]),
    ]
    for table, start in tables:
        if old.key in table:
            kept = xp2torch(table.pop(old.key), device=parameter.device)
            values = torch2xp(lay_over(kept.view(old.shape), start))
            # momenta are flat
            table[new.key] = values if table is averages else values.reshape((-1,))
    counts: Tuple[Dict[Any, int], ...] = optimizer.nr_update, optimizer.last_seen
    for count in counts:
        if old.key in count:
            count[new.key] = count.pop(old.key)
