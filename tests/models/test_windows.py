import pickle
import random

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spacy_moee.errors import MoeeError
from spacy_moee.models.segments import (
    Segments,
    make_doc_segments,
    make_sentence_segments,
)
from spacy_moee.models.windows import (
    cut_gold,
    merge_windows,
    place_all,
    place_entities,
    place_spans,
)
from spacy_moee.padding import Windows, join_windows
from spacy_moee.scheme import spans

from .util import is_legal, make_doc, make_tags

MISSING = -1
SEEDS = st.integers(0, 2**32)


@st.composite
def docs_and_segmenters(draw, max_tokens=40):
    n_tokens = draw(st.integers(0, max_tokens))
    indices = st.integers(0, max(0, n_tokens - 1))
    starts = draw(st.lists(indices, max_size=5)) if n_tokens else []
    max_length = draw(st.integers(2, 12))
    overlap = draw(st.integers(0, max_length // 2))
    return make_doc(n_tokens, starts), starts, max_length, overlap


def bounds(windows):
    """Start and end of each window."""
    return [list(row) for row in zip(*(x.tolist() for x in windows[:2]), strict=True)]


def make_windows(*rows):
    """Windows whose cores meet in the middle of what they share."""
    borders = [(b + c) // 2 for (_, b), (c, _) in zip(rows, rows[1:], strict=False)]
    cores = zip([rows[0][0], *borders], [*borders, rows[-1][1]], strict=True)
    return Windows.of((*row, *core) for row, core in zip(rows, cores, strict=True))


@given(case=docs_and_segmenters(), sentences=st.booleans())
def test_windows(case, sentences):
    doc, starts, max_length, overlap = case
    windows = Segments(sentences, max_length, overlap)(doc)
    assert {len(column) for column in windows} == {len(windows.start)}
    if not len(doc):
        assert len(windows.start) == 0
        return
    # each token is in the core of one window, and near no end that it need not be near
    assert windows.core_start.tolist() == [0, *windows.core_end[:-1].tolist()]
    assert windows.core_end[-1] == len(doc)
    left, right = windows.core_start - windows.start, windows.end - windows.core_end
    assert (left >= 0).all() and (right >= 0).all()
    assert (left[1:] + right[:-1] == windows.end[:-1] - windows.start[1:]).all()
    assert (abs(left[1:] - right[:-1]) <= 1).all()
    covered = numpy.zeros(len(doc), dtype=int)
    for start, end in bounds(windows):
        assert 0 < end - start <= max_length
        covered[start:end] += 1
    assert covered.all()
    borders = {0, len(doc)} | (set(starts) if sentences else set())
    for (a, b), (c, d) in zip(bounds(windows), bounds(windows)[1:], strict=False):
        assert a < c and b < d
        if c in borders:
            assert b == c  # windows of two segments never overlap
        else:
            assert b - c == overlap  # windows of one always do, by as much
    # every segment has its own windows, and no more of them than it needs
    edges = sorted(borders)
    for first, end in zip(edges, edges[1:], strict=False):
        here = [w for w in bounds(windows) if first <= w[0] < end]
        assert here[0][0] == first and here[-1][1] == end
        if end - first <= max_length:
            assert len(here) == 1


def test_sentences_or_docs():
    doc = make_doc(10, [0, 4, 7])
    assert bounds(make_sentence_segments()(doc)) == [[0, 4], [4, 7], [7, 10]]
    assert bounds(make_doc_segments()(doc)) == [[0, 10]]
    assert bounds(make_sentence_segments()(make_doc(10))) == [[0, 10]]
    assert bounds(make_sentence_segments(6, 2)(make_doc(10))) == [[0, 6], [4, 10]]
    # the first token starts a sentence whether it says so or not
    assert bounds(make_sentence_segments()(make_doc(5, [2]))) == [[0, 2], [2, 5]]


def test_tokens_that_start_no_sentence():
    doc = make_doc(4)
    doc[1].is_sent_start = False
    doc[2].is_sent_start = True
    assert bounds(make_sentence_segments()(doc)) == [[0, 2], [2, 4]]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=9), st.integers(1, 4))
def test_sentences_are_read_together_in_training(lengths, most_sentences):
    starts = numpy.cumsum([0, *lengths])
    doc = make_doc(int(starts[-1]), starts[1:-1].tolist())
    segments = make_sentence_segments(64, 0, most_sentences)
    found = [bounds(segments(doc, is_train=True)) for _ in range(9)]
    for windows in found:
        borders = [start for start, _ in windows]
        assert {*borders} <= {*starts.tolist()}
        assert [end for _, end in windows] == [*borders[1:], len(doc)]
        sizes = numpy.diff(numpy.searchsorted(starts, [*borders, len(doc)]))
        # the last one may be all that are left
        assert all(size <= most_sentences for size in sizes[:-1])
    if most_sentences == 1:
        assert found == [bounds(segments(doc))] * 9


def test_each_size_of_a_group_is_drawn_as_often():
    random.seed(0)
    doc, segments = make_doc(20, range(1, 20)), make_sentence_segments(64, 0, 3)
    first = [bounds(segments(doc, is_train=True))[0][1] for _ in range(2000)]
    assert {*first} == {1, 2, 3, 20}
    for size in (1, 2, 3, 20):
        assert 430 < first.count(size) < 570


@pytest.mark.parametrize("make", [make_sentence_segments, make_doc_segments])
def test_pickle(make):
    doc = make_doc(30, [0, 4, 7])
    segmenter = make(8, 3)
    again = pickle.loads(pickle.dumps(segmenter))
    for found, expected in zip(again(doc), segmenter(doc), strict=True):
        assert_array_equal(found, expected)


@pytest.mark.parametrize("make", [make_sentence_segments, make_doc_segments])
@pytest.mark.parametrize(
    "max_length, overlap, named",
    [(1, 0, "max_length"), (0, 0, "max_length"), (8, 5, "overlap"), (8, -1, "overlap")],
)
def test_values_that_cannot_be(make, max_length, overlap, named):
    with pytest.raises(MoeeError, match=rf"\[M103\] {named} of segments") as error:
        make(max_length, overlap)
    assert error.value.code == "M103"


def merge(windows, tags, n_tokens):
    flat = numpy.concatenate([numpy.zeros(0, "int64"), *tags])
    before = flat.copy()
    merged = merge_windows(windows, flat)
    assert_array_equal(flat, before)  # what came in is not written to
    assert len(merged.tags) == len(merged.source) == n_tokens
    check_source(windows, merged)
    return merged.tags


def check_source(windows, merged):
    """One window answers for each token: one that reads it, from left to right."""
    tokens = numpy.arange(len(merged.source))
    assert (numpy.diff(merged.source) >= 0).all()
    assert (windows.start[merged.source] <= tokens).all()
    assert (tokens < windows.end[merged.source]).all()
    # anything that windows say of tokens is merged by the same places
    rows = zip(*(x.tolist() for x in windows[:2]), strict=True)
    said = [(row, t) for row, (a, b) in enumerate(rows) for t in range(a, b)]
    found = [said[place] for place in merged.places.tolist()]
    assert found == list(zip(merged.source.tolist(), tokens.tolist(), strict=True))


@given(case=docs_and_segmenters(), seed=SEEDS)
def test_windows_that_agree_merge_to_what_they_say(case, seed):
    doc, _, max_length, overlap = case
    windows = Segments(True, max_length, overlap)(doc)
    tags = make_tags(len(doc), seed)
    pieces = [tags[start:end] for start, end in bounds(windows)]
    assert_array_equal(merge(windows, pieces, len(doc)), tags)


@given(case=docs_and_segmenters(), seed=SEEDS)
@settings(max_examples=300)
def test_merged_tags_are_legal(case, seed):
    doc, _, max_length, overlap = case
    windows = Segments(True, max_length, overlap)(doc)
    pieces = [make_tags(b - a, seed + i) for i, (a, b) in enumerate(bounds(windows))]
    assert is_legal(merge(windows, pieces, len(doc)))


@given(length=st.integers(2, 16), overlap=st.integers(1, 8), seed=SEEDS)
@settings(max_examples=300)
def test_seam(length, overlap, seed):
    overlap = min(overlap, length // 2)
    start = length - overlap
    windows = make_windows((0, length), (start, start + length))
    left, right = make_tags(length, seed), make_tags(length, seed + 1)
    merged = merge(windows, [left, right], start + length)
    both = [i for i in range(overlap) if left[start + i] == 0 and right[i] == 0]
    begins = [i for i in range(overlap) if left[start + i] in (1, 3)]
    seam = overlap // 2
    if both or begins:
        seam = min(both or begins, key=lambda i: abs(i - overlap // 2))
    assert_array_equal(merged[: start + seam], left[: start + seam])
    assert_array_equal(merged[start + seam + 1 :], right[seam + 1 :])
    whole = get_spans(left), get_spans(right, start)
    if both:  # no entity is cut
        assert merged[start + seam] == 0
        assert get_spans(merged) <= whole[0] | whole[1]
    elif begins:  # none of the left window is
        assert {s for s in get_spans(merged) if s[0] < start + seam} <= whole[0]


def get_spans(tags, offset=0):
    rows = zip(*(a.tolist() for a in spans(tags)), strict=True)
    return {(start + offset, end + offset, label) for start, end, label in rows}


@given(case=docs_and_segmenters(), seed=SEEDS)
@settings(max_examples=300)
def test_each_gold_tag_counts_once(case, seed):
    doc, _, max_length, overlap = case
    windows = Segments(True, max_length, overlap)(doc)
    gold = make_tags(len(doc), seed, missing=0.3)
    kept = gold.copy()
    pieces, crossing = cut_gold(windows, gold)
    assert_array_equal(gold, kept)
    assert [len(p) for p in pieces] == windows.lengths.tolist()

    rows = list(zip(windows.start[1:].tolist(), windows.end[:-1].tolist(), strict=True))
    lost = numpy.zeros(len(gold), dtype=bool)
    n_crossing = 0
    for start, end, _ in get_spans(numpy.maximum(gold, 0)):
        # a border within it, or an overlap that lies within it
        if any(start < a <= b < end or start < a < b == end for a, b in rows):
            lost[start:end] = True
            n_crossing += 1
            # reported once, by a token that has another of the entity before it
            assert len([t for t in crossing if start < t < end]) == 1
    assert len(crossing) == n_crossing

    counts = numpy.zeros(len(gold), dtype=int)
    for (start, end), piece in zip(bounds(windows), pieces, strict=True):
        known = piece >= 0
        assert_array_equal(piece[known], gold[start:end][known])
        counts[start:end] += known
    assert_array_equal(counts, ((gold >= 0) & ~lost).astype(int))


def test_gold_is_cut_where_no_entity_is():
    windows = make_windows((0, 8), (4, 12))
    gold = numpy.array([0, 0, 0, 1, 2, 2, 2, 0, 0, 0, 0, 0])
    (left, right), crossing = cut_gold(windows, gold)
    assert left.tolist() == [0, 0, 0, 1, 2, 2, 2, -1]
    assert right.tolist() == [-1, -1, -1, 0, 0, 0, 0, 0]
    assert crossing == []


def test_an_entity_longer_than_an_overlap_is_missing():
    windows = make_windows((0, 6), (4, 10))
    gold = numpy.array([0, 0, 0, 1, 2, 2, 2, 0, 0, 0])
    (left, right), crossing = cut_gold(windows, gold)
    assert left.tolist() == [0, 0, 0, -1, -1, -1]
    assert right.tolist() == [-1, -1, -1, 0, 0, 0]
    assert crossing == [4]


def test_an_entity_over_two_borders_is_reported_once():
    windows = make_windows((0, 2), (2, 4), (4, 6))
    gold = numpy.array([0, 1, 2, 2, 2, 0])
    pieces, crossing = cut_gold(windows, gold)
    assert [piece.tolist() for piece in pieces] == [[0, -1], [-1, -1], [-1, 0]]
    assert crossing == [2]


def test_no_windows():
    none, empty = Windows.of([]), numpy.zeros(0, "int64")
    assert cut_gold(none, empty) == ([], [])
    assert len(merge(none, [], 0)) == 0


@given(cases=st.lists(docs_and_segmenters(20), max_size=4), seed=SEEDS)
def test_docs_are_merged_together_as_alone(cases, seed):
    parts = [Segments(True, *case[2:])(case[0]) for case in cases]
    lengths = [len(case[0]) for case in cases]
    rows = [[make_tags(b - a, seed + a) for a, b in bounds(part)] for part in parts]
    joined = join_windows(parts, lengths)
    found = merge(joined, [tags for row in rows for tags in row], sum(lengths))
    alone = [merge(*case) for case in zip(parts, rows, lengths, strict=True)]
    assert_array_equal(found, numpy.concatenate([numpy.zeros(0, "int64"), *alone]))


def place(windows, *spans):
    return place_spans(windows, numpy.array(spans)).tolist()


def test_spans_lie_in_the_window_that_says_most_of_them():
    # cores meet at 6
    windows = make_windows((0, 8), (4, 12))
    assert place(windows, (0, 2), (2, 8), (4, 7), (6, 8), (10, 12)) == [0, 0, 0, 1, 1]
    # whole in both windows: the one that also reads what follows
    assert place(windows, (5, 8), (5, 7)) == [1, 0]
    # in one window alone, and in none
    assert place(windows, (4, 9), (3, 8), (3, 9)) == [1, 0, -1]
    # no window reads across the border of a segment
    assert place(make_windows((0, 4), (4, 8)), (0, 4), (3, 5), (4, 8)) == [0, -1, 1]


@given(case=docs_and_segmenters(), data=st.data())
def test_spans_are_placed_once_and_where_they_are_whole(case, data):
    doc, starts, max_length, overlap = case
    windows = Segments(True, max_length, overlap)(doc)
    indices = st.integers(0, len(doc))
    pairs = st.tuples(indices, indices).filter(lambda pair: pair[0] < pair[1])
    chosen = data.draw(st.lists(pairs, max_size=5 if len(doc) else 0))
    rows = numpy.array([[*pair, 1] for pair in chosen], "int64").reshape(-1, 3)
    other = make_doc(3)
    docs, of_docs = [other, doc], [Segments(True, 256, 64)(other), windows]
    placed, crossing = place_all(docs, of_docs, [numpy.array([[0, 3, 0]]), rows])
    whole = [
        any(a <= start and end <= b for a, b in bounds(windows))
        for start, end in chosen
    ]
    lost = [pair for pair, is_whole in zip(chosen, whole, strict=True) if not is_whole]
    assert crossing == [doc[start:end].text for start, end in lost]
    assert placed[0].tolist() == [0, 0, 3, 0]
    found = []
    for window, start, end, label in placed[1:].tolist():
        first, last = bounds(windows)[window - 1]
        assert 0 <= start < end <= last - first and label == 1
        found.append((first + start, first + end))
    kept = [pair for pair, is_whole in zip(chosen, whole, strict=True) if is_whole]
    assert found == kept


@given(case=docs_and_segmenters(), seed=SEEDS)
def test_entities_are_scored_where_they_and_their_borders_are_read(case, seed):
    doc, starts, max_length, overlap = case
    windows = Segments(True, max_length, overlap)(doc)
    if not len(doc):
        return
    tags = [make_tags(int(n), seed + i) for i, n in enumerate(windows.lengths)]
    merged = merge_windows(windows, numpy.concatenate(tags))
    first, end, _ = spans(merged.tags)
    rows = place_entities(windows, merged, numpy.stack([first, end], axis=1))
    # without an overlap, nothing tells that a window goes on with the one before
    segments = {0, len(doc), *starts} | (
        {*windows.start.tolist()} if not overlap else set()
    )
    for start, stop, row in zip(*(x.tolist() for x in (first, end, rows)), strict=True):
        answers = int(merged.source[start])
        read = range(int(windows.start[answers]), int(windows.end[answers]))
        needed = {*range(start, stop)}
        needed |= set() if start in segments else {start - 1}
        needed |= set() if stop in segments else {stop}
        assert row == (answers if needed <= {*read} else -1)


def test_docs_without_spans():
    docs = [make_doc(0), make_doc(3)]
    windows = [Segments(True, 4, 1)(doc) for doc in docs]
    for rows in ([], [numpy.zeros((0, 3), "int64")] * 2):
        placed, crossing = place_all(docs, windows, rows)
        assert placed.shape == (0, 4) and crossing == []
