"""What the network answers for, of all that it reads: the windows of docs, joined.

Windows of two segments never overlap, so the overlap alone tells that two windows
belong together: see `spacy_moee.models.segments`.
"""

from typing import List, NamedTuple, Sequence, Tuple

import numpy
from numpy import ndarray
from spacy.tokens import Doc

from ..padding import Windows
from ..scheme import (
    BEGIN,
    INSIDE,
    MISSING,
    OUTSIDE,
    boundary_of,
    category_of,
    may_follow,
    tag_of,
)


class Merged(NamedTuple):
    """Windows that were joined.

    tags (ndarray): The tag of each token.
    source (ndarray): The number of the window that answers for each token.
    places (ndarray): Where each token lies if all that the windows read is laid one
        after the other: so anything that they say of tokens is merged.
    """

    tags: ndarray
    source: ndarray
    places: ndarray


def merge_windows(windows: Windows, tags: ndarray) -> Merged:
    """Join the tags of windows.

    The seam between two windows is the position of their overlap nearest its
    middle where both say O; if there is none, the one where the left window
    starts an entity. No entity is cut while such a position exists.

    windows (Windows): The windows, of one doc or of several.
    tags (ndarray): The tags of all windows, one after the other.
    RETURNS (Merged): The tags of all tokens, and where they come from.
    """
    lengths, seams = windows.lengths, windows.core_start.copy()
    offsets = numpy.cumsum(lengths) - lengths
    # whether an entity of the window on the left starts at the seam
    begun = numpy.zeros(len(seams), dtype=bool)
    overlaps = windows.end[:-1] - windows.start[1:]
    for row in (numpy.flatnonzero(overlaps > 0) + 1).tolist():
        first, length = offsets[row], overlaps[row - 1]
        left, right = tags[first - length : first], tags[first : first + length]
        begins = boundary_of(left) == BEGIN
        both_outside = (left == OUTSIDE) & (right == OUTSIDE)
        seam = _nearest_middle([both_outside, begins], length)
        seams[row], begun[row] = windows.start[row] + seam, begins[seam]
    ends = numpy.append(seams[1:], windows.end[-1:])
    source = numpy.repeat(numpy.arange(len(seams)), ends - seams)
    places = numpy.arange(len(source)) + (offsets - windows.start)[source]
    merged = tags[places]
    # where a window goes on with an entity that the one before has not, it starts
    orphan = (seams > 0) & ~may_follow(merged[seams - 1], merged[seams])
    starts = seams[(boundary_of(merged[seams]) == INSIDE) & (begun | orphan)]
    merged[starts] = tag_of(category_of(merged[starts]) - 1, BEGIN)
    return Merged(merged, source, places)


def _nearest_middle(choices: List[ndarray], length: int) -> int:
    middle = length // 2
    for choice in choices:
        positions = numpy.flatnonzero(choice)
        if len(positions):
            return int(positions[numpy.abs(positions - middle).argmin()])
    return middle


def cut_gold(windows: Windows, gold: ndarray) -> Tuple[List[ndarray], List[int]]:
    """Give each window its gold tags, so that each token's gold counts once.

    A gold entity that crosses the border of a segment, or is longer than an overlap,
    is missing, since no window shows it whole. In an overlap, the gold is cut where no
    entity is.

    windows (Windows): The windows of the doc.
    gold (ndarray): Tag numbers of the doc; below 0 where unknown.
    RETURNS (Tuple[List[ndarray], List[int]]): The gold of each window, and a token
        of each entity that crosses a border.
    """
    inside = boundary_of(gold) == INSIDE
    starts, ends = windows.start, windows.end
    overlaps = starts[1:] < ends[:-1]
    borders = starts[1:][~overlaps & inside[starts[1:]]].tolist()
    shared = [slice(*x) for x in zip(starts[1:], ends[:-1], strict=True)]
    # an entity that is longer than the overlap leaves no place to cut there
    borders += [x.start for x in shared if x.start < x.stop and inside[x].all()]
    crossing = []
    if borders:
        gold, inside = gold.copy(), inside.copy()
    for token in borders:
        if gold[token] == MISSING:  # the entity crosses more than one border
            continue
        crossing.append(token)
        first, end = token - 1, token
        while inside[first]:
            first -= 1
        while end < len(gold) and inside[end]:
            end += 1
        gold[first:end] = MISSING
        inside[first:end] = False
    pieces = [gold[start:end] for start, end in zip(starts, ends, strict=True)]
    for i in numpy.flatnonzero(overlaps).tolist():
        start, end = int(starts[i + 1]), int(ends[i])
        seam = start + _nearest_middle([~inside[start:end]], end - start)
        pieces[i], pieces[i + 1] = pieces[i].copy(), pieces[i + 1].copy()
        pieces[i][seam - int(starts[i]) :] = MISSING
        pieces[i + 1][: seam - start] = MISSING
    return pieces, crossing


def place_spans(windows: Windows, spans: ndarray) -> ndarray:
    """Find the window that says most of each span: it reads the span whole, and the
    tokens beside it where a window does; of two such windows, the one that answers for
    the first token.

    windows (Windows): The windows of the doc.
    spans (ndarray): First token and end (exclusive) of each, shape [spans, 2].
    RETURNS (ndarray): The number of a window for each, -1 if none reads it whole.
    """
    start, end = spans[:, :1], spans[:, 1:]  # [spans, windows]
    beside = numpy.minimum(start - windows.start, windows.end - end)
    answers = (windows.core_start <= start) & (start < windows.core_end)
    # below 0 where the window cuts the span
    rank = numpy.where(beside < 0, -1, 2 * beside.clip(max=1) + answers)
    best = rank.argmax(axis=1)
    return numpy.where(rank.max(axis=1) < 0, -1, best)


def place_entities(windows: Windows, merged: Merged, spans: ndarray) -> ndarray:
    """Find the window that answers for the first token of each entity, if it reads all
    of it, and the tokens beside it.

    windows (Windows): The windows.
    merged (Merged): What they say.
    spans (ndarray): First token and end (exclusive) of each, shape [spans, 2].
    RETURNS (ndarray): The number of a window for each, -1 if it does not.
    """
    start, end = spans.T
    row = merged.source[start]
    # whether a window goes on with the segment of the one before it
    goes_on = numpy.zeros(len(windows.start) + 1, dtype=bool)
    goes_on[1:-1] = windows.start[1:] < windows.end[:-1]
    reads_before = windows.start[row] + goes_on[row] <= start
    reads_after = end + goes_on[row + 1] <= windows.end[row]
    return numpy.where(reads_before & reads_after, row, -1)


def place_all(
    docs: Sequence[Doc], windows: List[Windows], spans: Sequence[ndarray]
) -> Tuple[ndarray, List[str]]:
    """Place spans into windows.

    docs (Sequence[Doc]): The docs.
    windows (List[Windows]): The windows of each doc.
    spans (Sequence[ndarray]): First token, end and label of the spans of each doc;
        nothing, if there are none.
    RETURNS (Tuple[ndarray, List[str]]): The number of a window of all docs, first token
        and end in it, and label, shape [spans, 4]; and the text of each span that no
        window shows whole.
    """
    placed = [numpy.zeros((0, 4), dtype="int64")]
    crossing: List[str] = []
    n_before = 0
    for doc, of_doc, rows in zip(docs, windows, spans, strict=bool(spans)):
        if len(rows):
            row = place_spans(of_doc, rows[:, :2])
            cut, kept = rows[row < 0, :2].tolist(), row >= 0
            crossing.extend(doc[start:end].text for start, end in cut)
            row, rows = row[kept], rows[kept]
            first = of_doc.start[row]
            columns = n_before + row, rows[:, 0] - first, rows[:, 1] - first, rows[:, 2]
            placed.append(numpy.stack(columns, axis=1))
        n_before += len(of_doc.start)
    return numpy.concatenate(placed), crossing


def cut_all(
    docs: Sequence[Doc], windows: List[Windows], gold: List[ndarray]
) -> Tuple[List[ndarray], List[str]]:
    """Give each window of each doc its gold tags.

    docs (Sequence[Doc]): The docs.
    windows (List[Windows]): The windows of each doc.
    gold (List[ndarray]): The tag numbers of each doc.
    RETURNS (Tuple[List[ndarray], List[str]]): The gold of all windows, one after the
        other; and, of each entity that no window shows whole, the two tokens at the
        border.
    """
    pieces: List[ndarray] = []
    crossing: List[str] = []
    for doc, of_doc, tags in zip(docs, windows, gold, strict=True):
        if len(of_doc.start) == 1:
            pieces.append(tags)
            continue
        cut, tokens = cut_gold(of_doc, tags)
        pieces.extend(cut)
        crossing.extend(doc[token - 1 : token + 1].text for token in tokens)
    return pieces, crossing
