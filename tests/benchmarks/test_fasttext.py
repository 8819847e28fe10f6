"""The benchmarks of fastText's vectors run; their figures are no test."""

import pytest

from .util import keys_of, run_quickly

pytest.importorskip("fasttext")


@pytest.mark.slow
def test_reader(tmp_path):
    keys = keys_of(run_quickly(tmp_path, "fasttext"))
    assert keys[0] == "difference" and keys[-1] == "ratio"


@pytest.mark.slow
def test_embedded_copy(tmp_path):
    output = run_quickly(tmp_path, "embedded", "--training.max_epochs", "2")
    assert keys_of(output) == ["embedded_difference"]
    assert "carries its vectors" in output
