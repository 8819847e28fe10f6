"""A network of one's own: all it takes is the contract of `networks/network.py`."""

from typing import Callable, Collection, List, NamedTuple, Optional

import numpy
import pytest
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Adam
from torch import Tensor, nn
from torch.nn import functional

from spacy_moee.component import MoEENer
from spacy_moee.errors import MoeeError
from spacy_moee.models.families import Family
from spacy_moee.models.readout import compute_loss, read_out
from spacy_moee.models.segments import Segments
from spacy_moee.models.wrapper import network_model
from spacy_moee.networks.common import register_scheme
from spacy_moee.networks.concept import ConceptNetwork, ConceptOutputs
from spacy_moee.networks.crf import Chain, TagDistribution
from spacy_moee.networks.moee import MoEENetwork, MoEEOutputs
from spacy_moee.networks.network import (
    Decoded,
    GrowingNetwork,
    Inputs,
    Loss,
    Network,
    Targets,
)

from .util import make_docs, make_tok2vec


class LinearOutputs(NamedTuple):
    scores: Tensor


class LinearNetwork(nn.Module):
    """A softmax of a linear layer."""

    category: Tensor
    boundary: Tensor
    legal: Tensor

    def __init__(self, width: int, n_tags: int, n_categories: int) -> None:
        super().__init__()
        register_scheme(self, n_tags)
        self.layer = nn.Linear(width, n_tags)

    @property
    def floats(self) -> int:
        return self.layer.in_features

    def forward(self, inputs: Inputs) -> LinearOutputs:
        return LinearOutputs(self.layer(inputs.vectors))

    def loss(self, outputs: LinearOutputs, targets: Targets) -> Loss:
        total = functional.cross_entropy(
            outputs.scores.flatten(0, 1),
            targets.tags.flatten(),
            ignore_index=-1,
            reduction="sum",
        )
        units = (targets.tags >= 0).sum()
        return Loss({"tags": total}, {"tags": units}, {"tags": 2.0})

    def decode(
        self,
        outputs: LinearOutputs,
        lengths: Tensor,
        wanted: Collection[str] = (),
        outside: Optional[Tensor] = None,
    ) -> Decoded:
        tags = outputs.scores.argmax(dim=2)
        return Decoded(tags if outside is None else tags.masked_fill(outside, 0))

    def tag_distribution(self, outputs: LinearOutputs) -> TagDistribution:
        return TagDistribution(Chain.free(outputs.scores), outputs.scores)

    def detection_distribution(
        self, outputs: LinearOutputs
    ) -> Optional[TagDistribution]:
        return None


def see(
    linear: Network[LinearOutputs],
    moee: Network[MoEEOutputs],
    concept: Network[ConceptOutputs],
) -> List[int]:
    return [linear.floats, moee.floats, concept.floats]


def test_every_network_keeps_the_contract() -> None:
    # by mypy, which reads this file, too
    sizes = {"width": 3, "n_tags": 3, "n_categories": 2}
    own = {"hidden_width": 2, "depth": 1}
    moee = MoEENetwork(
        **sizes, **own, expert_width=2, detection=True, experts=True, crf=True,
        constrained=True, detection_weight=1.0, gate_weight=1.0,
    )  # fmt: skip
    concept = ConceptNetwork(
        **sizes, **own, vector_width=2, n_examples=0, merge="max_prob"
    )
    assert min(see(LinearNetwork(**sizes), moee, concept)) > 0
    growing: GrowingNetwork = moee
    assert isinstance(growing, GrowingNetwork)
    assert not isinstance(concept, GrowingNetwork)


@pytest.mark.parametrize("max_length", [4, 256])
def test_a_network_of_ones_own_learns_and_predicts(max_length: int) -> None:
    docs: List[Doc] = make_docs(9, 12, 7)
    segments = Segments(True, max_length, 1)
    model = network_model(LinearNetwork, make_tok2vec(), None, segments, 1, Family())
    model.initialize(X=docs, Y=["NAME"])  # type: ignore[arg-type]
    gold = [numpy.array([int(t.text == "Anna") for t in doc]) for doc in docs]
    optimizer, losses = Adam(0.1), []
    for _ in range(60):
        scores, backprop = model.begin_update(docs)
        loss, gradient = compute_loss(docs, scores, gold)
        assert loss == pytest.approx(2 * gradient.parts["tags"])
        backprop(gradient)  # type: ignore[arg-type]
        model.finish_update(optimizer)
        losses.append(loss)
    assert losses[-1] < losses[0] / 10
    found = read_out(docs, model.predict(docs), [None] * len(docs), ["gates"])
    assert [row.tags.tolist() for row in found] == [tags.tolist() for tags in gold]
    assert all(row.gates is None for row in found)


def test_a_network_of_ones_own_keeps_its_types() -> None:
    """It does not say how new ones begin."""
    docs: List[Doc] = make_docs(9, 12, 7)
    segments = Segments(True, 256, 1)
    model = network_model(LinearNetwork, make_tok2vec(), None, segments, 1, Family())
    ner = MoEENer(docs[0].vocab, model, "own")
    assert ner.add_label("NAME") == ner.add_label("PLACE") == 1
    ner.initialize(lambda: [Example(doc, doc.copy()) for doc in docs])
    weights = model.to_bytes()
    gold = docs[0].copy()
    gold.ents = [Span(gold, 0, 1, "NEW")]
    uses: List[Callable[[], object]] = [
        lambda: ner.add_label("NEW"),
        lambda: ner.update([Example(docs[0], gold)], sgd=Adam(0.1)),
    ]
    for use in uses:
        with pytest.raises(MoeeError, match="'own'.*start_new_types") as error:
            use()
        assert error.value.code == "M001"
    assert model.to_bytes() == weights and ner.labels == ("NAME", "PLACE")
    gold.ents = [Span(gold, 0, 1, "NAME")]
    assert ner.update([Example(docs[0], gold)], sgd=Adam(0.1))["own"] > 0
