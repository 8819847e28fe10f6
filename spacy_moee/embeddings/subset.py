"""A part of a table of word vectors, and pipelines that carry no more."""

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

# components that find no string missing: they add what they need when they are loaded
SELF_RELIANT = {"moee_ner", "sentencizer", "tok2vec", "transformer"}


def check_table(vectors: BaseVectors, model: str) -> Vectors:
    """See that vectors are a table with a row a word.

    vectors (BaseVectors): The vectors of a pipeline.
    model (str): The pipeline's name, for the message.
    RETURNS (Vectors): The same.
    RAISES (MoeeError): M713 for fastText's, M714 for others and for none.
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
    keys (AbstractSet[int]): The hashes of the words to keep, as far as they are there.
    n_rows (int): Also keep this many rows from the top.
    RETURNS (Vectors): Another table, with the same vectors in the same order.
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
    """List the words that nothing needs any more when a pipeline has a part of its
    vectors.

    nlp (Language): The pipeline, with all vectors.
    subset (Vectors): The part.
    RETURNS (List[str]): The words; none, if a component may count on one of them.
    """
    factories = {nlp.get_pipe_meta(name).factory for name in nlp.component_names}
    if not factories <= SELF_RELIANT:
        return []
    gone = set(nlp.vocab.vectors.key2row) - set(subset.key2row)
    labels = {label for names in nlp.pipe_labels.values() for label in names}
    unused = (s for s in nlp.vocab.strings if get_string_id(s) in gone)
    return [string for string in unused if string not in labels]


def save_with(nlp: Language, subset: Vectors, folder: Path) -> None:
    """Save a pipeline with a part of its vectors; it has them from now on.

    nlp (Language): The pipeline.
    subset (Vectors): The part.
    folder (Path): Where to; what is there is replaced.
    RAISES (OSError): If it can't be written.
    """
    unused = set(unused_strings(nlp, subset))
    nlp.vocab.vectors = subset
    with whole_folder(folder) as draft:
        nlp.to_disk(draft)
        if unused:
            needed = (string for string in nlp.vocab.strings if string not in unused)
            StringStore(needed).to_disk(draft / "vocab" / "strings.json")


def check_output(output: Path, source: Path) -> None:
    """See that a pipeline can be saved to a folder without touching another one.

    output (Path): The folder.
    source (Path): The folder that the pipeline was loaded from.
    RAISES (MoeeError): M705, if it can't.
    """
    place, source = output.resolve(), source.resolve()
    reason = ""
    if place == source or place in source.parents or source in place.parents:
        reason = f"it is, holds or is in '{source}', which stays as it is"
    elif place.is_file():
        reason = "it is a file"
    elif place.exists() and any(place.iterdir()):
        if not (place / "meta.json").is_file():
            reason = "it holds something else than a pipeline"
    if reason:
        raise MoeeError("M705", output=output, reason=reason)
