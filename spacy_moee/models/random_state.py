"""The state of the random numbers that dropout takes, so that it can be repeated."""

from contextlib import contextmanager
from typing import Iterator

import torch
from torch import Tensor


def get_random_state(device: torch.device) -> Tensor:
    """Read the state.

    device (torch.device): Where numbers are drawn.
    RETURNS (Tensor): The state.
    """
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    return torch.get_rng_state()


@contextmanager
def use_random_state(device: torch.device, state: Tensor) -> Iterator[None]:
    """Draw inside what was drawn after a state; then go on as if nothing was drawn.

    device (torch.device): Where numbers are drawn.
    state (Tensor): What `get_random_state` returned.
    """
    is_cuda = device.type == "cuda"
    with torch.random.fork_rng([device] if is_cuda else []):
        if is_cuda:
            torch.cuda.set_rng_state(state, device)
        else:
            torch.set_rng_state(state)
        yield
