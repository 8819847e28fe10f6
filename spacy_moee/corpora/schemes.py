"""Tagging schemes of column files, and one way to read them all.

Whatever the scheme, entities are read the way conlleval reads them: after S and
U became B, and E and L became I, an entity starts at B, and at an I that follows
O or another type. On a legal sequence this is what the scheme means.
"""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import (
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ..errors import MoeeError
from .columns import Sentence

PREFIXES: Dict[str, str] = {
    "iob1": "IB",
    "iob2": "BI",
    "bioes": "BIES",
    "bilou": "BILU",
}
AUTO = "auto"
SCHEMES: Tuple[str, ...] = (AUTO, *PREFIXES)
MISSING = "-"


class Tag(NamedTuple):
    """A tag in parts: `prefix` is "O", "-" (missing) or one of BIESLU."""

    prefix: str
    label: str


OUTSIDE = Tag("O", "")
UNKNOWN = Tag(MISSING, "")
Transition = Tuple[Tag, Tag]


def parse_tags(sentences: Iterable[Sentence], file: Path) -> List[List[Tag]]:
    """Take the tags of a file apart.

    sentences (Iterable[Sentence]): All sentences of the file.
    file (Path): Its name, for the message.
    RETURNS (List[List[Tag]]): For each sentence its tags.
    RAISES (MoeeError): M306 for what is no tag of any scheme.
    """
    known = {"O": OUTSIDE, MISSING: UNKNOWN}
    parsed = []
    for sentence in sentences:
        for i, text in enumerate(sentence.tags):
            if text in known:
                continue
            if text[:1] not in tuple("BIESLU") or text[1:2] != "-" or not text[2:]:
                line = sentence.line + i
                raise MoeeError("M306", file=file, line=line, found=text)
            known[text] = Tag(text[0], text[2:])
        parsed.append([known[text] for text in sentence.tags])
    return parsed


def resolve_scheme(
    scheme: str, sentences: Sequence[Sentence], tags: List[List[Tag]], file: Path
) -> str:
    """Detect the scheme of a file, or check the one that was told.

    Prefixes decide between BIOES, BILOU and IOB. IOB1 and IOB2 share theirs: the
    one in which fewer transitions are illegal is taken, and IOB2 when both fit.

    scheme (str): One of `SCHEMES`.
    sentences (Sequence[Sentence]): All sentences of the file.
    tags (List[List[Tag]]): Their tags, from `parse_tags`.
    file (Path): Its name, for the message.
    RETURNS (str): A key of `PREFIXES`.
    RAISES (MoeeError): M307 a prefix that the told scheme lacks, M308 prefixes of
        BIOES beside those of BILOU.
    """
    places = partial(_find_prefix, sentences, tags)
    prefixes = {tag.prefix for row in tags for tag in row} - {"O", MISSING}
    if scheme != AUTO:
        alien = prefixes - set(PREFIXES[scheme])
        if alien:
            line, found = places(alien)
            raise MoeeError(
                "M307",
                file=file,
                line=line,
                found=found,
                scheme=scheme.upper(),
                expected=", ".join(f"{prefix}-" for prefix in PREFIXES[scheme]),
            )
        return scheme
    bioes, bilou = prefixes & set("ES"), prefixes & set("LU")
    if bioes and bilou:
        line, found = places(bioes)
        other, second = places(bilou)
        raise MoeeError(
            "M308", file=file, line=line, found=found, other=other, second=second
        )
    if bioes or bilou:
        return "bioes" if bioes else "bilou"
    counts = Counter(pair for row in tags for pair in _transitions(row))
    iob1, iob2 = (_count_illegal(counts, name) for name in ("iob1", "iob2"))
    return "iob1" if iob1 < iob2 else "iob2"


def illegal_lines(
    sentences: Sequence[Sentence], tags: List[List[Tag]], scheme: str
) -> List[int]:
    """Find the transitions that a scheme forbids, sentence borders included.

    sentences (Sequence[Sentence]): All sentences of the file.
    tags (List[List[Tag]]): Their tags, from `parse_tags`.
    scheme (str): A key of `PREFIXES`.
    RETURNS (List[int]): A line number for each: that of the later token, or of the
        last token when the sentence ends too early.
    """
    lines = []
    for sentence, row in zip(sentences, tags, strict=True):
        last = len(row) - 1
        for i, (left, right) in enumerate(_transitions(row)):
            if _is_illegal(left, right, scheme):
                lines.append(sentence.line + min(i, last))
    return lines


def to_iob(tags: List[Tag], types: Optional[Mapping[str, str]] = None) -> List[str]:
    """Read one sentence the conlleval way.

    tags (List[Tag]): The tags of one sentence, in any scheme.
    types (Optional[Mapping[str, str]]): New names for entity types. They change
        after the entities were found, so two types with one new name stay apart.
    RETURNS (List[str]): IOB2 tags as `Doc(ents=...)` takes them; "" is missing.
    """
    iob: List[str] = []
    types = types or {}
    previous = OUTSIDE
    for tag in tags:
        if tag.prefix == "O":
            iob.append("O")
        elif tag.prefix == MISSING:
            iob.append("")
        else:
            inside = tag.prefix in "IEL" and tag.label == previous.label
            label = types.get(tag.label, tag.label)
            iob.append(f"I-{label}" if inside else f"B-{label}")
        previous = tag
    return iob


def _transitions(row: List[Tag]) -> Iterator[Transition]:
    return zip([OUTSIDE, *row], [*row, OUTSIDE], strict=True)


def _count_illegal(counts: Mapping[Transition, int], scheme: str) -> int:
    return sum(n for pair, n in counts.items() if _is_illegal(*pair, scheme))


def _is_illegal(left: Tag, right: Tag, scheme: str) -> bool:
    if left is OUTSIDE and right is OUTSIDE or UNKNOWN in (left, right):
        return False
    if scheme == "iob1":
        return right.prefix == "B" and left.label != right.label
    if scheme == "iob2":
        return right.prefix == "I" and left.label != right.label
    is_open, goes_on = left.prefix in "BI", right.prefix in "IEL"
    return is_open != goes_on or (is_open and left.label != right.label)


def _find_prefix(
    sentences: Sequence[Sentence], tags: List[List[Tag]], prefixes: Iterable[str]
) -> Tuple[int, str]:
    """Line and text of the first tag with one of the prefixes."""
    return next(
        (sentence.line + i, sentence.tags[i])
        for sentence, row in zip(sentences, tags, strict=True)
        for i, tag in enumerate(row)
        if tag.prefix in prefixes
    )
