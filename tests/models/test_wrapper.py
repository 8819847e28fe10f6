"""The seam between arrays and tensors, around a stand-in for the embeddings."""

from typing import Any, List

import numpy
import pytest
import spacy
import torch
from spacy.tokens import Doc
from thinc.api import Model

from spacy_moee.errors import MoeeError
from spacy_moee.models import readout
from spacy_moee.models.segments import make_doc_segments
from spacy_moee.models.tagger import build_moee_tagger_v1

from .util import get_module

VOCAB = spacy.blank("en").vocab
WIDTH = 3


def table_embed() -> Model:
    """Embeddings whose table of all tokens is the parameter: its gradient is that
    with respect to the vectors."""

    def forward(model: Model, docs: List[Doc], is_train: bool):
        offsets = numpy.cumsum([0] + [len(doc) for doc in docs])
        table = model.get_param("E")
        pairs = list(zip(offsets[:-1], offsets[1:], strict=True))

        def backprop(d_vectors):
            assert [d.shape for d in d_vectors] == [(len(d), WIDTH) for d in docs]
            gradient = numpy.zeros_like(table)
            for (start, end), d in zip(pairs, d_vectors, strict=True):
                gradient[start:end] = d
            model.inc_grad("E", gradient)
            return []

        return [table[start:end] for start, end in pairs], backprop

    table: Any = numpy.random.default_rng(0).normal(size=(60, WIDTH)).astype("f")
    return Model("table", forward, params={"E": table}, dims={"nO": WIDTH})


def make_docs(*lengths: int) -> List[Doc]:
    return [Doc(VOCAB, words=["w"] * length) for length in lengths]


def make_model(**kwargs) -> Model:
    torch.manual_seed(0)
    sizes = {"hidden_width": 4, "expert_width": 3, "depth": 2}
    model = build_moee_tagger_v1(table_embed(), **{**sizes, **kwargs})
    model.initialize(X=make_docs(2), Y=["A", "B"])  # type: ignore[arg-type]
    return model


def make_gold(docs: List[Doc]) -> List[numpy.ndarray]:
    rng = numpy.random.default_rng(1)
    return [rng.integers(-1, 5, size=len(doc)) for doc in docs]


def step(model: Model, docs: List[Doc], gold: List[numpy.ndarray]):
    """Loss, gradient of the vectors, gradients of the parameters."""
    scores, backprop = model.begin_update(docs)
    loss, gradient = readout.compute_loss(docs, scores, gold)
    backprop(gradient)
    network = get_module(model)
    parameters = {n: p.grad.clone() for n, p in network.named_parameters()}
    return loss, model.get_ref("tok2vec").get_grad("E").copy(), parameters


def test_parts_add_up_to_the_loss() -> None:
    docs = make_docs(4, 3)
    model = make_model(detection_weight=0.5, gate_weight=2.0)
    scores = model.predict(docs)
    loss, gradient = readout.compute_loss(docs, scores, make_gold(docs))
    parts = gradient.parts
    expected = parts["recognition"] + 0.5 * parts["detection"] + 2 * parts["gate"]
    assert loss == pytest.approx(expected, rel=1e-5)


def decode(model: Model, docs: List[Doc]) -> List[List[int]]:
    found = readout.read_out(docs, model.predict(docs), [None] * len(docs))
    return [row.tags.tolist() for row in found]


def random_model(**kwargs) -> Model:
    """A model that says more than O."""
    model = make_model(**kwargs)
    with torch.no_grad():
        for parameter in get_module(model).parameters():
            parameter.normal_()
    return model


def test_windows_add_their_gradients() -> None:
    docs = make_docs(10)
    model = make_model(segments=make_doc_segments(6, 2))
    _, d_vectors, _ = step(model, docs, [numpy.array([0, 1, 2, 0, 0, 0, 3, 4, 0, 0])])
    assert numpy.abs(d_vectors[:10]).sum(axis=1).all()
    assert not d_vectors[10:].any()


def test_entity_across_sentences_is_named_and_trains_nothing() -> None:
    doc = Doc(VOCAB, words=list("abcd"), sent_starts=[True, False, True, False])
    model = make_model()
    gold = numpy.array([0, 1, 2, 0])
    loss, found = readout.compute_loss([doc], model.predict([doc]), [gold])
    assert found.crossing == {"MW01": ["b c"], "MW07": []}
    assert readout.find_crossing(model, [doc], [gold]) == found.crossing
    unknown = numpy.array([0, -1, -1, 0])
    expected, _ = readout.compute_loss([doc], model.predict([doc]), [unknown])
    assert loss == expected


@pytest.mark.parametrize(
    "fixed, given, used", [(None, 0.4, 0.4), (0.2, 0.4, 0.2), (0.2, 0.0, 0.0)]
)
def test_dropout_rate(fixed, given, used, monkeypatch) -> None:
    model = make_model(dropout=fixed)
    model.attrs["dropout_rate"] = given
    rates = []
    network = get_module(model)
    run = network.encoder.forward

    def spy(vectors, mask, dropout=0.0):
        rates.append(dropout)
        return run(vectors, mask, dropout)

    monkeypatch.setattr(network.encoder, "forward", spy)
    model.begin_update(make_docs(3))
    model.predict(make_docs(3))
    assert rates == [used, 0.0]


def test_inputs_follow_the_parameters_to_their_device() -> None:
    # "meta" computes shapes only, and refuses tensors of another device
    model = make_model()
    get_module(model).to("meta")
    for scores in (
        model.begin_update(make_docs(3, 0, 2))[0],
        model.predict(make_docs(4)),
    ):
        (batch,) = scores.batches
        tensors = [batch.tokens, batch.lengths, batch.vectors, *batch.outputs]
        assert {tensor.device.type for tensor in tensors} == {"meta"}


def test_other_width() -> None:
    model = make_model()
    tok2vec = model.get_ref("tok2vec")
    wider: Any = numpy.zeros((60, WIDTH + 1), dtype="f")
    tok2vec.set_param("E", wider)
    with pytest.raises(MoeeError, match="M104"):
        model.predict(make_docs(2))


def test_copy() -> None:
    docs = make_docs(8, 3)
    model = random_model()
    assert decode(model.copy(), docs) == decode(model, docs)


def test_bytes_round_trip() -> None:
    docs = make_docs(8, 3)
    model = random_model()
    fresh = make_model().from_bytes(model.to_bytes())
    assert decode(fresh, docs) == decode(model, docs)


def test_bytes_of_another_config() -> None:
    model = random_model()
    fresh = build_moee_tagger_v1(table_embed())
    with pytest.raises(MoeeError, match="M102.*weight_ih_l0 is") as error:
        fresh.from_bytes(model.to_bytes())
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    "argument, value",
    [
        ("hidden_width", 0),
        ("depth", -1),
        ("expert_width", 0),
        ("dropout", 1.0),
        ("detection_weight", -1.0),
        ("gate_weight", -0.5),
    ],
)
def test_settings_that_cannot_be(argument: str, value: Any) -> None:
    with pytest.raises(MoeeError, match=f"M103.*{argument}"):
        build_moee_tagger_v1(table_embed(), **{argument: value})
