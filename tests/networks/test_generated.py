from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional
from torch.testing import assert_close

from spacy_moee.networks.generated import GeneratedNetwork
from spacy_moee.networks.generator import LANGUAGE, RECOGNITION, ParameterGenerator
from spacy_moee.networks.moee import MoEENetwork
from spacy_moee.networks.network import (
    SOURCE,
    TARGET,
    Inputs,
    Origin,
    Targets,
    mean_loss,
)
from spacy_moee.scheme import iob2_scheme

from .util import make_emissions, make_gold, randomize

WIDTH, HIDDEN, N_WORDS = 5, 3, 11
PAIRS = list(product((RECOGNITION, LANGUAGE), (SOURCE, TARGET)))


def make_network(seed=0, n_labels=2, **changes):
    torch.manual_seed(seed)
    network = GeneratedNetwork(
        **{
            "width": WIDTH,
            "n_tags": 2 * n_labels + 1,
            "n_categories": n_labels + 1,
            "n_words": N_WORDS,
            "hidden_width": HIDDEN,
            "task_width": 2,
            "domain_width": 3,
            "language_weight": 1.0,
            "negatives": 0,
            **changes,
        }
    )
    for name, values in iob2_scheme(n_labels)._asdict().items():
        getattr(network, name).copy_(torch.from_numpy(values))
    randomize(network, seed, scale=0.7)
    return network


def make_batch(lengths=(4, 6, 1, 3), domains=(0, 0, 1, 1), raw=(0, 1, 1, 0), seed=0):
    lengths = torch.tensor(lengths)
    shape = len(lengths), int(lengths.max())
    words = make_gold(*shape, N_WORDS, seed)
    origin = Origin(torch.tensor(domains), torch.tensor(raw, dtype=torch.bool), words)
    inputs = Inputs(make_emissions(*shape, WIDTH, seed=seed), lengths, origin=origin)
    tags = make_gold(*shape, 5, seed)
    tags[origin.raw] = -1
    return inputs, Targets(legal_tags(tags), lengths, origin=origin)


def legal_tags(tags):
    """Gold in which each I goes on with an entity."""
    legal = torch.from_numpy(iob2_scheme(2).legal)
    tags = tags.clone()
    for row in tags:
        before = -1
        for place in range(len(row)):
            if row[place] >= 0 and not legal[before, row[place]]:
                row[place] -= 1
            before = int(row[place])
    return tags


def read_as(network, domain, seed=0):
    inputs, _ = make_batch(seed=seed)
    raw = torch.zeros_like(inputs.origin.raw)
    origin = Origin(torch.full_like(inputs.origin.domains, domain), raw)
    with torch.no_grad():
        return network(inputs._replace(origin=origin)).emissions


def losses(network, inputs, targets):
    loss = network.loss(network(inputs), targets)
    return {name: loss.sums[name] for name in loss.sums}, loss.units


def test_the_number_of_generated_weights_is_that_of_the_original():
    generator = ParameterGenerator(150, 100, 8, 8)
    generated = generator(PAIRS)
    assert sum(weight.numel() for weight in generated[0]) == 201_600
    assert sum(part.numel() for part in generator.parts) == 12_902_400
    assert sum(map(torch.numel, ParameterGenerator(100, 100, 8, 8)(PAIRS)[0])) == (
        161_600
    )


def test_weights_are_contracted_from_both_vectors():
    generator = ParameterGenerator(WIDTH, HIDDEN, 2, 3)
    generated = dict(zip(PAIRS, generator(PAIRS), strict=True))
    for (task, domain), weights in generated.items():
        for weight, part in zip(weights, generator.parts, strict=True):
            table = part.view(2, 3, *weight.shape)
            by_hand = torch.einsum(
                "i,j,ij...->...",
                generator.tasks[task],
                generator.domains[domain],
                table,
            )
            assert_close(weight, by_hand)


def test_weights_start_as_those_of_an_lstm():
    torch.manual_seed(0)
    generator = ParameterGenerator(150, 100, 8, 8)
    assert float(generator.parts[0].detach().abs().max()) == pytest.approx(
        0.1, rel=0.01
    )
    assert float(generator.tasks.detach().abs().max()) <= (3 / 8) ** 0.5


def test_equal_domains_give_equal_tags():
    network = make_network()
    assert not torch.allclose(read_as(network, SOURCE), read_as(network, TARGET))
    with torch.no_grad():
        network.generator.domains[TARGET] = network.generator.domains[SOURCE]
    network.forget()
    assert torch.equal(read_as(network, SOURCE), read_as(network, TARGET))


def test_the_target_moves_with_its_vector_alone():
    network = make_network()
    before = [read_as(network, domain) for domain in (SOURCE, TARGET)]
    with torch.no_grad():
        network.generator.domains[TARGET] += 0.3
    network.forget()
    assert torch.equal(read_as(network, SOURCE), before[SOURCE])
    assert not torch.allclose(read_as(network, TARGET), before[TARGET])


def test_without_an_origin_the_target_is_read():
    network = make_network()
    inputs, _ = make_batch()
    with torch.no_grad():
        outputs = network(inputs._replace(origin=None))
    assert torch.equal(outputs.emissions, read_as(network, TARGET))
    assert outputs.states is None


def test_what_is_kept_is_dropped_when_the_weights_change():
    network = make_network()
    before = read_as(network, TARGET)
    (kept,) = network._kept
    assert kept == (RECOGNITION, TARGET)
    with torch.no_grad():
        network.generator.parts[0].mul_(1.5)
    assert torch.equal(read_as(network, TARGET), before)
    network.forget()
    assert not torch.allclose(read_as(network, TARGET), before)
    inputs, _ = make_batch()
    network(inputs)  # with a graph: training
    assert not network._kept


def test_one_domain_without_words_is_an_ordinary_bilstm_crf():
    network = make_network(n_words=1)
    n_inner = network.crf.num_tags
    plain = MoEENetwork(
        **{"width": WIDTH, "n_tags": n_inner, "n_categories": 3, "depth": 1},
        **{"hidden_width": HIDDEN, "expert_width": 1, "crf": True},
        **dict.fromkeys(("detection", "experts", "constrained"), False),
        **dict.fromkeys(("detection_weight", "gate_weight"), 1.0),
    )
    with torch.no_grad():
        (weights,) = network.generator([(RECOGNITION, SOURCE)])
        for own, weight in zip(plain.encoder.lstm.parameters(), weights, strict=True):
            own.copy_(weight)
    plain.recognition.load_state_dict(network.recognition.state_dict())
    plain.recognition_crf.load_state_dict(network.crf.state_dict())
    inputs, targets = make_batch(domains=(0,) * 4, raw=(0,) * 4)
    loss = network.loss(network(inputs), targets)
    assert list(loss.sums) == ["recognition"]
    inner = to_inner(targets.tags, targets.lengths)
    outputs = plain(inputs._replace(origin=None))
    expected = plain.loss(outputs, Targets(inner, targets.lengths))
    # its mean is that of sentences, as published
    assert_close(loss.sums["recognition"], expected.sums["recognition"])
    assert loss.units["recognition"] == 4


def to_inner(tags, lengths):
    """BIOES, tag by tag."""
    inner = torch.full_like(tags, -1)
    for row, (of_row, length) in enumerate(zip(tags.tolist(), lengths, strict=True)):
        of_row = [*of_row[:length], 0]
        for place, tag in enumerate(of_row[:-1]):
            label, begins = (tag - 1) // 2, tag % 2 == 1
            goes_on = tag > 0 and of_row[place + 1] == 2 * label + 2
            # B, I, E, S
            border = (0 if begins else 1) if goes_on else (3 if begins else 2)
            inner[row, place] = 0 if tag == 0 else 1 + 4 * label + border
    return inner


def test_raw_text_and_the_target_give_no_loss_of_tags():
    network = make_network()
    inputs, targets = make_batch()
    sums, units = losses(network, inputs, targets)
    assert int(units["recognition"]) == 1
    alone = [0]
    origin = Origin(*(part[alone] for part in inputs.origin))
    only = Inputs(inputs.vectors[alone], inputs.lengths[alone], 0.0, origin)
    gold = Targets(targets.tags[alone], targets.lengths[alone], origin=origin)
    assert_close(sums["recognition"], losses(network, only, gold)[0]["recognition"])


@given(st.integers(0, 99))
def test_annotation_of_the_target_reaches_no_loss(seed):
    network = make_network()
    inputs, targets = make_batch(seed=1)
    other = targets.tags.clone()
    other[inputs.origin.domains == TARGET] = make_gold(2, 6, 5, seed)
    outputs = network(inputs)
    found = [
        mean_loss([network.loss(outputs, targets._replace(tags=tags))])
        for tags in (targets.tags, other)
    ]
    assert found[0][1] == found[1][1]
    parameters = list(network.parameters())
    gradients = [
        torch.autograd.grad(total, parameters, retain_graph=True) for total, _ in found
    ]
    assert_close(*gradients, rtol=0, atol=0)


def test_words_are_those_beside_each_token():
    network = make_network()
    inputs, targets = make_batch()
    with torch.no_grad():
        outputs = network(inputs)
        sums, units = losses(network, inputs, targets)
    vectors, bias = (parameter.detach() for parameter in network.words.parameters())
    by_hand = {"source_words": 0.0, "target_words": 0.0}
    for row, length in enumerate(inputs.lengths.tolist()):
        words = inputs.origin.words[row].tolist()[:length]
        forward, backward = outputs.states[row].chunk(2, dim=1)
        for place in range(length):
            following = words[place + 1] if place + 1 < length else 0
            preceding = words[place - 1] if place else 0
            for state, word in ((forward, following), (backward, preceding)):
                scores = vectors @ state[place] + bias
                name = ("source_words", "target_words")[inputs.origin.domains[row]]
                by_hand[name] -= float(scores.log_softmax(0)[word]) / 2
    for name, expected in by_hand.items():
        assert float(sums[name]) == pytest.approx(expected, rel=1e-5)
        assert int(units[name]) == 2


@given(st.permutations(range(4)), st.integers(0, 3))
def test_a_sentence_says_the_same_in_any_batch(order, extra):
    network = make_network()
    inputs, _ = make_batch()
    rows = torch.tensor(order[: 1 + extra])
    origin = Origin(*(part[rows] for part in inputs.origin))
    lengths = inputs.lengths[rows]
    padded = functional.pad(inputs.vectors[rows], (0, 0, 0, extra), value=9.0)
    origin = origin._replace(words=functional.pad(origin.words, (0, extra)))
    with torch.no_grad():
        whole = network(inputs)
        some = network(Inputs(padded, lengths, 0.0, origin))
    for place, row in enumerate(rows.tolist()):
        length = int(inputs.lengths[row])
        for a, b in zip(whole, some, strict=True):
            assert_close(a[row, :length], b[place, :length])


def test_words_are_predicted_from_columns_of_the_word_alone():
    network = make_network()
    network.word_level[:2] = False
    inputs, _ = make_batch()
    other = inputs.vectors.clone()
    other[:, :, :2] += 1
    with torch.no_grad():
        outputs = network(inputs)
        changed = network(inputs._replace(vectors=other))
    assert torch.equal(outputs.states, changed.states)
    assert not torch.allclose(outputs.emissions[0], changed.emissions[0])


def test_gradients_are_those_of_finite_differences():
    network = make_network().double()
    inputs, targets = make_batch(lengths=(3, 2, 1, 3))
    inputs = inputs._replace(vectors=inputs.vectors.double())
    names = [name for name, _ in network.named_parameters()]

    class Total(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self):
            loss = self.network.loss(self.network(inputs), targets)
            return mean_loss([loss])[0]

    module = Total()

    def compute(*parameters):
        values = {f"network.{n}": p for n, p in zip(names, parameters, strict=True)}
        return torch.func.functional_call(module, values, ())

    parameters = [p for _, p in network.named_parameters()]
    assert torch.autograd.gradcheck(compute, parameters)


def test_new_types_leave_what_is_said():
    network, larger = make_network(), make_network(n_labels=3)
    state = larger.state_dict()
    for name, old in network.state_dict().items():
        new = torch.zeros_like(state[name])
        new[tuple(map(slice, old.shape))] = old
        state[name] = new
    constants = iob2_scheme(3)._asdict()
    state.update({name: torch.from_numpy(x) for name, x in constants.items()})
    larger.load_state_dict(state)
    larger.start_new_types(5, 3)
    inputs, _ = make_batch()
    inputs = inputs._replace(origin=None)
    with torch.no_grad():
        before, after = network(inputs), larger(inputs)
        assert_close(after.emissions[..., :9], before.emissions)
        tags = network.decode(before, inputs.lengths).tags
        assert torch.equal(larger.decode(after, inputs.lengths).tags, tags)


def test_a_copy_is_at_no_distance():
    network = make_network()
    inputs, _ = make_batch()
    outputs = network(inputs)
    said = outputs._replace(emissions=outputs.emissions.detach())
    total, _ = mean_loss([network.distill(outputs, network, said, inputs.lengths)])
    assert float(total.detach()) == 0
    total, _ = mean_loss(
        [network.distill(outputs, make_network(1), said, inputs.lengths)]
    )
    assert float(total.detach()) > 0
