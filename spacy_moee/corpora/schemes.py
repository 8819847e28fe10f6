"""Tagging schemes of column files, and how entities are read.

Entities are read as conlleval reads IOB: they start at B, and at an I that follows O or
another type. In a file with B, S or U, the letters S, U and W count as B, and E, L and
M as I. In a file whose only letters are I and E, an entity also ends after E, as in
conlleval. On a legal sequence this is the meaning of the scheme.
"""

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Sequence, Tuple

from ..errors import MoeeError
from .columns import Sentence
from .forms import BARE, OUTSIDE, UNKNOWN, Tag, Tags
from .options import AUTO

PREFIXES: Dict[str, str] = {
    "iob1": "IB",
    "iob2": "BI",
    "io": "I",
    "ioe1": "IE",
    "ioe2": "IE",
    "bioes": "BIES",
    "bilou": "BILU",
    "bmes": "BMES",
    "bmewo": "BMEW",
}
Transition = Tuple[Tag, Tag]


def resolve_scheme(scheme: str, tags: Tags, file: Path) -> str:
    """Detect the scheme of a file, or check the one that was given.

    The letters decide. If two schemes have the same letters, the one with fewer
    illegal transitions is used, and the second one if both have as many. Tags that are
    types only are IO.

    scheme (str): A key of `PREFIXES`, or "auto".
    tags (Tags): The tags of the file.
    file (Path): The file, for the message.
    RETURNS (str): A key of `PREFIXES`.
    RAISES (MoeeError): M307 for a letter that the given scheme does not have, M308 for
        letters that no scheme has together.
    """
    if tags.form is BARE:
        return "io"
    if scheme != AUTO:
        _check_letters(scheme, tags, file)
        return scheme
    for first, second in (("iob1", "iob2"), ("ioe1", "ioe2")):
        if set(tags.letters) <= set(PREFIXES[first]):
            counts = Counter(pair for row in tags.rows for pair in _transitions(row))
            n_first, n_second = (_count_illegal(counts, x) for x in (first, second))
            return first if n_first < n_second else second
    for name in ("bioes", "bilou", "bmes", "bmewo"):
        if set(tags.letters) <= set(PREFIXES[name]):
            return name
    raise _conflict(tags, file)


def marks_borders(scheme: str) -> bool:
    """Say whether every entity starts and ends with a letter of its own.

    scheme (str): A key of `PREFIXES`.
    RETURNS (bool): Whether it does.
    """
    return len(PREFIXES[scheme]) == len("BIES")


def marks_starts(scheme: str) -> bool:
    """Say whether every entity starts with a letter of its own.

    scheme (str): A key of `PREFIXES`.
    RETURNS (bool): Whether it does.
    """
    return marks_borders(scheme) or scheme == "iob2"


def describe_reading(scheme: str) -> str:
    """Describe how entities are read.

    scheme (str): A key of `PREFIXES`.
    RETURNS (str): The rule, for a message.
    """
    iob = "an entity starts at B, and wherever its type changes"
    letters = PREFIXES[scheme]
    if letters == "IE":
        return (
            "as conlleval.pl reads IOE: an entity ends after E, and wherever its type "
            "changes"
        )
    if set(letters) <= set("BI"):
        return f"as conlleval.pl reads IOB: {iob}"
    start, rest = (
        " and ".join(letter for letter in letters if letter in some)
        for some in ("SUW", "ELM")
    )
    return (
        f"with {start} as B and {rest} as I, and then as conlleval.pl reads IOB: {iob}"
    )


def illegal_lines(sentences: Sequence[Sentence], tags: Tags, scheme: str) -> List[int]:
    """Find the transitions that a scheme forbids, sentence borders included.

    sentences (Sequence[Sentence]): All sentences of the file.
    tags (Tags): Their tags.
    scheme (str): A key of `PREFIXES`.
    RETURNS (List[int]): A line number for each: that of the second token, or of the
        last one if the sentence ends too early.
    """
    lines = []
    for sentence, row in zip(sentences, tags.rows, strict=True):
        last = len(row) - 1
        for i, (left, right) in enumerate(_transitions(row)):
            if _is_illegal(left, right, scheme):
                lines.append(sentence.line_of(min(i, last)))
    return lines


def to_iob(tags: Sequence[Tag], scheme: str, types: Mapping[str, str]) -> List[str]:
    """Read the entities of one sentence.

    tags (Sequence[Tag]): Its tags.
    scheme (str): A key of `PREFIXES`.
    types (Mapping[str, str]): New names for entity types, "" for one to drop. They
        apply after the entities are found: entities of two types that get the same
        name are not joined.
    RETURNS (List[str]): IOB2 tags as `Doc(ents=...)` takes them; "" is missing.
    """
    iob: List[str] = []
    previous = OUTSIDE
    ends = ("E",) if scheme in ("ioe1", "ioe2") else ()
    for tag in tags:
        label = types.get(tag.label, tag.label)
        if tag is UNKNOWN:
            iob.append("")
        elif tag is OUTSIDE or not label:
            iob.append("O")
        else:
            is_inside = tag.prefix in "IE" and tag.label == previous.label
            is_inside = is_inside and previous.prefix not in ends
            iob.append(f"I-{label}" if is_inside else f"B-{label}")
        previous = tag
    return iob


def count_entities(tags: Tags, scheme: str) -> Counter:
    """Count the entities of each type of the file."""
    rows = (to_iob(row, scheme, {}) for row in tags.rows)
    return Counter(tag[2:] for row in rows for tag in row if tag.startswith("B"))


def _check_letters(scheme: str, tags: Tags, file: Path) -> None:
    unknown = [letter for letter in tags.letters if letter not in PREFIXES[scheme]]
    if unknown:
        line, found = tags.letters[unknown[0]]
        raise MoeeError(
            "M307",
            file=file,
            line=line,
            found=found,
            scheme=scheme.upper(),
            expected=", ".join(PREFIXES[scheme]),
        )


def _conflict(tags: Tags, file: Path) -> MoeeError:
    """Make the error for two letters that no scheme has together."""
    first, later = next(
        pair
        for pair in combinations(tags.letters, 2)
        if not any(set(pair) <= set(letters) for letters in PREFIXES.values())
    )
    (line, found), (second, other) = tags.letters[later], tags.letters[first]
    return MoeeError(
        "M308", file=file, line=line, found=found, other=other, second=second
    )


def _transitions(row: Sequence[Tag]) -> Iterator[Transition]:
    return zip([OUTSIDE, *row], [*row, OUTSIDE], strict=True)


def _count_illegal(counts: Mapping[Transition, int], scheme: str) -> int:
    return sum(n for pair, n in counts.items() if _is_illegal(*pair, scheme))


def _is_illegal(left: Tag, right: Tag, scheme: str) -> bool:
    if scheme == "io" or left is right is OUTSIDE or UNKNOWN in (left, right):
        return False
    same_type = left.label == right.label
    if scheme == "iob1":
        return right.prefix == "B" and not same_type
    if scheme == "iob2":
        return right.prefix == "I" and not same_type
    if scheme == "ioe1":
        return left.prefix == "E" and not same_type
    if scheme == "ioe2":
        return left.prefix == "I" and not same_type
    is_open, goes_on = left.prefix in "BI", right.prefix in "IE"
    return is_open != goes_on or (is_open and not same_type)
