"""Which stretches of a document the network reads at once.

A *segment* is a sentence or a whole doc; a segment that is longer than
`max_length` is read in *windows* that overlap. Windows of two segments never
overlap, so the overlap alone tells that two windows belong together.
"""

from typing import Callable, List, Sequence, Tuple

import numpy
from numpy import ndarray
from spacy.attrs import SENT_START
from spacy.tokens import Doc

from ..errors import check_setting
from ..scheme import MISSING, OUTSIDE

# [windows, 2]: first token and end (exclusive) of each window, in order
Segmenter = Callable[[Doc], ndarray]

BEGIN, INSIDE = 1, 2


class Segments:
    """A segmenter; an object rather than a closure, so that it can be pickled.

    sentences (bool): Cut at sentence starts.
    max_length (int): The longest window, in tokens.
    overlap (int): The tokens that two windows share; at most half of `max_length`.
    """

    def __init__(self, sentences: bool, max_length: int, overlap: int) -> None:
        for argument, value, valid, expected in (
            ("max_length", max_length, max_length >= 2, "2 or more"),
            # so that no token lies in three windows
            ("overlap", overlap, 0 <= 2 * overlap <= max_length, "0 to max_length / 2"),
        ):
            check_setting(valid, argument, "segments", expected, value)
        self.sentences = sentences
        self.max_length = max_length
        self.overlap = overlap

    def __call__(self, doc: Doc) -> ndarray:
        """Cut a document.

        doc (Doc): The document.
        RETURNS (ndarray): Start and end of each window, shape [windows, 2].
        """
        segments = numpy.array([[0, len(doc)]])
        if not len(doc):
            return segments[:0]
        if self.sentences:
            starts = numpy.flatnonzero(doc.to_array(SENT_START)[1:] == 1) + 1
            if len(starts):
                bounds = numpy.concatenate([[0], starts, [len(doc)]])
                segments = numpy.stack([bounds[:-1], bounds[1:]], axis=1)
        if (segments[:, 1] - segments[:, 0]).max() <= self.max_length:
            return segments
        return numpy.concatenate([self._windows(*s) for s in segments.tolist()])

    def _windows(self, start: int, end: int) -> ndarray:
        stride = self.max_length - self.overlap
        last = max(end - self.overlap, start + 1)
        starts = numpy.arange(start, last, stride)
        return numpy.stack([starts, numpy.minimum(starts + self.max_length, end)], 1)


def make_sentence_segments(max_length: int = 256, overlap: int = 64) -> Segmenter:
    """Read one sentence at a time; a doc without sentence starts is one segment.
    Registered as `spacy_moee.sentence_segments.v1`.

    max_length (int): The longest window, in tokens.
    overlap (int): The tokens that two windows of a longer segment share.
    RETURNS (Segmenter): The function.
    RAISES (MoeeError): M103, for values that can't be.
    """
    return Segments(True, max_length, overlap)


def make_doc_segments(max_length: int = 256, overlap: int = 64) -> Segmenter:
    """Read whole docs, across sentences.
    Registered as `spacy_moee.doc_segments.v1`.

    max_length (int): The longest window, in tokens.
    overlap (int): The tokens that two windows of a longer doc share.
    RETURNS (Segmenter): The function.
    RAISES (MoeeError): M103, for values that can't be.
    """
    return Segments(False, max_length, overlap)


def merge_windows(
    windows: ndarray,
    tags: List[ndarray],
    boundary: ndarray,
    legal: ndarray,
    n_tokens: int,
) -> ndarray:
    """Join the tags of the windows of a doc.

    The seam between two windows is the position of their overlap nearest its
    middle where both say O; if there is none, the one where the left window
    starts an entity. No entity is cut while such a position exists.

    windows (ndarray): Start and end of each window, shape [windows, 2].
    tags (List[ndarray]): The tags of each window.
    boundary (ndarray): 0, 1 or 2 for O, B or I: what each tag is.
    legal (ndarray): Which tag may follow which, shape [tags + 1, tags].
    n_tokens (int): The length of the doc.
    RETURNS (ndarray): The tags of the doc, shape [n_tokens].
    """
    merged = numpy.full(n_tokens, OUTSIDE, dtype="int64")
    end_before = 0
    for (start, end), right in zip(windows.tolist(), tags, strict=True):
        seam = start
        if start < end_before:
            left, here = merged[start:end_before], right[: end_before - start]
            both_outside = (left == OUTSIDE) & (here == OUTSIDE)
            left_begins = boundary[left] == BEGIN
            seam += _nearest_middle([both_outside, left_begins], len(left))
            begins = boundary[merged[seam]] == BEGIN
            orphan = seam > 0 and not legal[merged[seam - 1], right[seam - start]]
            if boundary[right[seam - start]] == INSIDE and (begins or orphan):
                # the right window goes on with an entity that the left has not: it
                # starts here (each I follows its B in the numbering)
                right = right.copy()
                right[seam - start] -= 1
        merged[seam:end] = right[seam - start :]
        end_before = end
    return merged


def _nearest_middle(choices: List[ndarray], length: int) -> int:
    middle = length // 2
    for choice in choices:
        positions = numpy.flatnonzero(choice)
        if len(positions):
            return int(positions[numpy.abs(positions - middle).argmin()])
    return middle


def cut_gold(
    windows: ndarray, gold: ndarray, boundary: ndarray
) -> Tuple[List[ndarray], List[int]]:
    """Give each window its gold tags, so that each token's gold counts once.

    A gold entity that crosses the border of a segment, or is longer than an overlap,
    is missing, since no window shows it whole. In an overlap, the gold is cut where no
    entity is.

    windows (ndarray): Start and end of each window, shape [windows, 2].
    gold (ndarray): Tag numbers of the doc; below 0 where unknown.
    boundary (ndarray): 0, 1 or 2 for O, B or I: what each tag is.
    RETURNS (Tuple[List[ndarray], List[int]]): The gold of each window, and a token
        of each entity that crosses a border.
    """
    inside = (gold >= 0) & (boundary[gold] == INSIDE)
    starts, ends = windows[:, 0], windows[:, 1]
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
    pieces = [gold[start:end] for start, end in windows.tolist()]
    for i in numpy.flatnonzero(overlaps).tolist():
        start, end = int(starts[i + 1]), int(ends[i])
        seam = start + _nearest_middle([~inside[start:end]], end - start)
        pieces[i], pieces[i + 1] = pieces[i].copy(), pieces[i + 1].copy()
        pieces[i][seam - int(starts[i]) :] = MISSING
        pieces[i + 1][: seam - start] = MISSING
    return pieces, crossing


def cut_all(
    docs: Sequence[Doc],
    windows: List[ndarray],
    gold: List[ndarray],
    boundary: ndarray,
) -> Tuple[List[ndarray], List[str]]:
    """Give each window of each doc its gold tags.

    docs (Sequence[Doc]): The docs.
    windows (List[ndarray]): The windows of each doc.
    gold (List[ndarray]): The tag numbers of each doc.
    boundary (ndarray): 0, 1 or 2 for O, B or I: what each tag is.
    RETURNS (Tuple[List[ndarray], List[str]]): The gold of all windows, one after the
        other; and, of each entity that no window shows whole, the two tokens at the
        border.
    """
    pieces: List[ndarray] = []
    crossing: List[str] = []
    for doc, bounds, tags in zip(docs, windows, gold, strict=True):
        if len(bounds) == 1:
            pieces.append(tags)
            continue
        cut, tokens = cut_gold(bounds, tags, boundary)
        pieces.extend(cut)
        crossing.extend(doc[token - 1 : token + 1].text for token in tokens)
    return pieces, crossing


def merge_all(
    windows: List[ndarray], tags: List[ndarray], boundary: ndarray, legal: ndarray
) -> List[ndarray]:
    """Join the tags of the windows of each doc.

    windows (List[ndarray]): The windows of each doc.
    tags (List[ndarray]): The tags of all windows, one after the other.
    boundary (ndarray): 0, 1 or 2 for O, B or I: what each tag is.
    legal (ndarray): Which tag may follow which, shape [tags + 1, tags].
    RETURNS (List[ndarray]): The tags of each doc.
    """
    merged, first = [], 0
    for bounds in windows:
        here = tags[first : first + len(bounds)]
        first += len(bounds)
        if len(bounds) == 1:
            merged.append(here[0])
            continue
        n_tokens = int(bounds[-1, 1]) if len(bounds) else 0
        merged.append(merge_windows(bounds, here, boundary, legal, n_tokens))
    return merged
