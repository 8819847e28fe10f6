"""The benchmark of many types runs; its figures are no test."""

import argparse

import pytest
import torch
from torch.testing import assert_close

from benchmarks import types
from benchmarks.types import Case
from spacy_moee.networks.crf import CRF

from .util import keys_of, run_module


def test_cases_of_the_command_line():
    assert types.read_case("200") == Case(200, 32, 10)
    assert types.read_case("200:1000:5") == Case(200, 1000, 5)
    assert [types.read_case(str(case)) for case in types.CASES] == types.CASES
    for wrong in ("many", "", "1:2:3:4", "4:0", "-1"):
        with pytest.raises(argparse.ArgumentTypeError, match=repr(wrong)):
            types.read_case(wrong)


def test_both_codes_say_the_same():
    torch.manual_seed(0)
    crf, scores, gold = CRF(5), torch.randn(3, 4, 5), torch.randint(5, (3, 4))
    mask, stock = torch.ones(3, 4, dtype=torch.bool), types.stock_of(crf)
    assert_close(stock.nll(scores, gold, mask), crf.chain.nll(scores, gold, mask))
    assert torch.equal(*(x.chain.best_paths(scores, mask) for x in (stock, crf)))
    assert [*stock.parameters()] == [*crf.parameters()]


def test_times_of_both_codes():
    for times in (types.time_crf, types.time_pipeline):
        for seconds in times(Case(2, 2, 3), 1).values():
            assert len(seconds) == 2 and 0 < min(seconds) < max(seconds) < 60


@pytest.mark.slow
def test_run_ends_with_its_keys(tmp_path):
    output = run_module(tmp_path, "types", "2:2:3", "--rounds", "1")
    steps = "loss", "best", "update", "prediction", "first_mb", "later_mb", "predict_mb"
    assert keys_of(output) == [f"2_2_3_{step}" for step in steps]
    assert "2 x 2 x 3" in output
