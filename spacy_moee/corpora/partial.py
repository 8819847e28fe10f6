"""Sentences in which some tags are missing: what is known of their entities.

Docs hold whole entities. So one whose border is unknown is missing, with all of its
tokens: training would learn a wrong border otherwise. In a scheme that does not mark
ends, a missing tag ends an entity, as in spaCy: in most such files it stands for O.
"""

from typing import List, Sequence, Tuple

from .forms import OUTSIDE, UNKNOWN, Tag
from .schemes import marks_borders, marks_starts


def infer_missing(tags: Sequence[Tag]) -> List[Tag]:
    """Fill in the missing tags that follow from the tags around them, in a scheme whose
    letters say where an entity ends: between B and E, say, is an I.

    tags (Sequence[Tag]): The tags of a sentence.
    RETURNS (List[Tag]): The same, with fewer missing ones.
    """
    inferred = list(tags)
    around = zip([OUTSIDE, *tags], tags, [*tags[1:], OUTSIDE], strict=False)
    for i, (left, tag, right) in enumerate(around):
        if tag is not UNKNOWN or UNKNOWN in (left, right):
            continue
        is_open, goes_on = left.prefix in "BI", right.prefix in "IE"
        if is_open and not (goes_on and left.label != right.label):
            inferred[i] = Tag("I" if goes_on else "E", left.label)
        elif goes_on and not is_open:
            inferred[i] = Tag("B", right.label)
    return inferred


def take_out_unbounded(
    tags: Sequence[Tag], iob: List[str], scheme: str
) -> List[Tuple[int, int]]:
    """Mark the entities as missing that go on, or may go on, in a missing tag.

    tags (Sequence[Tag]): The tags of a sentence.
    iob (List[str]): How they are read, as IOB2; "" is missing. It is changed.
    scheme (str): A key of `PREFIXES`.
    RETURNS (List[Tuple[int, int]]): The first token and the end (exclusive) of each.
    """
    found: List[Tuple[int, int]] = []
    if UNKNOWN not in tags or not marks_starts(scheme):
        return found
    padded = [OUTSIDE, *tags, OUTSIDE, OUTSIDE]
    for start in [i for i, tag in enumerate(iob) if tag.startswith("B-")]:
        end = start + 1
        while end < len(iob) and iob[end].startswith("I-"):
            end += 1
        before, after, second = padded[start], padded[end + 1], padded[end + 2]
        opens = before is UNKNOWN and tags[start].prefix in "IE"
        goes_on = second.prefix in "IE" and second.label == tags[start].label
        goes_on = (goes_on or marks_borders(scheme)) and tags[end - 1].prefix in "BI"
        if opens or (goes_on and after is UNKNOWN):
            found.append((start, end))
    for start, end in found:
        iob[start:end] = [""] * (end - start)
    return found
