import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee import padding


@given(
    lengths=st.lists(st.integers(1, 60), max_size=30),
    limit=st.sampled_from([1, 40, 200, 4096]),
    floats=st.integers(1, 5),
)
def test_plan(lengths, limit, floats):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(padding, "MAX_PADDED", limit)
        patch.setattr(padding, "MAX_FLOATS", 2 * limit)
        groups = padding.plan(numpy.array(lengths, dtype="int64"), floats)
    assert sorted(i for group in groups for i in group.tolist()) == [
        *range(len(lengths))
    ]
    for group in groups:
        longest = max(lengths[i] for i in group.tolist())
        places = longest * len(group)
        assert len(group) == 1 or places * max(1, floats / 2) <= limit
    # a group holds windows of similar length: none is longer than one before it
    flat = [lengths[i] for group in groups for i in group.tolist()]
    assert flat == sorted(lengths, reverse=True)
    # and no cut of it would take less time
    for group in groups:
        found = [lengths[i] for i in group.tolist()]
        for cut in range(1, len(found)):
            assert cost(found) <= cost(found[:cut]) + cost(found[cut:])


def cost(lengths):
    return (len(lengths) + padding.BATCH_COST) * lengths[0]


def test_nothing_to_plan():
    assert padding.plan(numpy.zeros(0, "int64")) == []


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_padded_places(lengths):
    starts = numpy.cumsum([3, *lengths])[:-1]
    places = padding.padded_places(starts, numpy.array(lengths), -1)
    rows = [[n for n in row if n >= 0] for row in places.tolist()]
    assert sum(rows, []) == [*range(3, 3 + sum(lengths))]
    assert [len(row) for row in rows] == lengths
    for row, length in zip(places.tolist(), lengths, strict=True):
        assert row[length:] == [-1] * (max(lengths) - length)
