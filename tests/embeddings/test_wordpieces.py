"""Windows of wordpieces: every token once, nothing lost."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.embeddings.wordpieces import (
    Pieces,
    count_pieces,
    cut_windows,
    input_ids,
    read_places,
)

SIZE, OVERLAP = 10, 4


def cut(docs, size=SIZE, overlap=OVERLAP):
    counts = numpy.array([n for doc in docs for n in doc], dtype="int64")
    pieces = Pieces(numpy.arange(100, 100 + counts.sum()), counts)
    return pieces, cut_windows(pieces, [len(doc) for doc in docs], size, overlap)


def read(pieces, windows):
    """The first wordpiece of each window, and how many are read of it."""
    return pieces.offsets[windows.start], count_pieces(pieces, windows, SIZE)


@given(
    docs=st.lists(st.lists(st.integers(0, 14), max_size=30), max_size=4),
    overlap=st.integers(0, 5),
)
def test_every_token_is_read_once_from_a_window_that_holds_it(docs, overlap):
    pieces, windows = cut(docs, overlap=overlap)
    starts, lengths = read(pieces, windows)
    assert (lengths >= 1).all() and (lengths <= SIZE).all()
    rows = numpy.arange(len(starts))
    tokens, row, place = read_places(pieces, windows, rows)
    assert sorted(tokens.tolist()) == numpy.flatnonzero(pieces.counts).tolist()
    assert (0 <= place).all() and (place < lengths[row]).all()
    first = numpy.cumsum(pieces.counts) - pieces.counts
    assert (starts[row] + place == first[tokens]).all()
    # no window reaches into another doc
    n_pieces = numpy.array([sum(doc) for doc in docs], dtype="int64")
    ends = numpy.cumsum(n_pieces)
    owner = numpy.searchsorted(ends, starts, "right")
    assert (starts + lengths <= ends[owner]).all()


@given(st.lists(st.integers(1, 3), min_size=5, max_size=60))
def test_windows_overlap_and_each_holds_something_new(doc):
    pieces, windows = cut([doc])
    starts, lengths = read(pieces, windows)
    ends = starts + lengths
    shared = ends[:-1] - starts[1:]
    assert ((shared >= 1) & (shared <= OVERLAP)).all()
    assert (numpy.diff(ends) > 0).all(), "a window that holds nothing new"


def test_docs_that_fit_are_one_window():
    pieces, windows = cut([[3, 3, 4], [], [0, 0], [1]])
    starts, lengths = read(pieces, windows)
    assert starts.tolist() == [0, 10] and lengths.tolist() == [10, 1]
    assert windows.start.tolist() == windows.core_start.tolist() == [0, 5]
    assert windows.end.tolist() == windows.core_end.tolist() == [3, 6]


def test_a_giant_token_fills_a_window_alone():
    pieces, windows = cut([[2, 1000, 2]])
    assert read(pieces, windows)[1].max() == SIZE
    tokens, _, _ = read_places(pieces, windows, numpy.arange(len(windows.start)))
    assert tokens.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "before, after", [([1], [2]), ([], [2, 3]), ([1], []), ([], [])]
)
def test_input_ids(before, after):
    pieces, windows = cut([[1, 2], [3, 2]])
    starts, lengths = (column[[1, 0]] for column in read(pieces, windows))
    ids, mask = input_ids(pieces, starts, lengths, before, after, 0)
    long, short = [103, 104, 105, 106, 107], [100, 101, 102]
    assert ids.tolist() == [
        [*before, *long, *after],
        [*before, *short, *after, 0, 0],
    ]
    assert mask.sum(axis=1).tolist() == [
        len(inner) + len(before) + len(after) for inner in (long, short)
    ]


def test_tokens_are_read_where_they_are_inside():
    pieces, windows = cut([[1] * 22])
    assert windows.start.tolist() == [0, 6, 12]
    assert windows.core_start.tolist() == [0, 8, 14]
    assert windows.core_end.tolist() == [8, 14, 22]
