"""Random numbers that are drawn as in training, and given back."""

import random
from contextlib import contextmanager
from typing import Iterator, Optional

import numpy


@contextmanager
def keep_random_state(seed: Optional[int]) -> Iterator[None]:
    """Draw random numbers as spaCy's training loop does, and leave every generator as
    it was.

    seed (Optional[int]): The seed; None goes on where the generators are.
    """
    import torch

    python, arrays = random.getstate(), numpy.random.get_state()
    # CuPy's generators draw nothing for readers and batchers, and are not touched
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
