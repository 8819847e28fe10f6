"""The mean of several networks, against sums over all sequences of each."""

from typing import Any, List

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from spacy_moee.errors import MoeeError
from spacy_moee.networks.concept import ConceptNetwork
from spacy_moee.networks.ensemble import EnsembleNetwork, Member
from spacy_moee.networks.moee import MoEENetwork
from spacy_moee.networks.network import Inputs, Network
from spacy_moee.scheme import iob2_scheme

from .util import (
    all_paths,
    get_loss,
    is_legal,
    make_emissions,
    make_legal,
    make_mask,
    randomize,
    score_paths,
)

LENGTHS = [4, 2, 1]
N_LABELS = 2


def make_network(
    width: int, seed: int, n_labels: int = N_LABELS, **changes: Any
) -> Any:
    settings: Any = {
        **{"hidden_width": 5, "depth": 1, "expert_width": 4},
        **{"detection": True, "experts": True, "crf": True, "constrained": True},
        **{"detection_weight": 1.0, "gate_weight": 1.0},
    }
    scheme = iob2_scheme(n_labels)
    settings |= {"width": width, **scheme.sizes, **changes}
    network = MoEENetwork(**settings)
    for name, values in scheme._asdict().items():
        getattr(network, name).copy_(torch.from_numpy(values))
    randomize(network, seed)
    return network.eval()


def enumerate_marginals(network: Any, emissions: Tensor, legal: Tensor) -> Tensor:
    """The probability of each tag of a sentence, from all legal sequences."""
    paths = [p for p in all_paths(*emissions.shape) if is_legal(p, legal)]
    shares = score_paths(network.recognition_crf, emissions, paths).softmax(0)
    found = torch.zeros_like(emissions)
    for path, share in zip(paths, shares, strict=True):
        for step, tag in enumerate(path):
            found[step, tag] += share
    return found


def make_inputs(width: int = 7) -> Inputs:
    vectors = make_emissions(len(LENGTHS), max(LENGTHS), width, seed=3)
    return Inputs(vectors, torch.tensor(LENGTHS))


def read_alone(member: Member, inputs: Inputs) -> Any:
    parts = [inputs.vectors[..., slice(*run)] for run in member.columns]
    return member.network(inputs._replace(vectors=torch.cat(parts, dim=2)))


@torch.no_grad()
def test_the_mean_equals_enumeration() -> None:
    """Of members with columns and an order of labels of their own."""
    members = [
        Member(make_network(5, seed=1), [(0, 5)], [0, 1]),
        Member(make_network(5, seed=2), [(5, 7), (1, 4)], [1, 0]),
    ]
    inputs, legal = make_inputs(), make_legal(N_LABELS)
    network = EnsembleNetwork(members)
    outputs = network(inputs)
    tags = [[0, 1, 2, 3, 4], [0, 3, 4, 1, 2]]
    experts = [[0, 1, 2], [0, 2, 1]]
    alone = [read_alone(member, inputs) for member in members]
    for row, length in enumerate(LENGTHS):
        shares = []
        for member, said, order in zip(members, alone, tags, strict=True):
            emissions = said.emissions[row, :length]
            found = enumerate_marginals(member.network, emissions, legal)
            shares.append(found[:, order])
        wanted = torch.stack(shares).mean(dim=0)
        assert_close(outputs.marginals[row, :length].exp(), wanted)
        gates = torch.stack(
            [
                said.gate[row, :length].softmax(dim=1)[:, order]
                for said, order in zip(alone, experts, strict=True)
            ]
        )
        assert outputs.gates is not None
        assert_close(outputs.gates[row, :length], gates.mean(dim=0))
    decoded = network.decode(outputs, inputs.lengths, ("gates", "detection"))
    assert decoded.gates is outputs.gates
    check_path(decoded.tags, outputs.marginals, legal)
    assert outputs.detection is not None and decoded.detection is not None
    check_path(decoded.detection, outputs.detection, make_legal(1))


def check_path(found: Tensor, logs: Tensor, legal: Tensor) -> None:
    """The tags are the legal sequence with the greatest product of the means."""
    for row, length in enumerate(LENGTHS):
        paths = [p for p in all_paths(length, logs.shape[2]) if is_legal(p, legal)]
        totals = {
            p: sum(float(logs[row, i, t]) for i, t in enumerate(p)) for p in paths
        }
        assert tuple(found[row, :length].tolist()) == max(
            totals, key=totals.__getitem__
        )


@torch.no_grad()
def test_one_alone_says_what_it_says() -> None:
    """Twice the same network: its marginals, its gates, its detection."""
    network = make_network(7, seed=1)
    inputs, mask = make_inputs(), make_mask(LENGTHS)
    both = EnsembleNetwork([Member(network, [(0, 7)], [0, 1])] * 2)
    outputs, alone = both(inputs), network(inputs)
    wanted = network.tag_distribution(alone).marginals(mask)
    assert_close(outputs.marginals.exp()[mask], wanted[mask])
    detected = network.detection_distribution(alone).marginals(mask)
    assert outputs.detection is not None
    assert_close(outputs.detection.exp()[mask], detected[mask])
    assert_close(outputs.gates, alone.gate.softmax(dim=2))
    assert both.floats == network.floats


def test_tokens_that_have_to_be_outside() -> None:
    network, inputs = make_network(7, seed=1), make_inputs()
    both = EnsembleNetwork([Member(network, [(0, 7)], [0, 1])] * 2)
    outside = torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.bool)
    outside[0, 1] = True
    with torch.no_grad():
        decoded = both.decode(both(inputs), inputs.lengths, outside=outside)
    assert decoded.tags[0, 1] == 0 and decoded.gates is None
    assert is_legal(tuple(decoded.tags[0].tolist()), make_legal(N_LABELS))


@torch.no_grad()
def test_a_part_that_one_lacks_is_none() -> None:
    full = Member(make_network(7, seed=1), [(0, 7)], [0, 1])
    bare = full._replace(
        network=make_network(7, seed=2, detection=False, experts=False, crf=False)
    )
    network = EnsembleNetwork([full, bare])
    outputs = network(make_inputs())
    assert outputs.detection is None and outputs.gates is None
    assert network.detection_distribution(outputs) is None
    decoded = network.decode(outputs, torch.tensor(LENGTHS), ("gates", "detection"))
    assert decoded.gates is None and decoded.detection is None


@torch.no_grad()
def test_a_network_of_another_kind() -> None:
    """The Concept Tagger reads each type apart."""
    scheme = iob2_scheme(N_LABELS)
    sizes: Any = {**scheme.sizes, "vector_width": 3, "n_examples": 0}
    concept: Any = ConceptNetwork(
        width=7, **sizes, hidden_width=4, depth=1, merge="max_prob"
    ).eval()
    for name, values in scheme._asdict().items():
        getattr(concept, name).copy_(torch.from_numpy(values))
    concept.descriptions.copy_(make_emissions(N_LABELS, 3, seed=5))
    full = Member(make_network(7, seed=1), [(0, 7)], [0, 1])
    members: List[Member] = [full, full._replace(network=concept)]
    inputs, mask = make_inputs(), make_mask(LENGTHS)
    outputs = EnsembleNetwork(members)(inputs)
    parts = [
        member.network.tag_distribution(read_alone(member, inputs)).marginals(mask)
        for member in members
    ]
    assert_close(outputs.marginals.exp()[mask], torch.stack(parts).mean(dim=0)[mask])


def test_nothing_is_learned() -> None:
    network: Network[Any] = EnsembleNetwork(
        [Member(make_network(7, seed=1), [(0, 7)], [0, 1])]
    )
    inputs = make_inputs()
    with pytest.raises(MoeeError, match="M107.*Train each member"):
        get_loss(network, network(inputs), torch.zeros(3, 4).long(), inputs.lengths)
    assert not [*network.named_parameters()]
