"""Words and hashes -> fastText's vectors, with the interface of spaCy's vectors."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Optional, Tuple, Union

import numpy
from spacy.attrs import ORTH
from spacy.strings import StringStore
from spacy.vectors import BaseVectors
from thinc.api import get_current_ops, to_numpy
from thinc.types import Floats1d, Floats2d

from ...errors import MoeeError, warn
from .source import FastTextSource

Key = Union[int, str]


class VectorsNotFound(MoeeError, AttributeError):
    """The vectors have no width yet. While spaCy loads a pipeline, it checks for the
    width with `hasattr`, before it reads the path of the pipeline's own copy."""


class FastTextLookup(BaseVectors):
    """Vectors that spaCy can look up; `FastTextVectors` adds how they are saved.

    path (Union[str, Path]): The .bin file.
    strings (Optional[StringStore]): The strings of the vocabulary.
    lowercase (bool): Whether words are lower-cased before they are looked up.
    """

    attr = ORTH
    mode = "fasttext"
    is_full = False

    def __init__(
        self,
        path: Union[str, Path],
        *,
        strings: Optional[StringStore] = None,
        lowercase: bool = False,
    ) -> None:
        super().__init__()
        self.source = FastTextSource(path, lowercase)
        self.name: Optional[str] = self.source.path.stem
        self.key2row: Dict[int, int] = {}
        self._strings = StringStore() if strings is None else strings
        self._pickled_strings: Optional[StringStore] = None

    @property
    def strings(self) -> StringStore:
        """RETURNS (StringStore): The strings in which hashes are looked up."""
        return self._strings

    @strings.setter
    def strings(self, strings: StringStore) -> None:
        # An unpickled vocabulary sets an empty store here, but uses the store that was
        # pickled itself. In that case the pickled store is kept.
        if len(strings):
            self._pickled_strings = None
        self._strings = strings

    @property
    def shape(self) -> Tuple[int, int]:
        """The numbers of rows, for words and n-grams, and of dimensions.

        RETURNS (Tuple[int, int]): `(n_rows, dim)`.
        RAISES (VectorsNotFound): M220 to M223, if the file is not found.
        """
        try:
            rows, dim = self.source.file.matrix.shape
        except MoeeError as error:
            raise VectorsNotFound(error.code, **error.values) from None
        return rows, dim

    @property
    def size(self) -> int:
        """RETURNS (int): The numbers in the table: rows times dimensions."""
        return self.shape[0] * self.shape[1]

    @property
    def vectors_length(self) -> int:
        """RETURNS (int): The number of dimensions."""
        return self.shape[1]

    @property
    def n_keys(self) -> int:
        """RETURNS (int): The number of words in the file, 0 if it is missing."""
        return self.source.file.n_words if hasattr(self, "shape") else 0

    @property
    def data(self) -> Floats2d:
        """RETURNS (Floats2d): An array of the right width without rows: spaCy only
        reads its type."""
        return get_current_ops().alloc2f(0, self.shape[1])

    def __len__(self) -> int:
        return self.shape[0] if hasattr(self, "shape") else 0

    def keys(self) -> Tuple[int, ...]:
        """RETURNS (Tuple[int, ...]): Empty: every string is a key."""
        return ()

    def __iter__(self) -> Iterator[int]:
        return iter(self.keys())

    def __contains__(self, key: Key) -> bool:
        """Check whether a word has a vector that is not zero.

        key (Union[int, str]): The word, or its hash.
        RETURNS (bool): Whether it has one; False for an unknown hash.
        """
        try:
            return bool(self[key].any())
        except KeyError:
            return False

    def __getitem__(self, key: Key) -> Floats1d:
        """Look up a word.

        key (Union[int, str]): The word, or its hash.
        RETURNS (Floats1d): Its vector.
        RAISES (KeyError): E018, for an unknown hash.
        """
        vector = self.source.look_up([self._word(key)])[0]
        return get_current_ops().asarray1f(vector)

    def get_batch(self, keys: Iterable[Key]) -> Floats2d:
        """Look up words, each distinct one once.

        keys (Iterable[Union[int, str]]): Words or hashes, or an array of hashes.
        RETURNS (Floats2d): A new array with a row per key, on the current device.
        RAISES (KeyError): E018, for an unknown hash.
        RAISES (MoeeError): M220 to M223, if the file is not found.
        """
        places: Any = slice(None)
        if hasattr(keys, "dtype"):
            distinct, places = numpy.unique(to_numpy(keys), return_inverse=True)
            keys = distinct.tolist()
        # distinct keys may be the same word in lower case
        order: Dict[str, int] = {}
        rows = [order.setdefault(self._word(key), len(order)) for key in keys]
        table = self.source.look_up(list(order))
        index = numpy.asarray(rows, dtype="int64")[places]
        return get_current_ops().asarray2f(table[index])

    def add(self, key: Key, *, vector: Any = None) -> int:
        """Warn that a vector can't be set.

        key (Union[int, str]): A word.
        vector (Any): Its vector.
        RETURNS (int): Always -1.
        """
        warn("MW21", path=self.source.path)
        return -1

    @contextmanager
    def memory_zone(self, mem: Any = None) -> Iterator[Any]:
        """Drop the cached words at the end of a block. `Vocab.memory_zone` calls it.

        mem (Optional[Pool]): The memory of the zone.
        YIELDS (Optional[Pool]): The memory of the zone.
        """
        try:
            yield mem
        finally:
            self.source.clear_cache()

    @property
    def live_strings(self) -> StringStore:
        """RETURNS (StringStore): The store to which the vocabulary adds words. After
        unpickling this is not `strings`."""
        pickled = self._pickled_strings
        return self._strings if pickled is None else pickled

    def _word(self, key: Key) -> str:
        if not isinstance(key, str):
            # spaCy's stub says that a store holds strings only
            pickled: Any = self._pickled_strings
            is_there = pickled is not None and key in pickled
            key = (pickled if is_there else self._strings)[key]
        return key.lower() if self.source.lowercase else key
