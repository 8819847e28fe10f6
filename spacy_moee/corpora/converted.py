"""The result of a conversion: docs and their counts."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Counter as CounterT
from typing import Dict, List, Tuple

from spacy.tokens import Doc

from .contents import Contents
from .formats import FORMATS
from .formats.items import Notice
from .options import COLUMNS
from .spans import INCORRECT


@dataclass
class Converted:
    """The docs of one file.

    path (Path): The file.
    docs (List[Doc]): One doc per sentence or document. Their spaces are unknown, so
        that spaCy keeps the gold tokens in training and evaluation. A sentence
        without tags has no entity annotation.
    scheme (str): The scheme that was given or detected; empty if there are no tags.
    sentences (int): Number of sentences.
    tokens (int): Number of tokens.
    entities (Counter[str]): Number of entities per (renamed) type.
    source_types (List[str]): Types as the file names them.
    illegal (List[int]): Line of each transition that the scheme forbids.
    dropped (Counter[str]): Number of entities of each type that was dropped.
    missing (Dict[str, int]): Number of missing tags, by how they are written.
    n_long (int): Number of sentences that are suspiciously long.
    longest (Tuple[int, int]): Tokens and first line of the longest sentence.
    notes (List[str]): Other messages for the user.
    format (str): "columns" or a key of `FORMATS`.
    what (str): What `sentences` counts: "sentences", "texts" or "docs".
    notices (List[Notice]): What is left out of the docs, or changed in them.
    """

    path: Path
    docs: List[Doc]
    scheme: str
    sentences: int
    tokens: int
    entities: CounterT[str]
    source_types: List[str]
    illegal: List[int]
    dropped: CounterT[str] = field(default_factory=Counter)
    missing: Dict[str, int] = field(default_factory=dict)
    n_long: int = 0
    longest: Tuple[int, int] = (0, 0)
    notes: List[str] = field(default_factory=list)
    format: str = COLUMNS
    what: str = "sentences"
    notices: List[Notice] = field(default_factory=list)


def count_docs(path: Path, format: str, contents: Contents) -> Converted:
    """Count the content of a file that has docs.

    path (Path): The file.
    format (str): A key of `FORMATS`.
    contents (Contents): Its content.
    RETURNS (Converted): The docs and their counts.
    """
    docs = contents.docs
    n_plain = sum(not doc.has_annotation("ENT_IOB") for doc in docs)
    notes = list(contents.notes)
    if 0 < n_plain < len(docs):
        notes.append(f"{n_plain:,} of them have no entity annotation.")
    if n_rejected := sum(len(doc.spans.get(INCORRECT, ())) for doc in docs):
        notes.append(
            f'{n_rejected:,} rejected spans kept in `doc.spans["{INCORRECT}"]`. Set '
            f'incorrect_spans_key = "{INCORRECT}" to learn from them.'
        )
    return Converted(
        path=path,
        docs=docs,
        scheme="",
        sentences=len(docs),
        tokens=sum(map(len, docs)),
        entities=Counter(ent.label_ for doc in docs for ent in doc.ents),
        source_types=contents.labels,
        illegal=[],
        dropped=contents.dropped,
        notes=notes,
        format=format,
        what=FORMATS[format].what,
        notices=contents.notices,
    )
