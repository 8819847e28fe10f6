"""fastText's binary models, read from the disk: only a small index is in memory.

The format is that of fastText 0.9 (its dictionary.cc, densematrix.cc and fasttext.cc):
header, dictionary, input matrix, output matrix.
"""

import mmap
import warnings
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Sequence, Tuple

import numpy
from numpy import ndarray

from ...errors import MoeeError, warn
from ...files import fingerprint_of, sha256_of
from ...finite import check_rows
from .layout import read_layout
from .subwords import Ngrams, subword_rows
from .text import join_words, split_batches
from .words import WordIndex

END_OF_SENTENCE = "</s>"
# characters of words that are processed at once
BATCH = 2**16
# rows that are converted to single precision at once
ROWS = 2**13


class FastTextFile:
    """A dense model of fastText (`.bin`), or a copy by `write_pruned`. The file is
    mapped into memory, so that processes share what they read of it.

    path (Path): The file.
    RAISES (MoeeError): M210 for a file that can't be opened, M211 for another kind of
        file, M212 for another version, M213 for a quantized or pruned model, M214 or
        M248 for a damaged file.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        memory = _map(self.path)
        self.layout = read_layout(self.path, memory)
        header = self.layout.header
        self.dim = header.dim
        self.n_words = header.n_words
        self.index = WordIndex(
            numpy.frombuffer(memory, dtype="uint8"), self.layout.starts
        )
        self.ngrams = Ngrams(
            header.minn, header.longest_ngram, header.bucket, header.n_words
        )
        self._memory = memory
        # it starts at any byte, so it is not aligned
        self.matrix: ndarray = numpy.frombuffer(
            memory,
            dtype=header.dtype,
            count=header.n_rows * header.dim,
            offset=self.layout.matrix,
        ).reshape(header.n_rows, header.dim)
        self.release()

    def __reduce__(self) -> Tuple[Callable, Tuple]:
        return FastTextFile, (self.path,)

    def known(self, words: Sequence[str]) -> ndarray:
        """Check which words are in the dictionary, which also has labels.

        words (Sequence[str]): The words.
        RETURNS (ndarray): Whether each is in it, as bool.
        """
        return self.rows(words) >= 0

    def rows(self, words: Sequence[str]) -> ndarray:
        """Find the places of words in the dictionary: the rows of the matrix.

        words (Sequence[str]): The words.
        RETURNS (ndarray): The place of each, -1 if it is not in the dictionary. Those
            of labels are `n_words` and above.
        RAISES (MoeeError): M249, if the file was truncated.
        """
        self.check_size()
        found = numpy.empty(len(words), dtype="int64")
        for start, end in split_batches(words, BATCH):
            found[start:end] = self.index.find(join_words(words[start:end]))
        return found

    def vectors(self, words: Sequence[str]) -> ndarray:
        """Compute the vectors of words, known or unknown, as fastText's
        `get_word_vector` does.

        words (Sequence[str]): Any strings.
        RETURNS (ndarray): Vectors as float32, shape [len(words), dim].
        RAISES (MoeeError): M246, for a vector that is not finite; M249, if the file
            was truncated.
        """
        self.check_size()
        vectors = numpy.zeros((len(words), self.dim), dtype="float32")
        for start, end in split_batches(words, BATCH):
            rows, counts = self.subwords(words[start:end])
            if len(rows):
                # as in fastText: the inverse of the number, times the sum
                parts = (1 / numpy.maximum(counts, 1)).astype("float32")
                sums = self._sum_rows(rows, numpy.cumsum(counts) - counts)
                numpy.multiply(sums, parts[:, None], out=vectors[start:end])
        # here, because a check of the whole file would take as long as a copy
        check_rows(vectors, words, f"'{self.path}'")
        return vectors

    def subwords(self, words: Sequence[str]) -> Tuple[ndarray, ndarray]:
        """Find the rows of the matrix whose mean is the vector of each word.

        words (Sequence[str]): Any strings, at least one.
        RETURNS (Tuple[ndarray, ndarray]): The rows of all words, one word after the
            other; and their number for each word.
        WARNS (UserWarning): MW23, for a word that is too long to be read whole.
        """
        limit = self.ngrams.longest_word
        if len(longest := max(words, key=len)) > limit:
            warn("MW23", word=longest[:20], size=len(longest), limit=limit)
            words = [word[:limit] for word in words]
        text = join_words(words)
        own = self.index.find(text)
        # a label uses the row of an n-gram; without one, fastText reads a random place
        own[own >= len(self.matrix)] = -1
        is_whole = numpy.asarray([word == END_OF_SENTENCE for word in words])
        return subword_rows(text, own, is_whole, self.ngrams)

    def release(self) -> None:
        """Free the memory of the parts that were read; they are read again when needed.
        A system without such a call (Windows) decides by itself."""
        if hasattr(self._memory, "madvise"):
            self._memory.madvise(mmap.MADV_DONTNEED)

    def check_size(self) -> None:
        """Check that the file is as long as before. Reading behind a new end would kill
        the process (SIGBUS), and still does if the file is truncated after this check.

        RAISES (MoeeError): M249, if it is shorter.
        """
        found, expected = self._memory.size(), len(self._memory)
        if found < expected:
            raise MoeeError("M249", path=self.path, found=found, expected=expected)

    @cached_property
    def sha256(self) -> str:
        """RETURNS (str): The SHA-256 of the whole file, in hexadecimal digits."""
        return sha256_of(self.path)

    @cached_property
    def fingerprint(self) -> str:
        """Tell this file from others. RETURNS (str): See `files.fingerprint_of`."""
        return fingerprint_of(self.path)

    @cached_property
    def _tensor(self) -> Any:
        import torch

        with warnings.catch_warnings():
            # it can't be written to, and nothing does
            warnings.filterwarnings("ignore", "The given buffer is not writable")
            return torch.frombuffer(
                self._memory,
                dtype=torch.float32,
                count=self.matrix.size,
                offset=self.layout.matrix,
            ).view(self.matrix.shape)

    def _sum_rows(self, rows: ndarray, starts: ndarray) -> ndarray:
        """Sum runs of rows of the matrix, in float32 and in their order."""
        if self.matrix.dtype == numpy.float32:
            return _sum_runs(self._tensor, rows, starts)
        import torch

        sums = numpy.zeros((len(starts), self.dim), dtype="float32")
        for start in range(0, len(rows), ROWS):
            chunk = rows[start : start + ROWS]
            # runs with a part in this chunk
            first = int(numpy.searchsorted(starts, start, side="right")) - 1
            stop = int(numpy.searchsorted(starts, start + len(chunk)))
            table = torch.from_numpy(self.matrix[chunk].astype("float32"))
            inner = numpy.maximum(starts[first:stop] - start, 0)
            numbers = numpy.arange(len(chunk), dtype="int32")
            sums[first:stop] += _sum_runs(table, numbers, inner)
        return sums


def _sum_runs(table: Any, rows: ndarray, starts: ndarray) -> ndarray:
    import torch

    with torch.no_grad():
        sums = torch.nn.functional.embedding_bag(
            torch.from_numpy(rows),
            table,
            torch.from_numpy(starts.astype(rows.dtype)),
            mode="sum",
        )
    return sums.numpy()


def _map(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                raise MoeeError("M211", path=path, found="an empty file")
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise MoeeError("M210", path=path, problem=error.strerror or error) from None
