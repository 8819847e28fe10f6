"""A writer of fastText's binary format, for tests: any words, random vectors."""

import struct
from pathlib import Path
from typing import BinaryIO, Iterator, Sequence, Union

import numpy

MAGIC = 793712314
MODELS = {"cbow": 1, "skipgram": 2, "supervised": 3}
SOFTMAX = 3
BLOCK = 2**22


def write_fasttext(
    path: Path,
    words: Sequence[Union[str, bytes]],
    dim: int = 8,
    minn: int = 3,
    maxn: int = 6,
    bucket: int = 50,
    model: str = "skipgram",
    version: int = 12,
    labels: Sequence[Union[str, bytes]] = (),
    seed: int = 0,
    sparse: bool = False,
) -> Path:
    """Write a model that `fasttext.load_model` reads.

    path (Path): The file.
    words (Sequence[Union[str, bytes]]): The words, each once, without NUL.
    dim (int): The width of the vectors.
    minn (int): Characters of the shortest n-gram.
    maxn (int): Characters of the longest n-gram; 0 for none.
    bucket (int): Rows for n-grams.
    model (str): "skipgram", "cbow" or "supervised".
    version (int): 11 or 12.
    labels (Sequence[Union[str, bytes]]): Entries that are labels.
    seed (int): Of the random vectors.
    sparse (bool): All vectors are zero, and take no room on the disk.
    RETURNS (Path): `path`.
    """
    rows = [len(words) + bucket, len(labels if model == "supervised" else words)]
    # dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn,
    # lrUpdateRate, t
    args = (dim, 5, 5, 1, 5, 1, SOFTMAX, MODELS[model], bucket, minn, maxn, 100, 1e-4)
    sizes = (len(words) + len(labels), len(words), len(labels), 1000, -1)
    rng = numpy.random.default_rng(seed)
    with path.open("wb") as file:
        file.write(struct.pack("<2i", MAGIC, version))
        file.write(struct.pack("<12id", *args))
        file.write(struct.pack("<3i2q", *sizes))
        file.writelines(_entries(words, 0))
        file.writelines(_entries(labels, 1))
        for n_rows in rows:
            # the flag says whether the matrix is quantized
            file.write(struct.pack("<?2q", False, n_rows, dim))
            _write_matrix(file, n_rows * dim, None if sparse else rng)
    return path


def _entries(words: Sequence[Union[str, bytes]], kind: int) -> Iterator[bytes]:
    for place, word in enumerate(words):
        raw = word if isinstance(word, bytes) else word.encode("utf8", "surrogatepass")
        yield raw + struct.pack("<xqb", len(words) - place, kind)


def _write_matrix(file: BinaryIO, size: int, rng) -> None:
    if rng is None:
        file.truncate(file.tell() + 4 * size)
        file.seek(0, 2)
        return
    for start in range(0, size, BLOCK):
        n_values = min(BLOCK, size - start)
        file.write(rng.standard_normal(n_values, dtype="float32").tobytes())
