"""NetworkShim: builds, saves and updates a network."""

import copy
import pickle

import numpy
import pytest
import srsly
import torch
from thinc.api import Optimizer

from spacy_moee.errors import MoeeError
from spacy_moee.models.shim import NetworkShim
from spacy_moee.networks.moee import MoEENetwork
from spacy_moee.tags import iob2_scheme

CFG = {
    "width": 3,
    "n_tags": 5,
    "n_categories": 3,
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


def make_shim(**changes) -> NetworkShim:
    torch.manual_seed(0)
    shim = NetworkShim(MoEENetwork)
    shim.build({**CFG, **changes}, iob2_scheme(2)._asdict())
    return shim


def weights(shim: NetworkShim):
    return {k: v.clone() for k, v in shim.module.state_dict().items()}


def assert_same(one: NetworkShim, other: NetworkShim) -> None:
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys() and one.cfg == other.cfg
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_not_built() -> None:
    shim = NetworkShim(MoEENetwork)
    assert not shim.is_built
    with pytest.raises(MoeeError, match="M101"):
        shim.module  # noqa: B018
    assert not NetworkShim(MoEENetwork).from_bytes(shim.to_bytes()).is_built
    shim.finish_update(Optimizer(0.1))
    shim.to_device("cpu", -1)


def test_built_with_the_tag_scheme_and_at_rest() -> None:
    shim = make_shim()
    assert shim.module.boundary.tolist() == [0, 1, 2, 1, 2]
    assert not shim.module.legal[-1, 2]
    assert not shim.module.training
    assert shim.device == torch.device("cpu")


@pytest.mark.parametrize(
    "again",
    [
        lambda shim: NetworkShim(MoEENetwork).from_bytes(shim.to_bytes()),
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
        other.module.recognition.bias += 1
    assert not torch.equal(shim.module.recognition.bias, other.module.recognition.bias)


def test_bytes_are_plain_msgpack() -> None:
    msg = srsly.msgpack_loads(make_shim().to_bytes())
    assert msg["cfg"] == CFG
    assert all(isinstance(v, numpy.ndarray) for v in msg["weights"].values())


@pytest.mark.parametrize("how", ["sizes", "switch", "cfg"])
def test_weights_of_another_network(how: str) -> None:
    msg = srsly.msgpack_loads(make_shim().to_bytes())
    if how == "sizes":
        msg["cfg"]["hidden_width"] = 5
    elif how == "switch":
        msg["cfg"]["experts"] = False
    else:
        msg["cfg"]["unheard_of"] = 1
    shim = make_shim(hidden_width=6)
    before = copy.deepcopy(shim)
    with pytest.raises(MoeeError, match="M102"):
        shim.from_bytes(srsly.msgpack_dumps(msg))
    assert_same(before, shim)


def loss(shim: NetworkShim) -> torch.Tensor:
    torch.manual_seed(1)
    lengths = torch.tensor([4, 2])
    outputs = shim.module(torch.randn(2, 4, 3), lengths)
    gold = torch.tensor([[0, 1, 2, 3], [3, 0, -1, -1]])
    return shim.module.loss(outputs, gold, lengths).total


def test_adam_is_that_of_torch() -> None:
    shim, other = make_shim(), make_shim()
    ours = Optimizer(
        0.01, L2=0.0, grad_clip=0.0, beta1=0.9, beta2=0.999, use_averages=False
    )
    theirs = torch.optim.Adam(other.module.parameters(), lr=0.01)
    for _ in range(5):
        loss(shim).backward()
        shim.finish_update(ours)
        assert all(p.grad is None for p in shim.module.parameters())
        theirs.zero_grad()
        loss(other).backward()
        theirs.step()
    for one, two in zip(weights(shim).values(), weights(other).values(), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-2, atol=2e-4)


def test_averages_are_used_and_put_back() -> None:
    shim = make_shim()
    optimizer = Optimizer(0.1, use_averages=True)
    for _ in range(3):
        loss(shim).backward()
        shim.finish_update(optimizer)
    before = weights(shim)
    with pytest.raises(KeyError), shim.use_params(optimizer.averages):
        inside = weights(shim)
        raise KeyError
    for (_, name), average in optimizer.averages.items():
        numpy.testing.assert_array_equal(inside[name].numpy(), average)
        assert not torch.equal(inside[name], before[name])
    after = weights(shim)
    assert all(torch.equal(before[name], after[name]) for name in before)
