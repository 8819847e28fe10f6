"""What a config's [training] and [initialize] blocks can name."""

import math
import random
from itertools import islice
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Optional

from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Example

from .errors import MoeeError


def make_torch_threads(n: int = 1) -> Callable[[Language], Language]:
    """Set how many threads torch computes with, for `spacy train`. One is often
    faster than all. Registered as `spacy_moee.torch_threads.v1`, a callback for
    [initialize.before_init]: loading a pipeline never changes the process.

    n (int): The number of threads.
    RETURNS (Callable[[Language], Language]): The callback.
    """

    def set_threads(nlp: Language) -> Language:
        import torch

        torch.set_num_threads(n)
        return nlp

    return set_threads


def make_batch_by_length(
    size: int, buffer: int = 64
) -> Callable[[Iterable[Example]], Iterator[List[Example]]]:
    """Batch docs of similar length, which saves half of the padding of random
    batches. Every batch but the last has the same number of docs. Registered as
    `spacy_moee.batch_by_length.v1`.

    size (int): Docs a batch.
    buffer (int): How many batches are read ahead, sorted, and shuffled as wholes.
    RETURNS (Callable): The batcher.
    """

    def batch_by_length(examples: Iterable[Example]) -> Iterator[List[Example]]:
        stream = iter(examples)
        while pool := list(islice(stream, size * buffer)):
            # equal lengths in random order: no two epochs see the same batches
            pool.sort(key=lambda eg: (len(eg), random.random()))
            batches = [pool[i : i + size] for i in range(0, len(pool), size)]
            random.shuffle(batches)
            yield from batches

    return batch_by_length


def epoch_steps(path: Optional[Path], batch_size: int, epochs: int = 1) -> int:
    """Count the batches of some epochs, so that `eval_frequency` and `patience`
    can be given in epochs whatever the corpus. Registered as
    `spacy_moee.epoch_steps.v1`.

    path (Optional[Path]): The training corpus: a `.spacy` file, or a folder of them.
    batch_size (int): Docs a batch, with a batcher that counts docs.
    epochs (int): The number of epochs.
    RETURNS (int): The number of steps, at least 1.
    RAISES (MoeeError): M204, if there is no corpus.
    """
    # a config gives a string, or nothing
    corpus = Path(path or "")
    files = sorted(corpus.rglob("*.spacy")) if path and corpus.is_dir() else [corpus]
    if not files or not all(file.is_file() for file in files):
        raise MoeeError("M204", path=path)
    n_docs = sum(len(DocBin().from_disk(file)) for file in files)
    return max(1, math.ceil(n_docs / batch_size)) * epochs
