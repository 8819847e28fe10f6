"""Batchers for [training.batcher] of a config."""

import random
from itertools import islice
from typing import Callable, Iterable, Iterator, List

from spacy.training import Example


def make_batch_by_length(
    size: int, buffer: int = 64, words: int = 1500
) -> Callable[[Iterable[Example]], Iterator[List[Example]]]:
    """Batch docs of similar length, which saves half of the padding of random
    batches. Registered as `spacy_moee.batch_by_length.v1`.

    size (int): Docs per batch.
    buffer (int): The number of batches to read ahead; their docs are sorted, and the
        batches are shuffled.
    words (int): Batches of long docs have fewer of them: at most about this many
        tokens, but at least one doc. 0 for no limit.
    RETURNS (Callable): The batcher.
    """

    def batch_by_length(examples: Iterable[Example]) -> Iterator[List[Example]]:
        stream = iter(examples)
        while pool := list(islice(stream, size * buffer)):
            # equal lengths in random order: batches differ between epochs
            pool.sort(key=lambda eg: (len(eg), random.random()))
            batches = [*_cut(pool, size, words)]
            random.shuffle(batches)
            yield from batches

    return batch_by_length


def _cut(pool: List[Example], size: int, words: int) -> Iterator[List[Example]]:
    """Cut docs in the order of their length into batches."""
    first = 0
    while first < len(pool):
        batch = pool[first : first + size]
        if words:
            # the last one is the longest
            while len(batch) > 1 and len(batch) * len(batch[-1]) > words:
                batch.pop()
        yield batch
        first += len(batch)
