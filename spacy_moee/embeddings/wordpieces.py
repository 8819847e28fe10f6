"""Docs as the wordpieces of a pretrained encoder, cut into windows.

Each token is split by itself, as Hugging Face's tokenizers do with words that are
given to them, so that each distinct token of a batch is split once. Nothing is ever
truncated but the tail of a token that fills a window alone: only first wordpieces
are read.
"""

from typing import Any, List, NamedTuple, Sequence, Tuple

import numpy
from numpy import ndarray
from spacy.attrs import ORTH
from spacy.tokens import Doc

from ..padding import Windows, padded_places, ranges


class Pieces(NamedTuple):
    """The wordpieces of a batch of docs.

    ids (ndarray): Their numbers, one token after the other.
    counts (ndarray): How many belong to each token; 0 for white space.
    """

    ids: ndarray
    counts: ndarray

    @property
    def offsets(self) -> ndarray:
        """The first wordpiece of each token, and the end of all, shape [tokens + 1]."""
        return numpy.concatenate([[0], numpy.cumsum(self.counts)])


def split_words(tokenizer: Any, docs: Sequence[Doc]) -> Pieces:
    """Split the tokens of all docs into wordpieces.

    tokenizer (PreTrainedTokenizerFast): A fast tokenizer.
    docs (Sequence[Doc]): At least one doc with a token.
    RETURNS (Pieces): The wordpieces, without special ones.
    """
    keys = numpy.concatenate([doc.to_array(ORTH) for doc in docs])
    distinct, places = numpy.unique(keys, return_inverse=True)
    strings = docs[0].vocab.strings
    encoded = tokenizer(
        [strings[key] for key in distinct.tolist()],
        is_split_into_words=True,
        add_special_tokens=False,
        verbose=False,  # else it complains that the list of words is long
    )
    ids = numpy.asarray(encoded["input_ids"], dtype="int64")
    words = numpy.asarray(encoded.word_ids(), dtype="int64")
    sizes = numpy.bincount(words, minlength=len(distinct))
    starts = numpy.cumsum(sizes) - sizes
    counts = sizes[places]
    return Pieces(ids[ranges(starts[places], counts)], counts)


def special_ids(tokenizer: Any) -> Tuple[List[int], List[int]]:
    """Find what the tokenizer puts around a text.

    tokenizer (PreTrainedTokenizerFast): A fast tokenizer.
    RETURNS (Tuple[List[int], List[int]]): The wordpieces before it, and after it.
    """
    ids = tokenizer(["a"], is_split_into_words=True)["input_ids"]
    bare = tokenizer(["a"], is_split_into_words=True, add_special_tokens=False)
    inner = bare["input_ids"]
    first = next(i for i in range(len(ids)) if ids[i : i + len(inner)] == inner)
    return ids[:first], ids[first + len(inner) :]


def cut_windows(
    pieces: Pieces, doc_lengths: Sequence[int], size: int, overlap: int
) -> Windows:
    """Cut each doc into windows. A doc that is too long gets windows that overlap;
    each token is read from the one in which it is farther from an edge.

    pieces (Pieces): The wordpieces of all docs.
    doc_lengths (Sequence[int]): The tokens of each doc.
    size (int): The wordpieces of the longest window, without special ones.
    overlap (int): The wordpieces that two windows share, about.
    RETURNS (Windows): The windows; there is none where there is no wordpiece.
    """
    before = pieces.offsets
    ends = numpy.cumsum(doc_lengths)
    starts = ends - numpy.asarray(doc_lengths)
    rows: List[Tuple[int, int, int, int]] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        bounds = [(start, end)]
        if before[end] - before[start] > size:
            bounds = _overlapping(before, start, end, size, overlap)
        middles = [
            (left_end + right_start) // 2
            for (_, left_end), (right_start, _) in zip(
                bounds[:-1], bounds[1:], strict=True
            )
        ]
        reads = zip([start, *middles], [*middles, end], strict=True)
        rows += [
            (*window, *core)
            for window, core in zip(bounds, reads, strict=True)
            if before[window[1]] > before[window[0]]
        ]
    return Windows.of(rows)


def _overlapping(
    before: ndarray, start: int, end: int, size: int, overlap: int
) -> List[Tuple[int, int]]:
    """First token and end of each window of a doc that is too long for one."""
    bounds = []
    while True:
        # the last token that fits whole, but at least one
        stop = int(numpy.searchsorted(before, before[start] + size, "right")) - 1
        stop = min(max(stop, start + 1), end)
        bounds.append((start, stop))
        if stop == end:
            return bounds
        # as far back as the overlap, if the next token still fits
        back = max(before[stop] - overlap, before[stop + 1] - size)
        start = min(max(int(numpy.searchsorted(before, back)), start + 1), stop)


def count_pieces(pieces: Pieces, windows: Windows, size: int) -> ndarray:
    """Count the wordpieces that are read of each window.

    pieces (Pieces): The wordpieces.
    windows (Windows): The windows.
    size (int): The most of a window, which a single token can exceed.
    RETURNS (ndarray): One or more, shape [windows].
    """
    offsets = pieces.offsets
    return numpy.minimum(offsets[windows.end] - offsets[windows.start], size)


def input_ids(
    pieces: Pieces,
    starts: ndarray,
    lengths: ndarray,
    before: List[int],
    after: List[int],
    padding: int,
) -> Tuple[ndarray, ndarray]:
    """Lay some windows out for the encoder.

    pieces (Pieces): The wordpieces.
    starts (ndarray): The first wordpiece of each window.
    lengths (ndarray): How many are read of each.
    before (List[int]): Special wordpieces before each.
    after (List[int]): Special wordpieces after each.
    padding (int): The wordpiece that fills up.
    RETURNS (Tuple[ndarray, ndarray]): Wordpieces, and 1 on those that are not
        padding, shape [batch, seq] both.
    """
    source = numpy.append(pieces.ids, padding)
    inner = source[padded_places(starts, lengths, len(pieces.ids))]
    n_rows, longest = inner.shape
    ids = numpy.full((n_rows, longest + len(before) + len(after)), padding)
    ids[:, : len(before)] = before
    ids[:, len(before) : len(before) + longest] = inner
    ends = len(before) + lengths
    for place, special in enumerate(after):
        ids[numpy.arange(n_rows), ends + place] = special
    places = numpy.arange(ids.shape[1])
    mask = places < (ends + len(after))[:, None]
    return ids, mask.astype("int64")


def read_places(
    pieces: Pieces, windows: Windows, rows: ndarray
) -> Tuple[ndarray, ndarray, ndarray]:
    """Find the first wordpiece of each token that is read from some windows.

    pieces (Pieces): The wordpieces.
    windows (Windows): The windows.
    rows (ndarray): The numbers of the windows.
    RETURNS (Tuple[ndarray, ndarray, ndarray]): The tokens that have a wordpiece,
        counted through all docs; the row of each within `rows`; and the place in
        that row, without special wordpieces.
    """
    first, end = windows.core_start[rows], windows.core_end[rows]
    row = numpy.repeat(numpy.arange(len(rows)), end - first)
    tokens = ranges(first, end - first)
    has_piece = pieces.counts[tokens] > 0
    tokens, row = tokens[has_piece], row[has_piece]
    offsets = pieces.offsets
    return tokens, row, offsets[tokens] - offsets[windows.start[rows]][row]
