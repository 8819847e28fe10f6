"""What a network says, compared with what another one of its class says."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from spacy_moee.networks.divergence import chain_divergence, token_divergence

from .test_concept import make_network as make_concept
from .test_moee import SWITCHES, make_batch, make_random_network
from .util import (
    add_up,
    all_paths,
    chains,
    get_loss,
    make_crf,
    make_emissions,
    make_mask,
    make_scores,
    randomize,
    run,
    score_paths,
)

LENGTHS = st.lists(st.integers(1, 4), min_size=1, max_size=3)
SEEDS = st.integers(0, 2**16)


def brute_divergence(crf, teacher, scores, said):
    """KL over all sequences of the teacher's tags; of shape [seq, tags]."""
    paths = all_paths(len(said), said.shape[1])
    log_p = score_paths(crf, scores, paths).log_softmax(dim=0)
    log_q = score_paths(teacher, said, paths).log_softmax(dim=0)
    return (log_q.exp() * (log_q - log_p)).sum()


@given(lengths=LENGTHS, seed=SEEDS, n_more=st.sampled_from([0, 2]))
def test_chain_equals_enumeration(lengths, seed, n_more):
    """With more tags than the teacher has, given that the tags are its own."""
    mask = make_mask(lengths)
    crf, teacher = make_crf(3 + n_more, seed).double(), make_crf(3, seed + 1).double()
    scores = make_emissions(*mask.shape, 3 + n_more, seed=seed).double()
    said = make_emissions(*mask.shape, 3, seed=seed + 1).double()
    leaves = [scores.requires_grad_(), *crf.parameters()]
    found = chain_divergence(crf, teacher, scores, said, mask)
    rows = zip(lengths, scores, said, strict=True)
    wanted = sum(brute_divergence(crf, teacher, s[:n], t[:n]) for n, s, t in rows)
    assert_close(found, wanted)
    both = (
        torch.autograd.grad(x, leaves, materialize_grads=True) for x in (found, wanted)
    )
    for a, b in zip(*both, strict=True):
        assert_close(a, b)


@given(seed=SEEDS, n_more=st.sampled_from([0, 2]))
def test_tokens_equal_torch(seed, n_more):
    scores = make_emissions(2, 5, 3 + n_more, seed=seed).requires_grad_()
    said, weights = make_emissions(2, 5, 3, seed=seed + 1), torch.rand(2, 5)
    weights[1, 3:] = 0
    log_p = scores[..., :3].log_softmax(dim=2)
    log_q = said.log_softmax(dim=2)
    wanted = torch.nn.functional.kl_div(log_p, log_q, reduction="none", log_target=True)
    wanted = (wanted.sum(dim=2) * weights).sum()
    found = token_divergence(scores, said, weights)
    assert_close(found, wanted)
    (a,), (b,) = (torch.autograd.grad(x, scores) for x in (found, wanted))
    assert_close(a, b)
    assert not a[..., 3:].any() and not a[1, 3:].any()


def test_gradient_of_emissions_is_the_difference_of_marginals():
    crf, teacher, mask = make_crf(5), make_crf(5, seed=1), make_mask([6, 3, 1])
    scores, said = make_emissions(3, 6, 5), make_emissions(3, 6, 5, seed=1)
    scores.requires_grad_()
    found = chain_divergence(crf, teacher, scores, said, mask)
    (gradient,) = torch.autograd.grad(found, scores)
    own, other = crf.chain.marginals(scores, mask), teacher.chain.marginals(said, mask)
    assert_close(gradient, own - other)


def test_gradient_equals_finite_differences():
    crf, teacher, mask = make_crf(5), make_crf(3, seed=1), make_mask([4, 2])
    crf.double()
    teacher.double()
    said = make_emissions(2, 4, 3, seed=1).double()
    scores = make_emissions(2, 4, 5).double().requires_grad_()

    def measure(scores, *chain):
        # the parameters themselves, so that `gradcheck` may change them
        return chain_divergence(crf, teacher, scores, said, mask)

    assert torch.autograd.gradcheck(measure, (scores, *crf.parameters()))


@given(chain=chains(), seed=SEEDS, near=st.sampled_from([0.0, 1e-6, 1.0]))
def test_never_negative_whatever_the_scores(chain, seed, near):
    teacher, said, mask = chain
    crf = make_crf(teacher.num_tags)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        pairs = zip(crf.parameters(), teacher.parameters(), strict=True)
        for own, other in pairs:
            own.copy_(other + near * make_scores(generator, own.shape, 1.0))
    teacher = teacher.float()
    said = said.detach().float()
    scores = said + near * make_scores(generator, said.shape, 1.0).float()
    scores.requires_grad_()
    found = chain_divergence(crf, teacher, scores, said, mask)
    assert found >= 0 and found.isfinite()
    assert all(g.isfinite().all() for g in torch.autograd.grad(found, [scores]))


@pytest.mark.parametrize("scale", [0.1, 1.0, 1e3])
def test_exactly_nothing_if_both_say_the_same(scale):
    """Adam makes a whole step of a rounding error."""
    crf, mask = make_crf(5, scale=scale), make_mask([6, 3, 1])
    scores = make_emissions(3, 6, 5, scale=scale).requires_grad_()
    for found, leaves in (
        (chain_divergence(crf, crf, scores, scores, mask), [*crf.parameters()]),
        (token_divergence(scores, scores, mask.float()), []),
    ):
        assert found == 0
        for gradient in torch.autograd.grad(found, [scores, *leaves]):
            assert not gradient.any()


def test_padding_is_not_read():
    crf, teacher, mask = make_crf(3), make_crf(3, seed=1), make_mask([4, 2])
    scores, said = make_emissions(2, 4, 3), make_emissions(2, 4, 3, seed=1)
    before = chain_divergence(crf, teacher, scores, said, mask)
    scores[1, 2:], said[1, 2:] = 77.0, -5.0
    assert_close(chain_divergence(crf, teacher, scores, said, mask), before)


# Networks


def distill(network, teacher, vectors, lengths):
    with torch.no_grad():
        said = run(teacher, vectors, lengths)
    return network.distill(run(network, vectors, lengths), teacher, said, lengths)


@pytest.mark.parametrize("crf, detection, experts", SWITCHES)
def test_parts_of_the_network(crf, detection, experts):
    changes = {"crf": crf, "detection": detection, "experts": experts}
    changes.update(detection_weight=0.5, gate_weight=0.25)
    network, teacher = (make_random_network(seed, **changes) for seed in range(2))
    vectors, lengths, gold = make_batch()
    found = distill(network, teacher, vectors, lengths)
    outputs, said = (run(x, vectors, lengths) for x in (network, teacher))
    mask = torch.arange(6) < lengths.unsqueeze(1)
    scores = {"recognition": (outputs.emissions, said.emissions)}
    if detection:
        scores["detection"] = outputs.detection, said.detection
    if experts:
        scores["gate"] = outputs.gate, said.gate
    assert found.sums.keys() == scores.keys()
    for part, pair in scores.items():
        if crf and part != "gate":
            crfs = (getattr(x, f"{part}_crf") for x in (network, teacher))
            wanted = chain_divergence(*crfs, *pair, mask)
        else:
            wanted = token_divergence(*pair, mask)
        assert found.sums[part] > 0
        assert_close(found.sums[part], wanted)
    loss = get_loss(network, outputs, gold, lengths)
    # units and weights are those of the loss
    assert found.weights == loss.weights
    assert {k: int(v) for k, v in found.units.items()} == {
        k: int(v) for k, v in loss.units.items()
    }


@pytest.mark.parametrize("crf", [True, False])
def test_sentences_do_not_depend_on_their_batch(crf):
    network, teacher = (make_random_network(seed, crf=crf) for seed in range(2))
    vectors, lengths, _ = make_batch()
    found = distill(network, teacher, vectors, lengths)
    alone = [
        distill(network, teacher, vectors[i : i + 1, :n], lengths[i : i + 1])
        for i, n in enumerate(lengths.tolist())
    ]
    assert_close(add_up(found), sum(map(add_up, alone)), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("crf", [True, False])
def test_new_types_are_not_spoken_of(crf):
    """A copy of the teacher that knows one more type."""
    teacher = make_random_network(crf=crf)
    student = make_random_network(seed=1, n_labels=3, crf=crf)
    with torch.no_grad():
        small = dict(teacher.named_parameters())
        for name, parameter in student.named_parameters():
            own = small[name]
            parameter[tuple(slice(n) for n in own.shape)] = own
        # the experts of the types before: that of the new one has no say
        student.recognition.gate.bias[3:] = -1e4
    vectors, lengths, _ = make_batch()
    found = distill(student, teacher, vectors, lengths)
    assert float(add_up(found).detach()) == pytest.approx(0, abs=1e-5)
    with torch.no_grad():
        # what the new type is like makes no difference
        student.recognition.output.bias[5:] += 3
    assert add_up(distill(student, teacher, vectors, lengths)) < 1e-5
    randomize(student)
    said, outputs = (run(x, vectors, lengths) for x in (teacher, student))
    outputs = type(outputs)(*(o.detach().requires_grad_() for o in outputs))
    total = add_up(student.distill(outputs, teacher, said, lengths))
    assert total > 1
    d_emissions, d_gate = torch.autograd.grad(total, [outputs.emissions, outputs.gate])
    assert d_emissions[..., :5].any() and not d_emissions[..., 5:].any()
    assert d_gate[..., :3].any() and not d_gate[..., 3:].any()


@pytest.mark.parametrize("n_more", [0, 1])
def test_taggers_that_read_descriptions(n_more):
    teacher, student = make_concept(n_types=2), make_concept(n_types=2 + n_more)
    randomize(teacher)
    randomize(student, seed=1)
    vectors, lengths = make_emissions(3, 5, 6), torch.tensor([5, 3, 1])
    found = distill(student, teacher, vectors, lengths)
    scores, said = (run(x, vectors, lengths).emissions for x in (student, teacher))
    log_p, log_q = scores[:, :, :2].log_softmax(3), said.log_softmax(3)
    cells = (log_q.exp() * (log_q - log_p)).sum(dim=3)
    wanted = sum(cells[i, :n].mean(1).sum() for i, n in enumerate(lengths.tolist()))
    assert_close(found.sums["recognition"], wanted)
    assert found.units["recognition"] == 9 and found.weights == {"recognition": 1.0}
    same = add_up(distill(teacher, teacher, vectors, lengths))
    assert float(same.detach()) == pytest.approx(0, abs=1e-5)
