"""A subset of a table of word vectors, and pipelines with such a subset."""

from pathlib import Path
from typing import AbstractSet, List

import numpy
from spacy.language import Language
from spacy.strings import StringStore, get_string_id
from spacy.vectors import BaseVectors, Mode, Vectors
from thinc.util import to_numpy

from ..errors import MoeeError
from ..files import whole_folder
from .fasttext.lookup import FastTextLookup

# components that add the strings that they need when they are loaded
SELF_RELIANT = {"moee_ner", "sentencizer", "tok2vec", "transformer"}


def check_table(vectors: BaseVectors, model: str) -> Vectors:
    """Check that vectors are a table with a row per word.

    vectors (BaseVectors): The vectors of a pipeline.
    model (str): The pipeline's name, for the message.
    RETURNS (Vectors): The vectors.
    RAISES (MoeeError): M713 for fastText's vectors, M714 for other kinds, and if there
        are none.
    """
    if isinstance(vectors, FastTextLookup):
        raise MoeeError("M713", model=model)
    if not isinstance(vectors, Vectors) or vectors.mode != Mode.default:
        kind = getattr(vectors, "mode", type(vectors).__name__)
        raise MoeeError("M714", model=model, found=f"vectors of the kind '{kind}'")
    if not vectors.key2row:
        raise MoeeError("M714", model=model, found="no vectors")
    return vectors


def make_subset(vectors: Vectors, keys: AbstractSet[int], n_rows: int = 0) -> Vectors:
    """Keep some rows of a table. Words that share a row still do.

    vectors (Vectors): The table, which stays as it is.
    keys (AbstractSet[int]): The hashes of the words to keep.
    n_rows (int): Also keep this number of first rows.
    RETURNS (Vectors): A new table, with the same vectors in the same order.
    """
    rows = vectors.key2row
    kept = {key: row for key, row in rows.items() if row < n_rows or key in keys}
    old = numpy.asarray(list(kept.values()), dtype="int64")
    places, new = numpy.unique(old, return_inverse=True)
    subset = Vectors(
        strings=vectors.strings,
        data=to_numpy(vectors.data)[places],
        name=vectors.name,
        attr=vectors.attr,
    )
    for key, row in zip(kept, new.tolist(), strict=True):
        subset.add(key, row=row)
    return subset


def unused_strings(nlp: Language, subset: Vectors) -> List[str]:
    """List the words that a pipeline no longer needs when it has a subset of its
    vectors.

    nlp (Language): The pipeline, with all vectors.
    subset (Vectors): The subset.
    RETURNS (List[str]): The words; none, if a component may need one of them.
    """
    factories = {nlp.get_pipe_meta(name).factory for name in nlp.component_names}
    if not factories <= SELF_RELIANT:
        return []
    removed = set(nlp.vocab.vectors.key2row) - set(subset.key2row)
    labels = {label for names in nlp.pipe_labels.values() for label in names}
    unused = (s for s in nlp.vocab.strings if get_string_id(s) in removed)
    return [string for string in unused if string not in labels]


def save_with(nlp: Language, subset: Vectors, folder: Path) -> None:
    """Save a pipeline with a subset of its vectors, which replaces them in `nlp`, too.

    nlp (Language): The pipeline.
    subset (Vectors): The subset.
    folder (Path): The folder to write; its content is replaced.
    RAISES (OSError): If the folder can't be written.
    """
    unused = set(unused_strings(nlp, subset))
    nlp.vocab.vectors = subset
    with whole_folder(folder) as draft:
        nlp.to_disk(draft)
        if unused:
            needed = (string for string in nlp.vocab.strings if string not in unused)
            StringStore(needed).to_disk(draft / "vocab" / "strings.json")


def check_output(output: Path, source: Path) -> None:
    """Check that a pipeline can be saved to a folder without harm to other files.

    output (Path): The folder.
    source (Path): The folder that the pipeline was loaded from.
    RAISES (MoeeError): M705, if it can't.
    """
    check_apart(output, source)
    if output.is_dir() and any(output.iterdir()):
        if not (output / "meta.json").is_file():
            reason = "it holds files, but not a pipeline"
            raise MoeeError("M705", output=output, reason=reason)


def check_apart(output: Path, source: Path) -> None:
    """Check that what is written to a folder does not change a pipeline.

    output (Path): The folder.
    source (Path): The folder that the pipeline was loaded from.
    RAISES (MoeeError): M705, if it may.
    """
    place, source = output.resolve(), source.resolve()
    reason = ""
    if place == source or place in source.parents or source in place.parents:
        reason = f"it is, contains or is in '{source}', which must not change"
    elif place.is_file():
        reason = "it is a file"
    if reason:
        raise MoeeError("M705", output=output, reason=reason)
