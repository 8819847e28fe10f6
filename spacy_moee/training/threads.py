"""The number of torch's threads."""

from typing import Callable

from spacy.language import Language


def make_torch_threads(n: int = 1) -> Callable[[Language], Language]:
    """Set the number of torch's threads for `spacy train`. One is often faster than
    all. Registered as `spacy_moee.torch_threads.v1`, a callback for
    [initialize.before_init]: loading a pipeline never changes the process.

    n (int): The number of threads.
    RETURNS (Callable[[Language], Language]): The callback.
    """

    def set_threads(nlp: Language) -> Language:
        import torch

        torch.set_num_threads(n)
        return nlp

    return set_threads
