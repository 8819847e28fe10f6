"""Batched decoding against `torchcrf.CRF.decode`."""

from functools import partial

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
    if ours.decode(emissions, mask) != stock.decode(emissions, mask):
        raise RuntimeError("The two CRFs decode differently.")
    decoders = {OURS: ours, TORCHCRF: stock}
    calls = {name: partial(x.decode, emissions, mask) for name, x in decoders.items()}
    return take_turns({n: partial(timed, call) for n, call in calls.items()}, rounds)
