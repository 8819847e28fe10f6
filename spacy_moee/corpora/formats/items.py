"""What the readers of all formats yield."""

from typing import List, NamedTuple, Optional


class CharSpan(NamedTuple):
    """An annotated span, in the offsets of the file.

    start (int): Where it starts, from 0.
    end (int): Where it ends, exclusive.
    label (str): Its entity type, as the file names it.
    where (str): Its place in the file, such as "line 3".
    quote (Optional[str]): Its text, if the file quotes it.
    flaw (str): A key of `KINDS`, if it can't be an entity.
    """

    start: int
    end: int
    label: str
    where: str
    quote: Optional[str] = None
    flaw: str = ""


class Annotated(NamedTuple):
    """A text with its spans. It is not tokenized yet, unless the file has tokens.

    text (str): The text.
    spans (List[CharSpan]): Its spans, in any order; they may overlap.
    where (str): Its place in the file, such as "line 3".
    complete (bool): Whether all entities are annotated. If not, tokens outside of the
        spans are unknown: a text without spans then has no annotation.
    tokens (Optional[List[str]]): Its tokens, if the file has them.
    rejected (bool): Whether its spans are known to be no entities of their types, and
        nothing else is known.
    """

    text: str
    spans: List[CharSpan]
    where: str
    complete: bool = True
    tokens: Optional[List[str]] = None
    rejected: bool = False


class Notice(NamedTuple):
    """A part of a file that is missing from the docs, or changed in them.

    kind (str): A key of `KINDS`.
    where (str): Its place in the file, such as "line 3".
    text (str): The text of the span, or the start of the record.
    label (str): Its entity type, if it has one.
    """

    kind: str
    where: str
    text: str
    label: str = ""


# how a missing tag is written
MISSING = "-"
KINDS = {
    # spans that are left out
    "misaligned": "which starts or ends inside a token",
    "discontinuous": "which has text between its parts",
    "misquoted": "which differs from the text that the file quotes",
    "overlapping": "which overlaps a longer or earlier one",
    # spans that are kept
    "trimmed": "with white space at their edges, which is cut off",
    # annotations and texts that are left out
    "unbounded": "entities that may go on in a missing tag: all of it is missing",
    "rejected": "answered with reject",
    "ignored": "answered with ignore",
    "cancelled": "cancelled by the annotator",
    "superseded": "of texts with a later annotation or a ground truth",
    "unlabelled": "regions without a label",
    "range": "tags of a range of words that have none",
    "empty": "blank texts",
}
