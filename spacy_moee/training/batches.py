"""Batchers: what a config's [training.batcher] can name."""

import random
from itertools import islice
from typing import Callable, Iterable, Iterator, List

from spacy.training import Example


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
