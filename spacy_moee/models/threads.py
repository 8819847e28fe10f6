"""How many of torch's threads prediction uses.

Torch has one number for the process, which a thread takes over when it first
computes, and one for each thread from then on. Both are set by `set_num_threads`, so
both have to be given back, whichever thread is the last one to leave.
"""

import os
import threading
from contextlib import contextmanager
from typing import Iterator

import torch

_lock = threading.Lock()
# the threads that are inside, and the number from before the first one
_inside = 0
_saved = 1


@contextmanager
def use_threads(n: int) -> Iterator[None]:
    """Compute with some number of threads; then every thread, also one that starts
    later, has the number from before.

    n (int): The number of threads; 0 for the process's own.
    """
    global _inside, _saved
    if not n:
        yield
        return
    with _lock:
        if not _inside:
            _saved = torch.get_num_threads()
        _inside += 1
        torch.set_num_threads(n)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            torch.set_num_threads(_saved)


def _start_in_child() -> None:
    """A forked child inherits the state of torch's thread pool but not its threads, and
    waits for them forever once the parent has used more than one; and the lock, which
    another thread may have held. `nlp.pipe` forks for n_process > 1."""
    global _lock, _inside
    _lock, _inside = threading.Lock(), 0
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_in_child)
