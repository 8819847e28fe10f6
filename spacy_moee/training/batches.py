"""Batchers for [training.batcher] of a config."""

import random
from itertools import islice
from typing import Callable, Iterable, Iterator, List

from spacy.training import Example


def make_batch_by_length(
    size: int, buffer: int = 64
) -> Callable[[Iterable[Example]], Iterator[List[Example]]]:
    """Batch docs of similar length, which saves half of the padding of random
    batches. All batches but the last have the same number of docs. Registered as
    `spacy_moee.batch_by_length.v1`.

    size (int): Docs per batch.
    buffer (int): The number of batches to read ahead; their docs are sorted, and the
        batches are shuffled.
    RETURNS (Callable): The batcher.
    """

    def batch_by_length(examples: Iterable[Example]) -> Iterator[List[Example]]:
        stream = iter(examples)
        while pool := list(islice(stream, size * buffer)):
            # equal lengths in random order: batches differ between epochs
            pool.sort(key=lambda eg: (len(eg), random.random()))
            batches = [pool[i : i + size] for i in range(0, len(pool), size)]
            random.shuffle(batches)
            yield from batches

    return batch_by_length
