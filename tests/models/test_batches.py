import numpy
import pytest
import torch
from numpy.testing import assert_array_equal

from spacy_moee.models import batches
from spacy_moee.models.segments import Segments

from .util import make_docs

CPU = torch.device("cpu")


def lay_out(*lengths, max_length=4, overlap=2):
    docs = make_docs(*lengths)
    return batches.lay_out(docs, Segments(True, max_length, overlap))


def test_lay_out():
    layout = lay_out(3, 0, 6, 1)
    assert [w.start.tolist() for w in layout.of_docs] == [[0], [], [0, 2], [0]]
    assert [w.core_end.tolist() for w in layout.of_docs] == [[3], [], [3, 6], [1]]
    assert layout.windows.start.tolist() == [0, 3, 5, 9]
    assert layout.windows.lengths.tolist() == [3, 4, 4, 1]
    assert layout.windows.core_start.tolist() == [0, 3, 6, 9]
    assert layout.doc_lengths == [3, 0, 6, 1]


@pytest.mark.parametrize("lengths", [(), (0,), (0, 0)])
def test_lay_out_nothing(lengths):
    layout = lay_out(*lengths)
    assert len(layout.windows.start) == len(layout.windows.lengths) == 0


def test_pad():
    rows = numpy.array([1, 0, 3])
    tokens, lengths = batches.pad(lay_out(3, 0, 6, 1), rows, torch.device("cpu"))
    assert tokens.tolist() == [[3, 4, 5, 6], [0, 1, 2, 10], [9, 10, 10, 10]]
    assert lengths.tolist() == [4, 3, 1]


def test_padding_reads_zeros():
    vectors = [
        numpy.ones((3, 2), "f"),
        numpy.zeros((0, 2), "f"),
        numpy.ones((1, 2), "f"),
    ]
    table = batches.flatten(vectors, torch.device("cpu"))
    assert table.tolist() == [[1, 1]] * 4 + [[0, 0]]


def test_gather_gold():
    layout = lay_out(3, 0, 6, 1)
    gold = [numpy.full(n, n) for n in layout.windows.lengths.tolist()]
    padded = batches.gather_gold(layout, gold, numpy.array([0, 3]))
    assert padded.tolist() == [[3, 3, 3], [1, -1, -1]]


def test_outside_places():
    docs = make_docs(2, 0, 1)
    assert batches.outside_places([None, None, None], docs, CPU) is None
    preset = numpy.array([False, True])
    outside = batches.outside_places([preset, None, None], docs, CPU)
    assert_array_equal(outside, [False, True, False, False])
