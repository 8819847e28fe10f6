"""What the contract of a network says of its losses."""

import pytest
import torch
from torch.nn.functional import one_hot
from torch.testing import assert_close

from spacy_moee.networks.moee import MoEENetwork, MoEEOutputs
from spacy_moee.networks.network import Loss, Targets, mean_loss

from .util import make_emissions, make_gold, randomize

WEIGHTS = {"recognition": 1.0, "detection": 0.5, "gate": 0.25}


def make_network(crf: bool) -> MoEENetwork:
    network = MoEENetwork(
        width=3, n_tags=5, n_categories=3, hidden_width=2, depth=1, expert_width=2,
        detection=True, experts=True, crf=crf, constrained=True,
        detection_weight=WEIGHTS["detection"], gate_weight=WEIGHTS["gate"],
    )  # fmt: skip
    randomize(network)
    return network


def make_sure(network: MoEENetwork, seed: int) -> Loss:
    """The loss of a network that is sure of what is right: all of it is rounding."""
    gold = make_gold(2, 23, 5, seed)
    outputs = [
        (one_hot(tags, n).float() * 40 + make_emissions(2, 23, n, seed=seed))
        for tags, n in (
            (gold, 5),
            (network.boundary[gold], 3),
            (network.category[gold], 3),
        )
    ]
    targets = Targets(gold, torch.tensor([23, 17]))
    return network.loss(MoEEOutputs(*(o.requires_grad_() for o in outputs)), targets)


@pytest.mark.parametrize("crf", [True, False])
def test_no_part_is_negative_by_rounding(crf: bool) -> None:
    network = make_network(crf)
    losses = [make_sure(network, seed) for seed in range(40)]
    by_rounding = [s for loss in losses for s in loss.sums.values() if s < 0]
    assert bool(by_rounding) == crf  # there is something to test
    for loss in losses:
        total, parts = mean_loss([loss])
        assert min(parts.values()) >= 0
        expected = sum(WEIGHTS[name] * value for name, value in parts.items())
        assert total.item() == pytest.approx(expected) and total >= 0


def test_rounding_up_leaves_the_gradient() -> None:
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    units = {"a": torch.tensor(2), "b": torch.tensor(2)}
    sums = {"a": (x**2).sum() - 13 - 1e-4, "b": (x**3).sum()}
    assert sums["a"] < 0
    total, parts = mean_loss([Loss(sums, units, {"a": 3.0, "b": 1.0})])
    assert parts == {"a": 0.0, "b": 17.5} and total == 17.5
    (gradient,) = torch.autograd.grad(total, x)
    assert_close(gradient, (3 * 2 * x + 3 * x**2).detach() / 2)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_stays_so(value: float) -> None:
    loss = Loss({"a": torch.tensor(value)}, {"a": torch.tensor(1)}, {"a": 1.0})
    total, parts = mean_loss([loss])
    assert not torch.isfinite(total) and not parts["a"] < float("inf")
