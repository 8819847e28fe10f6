"""A bounded cache of word vectors."""

from threading import Lock
from typing import Callable, Dict, List, Sequence, Tuple

import numpy

# the most words in a cache: 24 MB at 300 dimensions
CACHE_WORDS = 20_000
# longer words are not kept: words take memory, too
LONGEST = 256


class VectorCache:
    """The vectors of up to `CACHE_WORDS` words. A full cache is emptied. Any number of
    threads may use it.

    width (int): Numbers in a vector.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._lock = Lock()
        self.clear()

    def __len__(self) -> int:
        """RETURNS (int): The number of words."""
        return len(self._content[0])

    def clear(self) -> None:
        """Drop all words."""
        self._content = self._empty()

    def get(
        self,
        words: Sequence[str],
        compute: Callable[[Sequence[str]], numpy.ndarray],
    ) -> numpy.ndarray:
        """Look up words, and compute the vectors of new ones.

        words (Sequence[str]): Distinct words.
        compute (Callable[[Sequence[str]], ndarray]): Computes a row per word.
        RETURNS (ndarray): A new array, float32 [n_words, width].
        """
        # one read: another thread may put an empty cache in its place
        rows, table = self._content
        found = [rows.get(word, -1) for word in words]
        vectors = table[found]
        if -1 in found:
            missing = [place for place, row in enumerate(found) if row < 0]
            new = [words[place] for place in missing]
            vectors[missing] = compute(new)
            self._keep(new, vectors[missing])
        return vectors

    def _keep(self, words: List[str], vectors: numpy.ndarray) -> None:
        # If the lock is taken, nothing is kept: so no thread waits, not even that of a
        # child that was forked while another thread held the lock.
        if not self._lock.acquire(blocking=False):
            return
        try:
            rows, table = self._content
            # another thread may have added some of them
            new = [
                place
                for place, word in enumerate(words)
                if word not in rows and len(word) <= LONGEST
            ]
            if len(rows) + len(new) > len(table):
                self._content = rows, table = self._empty()
                new = new[: len(table)]
            # the vectors first: a reader must not find a word without its row
            start = len(rows)
            table[start : start + len(new)] = vectors[new]
            rows.update((words[p], start + i) for i, p in enumerate(new))
        finally:
            self._lock.release()

    def _empty(self) -> Tuple[Dict[str, int], numpy.ndarray]:
        # pages of zeros take no memory until they are written
        return {}, numpy.zeros((CACHE_WORDS, self.width), dtype="float32")
