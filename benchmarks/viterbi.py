"""Batched decoding against `torchcrf.CRF.decode`."""

from functools import partial
from typing import Callable, Dict, List

import torch
import torchcrf

from spacy_moee.networks.crf import CRF

from .turns import Turns, take_turns, timed

BATCH, LENGTH, N_TAGS = 256, 50, 9
OURS, TORCHCRF = "batched decoding", "torchcrf.CRF.decode"


@torch.no_grad()
def time_viterbi(rounds: int) -> Turns:
    """Decode the same random scores with both. Python lists come out of both, and they
    have to be equal.

    rounds (int): The number of rounds.
    RETURNS (Turns): Seconds of a batch.
    RAISES (RuntimeError): If the two decode differently.
    """
    torch.manual_seed(0)
    emissions = torch.randn(BATCH, LENGTH, N_TAGS)
    mask = torch.ones(BATCH, LENGTH, dtype=torch.bool)
    stock = torchcrf.CRF(N_TAGS, batch_first=True)
    ours = CRF(N_TAGS)
    ours.load_state_dict(stock.state_dict())
    calls: Dict[str, Callable[[], List[List[int]]]] = {
        OURS: lambda: ours.chain.best_paths(emissions, mask).tolist(),
        TORCHCRF: lambda: stock.decode(emissions, mask),
    }
    if calls[OURS]() != calls[TORCHCRF]():
        raise RuntimeError("The two CRFs decode differently.")
    return take_turns({n: partial(timed, call) for n, call in calls.items()}, rounds)
