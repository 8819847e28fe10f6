"""RMSprop and SGD, compared with PyTorch's own."""

import copy
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Tuple

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.util import registry
from thinc.api import Linear, Model, Optimizer
from torch import nn

from spacy_moee.errors import MoeeError
from spacy_moee.models.growth import Stage, move_state
from spacy_moee.training import optimizers
from spacy_moee.training.optimizers import RMSprop, make_rmsprop, take_last_made
from tests.component.util import get_ner, initialize, make_nlp

NAME = "spacy_moee.RMSprop.v1"
KEY = (1, "W")
DEFAULTS = {"learn_rate": 1e-3, "L2": 1e-8, "alpha": 0.99, "eps": 1e-8}
DEFAULTS["sgd_rate"] = 0.015
# no score is needed: nothing warns
PLAIN: Dict[str, Any] = {"switch_score": None}


def make_arrays(seed: int, shape: Tuple[int, ...], n: int) -> List[Any]:
    rng = numpy.random.default_rng(seed)
    return [rng.normal(size=shape).astype("float32") for _ in range(n)]


def run_oracle(
    weights: numpy.ndarray,
    gradients: List[numpy.ndarray],
    switch_at: int,
    values: Dict[str, float],
) -> numpy.ndarray:
    """RMSprop up to a step, then SGD, as PyTorch has them."""
    parameter = nn.Parameter(torch.from_numpy(weights.copy()))
    optimizer: Any = torch.optim.RMSprop(
        [parameter],
        lr=values["learn_rate"],
        alpha=values["alpha"],
        eps=values["eps"],
        weight_decay=values["L2"],
    )
    for step, gradient in enumerate(gradients):
        if step == switch_at:
            optimizer = torch.optim.SGD(
                [parameter], lr=values["sgd_rate"], weight_decay=values["L2"]
            )
        parameter.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
    return parameter.detach().numpy()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple),
    switch_at=st.integers(0, 5),
    block=st.sampled_from([1, 3, 16, 2**17]),
    values=st.fixed_dictionaries(
        {
            "learn_rate": st.sampled_from([1e-3, 0.1]),
            "L2": st.sampled_from([0.0, 1e-8, 0.01]),
            "alpha": st.sampled_from([0.0, 0.9, 0.99]),
            "eps": st.sampled_from([1e-8, 0.1]),
            "sgd_rate": st.sampled_from([0.015, 1.0]),
        }
    ),
)
def test_numbers_are_those_of_pytorch(
    seed: int,
    shape: Tuple[int, ...],
    switch_at: int,
    block: int,
    values: Dict[str, float],
) -> None:
    weights, *gradients = make_arrays(seed, shape, 5)
    expected = run_oracle(weights, gradients, switch_at, values)
    optimizer = RMSprop(**values, switch_score=0.5)
    optimizer.take_score(0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizers, "BLOCK", block)
        for step, gradient in enumerate(gradients):
            if step == switch_at:
                assert optimizer.take_score(0.51)
            found, cleared = optimizer(KEY, weights, gradient)
            assert found is weights and cleared is gradient
            assert not gradient.any()
    # the same operations; PyTorch may round the last elements of an array in a
    # different way from those before
    numpy.testing.assert_allclose(weights, expected, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("orders", ["FF", "CF", "FC"])
def test_arrays_that_are_not_contiguous(orders: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(optimizers, "BLOCK", 4)
    weights, gradient = make_arrays(0, (5, 7), 2)
    views = [weights.copy(orders[0]), gradient.copy(orders[1])]
    RMSprop(**PLAIN)(KEY, weights, gradient)
    RMSprop(**PLAIN)(KEY, views[0], views[1])
    numpy.testing.assert_array_equal(views[0], weights)
    assert not views[1].any()


def test_a_gradient_that_is_not_finite_is_cleared() -> None:
    """One that stays would spoil the next steps, too."""
    weights, gradient = make_arrays(0, (3,), 2)
    gradient[1] = numpy.nan
    RMSprop(**PLAIN)(KEY, weights, gradient)
    assert not gradient.any()


def test_empty_and_single_numbers() -> None:
    optimizer = RMSprop(**PLAIN)
    empty: Any = numpy.zeros((0, 4), dtype="f")
    assert optimizer(KEY, empty, empty)[0] is empty
    assert KEY not in optimizer.nr_update
    number: Any
    gradient: Any
    number, gradient = (numpy.asarray(each) for each in make_arrays(0, (), 2))
    before = float(number)
    optimizer(KEY, number, gradient)
    assert float(number) != before


def test_factor_of_the_learn_rate() -> None:
    weights, gradient = make_arrays(0, (9,), 2)
    half = weights.copy()
    RMSprop(0.1, **PLAIN)(KEY, weights, gradient.copy())
    RMSprop(0.2, **PLAIN)(KEY, half, gradient.copy(), lr_scale=0.5)
    numpy.testing.assert_array_equal(half, weights)


def test_all_parameters_of_a_pipeline() -> None:
    """Those of Thinc's layers and those of the network, against PyTorch's."""
    nlp = make_nlp()
    _, examples = initialize(nlp)
    model, optimizer = get_ner(nlp).model, RMSprop(0.01, L2=0.01, **PLAIN)
    no_step: Any = False
    copies: Dict[Any, nn.Parameter] = {}
    nlp.update(examples[:4], sgd=no_step, drop=0.0)
    for key, weights, _ in find_parameters(model):
        copies[key] = nn.Parameter(torch.tensor(weights))
    oracle: Any = torch.optim.RMSprop(copies.values(), lr=0.01, weight_decay=0.01)
    for step in range(6):
        if step == 3:
            optimizer.switch_score = 0.5
            assert optimizer.take_score(0.6)
            oracle = torch.optim.SGD(copies.values(), lr=0.015, weight_decay=0.01)
        for key, _, gradient in find_parameters(model):
            copies[key].grad = None if gradient is None else torch.tensor(gradient)
        oracle.step()
        model.finish_update(optimizer)
        assert len(copies) > 10
        for key, weights, _ in find_parameters(model):
            expected = copies[key].detach().numpy()
            numpy.testing.assert_allclose(weights, expected, rtol=1e-5, atol=1e-6)
        nlp.update(examples[step::5], sgd=no_step, drop=0.0)


def find_parameters(model: Model) -> List[Tuple[Any, Any, Any]]:
    """Each with its gradient."""
    found: List[Tuple[Any, Any, Any]] = []
    for node in model.walk():
        for name in filter(node.has_grad, node.param_names):
            found.append(((node.id, name), node.get_param(name), node.get_grad(name)))
        for shim in node.shims:
            module: Any = shim._model
            for name, tensor in module.named_parameters():
                gradient = None if tensor.grad is None else tensor.grad.numpy()
                found.append(((shim.id, name), tensor.detach().numpy(), gradient))
    return found


def test_thinc_knows_it() -> None:
    registered: Any = registry
    optimizer = registered.optimizers.get(NAME)()
    assert issubclass(RMSprop, Optimizer) and isinstance(optimizer, RMSprop)
    assert (optimizer.learn_rate, optimizer.L2) == (0.001, 1e-8)
    assert (optimizer.alpha, optimizer.eps) == (0.99, 1e-8)
    assert (optimizer.switch_score, optimizer.sgd_rate) == (0.72, 0.015)
    # nothing is averaged
    assert optimizer.averages is None


def test_a_loaded_layer_is_trained() -> None:
    layer: Any = Linear(3, 2).initialize()
    loaded = Linear(3, 2).from_bytes(layer.to_bytes())
    (X,) = make_arrays(0, (4, 2), 1)
    for each in (layer, loaded):
        _, backprop = each.begin_update(X)
        backprop(numpy.ones((4, 3), dtype="f"))
        each.finish_update(RMSprop(**PLAIN))
    assert loaded.to_bytes() == layer.to_bytes()


# The switch


@pytest.mark.parametrize("score", [0.72, 0.0, float("nan")])
def test_a_score_that_is_not_above(score: float) -> None:
    optimizer = RMSprop()
    assert not optimizer.take_score(score)
    assert not optimizer.is_sgd and optimizer.learn_rate == 0.001


def test_it_switches_once() -> None:
    optimizer = RMSprop()
    weights, gradient = make_arrays(0, (3,), 2)
    optimizer.take_score(0.1)
    optimizer(KEY, weights, gradient)
    assert optimizer.mom2
    assert optimizer.take_score(0.7201)
    assert optimizer.is_sgd and optimizer.learn_rate == 0.015
    # the memory of what is no longer needed
    assert not optimizer.mom2
    # neither again nor back
    assert not optimizer.take_score(0.8) and not optimizer.take_score(0.1)
    assert optimizer.is_sgd


def test_a_schedule_ends_with_the_switch() -> None:
    optimizer = RMSprop([0.3, 0.2, 0.1])
    optimizer.step_schedules()
    assert optimizer.learn_rate == 0.2
    optimizer.take_score(0.9)
    optimizer.step_schedules()
    assert optimizer.learn_rate == 0.015


def test_no_score_ever() -> None:
    """It says once, and at once, that it will not switch."""
    optimizer = RMSprop(switch_score=0.5)
    weights, gradient = make_arrays(0, (3,), 2)
    with pytest.warns(UserWarning, match=r"\[MW81\].*switch_score is 0.5") as caught:
        optimizer(KEY, weights, gradient)
        optimizer(KEY, weights, gradient)
    assert len(caught) == 1
    RMSprop(switch_score=None)(KEY, weights, gradient)


# What it remembers


@pytest.mark.parametrize("copied", [pickle.loads, copy.deepcopy])
def test_a_copy_goes_on(copied: Any) -> None:
    optimizer = RMSprop(switch_score=0.5)
    optimizer.take_score(0.1)
    weights, *gradients = make_arrays(0, (4, 3), 4)
    optimizer(KEY, weights, gradients[0])
    other = copied(pickle.dumps(optimizer) if copied is pickle.loads else optimizer)
    again = weights.copy()
    for step, gradient in enumerate(gradients[1:]):
        optimizer(KEY, weights, gradient.copy())
        other(KEY, again, gradient)
        if step == 1:
            assert optimizer.take_score(0.6) and other.take_score(0.6)
    numpy.testing.assert_array_equal(again, weights)


def test_a_parameter_that_grows() -> None:
    """New entries begin without a past; the others keep theirs."""
    optimizer = RMSprop(**PLAIN)
    weights, first, second = make_arrays(0, (3, 2), 3)
    optimizer(KEY, weights, first.copy())
    larger: Any = numpy.zeros((4, 3), dtype="f")
    gradient: Any = numpy.ones((4, 3), dtype="f")
    larger[:3, :2], gradient[:3, :2] = weights, second
    old, new = Stage(KEY, (3, 2)), Stage((1, "W, 1"), (4, 3))
    move_state(optimizer, old, new, torch.from_numpy(larger))
    optimizer(new.key, larger, gradient)
    optimizer(KEY, weights, second.copy())
    assert optimizer.nr_update == {new.key: 2, KEY: 1}
    # the old key has no past any more
    assert not numpy.allclose(larger[:3, :2], weights)
    expected = run_oracle(make_arrays(0, (3, 2), 1)[0], [first, second], 9, DEFAULTS)
    numpy.testing.assert_allclose(larger[:3, :2], expected, rtol=2e-6)
    fresh = run_oracle(numpy.zeros(1, "f"), [numpy.ones(1, "f")], 9, DEFAULTS)
    numpy.testing.assert_allclose(larger[3], fresh[0], rtol=2e-6)


# How it is found


def test_the_last_one_is_found_once() -> None:
    make_rmsprop()
    made = make_rmsprop()
    assert take_last_made() is made
    assert take_last_made() is None
    del made
    make_rmsprop()
    # nobody keeps it
    assert take_last_made() is None


def test_threads_find_their_own() -> None:
    barrier = threading.Barrier(4, timeout=30)

    def find_own(rate: float) -> bool:
        optimizer = make_rmsprop(rate)
        barrier.wait()
        return take_last_made() is optimizer

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(find_own, [0.1, 0.2, 0.3, 0.4]))


@pytest.mark.parametrize(
    "values, named",
    [
        ({"learn_rate": 0.0}, "learn_rate"),
        ({"L2": -1.0}, "L2"),
        ({"alpha": 1.0}, "alpha"),
        ({"eps": 0.0}, "eps"),
        ({"switch_score": 72.0}, "switch_score"),
        ({"switch_score": float("nan")}, "switch_score"),
        ({"sgd_rate": 0.0}, "sgd_rate"),
    ],
)
def test_invalid_settings(values: Dict[str, Any], named: str) -> None:
    with pytest.raises(MoeeError, match=rf"M103.*{named}.*{NAME}"):
        make_rmsprop(**values)
    assert take_last_made() is None


def test_valid_settings() -> None:
    with warnings.catch_warnings():
        make_rmsprop([0.1, 0.01], L2=0.0, alpha=0.0, switch_score=0.0)
