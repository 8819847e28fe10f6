"""Arrays whose shape has changed: what they share is their beginning."""

from typing import Dict, Sequence, Tuple, cast

import torch
from thinc.api import Optimizer
from thinc.types import Floats1d, FloatsXd
from thinc.util import torch2xp, xp2torch
from torch import Tensor, nn

Shapes = Dict[int, Tuple[int, ...]]


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


def fit_state(
    optimizer: Optimizer, key: Tuple[int, str], parameter: Tensor, shapes: Shapes
) -> None:
    """Give what an optimizer remembers of a parameter the shape of the parameter: new
    entries have no momentum, and begin their average with their value.

    optimizer (Optimizer): The optimizer.
    key (Tuple[int, str]): Its name for the parameter.
    parameter (Tensor): The parameter.
    shapes (Dict[int, Tuple[int, ...]]): The shapes that it had, by their size: momenta
        are kept flat.
    """
    device = parameter.device
    for momenta in (optimizer.mom1, optimizer.mom2):
        if key in momenta and momenta[key].size != parameter.numel():
            before = xp2torch(momenta[key], device=device)
            before = before.view(shapes[len(before)])
            after = lay_over(before, torch.zeros_like(parameter))
            momenta[key] = cast(Floats1d, torch2xp(after.flatten()))
    averages = optimizer.averages or {}
    if key in averages and averages[key].shape != parameter.shape:
        mean = lay_over(xp2torch(averages[key], device=device), parameter.clone())
        averages[key] = cast(FloatsXd, torch2xp(mean))
