"""The seam between arrays and tensors, around a stand-in for the embeddings."""

from concurrent.futures import ThreadPoolExecutor
from typing import List

import numpy
import pytest
import spacy
import torch
from spacy.tokens import Doc
from thinc.api import Model

from spacy_moee.errors import MoeeError
from spacy_moee.models import batches, wrapper
from spacy_moee.models.segments import make_doc_segments
from spacy_moee.models.tagger import build_moee_tagger_v1
from spacy_moee.tags import iob2_scheme

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

    table = numpy.random.default_rng(0).normal(size=(60, WIDTH)).astype("f")
    return Model("table", forward, params={"E": table}, dims={"nO": WIDTH})


def make_docs(*lengths: int) -> List[Doc]:
    return [Doc(VOCAB, words=["w"] * length) for length in lengths]


def make_model(**kwargs) -> Model:
    torch.manual_seed(0)
    sizes = {"hidden_width": 4, "expert_width": 3, "depth": 2}
    model = build_moee_tagger_v1(table_embed(), **{**sizes, **kwargs})
    model.initialize(X=make_docs(2), Y=iob2_scheme(2))
    return model


def make_gold(docs: List[Doc]) -> List[numpy.ndarray]:
    rng = numpy.random.default_rng(1)
    return [rng.integers(-1, 5, size=len(doc)) for doc in docs]


def step(model: Model, docs: List[Doc], gold: List[numpy.ndarray]):
    """Loss, gradient of the vectors, gradients of the parameters."""
    scores, backprop = model.begin_update(docs)
    loss, gradient = wrapper.compute_loss(model, docs, scores, gold)
    backprop(gradient)
    network = model.shims[0].module
    parameters = {n: p.grad.clone() for n, p in network.named_parameters()}
    return loss, model.get_ref("tok2vec").get_grad("E").copy(), parameters


SWITCHES = [
    {},
    {"crf": False},
    {"detection": False, "experts": False},
    {"detection_weight": 0.5, "gate_weight": 2.0},
]


@pytest.mark.parametrize("switches", SWITCHES)
def test_gradient_is_that_of_plain_torch(switches) -> None:
    docs = make_docs(4, 0, 1, 6)
    gold = make_gold(docs)
    model = make_model(**switches)
    loss, d_vectors, d_parameters = step(model, docs, gold)
    network = model.shims[0].module
    network.zero_grad()
    table = torch.tensor(model.get_ref("tok2vec").get_param("E"), requires_grad=True)
    total, units = torch.zeros(()), 0
    first = 0
    for doc, tags in zip(docs, gold, strict=True):
        if len(doc):
            lengths = torch.tensor([len(doc)])
            outputs = network(table[first : first + len(doc)].unsqueeze(0), lengths)
            part = network.loss(outputs, torch.tensor(tags).unsqueeze(0), lengths)
            total, units = total + part.total, units + part.units
        first += len(doc)
    (total / units).backward()
    assert loss == pytest.approx(float(total.detach()) / units, rel=1e-5)
    torch.testing.assert_close(torch.tensor(d_vectors), table.grad)
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(d_parameters[name], parameter.grad)


def test_gradient_of_the_vectors_by_finite_differences() -> None:
    docs = make_docs(3, 2)
    gold = make_gold(docs)
    model = make_model()
    _, gradient, _ = step(model, docs, gold)
    table = model.get_ref("tok2vec").get_param("E")
    for place in [(0, 0), (2, 1), (4, 2)]:
        losses = []
        for sign in (1, -1):
            table[place] += sign * 0.01
            scores = model.predict(docs)
            losses.append(wrapper.compute_loss(model, docs, scores, gold)[0])
            table[place] -= sign * 0.01
        numeric = (losses[0] - losses[1]) / 0.02
        assert numeric == pytest.approx(gradient[place], abs=2e-3)


def test_loss_is_pure_and_works_on_predictions() -> None:
    docs = make_docs(4, 0, 3)
    gold = make_gold(docs)
    model = make_model()
    found = [
        wrapper.compute_loss(model, docs, scores, gold)[0]
        for scores in (model.begin_update(docs)[0], model.predict(docs))
        for _ in range(2)
    ]
    assert max(found) - min(found) < 1e-5
    assert all(p.grad is None for p in model.shims[0].module.parameters())


def test_parts_add_up_to_the_loss() -> None:
    docs = make_docs(4, 3)
    model = make_model(detection_weight=0.5, gate_weight=2.0)
    scores = model.predict(docs)
    loss, gradient = wrapper.compute_loss(model, docs, scores, make_gold(docs))
    parts = gradient.parts
    expected = parts["recognition"] + 0.5 * parts["detection"] + 2 * parts["gate"]
    assert loss == pytest.approx(expected, rel=1e-5)


def test_batches_of_an_update_change_nothing(monkeypatch) -> None:
    docs = make_docs(7, 1, 5, 0, 6)
    gold = make_gold(docs)
    whole = step(make_model(), docs, gold)
    monkeypatch.setattr(batches, "MAX_PADDED_TOKENS", 6)
    parts = step(make_model(), docs, gold)
    assert parts[0] == pytest.approx(whole[0], rel=1e-5)
    numpy.testing.assert_allclose(parts[1], whole[1], atol=1e-5)
    for name, gradient in whole[2].items():
        torch.testing.assert_close(parts[2][name], gradient, atol=1e-5, rtol=1e-4)


def decode(model: Model, docs: List[Doc]) -> List[List[int]]:
    tags = wrapper.decode(model, docs, model.predict(docs), [None] * len(docs))
    return [row.tolist() for row in tags]


def random_model(**kwargs) -> Model:
    """A model that says more than O."""
    model = make_model(**kwargs)
    with torch.no_grad():
        for parameter in model.shims[0].module.parameters():
            parameter.normal_()
    return model


def test_a_doc_that_fits_is_read_whole() -> None:
    docs = make_docs(9)
    windows = [make_doc_segments(n, 2) for n in (9, 50)]
    one, two = (decode(random_model(segments=w), docs) for w in windows)
    assert one == two and any(one[0])


def test_tags_of_windows_are_legal_and_cover_the_doc() -> None:
    docs = make_docs(40, 0, 17)
    model = random_model(segments=make_doc_segments(6, 3))
    legal = iob2_scheme(2).legal
    for doc, tags in zip(docs, decode(model, docs), strict=True):
        assert len(tags) == len(doc)
        for before, after in zip([-1, *tags], tags, strict=False):
            assert legal[before, after]


def test_windows_add_their_gradients() -> None:
    docs = make_docs(10)
    model = make_model(segments=make_doc_segments(6, 2))
    _, d_vectors, _ = step(model, docs, [numpy.array([0, 1, 2, 0, 0, 0, 3, 4, 0, 0])])
    assert numpy.abs(d_vectors[:10]).sum(axis=1).all()
    assert not d_vectors[10:].any()


def test_entity_across_sentences_warns_and_trains_nothing() -> None:
    doc = Doc(VOCAB, words=list("abcd"), sent_starts=[True, False, True, False])
    model = make_model()
    gold = numpy.array([0, 1, 2, 0])
    with pytest.warns(UserWarning, match="MW01.*b c"):
        loss, _ = wrapper.compute_loss(model, [doc], model.predict([doc]), [gold])
    unknown = numpy.array([0, -1, -1, 0])
    expected, _ = wrapper.compute_loss(model, [doc], model.predict([doc]), [unknown])
    assert loss == expected


@pytest.mark.parametrize(
    "fixed, given, used", [(None, 0.4, 0.4), (0.2, 0.4, 0.2), (0.2, 0.0, 0.0)]
)
def test_dropout_rate(fixed, given, used, monkeypatch) -> None:
    model = make_model(dropout=fixed)
    model.attrs["dropout_rate"] = given
    rates = []
    network = model.shims[0].module
    run = network.encoder.forward

    def spy(vectors, mask, dropout=0.0):
        rates.append(dropout)
        return run(vectors, mask, dropout)

    monkeypatch.setattr(network.encoder, "forward", spy)
    model.begin_update(make_docs(3))
    model.predict(make_docs(3))
    assert rates == [used, 0.0]


def test_threads_get_the_serial_answers() -> None:
    model = random_model(dropout=0.5)
    model.attrs["dropout_rate"] = 0.5  # as after an update
    jobs = [make_docs(5, n % 7, 9) for n in range(60)]
    serial = [decode(model, docs) for docs in jobs]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda docs: decode(model, docs), jobs)) == serial


def test_inputs_follow_the_parameters_to_their_device() -> None:
    # "meta" computes shapes only, and refuses tensors of another device
    model = make_model()
    model.shims[0].module.to("meta")
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
    tok2vec.set_param("E", numpy.zeros((60, WIDTH + 1), dtype="f"))
    with pytest.raises(MoeeError, match="M104"):
        model.predict(make_docs(2))


def test_bytes_round_trip() -> None:
    docs = make_docs(8, 3)
    model = random_model()
    fresh = build_moee_tagger_v1(table_embed()).from_bytes(model.to_bytes())
    assert decode(fresh, docs) == decode(model, docs)


@pytest.mark.parametrize(
    "argument, value",
    [
        ("hidden_width", 0),
        ("depth", 0),
        ("expert_width", 0),
        ("dropout", 1.0),
        ("detection_weight", -1.0),
        ("gate_weight", -0.5),
    ],
)
def test_settings_that_cannot_be(argument: str, value: float) -> None:
    with pytest.raises(MoeeError, match=f"M103.*{argument}"):
        build_moee_tagger_v1(table_embed(), **{argument: value})
