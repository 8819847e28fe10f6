"""Batched decoding against `torchcrf.CRF.decode`."""

import time
from statistics import median
from typing import List, NamedTuple

import torch
import torchcrf
from torch import Tensor

from spacy_moee.networks.crf import CRF

BATCH, LENGTH, N_TAGS = 256, 50, 9


class ViterbiTimes(NamedTuple):
    """Median seconds of a batch.

    ours (float): `spacy_moee.networks.crf.CRF.decode`.
    torchcrf (float): `torchcrf.CRF.decode`.
    """

    ours: float
    torchcrf: float

    @property
    def ratio(self) -> float:
        """RETURNS (float): How many times faster ours is."""
        return self.torchcrf / self.ours


def time_viterbi(rounds: int) -> ViterbiTimes:
    """Decode the same random scores with both, in turns. Python lists come out of
    both, and they have to be equal.

    rounds (int): The number of rounds.
    RETURNS (ViterbiTimes): The medians.
    RAISES (RuntimeError): If the two decode differently.
    """
    torch.manual_seed(0)
    emissions = torch.randn(BATCH, LENGTH, N_TAGS)
    mask = torch.ones(BATCH, LENGTH, dtype=torch.bool)
    stock = torchcrf.CRF(N_TAGS, batch_first=True)
    ours = CRF(N_TAGS)
    ours.load_state_dict(stock.state_dict())
    times: List[List[float]] = [[], []]
    with torch.no_grad():
        if ours.decode(emissions, mask) != stock.decode(emissions, mask):
            raise RuntimeError("The two CRFs decode differently.")
        for _ in range(rounds):
            for crf, seconds in zip((ours, stock), times, strict=True):
                seconds.append(_time(crf, emissions, mask))
    return ViterbiTimes(median(times[0]), median(times[1]))


def _time(crf: torchcrf.CRF, emissions: Tensor, mask: Tensor) -> float:
    started = time.perf_counter()
    crf.decode(emissions, mask)
    return time.perf_counter() - started
