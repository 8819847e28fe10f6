"""The shim, further: the optimizer, averages, and what is no network's bytes."""

import os
import subprocess
import sys

import numpy
import pytest
import srsly
import torch
from numpy.testing import assert_array_equal
from thinc.api import Adam, Optimizer
from torch.testing import assert_close

from spacy_moee.errors import MoeeError
from spacy_moee.models.shim import NetworkShim

from .test_shim import NETWORK, make_shim, weights
from .util import make_docs, make_model


def assert_same_weights(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert torch.equal(a[name], b[name]), name


def make_optimizer(use_averages=False, **settings):
    kwargs = {"L2": 0.0, "grad_clip": 0.0, "use_averages": use_averages, **settings}
    return Adam(0.01, **kwargs)


def set_gradients(shim, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for parameter in shim.module.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)


def test_bytes_are_msgpack_and_no_pickle():
    data = make_shim().to_bytes()
    assert not data.startswith(b"\x80\x04")
    assert b"torch" not in data and b"spacy_moee" not in data
    msg = srsly.msgpack_loads(data)
    assert {"category", "boundary", "legal"} <= set(msg["weights"])
    # as deterministic as the weights
    assert data == NetworkShim(NETWORK).from_bytes(data).to_bytes()


def _break(kind):
    msg = srsly.msgpack_loads(make_shim().to_bytes())
    if kind == "size":
        msg["sizes"]["width"] += 1
    elif kind == "argument":
        msg["sizes"]["heads"] = 2
    elif kind == "no argument":
        del msg["sizes"]["width"]
    elif kind == "missing weight":
        msg["weights"].popitem()
    elif kind == "extra weight":
        msg["weights"]["more"] = numpy.zeros(2, "f")
    return srsly.msgpack_dumps(msg)


@pytest.mark.parametrize(
    "kind", ["size", "argument", "no argument", "missing weight", "extra weight"]
)
def test_weights_of_another_network(kind):
    shim = make_shim()
    before, module, sizes = weights(shim), shim.module, dict(shim.sizes)
    with pytest.raises(MoeeError, match="another network") as error:
        shim.from_bytes(_break(kind))
    assert error.value.code == "M102"
    assert shim.module is module and shim.sizes == sizes
    assert_same_weights(weights(shim), before)
    empty = NetworkShim(NETWORK)
    with pytest.raises(MoeeError, match="M102"):
        empty.from_bytes(_break(kind))
    assert not empty.is_built


def test_adam_equals_torch():
    shim, other = make_shim(), make_shim()
    other.module.load_state_dict(shim.module.state_dict())
    optimizer = make_optimizer()
    reference = torch.optim.Adam(other.module.parameters(), lr=0.01)
    for step in range(5):
        set_gradients(shim, step)
        set_gradients(other, step)
        shim.finish_update(optimizer)
        reference.step()
        assert all(p.grad is None for p in shim.module.parameters())
    for (name, a), b in zip(
        shim.module.named_parameters(), other.module.parameters(), strict=True
    ):
        assert_close(a, b, atol=1e-5, rtol=1e-4, msg=name)


def test_parameters_without_gradient_stay():
    shim = make_shim()
    before = weights(shim)
    shim.module.detection.bias.grad = torch.ones(3)
    shim.finish_update(make_optimizer())
    after = weights(shim)
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert changed == ["detection.bias"]


def test_non_contiguous_gradients():
    shim, other = make_shim(), make_shim()
    other.module.load_state_dict(shim.module.state_dict())
    weight = shim.module.detection.weight
    gradient = torch.randn(weight.shape[1], weight.shape[0])
    weight.grad, other.module.detection.weight.grad = gradient.T, gradient.T.clone()
    assert not weight.grad.is_contiguous()
    for each in (shim, other):
        each.finish_update(make_optimizer())
    assert_same_weights(weights(shim), weights(other))


def test_gradients_that_are_only_collected_can_be_used_later():
    """As `Language.rehearse` does. Until then they stay, and are used but once."""
    shim, other = make_shim(), make_shim()
    other.module.load_state_dict(shim.module.state_dict())
    before, collected = weights(shim), {}

    def collect(key, w, d_w):
        collected[key] = w, d_w
        return w, d_w

    for each in (shim, other):
        set_gradients(each)
        weight = each.module.detection.weight
        weight.grad = weight.grad.T.contiguous().T
    shim.finish_update(collect)
    assert_same_weights(weights(shim), before)
    assert all(p.grad.any() for p in shim.module.parameters())
    later, optimizer = make_optimizer(), make_optimizer()
    for key, (w, d_w) in collected.items():
        later(key, w, d_w)
    other.finish_update(optimizer)
    assert_same_weights(weights(shim), weights(other))
    assert not any(p.grad.any() for p in shim.module.parameters())


def test_gradient_clip_is_per_parameter():
    shim = make_shim()
    before = weights(shim)
    set_gradients(shim)
    optimizer = Optimizer(
        1.0, L2=0.0, grad_clip=0.5, beta1=0.0, beta2=0.0, use_averages=False
    )
    shim.finish_update(optimizer)
    for name, parameter in shim.module.named_parameters():
        assert_close((parameter - before[name]).norm().detach(), torch.tensor(0.5))


@pytest.mark.parametrize("fails", [False, True])
def test_averages_are_used_and_put_back(fails):
    shim = make_shim()
    optimizer = make_optimizer(use_averages=True)
    for step in range(4):
        set_gradients(shim, step)
        shim.finish_update(optimizer)
    now = weights(shim)
    averages = {k: v.copy() for k, v in optimizer.averages.items()}
    names = {name for name, _ in shim.module.named_parameters()}
    assert set(averages) == {(shim.id, name) for name in names}
    try:
        with shim.use_params(optimizer.averages):
            for name, parameter in shim.module.named_parameters():
                assert_array_equal(parameter.detach(), averages[(shim.id, name)])
                assert not torch.equal(parameter, now[name])
                with torch.no_grad():
                    parameter.zero_()  # not even that reaches the averages
            if fails:
                raise KeyError("stop")
    except KeyError:
        assert fails
    assert_same_weights(weights(shim), now)
    for key, values in averages.items():
        assert_array_equal(optimizer.averages[key], values)


def test_averages_of_other_models_are_ignored():
    shim = make_shim()
    before = weights(shim)
    other = {(shim.id + 1000, "detection.bias"): numpy.ones(3, "f")}
    with shim.use_params(other):
        assert_same_weights(weights(shim), before)


def test_averages_through_the_thinc_model():
    docs = make_docs(4)
    model = make_model(docs)
    optimizer = make_optimizer(use_averages=True)
    for step in range(3):
        set_gradients(model.shims[0], step)
        model.finish_update(optimizer)
    emissions = model.predict(docs).batches[0].outputs.emissions
    with model.use_params(optimizer.averages):
        averaged = model.predict(docs).batches[0].outputs.emissions
        saved = model.to_bytes()
    assert not torch.equal(averaged, emissions)
    assert torch.equal(model.predict(docs).batches[0].outputs.emissions, emissions)
    # what is saved within is averaged too
    again = make_model(docs).from_bytes(saved)
    assert torch.equal(again.predict(docs).batches[0].outputs.emissions, averaged)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_one_thread():
    # in its own process, so that no thread of this one is forked
    code = (
        "import os, torch; import spacy_moee.models.threads; torch.set_num_threads(2);"
        "pid = os.fork();"
        "os._exit(torch.get_num_threads()) if pid == 0 else None;"
        "status = os.waitpid(pid, 0)[1];"
        "print(os.waitstatus_to_exitcode(status), torch.get_num_threads())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    assert done.stdout.split() == ["1", "2"]
