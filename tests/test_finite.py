"""Whether numbers are finite. The oracle is `numpy.isfinite` of each."""

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from spacy_moee.finite import is_finite

KINDS = ["float16", "float32", "float64", "int32", "uint64", "int8"]
ARRAYS = st.sampled_from(KINDS).flatmap(
    lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, min_side=0))
)


@given(array=ARRAYS)
def test_any_array(array: numpy.ndarray) -> None:
    expected = bool(numpy.isfinite(array).all())
    assert is_finite(array) == expected
    if array.dtype.kind == "f":
        assert is_finite(torch.from_numpy(array.copy())) == expected


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_sums_that_overflow(kind: str) -> None:
    largest = numpy.full(1000, numpy.finfo(kind).max, dtype=kind)
    for make in (numpy.asarray, torch.from_numpy):
        assert is_finite(make(largest))
        assert not is_finite(make(numpy.append(largest, numpy.inf)))
        both = numpy.asarray([numpy.inf, -numpy.inf], dtype=kind)
        assert not is_finite(make(both))


def test_truth_values() -> None:
    assert is_finite(numpy.ones(3, dtype="bool")) and is_finite(torch.ones(3).bool())
