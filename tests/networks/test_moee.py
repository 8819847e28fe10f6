from itertools import product

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from spacy_moee.networks.crf import Chain
from spacy_moee.networks.moee import MoEENetwork
from spacy_moee.networks.network import Targets, mean_loss
from spacy_moee.networks.spans import Spans, log_complement
from spacy_moee.scheme import iob2_scheme

from .util import (
    add_up,
    brute_best,
    decode,
    get_loss,
    is_legal,
    make_emissions,
    make_gold,
    randomize,
    run,
)

WIDTH = 6
SWITCHES = list(product([False, True], repeat=3))


def make_network(seed=0, n_labels=2, **changes):
    torch.manual_seed(seed)
    network = MoEENetwork(
        **{
            "width": WIDTH,
            "n_tags": 2 * n_labels + 1,
            "n_categories": n_labels + 1,
            "hidden_width": 5,
            "depth": 2,
            "expert_width": 4,
            "detection": True,
            "experts": True,
            "crf": True,
            "constrained": True,
            "detection_weight": 1.0,
            "gate_weight": 1.0,
            **changes,
        }
    )
    for name, values in iob2_scheme(n_labels)._asdict().items():
        getattr(network, name).copy_(torch.from_numpy(values))
    return network


def make_random_network(seed=0, **changes):
    """Not an untrained one: all its parameters matter."""
    network = make_network(seed, **changes)
    randomize(network, seed, scale=0.7)
    return network


def make_batch(lengths=(6, 3, 1), seed=0):
    lengths = torch.tensor(lengths)
    shape = len(lengths), int(lengths.max())
    return make_emissions(*shape, WIDTH, seed=seed), lengths, make_gold(*shape, 5, seed)


def present(outputs):
    return [output for output in outputs if output is not None]


@pytest.mark.parametrize(
    "detection, experts, count",
    [
        (False, False, 1_770_108),
        (True, False, 1_771_326),
        (False, True, 2_171_313),
        (True, True, 2_172_531),
    ],
)
def test_parameter_counts_of_the_paper(detection, experts, count):
    network = make_network(
        n_labels=4, width=300, hidden_width=200, expert_width=200,
        detection=detection, experts=experts,
    )  # fmt: skip
    assert sum(p.numel() for p in network.encoder.parameters()) == 1_766_400
    assert sum(p.numel() for p in network.parameters()) == count


@pytest.mark.parametrize(
    "detection, experts, count",
    [
        (False, False, 768 * 9 + 9),
        (True, False, 768 * 12 + 12),
        (False, True, 5 * (768 * 200 + 200) + 768 * 5 + 5 + 200 * 9 + 9),
    ],
)
def test_without_bilstm_the_heads_are_linear(detection, experts, count):
    network = make_network(
        n_labels=4, width=768, depth=0, expert_width=200, crf=False,
        detection=detection, experts=experts,
    )  # fmt: skip
    assert sum(p.numel() for p in network.parameters()) == count
    vectors = make_emissions(2, 3, 768)
    outputs = run(network, vectors, torch.tensor([3, 2]), dropout=0.5)
    if not experts:
        assert_close(outputs.emissions, network.recognition(vectors))
    # each token by itself
    alone = run(network, vectors[:, 1:2], torch.tensor([1, 1]))
    assert_close(outputs.emissions[:, 1:2], alone.emissions)


@pytest.mark.parametrize("crf, detection, experts", SWITCHES)
def test_loss_is_the_weighted_sum_of_its_parts(crf, detection, experts):
    network = make_random_network(
        crf=crf, detection=detection, experts=experts,
        detection_weight=0.5, gate_weight=0.25,
    )  # fmt: skip
    vectors, lengths, gold = make_batch()
    loss = get_loss(network, run(network, vectors, lengths), gold, lengths)
    names = {"recognition"} | ({"detection"} if detection else set())
    assert set(loss.sums) == names | ({"gate"} if experts else set())
    weights = {"recognition": 1, "detection": 0.5, "gate": 0.25}
    total, means = mean_loss([loss, loss])
    by_hand = {k: (v / loss.units[k]).item() for k, v in loss.sums.items()}
    assert means == pytest.approx(by_hand)
    assert total.item() == pytest.approx(sum(weights[k] * v for k, v in means.items()))
    assert total.requires_grad


def test_parts_are_sums_over_tokens():
    network = make_random_network()
    vectors, lengths, gold = make_batch()
    outputs = run(network, vectors, lengths)
    loss = get_loss(network, outputs, gold, lengths)
    mask = torch.arange(6) < lengths.unsqueeze(1)
    log_p = outputs.gate.log_softmax(dim=2)
    category, boundary = network.category[gold], network.boundary[gold]
    gate = -log_p.gather(2, category.unsqueeze(2)).squeeze(2)
    detection = network.detection_crf.chain.nll(outputs.detection, boundary, mask)
    recognition = network.recognition_crf.chain.nll(outputs.emissions, gold, mask)
    assert_close(loss.sums["gate"], gate[mask].sum())
    assert_close(loss.sums["detection"], detection.sum())
    assert_close(loss.sums["recognition"], recognition.sum())
    assert loss.units["recognition"] == int(lengths.sum())


def test_without_crf_a_part_is_the_mean_over_labelled_tokens():
    network = make_random_network(crf=False)
    vectors, lengths, gold = make_batch()
    gold[0, 2] = gold[1, 0] = -1
    outputs = run(network, vectors, lengths)
    loss = get_loss(network, outputs, gold, lengths)
    known = (torch.arange(6) < lengths.unsqueeze(1)) & (gold >= 0)
    assert loss.units["recognition"] == int(known.sum()) == 8
    for part, scores, table in (
        ("recognition", outputs.emissions, torch.arange(5)),
        ("detection", outputs.detection, network.boundary),
        ("gate", outputs.gate, network.category),
    ):
        mean = functional.cross_entropy(scores[known], table[gold[known]])
        assert_close(loss.sums[part] / loss.units["recognition"], mean)


@pytest.mark.parametrize("crf, detection, experts", SWITCHES)
@pytest.mark.parametrize("unknown", [False, True])
def test_sentences_do_not_depend_on_their_batch(crf, detection, experts, unknown):
    network = make_random_network(crf=crf, detection=detection, experts=experts)
    vectors, lengths, gold = make_batch()
    if unknown:
        gold[0, 1] = -1
    outputs = run(network, vectors, lengths)
    loss = get_loss(network, outputs, gold, lengths)
    paths = decode(network, outputs, lengths)
    alone_total, alone_units = torch.zeros(()), 0
    for row, n in enumerate(lengths.tolist()):
        here = slice(row, row + 1)
        alone = run(network, vectors[here, :n], lengths[here])
        for a, b in zip(present(alone), present(outputs), strict=True):
            assert_close(a[0], b[row, :n])
        one = get_loss(network, alone, gold[here, :n], lengths[here])
        alone_total = alone_total + add_up(one)
        alone_units += one.units["recognition"]
        assert torch.equal(decode(network, alone, lengths[here])[0], paths[row, :n])
    assert_close(add_up(loss), alone_total, atol=1e-4, rtol=1e-5)
    assert loss.units["recognition"] == alone_units


def logit_gradients(network, gold, vectors, lengths):
    # of the logits as the loss reads them
    outputs = type(run(network, vectors, lengths))(
        *(o.detach().requires_grad_() for o in run(network, vectors, lengths))
    )
    total = add_up(get_loss(network, outputs, gold, lengths))
    return torch.autograd.grad(total, outputs)


def test_tokens_of_unknown_gold_teach_the_gate_nothing():
    network = make_random_network()
    vectors, lengths, gold = make_batch()
    gold[0, 2:4] = -1
    *_, gate = logit_gradients(network, gold, vectors, lengths)
    assert (gate[0, 2:4] == 0).all()
    assert (gate[0, :2] != 0).all() and (gate[0, 4:] != 0).all()
    assert (gate[1, 3:] == 0).all()  # padding


def test_tokens_of_unknown_gold_teach_nothing_without_crf():
    network = make_random_network(crf=False)
    vectors, lengths, gold = make_batch()
    gold[0, 2:4] = -1
    for gradient in logit_gradients(network, gold, vectors, lengths):
        assert (gradient[0, 2:4] == 0).all()
        assert (gradient[1, 3:] == 0).all()
        assert (gradient[0, :2] != 0).all()


@pytest.mark.parametrize("crf", [False, True])
def test_sentences_of_unknown_gold_teach_nothing(crf):
    network = make_random_network(crf=crf)
    vectors, lengths, gold = make_batch()
    gold[0] = -1
    for gradient in logit_gradients(network, gold, vectors, lengths):
        assert_close(gradient[0], torch.zeros_like(gradient[0]))
        assert (gradient[1, :3] != 0).any()


@pytest.mark.parametrize("crf", [False, True])
def test_gold_on_padding_does_not_matter(crf):
    network = make_random_network(crf=crf)
    vectors, lengths, gold = make_batch()
    outputs = run(network, vectors, lengths)
    loss = get_loss(network, outputs, gold, lengths)
    gold[1, 3:] = -1
    again = get_loss(network, outputs, gold, lengths)
    assert_close(add_up(again), add_up(loss))
    assert again.units == loss.units


@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize("crf, detection, experts", SWITCHES)
def test_one_step_changes_every_parameter(crf, detection, experts, depth):
    network = make_network(depth=depth, crf=crf, detection=detection, experts=experts)
    vectors, lengths, gold = make_batch((6, 5, 4))
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    add_up(get_loss(network, run(network, vectors, lengths), gold, lengths)).backward()
    optimizer.step()
    same = [n for n, p in network.named_parameters() if torch.equal(p, before[n])]
    assert same == []


@pytest.mark.parametrize("crf, detection, experts", SWITCHES)
def test_untrained_network_says_outside(crf, detection, experts):
    network = make_network(
        width=50, hidden_width=20, crf=crf, detection=detection, experts=experts
    )
    lengths = torch.tensor([12, 7])
    outputs = run(network, make_emissions(2, 12, 50), lengths)
    assert (decode(network, outputs, lengths) == 0)[[0, 1], :7].all()


@pytest.mark.parametrize("crf", [False, True])
@pytest.mark.parametrize("constrained", [False, True])
def test_outside_forces_o(crf, constrained):
    network = make_random_network(crf=crf, constrained=constrained)
    vectors, lengths, _ = make_batch()
    outputs = run(network, vectors, lengths)
    emissions = outputs.emissions.detach().clone()
    emissions[..., 0] -= 100
    outputs = outputs._replace(emissions=emissions.clone())
    free = decode(network, outputs, lengths)
    assert (free[0] != 0).all()
    outside = torch.zeros(3, 6, dtype=torch.bool)
    outside[0, 2] = outside[0, 3] = outside[1, 0] = True
    forced = decode(network, outputs, lengths, outside=outside)
    assert (forced[outside] == 0).all()
    assert (forced[0, [0, 1, 4, 5]] != 0).all()
    if constrained:
        for path, n in zip(forced.tolist(), lengths.tolist(), strict=True):
            assert is_legal(path[:n], network.legal)
    # nothing was written to the scores
    assert torch.equal(outputs.emissions, emissions)


def test_crf_decodes_the_best_path():
    for constrained in (False, True):
        network = make_random_network(constrained=constrained)
        vectors, lengths, _ = make_batch((4, 3))
        outputs = run(network, vectors, lengths)
        paths = decode(network, outputs, lengths)
        legal = network.legal if constrained else None
        for row, n in enumerate(lengths.tolist()):
            best = brute_best(
                network.recognition_crf, outputs.emissions[row, :n], legal
            )
            assert paths[row, :n].tolist() == best


def test_softmax_decodes_legally():
    network = make_random_network(crf=False)
    lengths = torch.tensor([6] * 20)
    emissions = make_emissions(20, 6, 5, scale=3)
    outputs = run(network, make_emissions(20, 6, WIDTH), lengths)
    outputs = outputs._replace(emissions=emissions)
    paths = decode(network, outputs, lengths).tolist()
    assert all(is_legal(path, network.legal) for path in paths)
    free = emissions.argmax(dim=2).tolist()
    assert any(not is_legal(path, network.legal) for path in free)
    for path, best in zip(paths, free, strict=True):
        if is_legal(best, network.legal):
            assert path == best
    network.constrained = False
    assert decode(network, outputs, lengths).tolist() == free


def test_dropout_only_when_asked():
    network = make_random_network().train()
    vectors, lengths, _ = make_batch()
    plain = run(network, vectors, lengths).emissions
    assert torch.equal(run(network, vectors, lengths).emissions, plain)
    assert not torch.equal(run(network, vectors, lengths, 0.5).emissions, plain)


def test_tag_scheme_is_saved_with_the_weights():
    names = set(make_network().state_dict())
    assert {"category", "boundary", "legal"} <= names
    assert not any("close" in name for name in names)


@pytest.mark.parametrize("crf", [False, True])
def test_spans_that_are_no_entities(crf):
    network = make_random_network(crf=crf)
    vectors, lengths, gold = make_batch()
    outputs = run(network, vectors, lengths)
    spans = Spans(*torch.tensor([[0, 2, 4, 1], [0, 0, 6, 0], [2, 0, 1, -1]]).T)
    loss = network.loss(outputs, Targets(gold, lengths, incorrect=spans))
    plain = network.loss(outputs, Targets(gold, lengths))
    scores = outputs.emissions.double()
    chain = Chain.free(scores)
    if crf:
        chain = Chain(*(part.double() for part in network.recognition_crf.chain))
    mask = torch.arange(6) < lengths.unsqueeze(1)
    wanted = -log_complement(chain, scores, mask, spans).sum()
    assert_close(loss.sums["incorrect"].double(), wanted, atol=1e-6, rtol=1e-6)
    assert loss.units["incorrect"] == 3 and loss.weights["incorrect"] == 1
    # everything else stays as it is
    assert list(plain.sums) == list(loss.sums)[:-1]
    assert all(loss.sums[name] == value for name, value in plain.sums.items())


def test_a_batch_without_such_spans_joins_one_that_has_some():
    network = make_random_network()
    vectors, lengths, gold = make_batch()
    outputs = run(network, vectors, lengths)
    losses = [
        network.loss(outputs, Targets(gold, lengths, incorrect=Spans(*rows.T)))
        for rows in (torch.zeros(0, 4).long(), torch.tensor([[1, 0, 2, 0]] * 2))
    ]
    assert losses[0].sums["incorrect"] == losses[0].units["incorrect"] == 0
    _, parts = mean_loss(losses)
    rejected = float(losses[1].sums["incorrect"].detach())
    assert parts["incorrect"] == pytest.approx(rejected / 2)
