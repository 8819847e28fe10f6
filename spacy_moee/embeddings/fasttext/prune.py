"""Small copies of fastText's models, to save with a pipeline."""

from pathlib import Path
from typing import BinaryIO, Iterable, Iterator, Optional

import numpy
from numpy import ndarray

from ...errors import MoeeError, os_errors
from ...files import whole_file
from ...padding import ranges
from .file import FastTextFile
from .layout import HEADER, MATRIX, PRUNED_MAGIC

# bytes that are copied at once; for single rows the system would map more
BLOCK = 2**21
HALF = numpy.finfo("float16")


def write_pruned(
    source: FastTextFile, path: Path, words: Optional[Iterable[str]]
) -> None:
    """Write a copy in half precision, with the n-grams and without the output matrix,
    for `FastTextFile`. A word that is left out becomes an unknown word, whose vector is
    the mean of its n-grams. The file is complete, or is not written.

    source (FastTextFile): The model.
    path (Path): The file to write.
    words (Optional[Iterable[str]]): The words to keep, if the model has them; None for
        all.
    RAISES (MoeeError): M215, for a value that is too large for half precision; M216, if
        the copy can't be written; M249, if the model was truncated.
    """
    numbers = numpy.arange(source.n_words)
    if words is not None:
        numbers = numpy.unique(source.rows(list(words)))
        numbers = numbers[(numbers >= 0) & (numbers < source.n_words)]
    with os_errors("M216", file=path), whole_file(Path(path)) as draft:
        with draft.open("wb") as file:
            _write(source, file, numbers)


def _write(source: FastTextFile, file: BinaryIO, numbers: ndarray) -> None:
    header = source.layout.header
    values = list(HEADER.unpack(source.index.data[: HEADER.size].tobytes()))
    values[0] = PRUNED_MAGIC
    values[15:17] = len(numbers) + header.n_labels, len(numbers)
    file.write(HEADER.pack(*values))
    # labels have no rows: they use those of the n-grams, in the order of the labels
    labels = numpy.arange(header.n_words, header.n_entries)
    for part in _entries(source, numpy.concatenate([numbers, labels])):
        file.write(part.tobytes())
    file.write(MATRIX.pack(False, len(numbers) + header.bucket, header.dim))
    buckets = numpy.arange(header.n_words, header.n_rows)
    for part in _rows(source, numpy.concatenate([numbers, buckets])):
        file.write(part.tobytes())


def _entries(source: FastTextFile, numbers: ndarray) -> Iterator[ndarray]:
    starts = source.layout.starts
    size = max(BLOCK // 64, 1)
    for start in range(0, len(numbers), size):
        block = numbers[start : start + size]
        source.check_size()
        places = ranges(starts[block], starts[block + 1] - starts[block])
        yield source.index.data[places]
        source.release()


def _rows(source: FastTextFile, numbers: ndarray) -> Iterator[ndarray]:
    size = max(BLOCK // (4 * source.dim), 1)
    for start in range(0, len(numbers), size):
        block = numbers[start : start + size]
        source.check_size()
        rows = source.matrix[block].astype("float32")
        fits = numpy.abs(rows) <= HALF.max
        if not fits.all():
            row, column = numpy.argwhere(~fits)[0]
            raise MoeeError(
                "M215",
                path=source.path,
                row=block[row],
                value=rows[row, column],
                expected=HALF.max,
            )
        yield rows.astype("<f2")
        source.release()
