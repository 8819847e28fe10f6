"""What the network reads at once: windows, each with a core that it answers for.

A *segment* is a sentence or a whole doc; a segment that is longer than
`max_length` is read in windows that overlap. Windows of two segments never
overlap, so the overlap alone tells that two windows belong together.
"""

import random
from typing import List, NamedTuple, Protocol, Sequence, Tuple, runtime_checkable

import numpy
from numpy import ndarray
from spacy.attrs import SENT_START
from spacy.tokens import Doc

from ..errors import check_setting
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


@runtime_checkable
class Segmenter(Protocol):
    """What cuts a doc into windows. It is saved and pickled with the model's config."""

    def __call__(self, doc: Doc, is_train: bool = False) -> Windows:
        """Cut a document.

        doc (Doc): The document.
        is_train (bool): Whether the network is to learn from it.
        RETURNS (Windows): Its windows; an empty doc has none.
        """
        ...


class Segments:
    """A segmenter; an object rather than a closure, so that it can be pickled.

    sentences (bool): Cut at sentence starts.
    max_length (int): The longest window, in tokens.
    overlap (int): The tokens that two windows share; at most half of `max_length`.
    most_sentences (int): See `make_sentence_segments`.
    """

    def __init__(
        self, sentences: bool, max_length: int, overlap: int, most_sentences: int = 1
    ) -> None:
        for argument, value, valid, expected in (
            ("max_length", max_length, max_length >= 2, "2 or more"),
            # so that no token lies in three windows
            ("overlap", overlap, 0 <= 2 * overlap <= max_length, "0 to max_length / 2"),
            ("most_sentences", most_sentences, most_sentences >= 1, "1 or more"),
        ):
            check_setting(valid, argument, "segments", expected, value)
        self.sentences = sentences
        self.max_length = max_length
        self.overlap = overlap
        self.most_sentences = most_sentences

    def __call__(self, doc: Doc, is_train: bool = False) -> Windows:
        """Cut a document: see `Segmenter`."""
        bounds = numpy.array([0, len(doc)] if len(doc) else [0])
        if self.sentences and len(doc):
            starts = numpy.flatnonzero(doc.to_array(SENT_START)[1:] == 1) + 1
            if is_train and len(starts):
                starts = self._group(starts)
            bounds = numpy.concatenate([[0], starts, [len(doc)]])
        start, end = bounds[:-1], bounds[1:]
        if len(start) and (end - start).max() > self.max_length:
            pairs = zip(start.tolist(), end.tolist(), strict=True)
            start, end = numpy.concatenate([self._cut(*pair) for pair in pairs], axis=1)
        # a core ends in the middle of an overlap
        borders = start[1:] + (end[:-1] - start[1:]) // 2
        cores = numpy.concatenate([start[:1], borders, end[-1:]])
        return Windows(start, end, cores[:-1], cores[1:])

    def _group(self, starts: ndarray) -> ndarray:
        """Drop sentence starts, so that a few sentences each are read together, or all
        that are left."""
        kept, sentence = [], 0
        while self.most_sentences > 1:
            # one more than the most is all of them
            size = random.randint(1, self.most_sentences + 1)
            sentence += size
            if size > self.most_sentences or sentence > len(starts):
                return starts[kept]
            kept.append(sentence - 1)
        return starts

    def _cut(self, start: int, end: int) -> ndarray:
        """Starts and ends of the windows of a segment, shape [2, windows]."""
        last = max(end - self.overlap, start + 1)
        starts = numpy.arange(start, last, self.max_length - self.overlap)
        return numpy.stack([starts, numpy.minimum(starts + self.max_length, end)])


def make_sentence_segments(
    max_length: int = 256, overlap: int = 64, most_sentences: int = 12
) -> Segmenter:
    """Read one sentence at a time; a doc without sentence starts is one segment. In
    training, sentences that follow each other are also read together, in other groups
    each time: so the network learns to read texts of any length, with sentence starts
    and without. Registered as `spacy_moee.sentence_segments.v1`.

    max_length (int): The longest window, in tokens.
    overlap (int): The tokens that two windows of a longer segment share.
    most_sentences (int): How many sentences are read together in training: groups have
        1 to this many, or all that are left of the doc, each as often. 1 for one
        sentence at a time.
    RETURNS (Segmenter): The function.
    RAISES (MoeeError): M103, for values that can't be.
    """
    return Segments(True, max_length, overlap, most_sentences)


def make_doc_segments(max_length: int = 256, overlap: int = 64) -> Segmenter:
    """Read whole docs, across sentences.
    Registered as `spacy_moee.doc_segments.v1`.

    max_length (int): The longest window, in tokens.
    overlap (int): The tokens that two windows of a longer doc share.
    RETURNS (Segmenter): The function.
    RAISES (MoeeError): M103, for values that can't be.
    """
    return Segments(False, max_length, overlap)


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
