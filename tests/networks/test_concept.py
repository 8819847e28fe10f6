"""The Concept Tagger and the Robust Sequence Tagger, against the long way round: one
type and one sentence at a time, by PyTorch's own LSTM."""

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional
from torch.testing import assert_close

from spacy_moee.networks.concept import ConceptNetwork, ConceptOutputs
from spacy_moee.networks.crf import Chain
from spacy_moee.networks.network import Targets
from spacy_moee.networks.spans import Spans, log_complement
from spacy_moee.scheme import iob2_scheme, spans

from .util import (
    add_up,
    decode,
    get_loss,
    is_legal,
    make_emissions,
    make_gold,
    randomize,
    run,
)

WIDTH, VECTOR_WIDTH = 6, 10  # 10 is also the width of the hidden states
N_TYPES = 3
# the two systems, on a BiLSTM and on the token vectors themselves; in the last three
# the constants are narrower than the factors of their sums
SYSTEMS = [
    {"n_examples": n, "depth": depth, "vector_width": vector_width}
    for n, depth, vector_width in (
        (0, 2, VECTOR_WIDTH),
        (0, 0, VECTOR_WIDTH),
        (2, 2, VECTOR_WIDTH),
        (2, 2, 7),
        (3, 0, WIDTH),
        (0, 2, 2),
        (9, 2, VECTOR_WIDTH),
    )
]
ROBUST = {"n_examples": 3}


def make_network(seed=0, n_types=N_TYPES, **changes):
    torch.manual_seed(seed)
    network = ConceptNetwork(
        **{
            "width": WIDTH,
            "n_tags": 2 * n_types + 1,
            "n_categories": n_types + 1,
            "vector_width": VECTOR_WIDTH,
            "n_examples": 0,
            "hidden_width": 5,
            "depth": 2,
            "merge": "max_prob",
            **changes,
        }
    )
    for name, values in iob2_scheme(n_types)._asdict().items():
        getattr(network, name).copy_(torch.from_numpy(values))
    network.rank.copy_(torch.arange(n_types))
    network.descriptions.normal_()
    if network.attention is not None:
        network.examples.normal_()
        network.is_example.fill_(True)
    return network


def make_random_network(seed=0, **changes):
    network = make_network(seed, **changes)
    randomize(network, seed, scale=0.7)
    return network


def make_batch(lengths=(6, 3, 1), seed=0, n_tags=2 * N_TYPES + 1):
    lengths = torch.tensor(lengths)
    shape = len(lengths), int(lengths.max())
    vectors = make_emissions(*shape, WIDTH, seed=seed)
    return vectors, lengths, make_gold(*shape, n_tags, seed)


@pytest.mark.parametrize(
    "hidden_width, n_examples, count", [(200, 0, 3_210_803), (150, 2, 2_348_403)]
)
def test_parameter_counts(hidden_width, n_examples, count):
    network = make_network(
        n_types=4, width=300, vector_width=300, hidden_width=hidden_width,
        n_examples=n_examples,
    )  # fmt: skip
    assert sum(p.numel() for p in network.parameters()) == count


def reference_scores(network, vectors, type_):
    """One sentence of shape [seq, width], one type -> [seq, 3]."""
    states = vectors
    if network.encoder is not None:
        states, _ = network.encoder.lstm(vectors.unsqueeze(0))
        states = states[0]
    inputs = []
    for state in states:
        parts = [state, network.descriptions[type_]]
        if network.attention is not None:
            weight = network.attention.weight
            query = state * weight if weight.dim() == 1 else state @ weight
            there = network.is_example[type_]
            mixture = torch.zeros(network.examples.shape[2])
            if there.any():
                known = network.examples[type_][there]
                mixture = (known @ query).softmax(0) @ known
            parts.append(mixture)
        inputs.append(torch.cat(parts))
    read, _ = network.tagger.lstm(torch.stack(inputs).unsqueeze(0))
    return network.output(read[0])


@pytest.mark.parametrize("system", SYSTEMS, ids=str)
def test_all_types_at_once_are_one_after_the_other(system):
    network = make_random_network(**system)
    if system["n_examples"]:
        network.is_example[0, 1] = False
        network.is_example[2] = False
    vectors, lengths, _ = make_batch()
    scores = run(network, vectors, lengths).emissions
    assert scores.shape == (3, 6, N_TYPES, 3)
    for row, n in enumerate(lengths.tolist()):
        for type_ in range(N_TYPES):
            expected = reference_scores(network, vectors[row, :n], type_)
            assert_close(scores[row, :n, type_], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("system", SYSTEMS, ids=str)
def test_permuted_types_permute_the_outputs(system):
    network = make_random_network(**system)
    vectors, lengths, _ = make_batch()
    scores = run(network, vectors, lengths).emissions
    order = torch.tensor([2, 0, 1])
    network.descriptions.copy_(network.descriptions[order])
    if network.attention is not None:
        network.examples.copy_(network.examples[order])
    again = run(network, vectors, lengths).emissions
    assert_close(again, scores[:, :, order], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(again, scores)


def test_equal_examples_are_one_example():
    one = make_random_network(n_examples=1)
    vectors, lengths, _ = make_batch()
    expected = run(one, vectors, lengths).emissions
    for n_there, n_examples in ((2, 2), (1, 3)):
        network = make_random_network(n_examples=n_examples)
        network.descriptions.copy_(one.descriptions)
        network.examples[:, :n_there] = one.examples
        # what stands in the place of a missing example does not matter
        network.is_example[:, n_there:] = False
        assert_close(run(network, vectors, lengths).emissions, expected)


def test_examples_matter():
    network = make_random_network(**ROBUST)
    vectors, lengths, _ = make_batch()
    scores = run(network, vectors, lengths).emissions
    network.examples[1, 2] += 1
    again = run(network, vectors, lengths).emissions
    assert torch.equal(again[:, :, [0, 2]], scores[:, :, [0, 2]])
    assert not torch.allclose(again[0, :, 1], scores[0, :, 1])


def test_attention_is_even_at_first_and_of_each_token_later():
    network = make_network(**ROBUST)
    states = make_emissions(2, 4, VECTOR_WIDTH)
    even = network.attention(states, network.examples, network.is_example)
    assert even.shape == (2, N_TYPES, 4, 3)
    assert_close(even, torch.full_like(even, 1 / 3), atol=0.1, rtol=0)
    randomize(network)
    weights = network.attention(states, network.examples, network.is_example)
    assert_close(weights.sum(dim=3), torch.ones(2, N_TYPES, 4))
    assert float(weights.detach().std(dim=2).max()) > 0.1


def reference_loss(network, scores, gold, lengths):
    total = torch.zeros(())
    for row, n in enumerate(lengths.tolist()):
        for token in range(n):
            tag = int(gold[row, token])
            for type_ in range(scores.shape[2]):
                target = 0
                if tag > 0 and int(network.category[tag]) == type_ + 1:
                    target = int(network.boundary[tag])
                if tag >= 0:
                    total = total - scores[row, token, type_].log_softmax(0)[target]
    return total / scores.shape[2]


@pytest.mark.parametrize("unknown", [[], [(0, 1), (1, 2)], [(2, 0)]])
def test_loss_is_the_mean_over_the_cells_of_each_token(unknown):
    network = make_random_network()
    vectors, lengths, gold = make_batch()
    for row, token in unknown:
        gold[row, token] = -1
    outputs = run(network, vectors, lengths)
    loss = get_loss(network, outputs, gold, lengths)
    expected = reference_loss(network, outputs.emissions, gold, lengths)
    assert_close(add_up(loss), expected)
    assert loss.sums.keys() == {"recognition"}
    # a token without gold does not dilute the mean of the others
    labelled = (gold >= 0) & (torch.arange(6) < lengths.unsqueeze(1))
    assert loss.units == {"recognition": labelled.sum()}


def test_unknown_gold_and_padding_teach_nothing():
    network = make_random_network()
    vectors, lengths, gold = make_batch()
    gold[0, 2:4] = gold[2] = -1
    emissions = run(network, vectors, lengths).emissions.detach().requires_grad_()
    loss = get_loss(network, ConceptOutputs(emissions), gold, lengths)
    (gradient,) = torch.autograd.grad(add_up(loss), [emissions])
    taught = (gradient != 0).any(dim=3).any(dim=2)
    expected = (torch.arange(6) < lengths.unsqueeze(1)) & (gold >= 0)
    assert torch.equal(taught, expected)


@pytest.mark.parametrize("merge", ["max_prob", "overwrite"])
@pytest.mark.parametrize("system", SYSTEMS, ids=str)
def test_sentences_do_not_depend_on_their_batch(system, merge):
    network = make_random_network(merge=merge, **system)
    vectors, lengths, gold = make_batch()
    outputs = run(network, vectors, lengths)
    loss = get_loss(network, outputs, gold, lengths)
    tags = decode(network, outputs, lengths)
    total = torch.zeros(())
    for row, n in enumerate(lengths.tolist()):
        here = slice(row, row + 1)
        alone = run(network, vectors[here, :n], lengths[here])
        assert_close(alone.emissions[0], outputs.emissions[row, :n])
        total = total + add_up(get_loss(network, alone, gold[here, :n], lengths[here]))
        assert torch.equal(decode(network, alone, lengths[here])[0], tags[row, :n])
    assert_close(add_up(loss), total)


@pytest.mark.parametrize("system", SYSTEMS, ids=str)
def test_one_step_changes_every_parameter_and_no_constant(system):
    network = make_network(**system)
    vectors, lengths, gold = make_batch((6, 5, 4))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    add_up(get_loss(network, run(network, vectors, lengths), gold, lengths)).backward()
    optimizer.step()
    same = {n for n, v in network.state_dict().items() if torch.equal(v, before[n])}
    assert same == {name for name, _ in network.named_buffers() if "close" not in name}
    assert {"descriptions", "category", "boundary", "legal", "rank"} <= same


def test_untrained_network_says_outside():
    for n_examples in (0, 2):
        network = make_network(hidden_width=20, n_examples=n_examples)
        lengths = torch.tensor([12, 7])
        outputs = run(network, make_emissions(2, 12, WIDTH), lengths)
        assert (decode(network, outputs, lengths) == 0)[[0, 1], :7].all()


def test_a_sentence_is_read_once_for_each_type():
    assert make_network(n_types=7).floats == 7 * make_network(n_types=1).floats


def test_dropout_only_when_asked():
    network = make_random_network(**ROBUST).train()
    vectors, lengths, _ = make_batch()
    plain = run(network, vectors, lengths).emissions
    assert torch.equal(run(network, vectors, lengths).emissions, plain)
    assert not torch.equal(run(network, vectors, lengths, 0.5).emissions, plain)


def make_scores(*tokens):
    """For each token and type O, B or I, and how sure: ("B", 2.0). O loses by it."""
    rows = [
        [[float(n > 0 and "OBI"[n] == tag) * sure for n in range(3)] for tag, sure in t]
        for t in tokens
    ]
    return ConceptOutputs(torch.tensor([rows]))


def decode_row(network, outputs, **kwargs):
    lengths = torch.tensor([outputs.emissions.shape[1]])
    return decode(network, outputs, lengths, **kwargs)[0].tolist()


SURE, SURER, OUT = 2.0, 4.0, ("O", 0.0)
# type 1, of the tags 3 and 4, is surest of the first entity, type 0 of the second
CLAIMS = [
    [("B", SURE), ("B", SURER), OUT],
    [("I", SURE), ("I", SURER), OUT],
    [OUT, OUT, OUT],
    [("B", SURER), ("B", SURE), OUT],
]


@pytest.mark.parametrize(
    "merge, rank, expected",
    [
        ("max_prob", [0, 1, 2], [3, 4, 0, 1]),
        ("max_prob", [2, 1, 0], [3, 4, 0, 1]),
        ("overwrite", [0, 1, 2], [3, 4, 0, 3]),
        ("overwrite", [0, 2, 1], [3, 4, 0, 3]),
        ("overwrite", [2, 1, 0], [1, 2, 0, 1]),
    ],
)
def test_merge(merge, rank, expected):
    network = make_network(merge=merge)
    network.rank.copy_(torch.tensor(rank))
    assert decode_row(network, make_scores(*CLAIMS)) == expected


def test_sureness_does_not_saturate():
    """Probabilities that are both 1 in 32 bits are told apart."""
    network = make_network()
    for surer, tag in ((0, 1), (1, 3)):
        sure = [("B", 60.0), ("B", 60.0), OUT]
        sure[surer] = ("B", 70.0)
        assert decode_row(network, make_scores(sure)) == [tag]


def test_orphans_begin():
    network = make_network()
    only_i = [[("I", SURE), OUT, OUT], [OUT, ("I", SURE), OUT], [OUT, ("I", SURE), OUT]]
    assert decode_row(network, make_scores(*only_i)) == [1, 3, 4]


def test_outside_forces_o():
    network = make_network()
    outside = torch.tensor([[True, False, False, False]])
    assert decode_row(network, make_scores(*CLAIMS), outside=outside) == [0, 3, 0, 1]


def reference_tags(scores, merge, rank):
    """Token by token, as the reference reads: later types overwrite earlier ones."""
    tags, n_types = [], scores.shape[1]
    probabilities = scores.softmax(dim=2)
    for token in range(len(scores)):
        claims = [t for t in range(n_types) if int(scores[token, t].argmax()) > 0]
        if merge == "max_prob":
            claims.sort(key=lambda t: 1 - float(probabilities[token, t, 0]))
        else:
            claims.sort(key=lambda t: rank[t])
        tag = 0
        for type_ in claims:
            tag = 2 * type_ + int(scores[token, type_].argmax())
        tags.append(tag)
    return tags


@settings(max_examples=100)
@given(
    st.sampled_from(["max_prob", "overwrite"]),
    st.permutations(range(N_TYPES)),
    st.integers(0, 2**16),
    st.integers(1, 9),
)
def test_decode_is_what_conlleval_reads(merge, rank, seed, n_tokens):
    network = make_network(merge=merge)
    network.rank.copy_(torch.tensor(rank))
    scores = make_emissions(1, n_tokens, N_TYPES, 3, seed=seed, scale=2.0)
    tags = decode(network, ConceptOutputs(scores), torch.tensor([n_tokens]))[0].numpy()
    raw = reference_tags(scores[0], merge, rank)
    assert is_legal(tags.tolist(), network.legal)
    for ours, expected in zip(spans(tags), spans(numpy.array(raw)), strict=True):
        assert ours.tolist() == expected.tolist()


def test_cells_are_weighted_alike():
    """A token is the mean of its types' losses, whatever their number."""
    network = make_network()
    gold, lengths = torch.zeros(1, 4, dtype=torch.long), torch.tensor([4])
    scores = make_emissions(1, 4, N_TYPES, 3)
    loss = add_up(get_loss(network, ConceptOutputs(scores), gold, lengths))
    flat = functional.cross_entropy(
        scores.view(-1, 3), torch.zeros(12, dtype=torch.long)
    )
    assert_close(loss / 4, flat)


@pytest.mark.parametrize("system", SYSTEMS, ids=str)
@pytest.mark.parametrize("merge", ["max_prob", "overwrite"])
def test_all_tensors_are_where_the_network_is(system, merge):
    # "meta" computes shapes only, and refuses tensors of another device
    network = make_network(merge=merge, **system).to("meta")
    vectors, lengths, gold = (tensor.to("meta") for tensor in make_batch())
    outputs = run(network, vectors, lengths)
    assert add_up(get_loss(network, outputs, gold, lengths)).device.type == "meta"
    outside = torch.zeros(3, 6, dtype=torch.bool, device="meta")
    assert decode(network, outputs, lengths, outside=outside).shape == (3, 6)


def test_spans_that_are_no_entities_are_of_their_own_type():
    network = make_random_network()
    lengths = torch.tensor([6, 3])
    outputs = run(network, make_emissions(2, 6, WIDTH), lengths)
    rows = [(0, 1, 3, 2), (1, 0, 3, 0), (1, 2, 3, -1)]
    incorrect = Spans(*torch.tensor(rows).T)
    gold = torch.full((2, 6), -1)
    loss = network.loss(outputs, Targets(gold, lengths, incorrect=incorrect))
    mask = torch.arange(6) < lengths.unsqueeze(1)
    wanted = 0
    for row, start, end, label in rows:
        # one of any label is none of each
        for type_ in range(N_TYPES) if label < 0 else [label]:
            scores = outputs.emissions[:, :, type_].double()
            span = Spans(*torch.tensor([[row, start, end, 0]]).T)
            wanted -= log_complement(Chain.free(scores), scores, mask, span).sum()
    assert_close(loss.sums["incorrect"].double(), wanted, atol=1e-6, rtol=1e-6)
    assert loss.units["incorrect"] == 3
    assert loss.sums["recognition"] == 0
