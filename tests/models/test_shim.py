"""NetworkShim: builds, saves and updates a network."""

import copy
import pickle
from functools import partial

import pytest
import torch
from thinc.api import Optimizer

from spacy_moee.errors import MoeeError
from spacy_moee.models.shim import NetworkShim
from spacy_moee.networks.moee import MoEENetwork
from spacy_moee.scheme import iob2_scheme

SIZES = {"width": 3, "n_tags": 5, "n_categories": 3}
CFG = {
    "hidden_width": 4,
    "depth": 1,
    "expert_width": 2,
    "detection": True,
    "experts": True,
    "crf": True,
    "constrained": True,
    "detection_weight": 1.0,
    "gate_weight": 1.0,
}


NETWORK = partial(MoEENetwork, **CFG)


def make_shim(**changes) -> NetworkShim:
    torch.manual_seed(0)
    shim = NetworkShim(partial(MoEENetwork, **{**CFG, **changes}))
    shim.build(SIZES, iob2_scheme(2)._asdict())
    return shim


def weights(shim: NetworkShim):
    return {k: v.clone() for k, v in shim.module.state_dict().items()}


def assert_same(one: NetworkShim, other: NetworkShim) -> None:
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys() and one.sizes == other.sizes
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_not_built() -> None:
    shim = NetworkShim(NETWORK)
    assert not shim.is_built
    with pytest.raises(MoeeError, match="M101"):
        shim.module  # noqa: B018
    assert not NetworkShim(NETWORK).from_bytes(shim.to_bytes()).is_built
    shim.finish_update(Optimizer(0.1))
    shim.to_device("cpu", -1)


def test_built_with_the_tag_scheme_and_at_rest() -> None:
    shim = make_shim()
    assert shim.module.get_buffer("boundary").tolist() == [0, 1, 2, 1, 2]
    assert not shim.module.get_buffer("legal")[-1, 2]
    assert not shim.module.training
    assert shim.device == torch.device("cpu")


@pytest.mark.parametrize(
    "again",
    [
        lambda shim: NetworkShim(NETWORK).from_bytes(shim.to_bytes()),
        copy.deepcopy,
        lambda shim: shim.copy(),
        lambda shim: pickle.loads(pickle.dumps(shim)),
    ],
    ids=["bytes", "deepcopy", "copy", "pickle"],
)
def test_round_trips(again) -> None:
    shim = make_shim()
    other = again(shim)
    assert_same(shim, other)
    with torch.no_grad():
        other.module.get_parameter("recognition.bias").add_(1)
    biases = [x.module.get_parameter("recognition.bias") for x in (shim, other)]
    assert not torch.equal(*biases)
