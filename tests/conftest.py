import os
import signal
from typing import Iterator

# for the processes that tests start, too: pytest itself runs in one for each core
os.environ["OMP_NUM_THREADS"] = "1"

import pytest  # noqa: E402
import torch  # noqa: E402
from hypothesis import settings  # noqa: E402
from thinc.api import fix_random_seed  # noqa: E402

torch.set_num_threads(1)
settings.register_profile("fast", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=300)
settings.load_profile("fast")


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_interrupts() -> Iterator[None]:
    """A shell lets what it starts in the background ignore Ctrl-C, and so would every
    process that a test starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def same_random_numbers() -> None:
    """A test's random numbers depend neither on those before it nor on the process."""
    fix_random_seed(0)
