"""What the readers of all formats yield."""

from typing import List, NamedTuple, Optional, Sequence

from spacy.vocab import Vocab

from ..text import UTF8

CODE_POINTS, UTF16 = "code-points", "utf-16"


class CharSpan(NamedTuple):
    """One annotated span, in the offsets of the file.

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
    """One text with its spans. Nothing is tokenized yet, unless the file did.

    text (str): The text.
    spans (List[CharSpan]): Its spans, in any order; they may overlap.
    where (str): Its place in the file, such as "line 3".
    complete (bool): Whether what has no span is no entity. If not, it is unknown: a
        text without spans is then a text without annotation.
    tokens (Optional[List[str]]): Its tokens, if the file has them.
    """

    text: str
    spans: List[CharSpan]
    where: str
    complete: bool = True
    tokens: Optional[List[str]] = None


class Notice(NamedTuple):
    """Something in a file that is not in the docs, or not as it stands in the file.

    kind (str): A key of `KINDS`.
    where (str): Its place in the file, such as "line 3".
    text (str): What it is about.
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
    "misquoted": "which is not what the file quotes",
    "overlapping": "which overlaps a longer or earlier one",
    # spans that are kept
    "trimmed": "with white space at their edges, which is cut off",
    # annotations and texts that are left out
    "rejected": "answered with reject",
    "ignored": "answered with ignore",
    "cancelled": "cancelled by the annotator",
    "superseded": "of texts with a later annotation or a ground truth",
    "unlabelled": "regions without a label",
    "range": "tags of a range of words that have none",
    "empty": "blank texts",
}


class Options(NamedTuple):
    """What readers may want to know.

    group (str): "sentence" or "document".
    tag_names (Sequence[str]): What the numbers mean that stand for tags.
    vocab (Optional[Vocab]): The vocabulary of docs that are read as they are.
    encoding (str): The encoding of the file.
    blank_tokens (str): What becomes of blank tokens: "error", "keep" or "drop".
    """

    group: str = "sentence"
    tag_names: Sequence[str] = ()
    vocab: Optional[Vocab] = None
    encoding: str = UTF8
    blank_tokens: str = "error"
