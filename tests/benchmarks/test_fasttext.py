"""The benchmarks of fastText's vectors run; their figures are no test."""

import pytest

from .util import REPO, keys_of, run_module

pytest.importorskip("fasttext")


@pytest.mark.slow
def test_reader(tmp_path):
    data = "--data", str(REPO / "assets" / "sample")
    keys = keys_of(run_module(tmp_path, "fasttext", "--quick", *data))
    assert keys[0] == "difference" and keys[-1] == "ratio"
