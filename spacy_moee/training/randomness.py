"""The state of random number generators."""

import random
from contextlib import contextmanager
from typing import Iterator, Optional

import numpy


@contextmanager
def keep_random_state(seed: Optional[int]) -> Iterator[None]:
    """Seed the generators as spaCy's training loop does, and restore their state at the
    end.

    seed (Optional[int]): The seed; None does not seed them.
    """
    import torch

    python, arrays = random.getstate(), numpy.random.get_state()
    # not CuPy's generators, which readers and batchers do not use
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        try:
            if seed is not None:
                random.seed(seed)
                numpy.random.seed(seed % 2**32)
                torch.manual_seed(seed)
            yield
        finally:
            random.setstate(python)
            numpy.random.set_state(arrays)
