import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from spacy_moee.networks.experts import ExpertMixture

from .util import make_emissions

WIDTH, EXPERT_WIDTH, N_TAGS = 7, 6, 9


def make_mixture(n_experts=5, seed=0):
    torch.manual_seed(seed)
    return ExpertMixture(WIDTH, EXPERT_WIDTH, n_experts, N_TAGS)


def make_linears(mixture):
    """The paper's layers one by one, with the weights of the mixture."""
    layers = []
    for weight, bias in zip(mixture.weight, mixture.bias, strict=True):
        layer = nn.Linear(WIDTH, EXPERT_WIDTH)
        layer.load_state_dict({"weight": weight, "bias": bias})
        layers.append(layer)
    return layers


def run_paper(mixture, linears, states):
    alpha = functional.softmax(mixture.gate(states), dim=-1)
    meta = sum(
        alpha[..., a : a + 1] * expert(states) for a, expert in enumerate(linears)
    )
    return mixture.output(meta)


@pytest.mark.parametrize("folds", [True, False])
def test_equals_the_equations_of_the_paper(folds, monkeypatch):
    mixture, states = make_mixture(), make_emissions(3, 4, WIDTH).requires_grad_()
    monkeypatch.setattr(mixture, "_folds", lambda _: folds)
    linears = make_linears(mixture)
    found, gate = mixture(states)
    wanted = run_paper(mixture, linears, states)
    assert_close(found, wanted)
    assert_close(gate, mixture.gate(states))

    weight = make_emissions(*found.shape, seed=1)
    shared = [states, *mixture.gate.parameters(), *mixture.output.parameters()]
    experts = [mixture.weight, mixture.bias]
    folded = torch.autograd.grad((found * weight).sum(), shared + experts)
    weights, biases = [e.weight for e in linears], [e.bias for e in linears]
    plain = torch.autograd.grad((wanted * weight).sum(), shared + weights + biases)
    n = len(shared)
    for a, b in zip(folded[:n], plain[:n], strict=True):
        assert_close(a, b, atol=1e-5, rtol=1e-4)
    assert_close(folded[n], torch.stack(plain[n : n + 5]), atol=1e-5, rtol=1e-4)
    assert_close(folded[n + 1], torch.stack(plain[n + 5 :]), atol=1e-5, rtol=1e-4)
    assert all((gradient != 0).any() for gradient in folded)


def test_alpha_sums_to_one():
    gate = make_mixture()(make_emissions(3, 4, WIDTH))[1]
    assert gate.shape == (3, 4, 5)
    assert_close(gate.softmax(dim=2).sum(dim=2), torch.ones(3, 4))


def test_one_expert_is_a_plain_linear_layer():
    mixture, states = make_mixture(n_experts=1), make_emissions(3, 4, WIDTH)
    (expert,) = make_linears(mixture)
    assert_close(mixture(states)[0], mixture.output(expert(states)))


@pytest.mark.parametrize("chosen", range(5))
def test_one_hot_alpha_picks_one_expert(chosen):
    mixture, states = make_mixture(), make_emissions(3, 4, WIDTH)
    with torch.no_grad():
        mixture.gate.weight.zero_()
        mixture.gate.bias.zero_()
        mixture.gate.bias[chosen] = 1e4
    expert = make_linears(mixture)[chosen]
    assert_close(mixture(states)[0], mixture.output(expert(states)))


def test_experts_start_as_linear_layers_do():
    torch.manual_seed(0)
    mixture = ExpertMixture(400, 200, 5, 9)
    bound = 1 / 400**0.5
    for parameter in (mixture.weight, mixture.bias):
        assert parameter.abs().max() <= bound
        assert parameter.abs().max() > 0.9 * bound
        assert abs(float(parameter.detach().std()) - bound / 3**0.5) < 0.1 * bound


def test_votes_of_all_experts_on_all_tags_are_few():
    states = torch.zeros(32, 10, 400)
    assert ExpertMixture(400, 200, 5, 9)._folds(states)
    for n_types in (100, 200):
        mixture = ExpertMixture(8, 200, n_types + 1, 2 * n_types + 1)
        assert not mixture._folds(states[..., :8])


@pytest.mark.parametrize("folds", [True, False])
def test_gradients_of_a_difference(folds, monkeypatch):
    mixture = make_mixture(n_experts=3).double()
    monkeypatch.setattr(mixture, "_folds", lambda _: folds)
    states = make_emissions(2, 3, WIDTH).double().requires_grad_()
    names, values = zip(*mixture.named_parameters(), strict=True)

    def run(states, *values):
        parameters = dict(zip(names, values, strict=True))
        return torch.func.functional_call(mixture, parameters, (states,))

    assert torch.autograd.gradcheck(run, (states, *values))
