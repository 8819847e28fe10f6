"""What a network learns from the marginals of another model."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.common import token_mask
from spacy_moee.networks.crf import Chain
from spacy_moee.networks.network import Targets, mean_loss
from spacy_moee.networks.soft import SoftRows, soft_divergence

from .test_concept import make_network as make_concept
from .test_generated import make_network as make_generated
from .test_moee import SWITCHES, WIDTH, make_batch, make_random_network
from .util import make_emissions, run

NAMES = ("recognition", "detection", "gate")
NO_GOLD = torch.full((3, 6), -1)


def soft_loss(network, outputs, marginals, lengths, gold=NO_GOLD):
    return network.loss(outputs, Targets(gold, lengths, marginals=marginals))


def make_soft(lengths, seed=0):
    """Marginals of legal sequences."""
    network = make_random_network(seed)
    vectors = make_emissions(len(lengths), int(lengths.max()), WIDTH, seed=seed)
    said = network.tag_distribution(run(network, vectors, lengths))
    return said.marginals(token_mask(vectors, lengths)).detach()


def detach(outputs):
    leaves = [o if o is None else o.detach().requires_grad_() for o in outputs]
    return type(outputs)(*leaves)


def gradients(loss, outputs, network):
    total, _ = mean_loss([loss])
    leaves = [*(o for o in outputs if o is not None), *network.parameters()]
    return torch.autograd.grad(total, leaves, allow_unused=True)


@pytest.mark.parametrize("crf, detection, experts", SWITCHES)
def test_nothing_to_learn_from_its_own_marginals(crf, detection, experts):
    """The loss is least, and 0, where the network says what the teacher says: the
    cross-entropy is then the teacher's entropy."""
    network = make_random_network(crf=crf, detection=detection, experts=experts)
    vectors, lengths, _ = make_batch()
    outputs = detach(run(network, vectors, lengths))
    mask = token_mask(vectors, lengths)
    said = network.tag_distribution(outputs)
    loss = soft_loss(network, outputs, said.marginals(mask), lengths)
    assert loss.sums["soft_recognition"].abs() < 1e-4
    only = loss._replace(
        sums={k: v for k, v in loss.sums.items() if k == "soft_recognition"}
    )
    for gradient in gradients(only, outputs, network):
        assert gradient is None or gradient.abs().max() < 1e-5
    other = soft_loss(network, outputs, make_soft(lengths, seed=3), lengths)
    wanted = {f"soft_{name}" for name in NAMES}
    wanted -= set() if detection else {"soft_detection"}
    wanted -= set() if experts else {"soft_gate"}
    assert {k for k in other.sums if k.startswith("soft")} == wanted
    assert all(other.sums[name] > 0.1 for name in wanted)
    assert not other.sums["recognition"]


@given(seed=st.integers(0, 99))
def test_divergence_by_hand(seed):
    """Weights multiply; what is not known adds nothing."""
    marginals = make_emissions(2, 4, 3, seed=seed).softmax(dim=2)
    logs = make_emissions(2, 4, 3, seed=seed + 1).log_softmax(dim=2)
    weights = torch.tensor([[1.0, 0.5, 2.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    wanted = (marginals * (marginals.log() - logs)).sum(dim=2)
    found = soft_divergence(logs, marginals * weights.unsqueeze(2))
    assert_close(found, (wanted * weights).sum())


def test_certain_tags_are_those_of_gold():
    """The divergence from one-hot marginals is the softmax loss of gold."""
    network = make_random_network(crf=False, constrained=False)
    vectors, lengths, gold = make_batch()
    outputs = run(network, vectors, lengths)
    marginals = torch.nn.functional.one_hot(gold, 5).float()
    loss = soft_loss(network, outputs, marginals, lengths, gold)
    for name in ("recognition", "gate"):
        assert_close(loss.sums[f"soft_{name}"], loss.sums[name])
        assert loss.units[f"soft_{name}"] == loss.units[name]


def test_gradient_equals_finite_differences():
    network = make_random_network().double()
    vectors, lengths, _ = make_batch((4, 2))
    outputs = detach(run(network, vectors.double(), lengths))
    marginals = make_soft(lengths).double()

    def measure(*parts):
        loss = soft_loss(
            network, type(outputs)(*parts), marginals, lengths, NO_GOLD[:2, :4]
        )
        return torch.stack([v for k, v in loss.sums.items() if "soft" in k])

    assert torch.autograd.gradcheck(measure, tuple(outputs))


def test_sentences_of_gold_and_of_marginals_have_their_own_units():
    network = make_random_network()
    vectors, lengths, gold = make_batch()
    marginals = make_soft(lengths)
    outputs = run(network, vectors, lengths)
    gold = gold.clone()
    gold[1:] = -1
    marginals[0] = 0
    both = soft_loss(network, outputs, marginals, lengths, gold)
    assert both.units["soft_recognition"] == lengths[1:].sum()
    for rows, names in ((slice(0, 1), NAMES), (slice(1, 3), ())):
        part = type(outputs)(*(o[rows] for o in outputs))
        soft = soft_loss(network, part, marginals[rows], lengths[rows], gold[rows])
        names = names or [f"soft_{name}" for name in NAMES]
        for name in names:
            assert_close(soft.sums[name], both.sums[name])


@pytest.mark.parametrize("crf", [False, True])
def test_nothing_is_known_of_any_row(crf):
    """Exactly 0, gradient included: Adam makes a whole step of a rounding error."""
    network = make_random_network(crf=crf)
    vectors, lengths, _ = make_batch()
    outputs = detach(run(network, vectors, lengths))
    loss = soft_loss(network, outputs, torch.zeros(3, 6, 5), lengths)
    assert not any(value.any() for value in loss.sums.values())
    assert not any(loss.units[name] for name in loss.sums)
    for gradient in gradients(loss, outputs, network):
        assert gradient is None or not gradient.any()


@pytest.mark.parametrize(
    "network, width", [(make_concept(n_types=2), 6), (make_generated(), 5)]
)
def test_other_families_learn_from_marginals(network, width):
    """What they say is pushed to the marginals, until it is the same."""
    lengths = torch.tensor([6, 3, 1])
    marginals = make_soft(lengths)
    outputs = detach(run(network, make_emissions(3, 6, width), lengths))
    optimizer = torch.optim.Adam([o for o in outputs if o is not None], lr=0.3)
    found = []
    for _ in range(100):
        loss = soft_loss(network, outputs, marginals, lengths)
        total, parts = mean_loss([loss])
        found.append(parts["soft_recognition"])
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    assert min(found) >= 0 and found[-1] < 0.05 * found[0]
    assert not loss.sums["recognition"]


def test_rows_are_chosen():
    marginals = torch.zeros(3, 4, 5)
    marginals[2, 1, 0] = marginals[1, 3, 0] = 1
    mask = token_mask(marginals, torch.tensor([4, 2, 3]))
    soft = SoftRows.of(marginals, mask)
    # the one of row 1 is padding
    assert soft.rows.tolist() == [2] and soft.n_tokens == 1


@settings(max_examples=20)
@given(seed=st.integers(0, 99))
def test_never_below_zero_and_least_at_the_marginals(seed):
    mask = token_mask(torch.zeros(2, 4), torch.tensor([4, 3]))
    wanted = Chain.free(torch.zeros(5)).marginals(
        make_emissions(2, 4, 5, seed=seed), mask
    )
    logs = make_emissions(2, 4, 5, seed=seed + 1).log_softmax(dim=2)
    assert soft_divergence(logs, wanted) > 0
    assert soft_divergence(wanted.clamp_min(1e-9).log(), wanted).abs() < 1e-5
