"""A network gets more types: what it says stays, and so does what an optimizer
remembers."""

from functools import partial
from typing import Any, Callable, Dict, Tuple

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from thinc.api import SGD, Adam, Optimizer, RAdam
from torch import Tensor, nn
from torch.testing import assert_close

from spacy_moee.models.shim import NetworkShim
from spacy_moee.networks.common import token_mask
from spacy_moee.networks.moee import MoEENetwork
from spacy_moee.networks.network import GrowingNetwork, Inputs
from spacy_moee.scheme import iob2_scheme

from .test_shim import CFG, make_shim, weights

SETTINGS: Dict[str, Any] = {"L2": 0.01, "grad_clip": 1.0}
OPTIMIZERS: Dict[str, Callable[[], Optimizer]] = {
    "adam": lambda: Adam(0.01, use_averages=False, **SETTINGS),
    "averages": lambda: Adam(0.01, use_averages=True, **SETTINGS),
    # without a clip, which would count the weights of new types in
    "old L2": lambda: Adam(0.01, L2=0.01, L2_is_weight_decay=False, grad_clip=0.0),
    "radam": lambda: RAdam(0.01, use_averages=True, **SETTINGS),
    "sgd": lambda: SGD(0.01, use_averages=True, **SETTINGS),
}


def grow(shim: NetworkShim, n_types: int = 4) -> None:
    scheme = iob2_scheme(n_types)
    shim.resize(scheme.sizes, scheme._asdict())


def beginning(tensor: Any, like: Any) -> Any:
    return tensor[tuple(slice(size) for size in like.shape)]


def set_gradients(*shims: NetworkShim, seed: int) -> None:
    """The same for what they share; zeros beyond."""
    rng = torch.Generator().manual_seed(seed)
    for parameters in zip(*(s.module.parameters() for s in shims), strict=True):
        gradient = torch.randn(parameters[0].shape, generator=rng)
        for parameter in parameters:
            parameter.grad = torch.zeros_like(parameter)
            beginning(parameter.grad, gradient).copy_(gradient)


@pytest.mark.parametrize("experts", [True, False])
@pytest.mark.parametrize("crf", [True, False])
def test_what_was_there_is_the_beginning(experts: bool, crf: bool) -> None:
    shim = make_shim(experts=experts, crf=crf)
    before, built, old = weights(shim), shim.module, dict(shim.sizes)
    grow(shim)
    after = weights(shim)
    assert isinstance(shim.module, GrowingNetwork) and shim.module is not built
    assert old == {"width": 3, "n_tags": 5, "n_categories": 3}
    assert shim.sizes == {"width": 3, "n_tags": 9, "n_categories": 5}
    assert before.keys() == after.keys()
    for name in before.keys() - {"legal"}:  # whose last row is for the start
        assert torch.equal(beginning(after[name], before[name]), before[name]), name
    scheme = iob2_scheme(4)
    for name, values in scheme._asdict().items():
        assert_array_equal(after[name], values)
    head: Any = shim.module.recognition
    output = head.output if experts else head
    assert_close(output.bias[5:], (output.bias[0] - 10).expand(4))
    assert_close(output.weight[5:], output.weight[:1].expand(4, -1))
    if experts:
        assert_close(head.gate.bias[3:], (head.gate.bias[0] - 10).expand(2))
        # experts of their own
        assert head.weight[3].std() > 0.1 and not torch.equal(*head.weight[3:])
        assert (head.bias[3:] != 0).all()
    assert not any(parameter.is_meta for parameter in shim.module.parameters())
    assert not shim.module.training
    again = NetworkShim(shim.network).from_bytes(shim.to_bytes())
    assert all(torch.equal(x, after[name]) for name, x in weights(again).items())


def make_random(seed: int, size: float, offset: float, **changes: Any) -> NetworkShim:
    """Weights as a long training might leave them; a common offset of all tags, and of
    all experts, changes nothing that a network says."""
    torch.manual_seed(seed)
    shim = NetworkShim(partial(MoEENetwork, **{**CFG, **changes}))
    shim.build({"width": 3, "n_tags": 5, "n_categories": 3}, iob2_scheme(2)._asdict())
    module: Any = shim.module
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(size * torch.randn(parameter.shape))
        head = module.recognition
        (head.output if changes["experts"] else head).bias.add_(offset)
        if changes["experts"]:
            head.gate.bias.add_(-offset)
    return shim


def say(shim: NetworkShim, vectors: Tensor, lengths: Tensor) -> Any:
    network: Any = shim.module
    with torch.no_grad():
        outputs = network(Inputs(vectors, lengths))
        said = network.decode(outputs, lengths, ["gates", "detection"])
        chain, emissions, _ = network.tag_distribution(outputs)
    marginals = chain.marginals(emissions, token_mask(emissions, lengths))
    return said, marginals


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    size=st.sampled_from([0.1, 1.0, 2.0]),
    offset=st.sampled_from([-40.0, 0.0, 40.0]),
    switches=st.fixed_dictionaries(
        {name: st.booleans() for name in ("experts", "crf", "constrained")}
    ),
)
def test_it_says_the_same(
    seed: int, size: float, offset: float, switches: Dict[str, bool]
) -> None:
    shim = make_random(seed, size, offset, **switches)
    vectors, lengths = torch.randn(4, 6, 3), torch.tensor([6, 3, 1, 2])
    before, marginals = say(shim, vectors, lengths)
    grow(shim, 3)
    after, marginals_after = say(shim, vectors, lengths)
    for row, length in enumerate(lengths.tolist()):
        old, new = (x[row, :length] for x in (marginals, marginals_after))
        assert_close(new[:, :5], old, atol=1e-3, rtol=0)
        assert (new[:, 5:] <= 1e-4).all()
        assert torch.equal(
            after.detection[row, :length], before.detection[row, :length]
        )
        if switches["experts"]:
            gates, gates_after = (x.gates[row, :length] for x in (before, after))
            assert_close(gates_after[:, :3], gates, atol=1e-4, rtol=0)
        # a tie may go either way
        path = before.tags[row, :length]
        if (old.topk(2).values.diff().abs() > 1e-2).all():
            assert torch.equal(after.tags[row, :length], path)
        assert (after.tags[row, :length] < 5).all()


def test_gradients_wait_for_the_optimizer() -> None:
    shim = make_shim()
    set_gradients(shim, seed=0)
    waiting = {
        n: p.grad.clone()
        for n, p in shim.module.named_parameters()
        if p.grad is not None
    }
    shim.module.detection.bias.grad = None  # type: ignore[union-attr]
    grow(shim)
    for name, parameter in shim.module.named_parameters():
        if name == "detection.bias":
            assert parameter.grad is None
            continue
        assert parameter.grad is not None and parameter.grad.shape == parameter.shape
        assert torch.equal(beginning(parameter.grad, waiting[name]), waiting[name])
        assert parameter.grad.count_nonzero() == waiting[name].count_nonzero()


def key_of(shim: NetworkShim, name: str) -> Any:
    """What an optimizer calls a parameter."""
    return shim._stages[name][-1].key


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 1, 7])
def test_the_optimizer_remembers(kind: str, steps: int) -> None:
    """As if the network had not grown, which is the oracle."""
    small, large = make_shim(), make_shim()
    one, two = OPTIMIZERS[kind](), OPTIMIZERS[kind]()
    for step in range(steps):
        set_gradients(small, large, seed=step)
        small.finish_update(one)
        large.finish_update(two)
    grow(large, 3)
    grow(large, 4)
    for step in range(20, 23):
        set_gradients(small, large, seed=step)
        small.finish_update(one)
        large.finish_update(two)
    expected = dict(small.module.named_parameters())
    for name, parameter in large.module.named_parameters():
        same = beginning(parameter, expected[name])
        assert_close(same, expected[name], atol=1e-7, rtol=1e-6, msg=name)
        key, other = key_of(large, name), key_of(small, name)
        assert two.nr_update[key] == one.nr_update[other] == steps + 3
        for mine, theirs in ((two.mom1, one.mom1), (two.mom2, one.mom2)):
            assert (key in mine) == (other in theirs) == (kind != "sgd")
            if kind != "sgd":
                kept = beginning(mine[key].reshape(parameter.shape), expected[name])
                assert_close(
                    torch.tensor(kept),
                    torch.tensor(theirs[other].reshape(expected[name].shape)),
                )
        if two.averages and one.averages:
            kept = beginning(two.averages[key], expected[name])
            mean = torch.tensor(one.averages[other])
            assert_close(torch.tensor(kept), mean, atol=1e-7, rtol=1e-6)


def test_an_optimizer_that_is_called_later() -> None:
    """As `Language.rehearse` does, before any update of the grown network."""
    shim, optimizer = make_shim(), Adam(0.01)
    set_gradients(shim, seed=0)
    shim.finish_update(optimizer)
    names = [name for name, _ in shim.module.named_parameters()]
    before = {name: optimizer.mom2[key_of(shim, name)].copy() for name in names}
    grow(shim)
    collected: Dict[Any, Any] = {}

    def collect(key: Any, values: Any, gradient: Any) -> Any:
        collected[key] = values, gradient
        return values, gradient

    set_gradients(shim, seed=1)
    shim.finish_update(collect)  # type: ignore[arg-type]
    for key, (values, gradient) in collected.items():
        optimizer(key, values, gradient)
    set_gradients(shim, seed=2)
    shim.finish_update(optimizer)
    for name, parameter in shim.module.named_parameters():
        momenta = optimizer.mom2[key_of(shim, name)]
        assert momenta.size == parameter.numel()
        if parameter.numel() == before[name].size:
            continue
        # what was remembered before the network grew, after one more step
        first = momenta.reshape(parameter.shape)[(0,) * parameter.dim()]
        assert first >= 0.999 * before[name][0]


def test_two_optimizers_that_see_it_at_different_times() -> None:
    shim = make_shim()
    first, second = Adam(0.01), RAdam(0.01)
    set_gradients(shim, seed=0)
    shim.finish_update(first)
    for n_types, optimizer in ((3, second), (4, first), (5, second), (6, first)):
        grow(shim, n_types)
        set_gradients(shim, seed=n_types)
        shim.finish_update(optimizer)
    for optimizer in (first, second):
        assert all(numpy.isfinite(x).all() for x in optimizer.mom2.values())


def test_a_smaller_network_is_loaded_again() -> None:
    """As when a training goes back to what it has saved."""
    shim, optimizer = make_shim(), Adam(0.01, use_averages=True)
    saved = shim.to_bytes()
    set_gradients(shim, seed=0)
    shim.finish_update(optimizer)
    grow(shim)
    set_gradients(shim, seed=1)
    shim.finish_update(optimizer)
    shim.from_bytes(saved)
    with shim.use_params(optimizer.averages or {}):
        pass
    set_gradients(shim, seed=2)
    shim.finish_update(optimizer)
    for name, parameter in shim.module.named_parameters():
        assert optimizer.mom1[key_of(shim, name)].size == parameter.numel()


def test_what_is_no_optimizer_of_thinc() -> None:
    shim = make_shim()
    seen: Dict[Tuple[int, str], Any] = {}

    def note(key: Any, values: Any, gradient: Any) -> Any:
        seen[key] = gradient.copy()
        return values, gradient

    optimizer: Any = note
    for n_types in (3, 4):
        grow(shim, n_types)
        set_gradients(shim, seed=0)
        shim.finish_update(optimizer)
    shapes = {name: tuple(p.shape) for name, p in shim.module.named_parameters()}
    for name, shape in shapes.items():
        assert seen[key_of(shim, name)].shape == shape


def test_averages_of_before() -> None:
    shim, optimizer = make_shim(), Adam(0.01, use_averages=True)
    for step in range(3):
        set_gradients(shim, seed=step)
        shim.finish_update(optimizer)
    averages = {name: x.copy() for (_, name), x in (optimizer.averages or {}).items()}
    grow(shim)
    now = weights(shim)
    with shim.use_params(optimizer.averages or {}):
        for name, parameter in shim.module.named_parameters():
            expected = now[name].clone()
            beginning(expected, averages[name]).copy_(torch.tensor(averages[name]))
            assert torch.equal(parameter, expected)
    assert all(torch.equal(x, now[name]) for name, x in weights(shim).items())


def test_it_grows_while_averages_are_used() -> None:
    shim, optimizer = make_shim(), Adam(0.01, use_averages=True)
    set_gradients(shim, seed=0)
    shim.finish_update(optimizer)
    now = {name: p.detach().clone() for name, p in shim.module.named_parameters()}
    with shim.use_params(optimizer.averages or {}):
        grow(shim)
    for name, parameter in shim.module.named_parameters():
        assert torch.equal(beginning(parameter, now[name]), now[name]), name


class OwnNetwork(nn.Module):
    """Has a constant that is not saved."""

    fixed: Tensor

    def __init__(self, width: int, n_tags: int, n_categories: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, n_tags)
        self.inner = nn.Module()
        self.inner.register_buffer("fixed", torch.arange(3), persistent=False)

    def start_new_types(self, n_tags: int, n_categories: int) -> None:
        assert not self.layer.weight[n_tags:].any()
        with torch.no_grad():
            self.layer.bias[n_tags:] = -n_categories


def test_a_network_of_ones_own() -> None:
    shim = NetworkShim(OwnNetwork)
    shim.build({"width": 3, "n_tags": 5, "n_categories": 3}, {})
    shim.resize({"n_tags": 7, "n_categories": 4}, {})
    module: Any = shim.module
    assert module.layer.bias[5:].tolist() == [-3, -3]
    assert module.inner.fixed.tolist() == [0, 1, 2]
