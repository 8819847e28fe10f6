"""A bounded memory of word vectors that were computed before."""

from threading import Lock
from typing import Callable, Dict, List, Sequence, Tuple

import numpy

# Words that a cache holds: 24 MB at 300 dimensions
CACHE_WORDS = 20_000
# A longer word is not kept: the words take memory, too.
LONGEST = 256


class VectorCache:
    """The vectors of up to `CACHE_WORDS` words. When it is full it starts anew. Any
    number of threads may use it.

    width (int): Numbers in a vector.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._lock = Lock()
        self.clear()

    def __len__(self) -> int:
        """Count the words. RETURNS (int): At most `CACHE_WORDS`."""
        return len(self._content[0])

    def clear(self) -> None:
        """Forget all words."""
        self._content = self._empty()

    def get(
        self,
        words: Sequence[str],
        compute: Callable[[Sequence[str]], numpy.ndarray],
    ) -> numpy.ndarray:
        """Look words up, and compute what is not there.

        words (Sequence[str]): Distinct words.
        compute (Callable[[Sequence[str]], ndarray]): Gives a row a word.
        RETURNS (ndarray): float32 [n_words, width], the caller's own.
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
        # Who finds the lock taken does without: so nobody waits, not even a child
        # that was forked while another thread held it.
        if not self._lock.acquire(blocking=False):
            return
        try:
            rows, table = self._content
            # another thread may have brought some of them
            new = [
                place
                for place, word in enumerate(words)
                if word not in rows and len(word) <= LONGEST
            ]
            if len(rows) + len(new) > len(table):
                self._content = rows, table = self._empty()
                new = new[: len(table)]
            # the vectors first: a reader finds only words whose row is there
            start = len(rows)
            table[start : start + len(new)] = vectors[new]
            rows.update((words[p], start + i) for i, p in enumerate(new))
        finally:
            self._lock.release()

    def _empty(self) -> Tuple[Dict[str, int], numpy.ndarray]:
        # pages of zeros take no memory until they are written
        return {}, numpy.zeros((CACHE_WORDS, self.width), dtype="float32")
