"""The seam, further: what must not change, and docs of several windows."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from thinc.api import Adam, set_dropout_rate
from torch.testing import assert_close

from spacy_moee import padding
from spacy_moee.errors import MoeeError
from spacy_moee.models import reading
from spacy_moee.models.confidence import find_marginals
from spacy_moee.models.readout import compute_loss, read_out
from spacy_moee.models.windows import cut_gold, merge_windows
from spacy_moee.networks.network import Inputs, Targets, mean_loss
from spacy_moee.scheme import possible_tags

from ..networks.util import randomize
from .util import (
    SCHEME,
    WIDTH,
    decode,
    get_module,
    make_doc,
    make_docs,
    make_model,
    make_tags,
    make_tok2vec,
    recorded,
)

# an empty doc, docs of two and three windows, and one of two sentences
LENGTHS = 3, 0, 8, 11, 1
SETTINGS = [
    {},
    {"crf": False},
    {"detection": False, "experts": False},
    {"detection_weight": 0.5, "gate_weight": 0.0},
]


def make_batch(lengths=LENGTHS, missing=0.1):
    docs = make_docs(*lengths) + [make_doc(7, [0, 3])]
    gold = [make_tags(len(doc), i, missing) for i, doc in enumerate(docs)]
    gold[-1] = numpy.array([0, 1, 2, 0, 3, 4, 0])
    return docs, gold


def make_vectors(docs, seed=0):
    rng = numpy.random.default_rng(seed)
    return [rng.normal(size=(len(doc), WIDTH)).astype("f") for doc in docs]


def make_random_model(docs=None, tok2vec=None, seed=0, **changes):
    model = make_model(docs, tok2vec, **{"max_length": 6, "overlap": 2, **changes})
    randomize(get_module(model), seed, scale=0.7)
    return model


def get_gradients(model):
    return {
        name: None if p.grad is None else p.grad.clone()
        for name, p in get_module(model).named_parameters()
    }


def clear_gradients(model):
    for parameter in get_module(model).parameters():
        parameter.grad = None


def train(model, docs, gold):
    """Loss, gradients of the parameters, gradient of the token vectors."""
    clear_gradients(model)
    scores, backprop = model.begin_update(docs)
    loss, gradient = compute_loss(docs, scores, gold)
    backprop(gradient)
    return loss, get_gradients(model), recorded(model).gradients[-1]


def train_plainly(model, docs, gold, vectors):
    """The same, with nothing but torch: one backward through one padded batch."""
    module, segments = get_module(model), model.attrs["segments"]
    tables = [torch.tensor(v, requires_grad=True) for v in vectors]
    inputs, tags = [], []
    for doc, table, doc_gold in zip(docs, tables, gold, strict=True):
        windows = segments(doc)
        pieces, _ = cut_gold(windows, doc_gold)
        for start, end, piece in zip(*windows[:2], pieces, strict=True):
            inputs.append(table[start:end])
            tags.append(torch.tensor(piece))
    pad = torch.nn.utils.rnn.pad_sequence
    lengths = torch.tensor([len(tag) for tag in tags])
    outputs = module(Inputs(pad(inputs, batch_first=True), lengths))
    gold_tags = pad(tags, True, padding_value=-1)
    possible = possible_tags(gold_tags.numpy(), len(module.category))
    targets = Targets(gold_tags, lengths, torch.from_numpy(possible))
    total, _ = mean_loss([module.loss(outputs, targets)])
    names, parameters = zip(*module.named_parameters(), strict=True)
    found = torch.autograd.grad(total, [*parameters, *tables], materialize_grads=True)
    n = len(names)
    return float(total.detach()), dict(zip(names, found[:n], strict=True)), found[n:]


@pytest.mark.parametrize("changes", SETTINGS)
def test_gradient_equals_one_torch_backward(changes):
    docs, gold = make_batch()
    vectors = make_vectors(docs)
    model = make_random_model(docs, make_tok2vec(vectors), **changes)
    loss, found, d_vectors = train(model, docs, gold)
    wanted_loss, wanted, d_tables = train_plainly(model, docs, gold, vectors)
    assert loss == pytest.approx(wanted_loss, rel=1e-5)
    for name, gradient in wanted.items():
        mine = torch.zeros_like(gradient) if found[name] is None else found[name]
        assert_close(mine, gradient, atol=1e-5, rtol=1e-3, msg=name)
    # one array a doc, in order; overlapping windows are summed
    assert [d.shape for d in d_vectors] == [v.shape for v in vectors]
    for mine, gradient in zip(d_vectors, d_tables, strict=True):
        assert_allclose(mine, gradient, atol=1e-5, rtol=1e-3)


def test_gradient_of_vectors_equals_finite_differences():
    docs, gold = make_batch()
    vectors = make_vectors(docs)
    model = make_random_model(docs, make_tok2vec(vectors))
    _, _, d_vectors = train(model, docs, gold)
    step = 1e-2
    for seed in range(4):
        direction = make_vectors(docs, seed + 10)
        ends = []
        for sign in (1, -1):
            for table, change in zip(vectors, direction, strict=True):
                table += sign * step * change
            scores, _ = model.begin_update(docs)
            ends.append(compute_loss(docs, scores, gold)[0])
            for table, change in zip(vectors, direction, strict=True):
                table -= sign * step * change
        slope = (ends[0] - ends[1]) / (2 * step)
        expected = sum(
            float((a * b).sum()) for a, b in zip(d_vectors, direction, strict=True)
        )
        assert slope == pytest.approx(expected, rel=2e-2, abs=1e-2)


@pytest.mark.parametrize("crf", [True, False])
def test_splitting_an_update_changes_nothing(crf, monkeypatch):
    docs, gold = make_batch()
    model = make_random_model(docs, crf=crf)
    monkeypatch.setattr(padding, "BATCH_COST", 10**6)  # one batch, whatever its padding
    whole_scores = model.predict(docs)
    whole = train(model, docs, gold)
    whole_tags = decode(model, docs, whole_scores, [None] * len(docs))
    assert len(whole_scores.batches) == 1
    monkeypatch.undo()
    monkeypatch.setattr(padding, "MAX_PADDED", 7)
    scores = model.predict(docs)
    assert len(scores.batches) > 4
    split = train(model, docs, gold)
    assert split[0] == pytest.approx(whole[0], rel=1e-5)
    for name in whole[1]:
        assert_close(split[1][name], whole[1][name], atol=1e-5, rtol=1e-3)
    for a, b in zip(split[2], whole[2], strict=True):
        assert_allclose(a, b, atol=1e-5, rtol=1e-3)
    for a, b in zip(
        decode(model, docs, scores, [None] * len(docs)), whole_tags, strict=True
    ):
        assert_array_equal(a, b)


@pytest.mark.parametrize("depth, dropout", [(2, 0.0), (2, 0.5), (1, 0.5)])
def test_reading_again_gives_the_gradients_of_a_graph_that_was_kept(
    depth, dropout, monkeypatch
):
    docs, gold = make_batch()
    model = make_random_model(docs, depth=depth)
    set_dropout_rate(model, dropout)
    monkeypatch.setattr(padding, "MAX_PADDED", 7)

    def train_again():
        random.seed(7)  # which sentences are read together
        torch.manual_seed(7)
        found = train(model, docs, gold)
        return *found, torch.rand(3)  # no number more or less is drawn

    again = train_again()
    monkeypatch.setattr(reading, "get_random_state", lambda device: None)
    kept = train_again()
    assert again[0] == kept[0]
    for name in kept[1]:
        assert_close(again[1][name], kept[1][name], atol=1e-6, rtol=1e-6)
    for a, b in zip(again[2], kept[2], strict=True):
        assert_allclose(a, b, atol=1e-6, rtol=1e-6)
    assert torch.equal(again[3], kept[3])


def test_batches_have_graphs_only_if_all_fit_into_memory(monkeypatch):
    docs, _ = make_batch()
    model = make_random_model(docs)
    for batch in model.begin_update(docs)[0].batches:
        assert all(output.requires_grad for output in batch.outputs)
    monkeypatch.setattr(padding, "MAX_PADDED", 7)
    for batch in model.begin_update(docs)[0].batches:
        assert not any(output.requires_grad for output in batch.outputs)


def test_docs_without_gold_do_not_dilute_the_others():
    docs, gold = make_batch()
    for crf in (True, False):
        model = make_random_model(docs, crf=crf)
        expected = train(model, docs, gold)
        blank = make_docs(5, 9, seed=4)
        unknown = [numpy.full(len(doc), -1) for doc in blank]
        found = train(model, docs + blank, gold + unknown)
        assert found[0] == pytest.approx(expected[0], rel=1e-5)
        for name in expected[1]:
            assert_close(found[1][name], expected[1][name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("crf", [True, False])
def test_what_is_wanted_comes_from_the_window_that_answers(crf):
    docs = make_docs(3, 0, 8, 23)
    model = make_random_model(docs, crf=crf)
    scores, presets = model.predict(docs), [None] * len(docs)
    wanted = "gates", "detection", "marginals"
    found = read_out(docs, scores, presets, wanted)
    plain = read_out(docs, scores, presets)
    windows = scores.layout.windows
    rows = {}  # what each window says of its tokens
    for batch in scores.batches:
        said = get_module(model).decode(batch.outputs, batch.lengths, wanted)
        parts = *said, find_marginals(get_module(model), batch, None)
        for place, row in enumerate(batch.rows.tolist()):
            rows[row] = [part[place].numpy() for part in parts]
    flat = numpy.concatenate([rows[i][0][:n] for i, n in enumerate(windows.lengths)])
    merged = merge_windows(windows, flat)
    token = 0
    for doc, prediction, bare in zip(docs, found, plain, strict=True):
        assert_array_equal(prediction.tags, bare.tags)
        assert bare[1:] == (None,) * 5
        assert prediction.gates.dtype == prediction.marginals.dtype == "float32"
        for i in range(len(doc)):
            row = merged.source[token]
            place = token - windows.start[row]
            for mine, part in zip(prediction[1:4], rows[row][1:], strict=True):
                assert_array_equal(mine[i], part[place])
            token += 1
        assert_allclose(prediction.gates.sum(axis=1), 1, atol=1e-5)
        assert_allclose(prediction.marginals.sum(axis=1), 1, atol=1e-5)
        assert [len(part) for part in prediction[:4]] == [len(doc)] * 4


def test_what_a_network_has_not_is_none():
    docs = make_docs(3)
    model = make_random_model(docs, detection=False, experts=False)
    wanted = "gates", "detection", "detection_scores"
    (found,) = read_out(docs, model.predict(docs), [None], wanted)
    assert found[1:] == (None,) * 5


def test_what_cannot_be_wanted():
    docs = make_docs(3)
    model = make_random_model(docs)
    with pytest.raises(MoeeError, match=r"M011.* can't give gate\."):
        read_out(docs, model.predict(docs), [None], ["gate", "gates"])


@pytest.mark.parametrize("training", [False, True])
def test_compute_loss_is_pure(training):
    docs, gold = make_batch()
    model = make_random_model(docs)
    scores = model.begin_update(docs)[0] if training else model.predict(docs)
    kept = [o.detach().clone() for b in scores.batches for o in b.outputs]
    kept_gold = [tags.copy() for tags in gold]
    state = {k: v.clone() for k, v in get_module(model).state_dict().items()}
    first_loss, first = compute_loss(docs, scores, gold)
    second_loss, second = compute_loss(docs, scores, gold)
    assert first_loss == second_loss
    assert first.parts == second.parts
    for a, b in zip(first.outputs, second.outputs, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    assert first.parameters.keys() == second.parameters.keys()
    for name in first.parameters:
        assert torch.equal(first.parameters[name], second.parameters[name])
    assert all(g is None for g in get_gradients(model).values())
    outputs = [o for b in scores.batches for o in b.outputs]
    for output, before in zip(outputs, kept, strict=True):
        assert torch.equal(output, before)
        assert not output.is_leaf or output.grad is None
    for a, b in zip(gold, kept_gold, strict=True):
        assert_array_equal(a, b)
    for name, value in get_module(model).state_dict().items():
        assert torch.equal(value, state[name])


def test_gradient_object_survives_the_update():
    docs, gold = make_batch()
    model = make_random_model(docs)
    scores, backprop = model.begin_update(docs)
    _, gradient = compute_loss(docs, scores, gold)
    kept = {name: value.clone() for name, value in gradient.parameters.items()}
    backprop(gradient)
    model.finish_update(Adam(0.01, grad_clip=0.1))
    for name, value in gradient.parameters.items():
        assert torch.equal(value, kept[name]), name


def test_gradients_accumulate():
    docs, gold = make_batch()
    model = make_random_model(docs)
    _, once, _ = train(model, docs, gold)
    clear_gradients(model)
    for _ in range(2):
        scores, backprop = model.begin_update(docs)
        backprop(compute_loss(docs, scores, gold)[1])
    for name, gradient in get_gradients(model).items():
        assert_close(gradient, 2 * once[name], atol=1e-5, rtol=1e-4)


def test_wholly_unknown_gold():
    docs, gold = make_batch()
    gold = [numpy.full(len(doc), -1) for doc in docs]
    for crf in (True, False):
        model = make_random_model(docs, crf=crf)
        loss, gradients, d_vectors = train(model, docs, gold)
        assert loss == 0
        assert all(g is None or not g.abs().max() > 1e-6 for g in gradients.values())
        assert all(not len(d) or abs(d).max() < 1e-6 for d in d_vectors)


@pytest.mark.parametrize("crf", [True, False])
def test_docs_do_not_depend_on_their_batch(crf):
    docs, _ = make_batch()
    model = make_random_model(docs, crf=crf)
    together = decode(model, docs, model.predict(docs), [None] * len(docs))
    assert [len(tags) for tags in together] == [len(doc) for doc in docs]
    for doc, tags in zip(docs, together, strict=True):
        alone = decode(model, [doc], model.predict([doc]), [None])
        assert_array_equal(alone[0], tags)
    assert any(tags.any() for tags in together)


def test_prediction_equals_unwindowed_when_it_fits():
    docs = make_docs(6, 3, 5)
    model = make_random_model(docs)
    wide = make_random_model(docs, max_length=256, overlap=64)
    for a, b in zip(
        model.predict(docs).batches, wide.predict(docs).batches, strict=True
    ):
        assert torch.equal(a.outputs.emissions, b.outputs.emissions)
    module = get_module(model)
    for doc in docs:
        (vectors,) = model.get_ref("tok2vec").predict([doc])
        lengths = torch.tensor([len(doc)])
        with torch.no_grad():
            outputs = module(Inputs(torch.tensor(vectors).unsqueeze(0), lengths))
            path = module.decode(outputs, lengths).tags[0]
        tags = decode(model, [doc], model.predict([doc]), [None])[0]
        assert_array_equal(tags, path)


def test_windowed_decoding_is_legal_and_respects_presets():
    docs = make_docs(40, 33)
    model = make_random_model(docs, seed=3)
    presets = [numpy.arange(40) % 9 == 0, None]
    tags = decode(model, docs, model.predict(docs), presets)
    for row in tags:
        before = numpy.concatenate([[-1], row[:-1]])
        assert SCHEME.legal[before, row].all()
    assert not tags[0][presets[0]].any()
    assert tags[0].any()


def test_empty_docs_only():
    docs = make_docs(0, 0)
    model = make_random_model()
    tags = decode(model, docs, model.predict(docs), [None, None])
    assert [len(row) for row in tags] == [0, 0]
    scores, backprop = model.begin_update(docs)
    gold = [numpy.zeros(0, "int64")] * 2
    loss, gradient = compute_loss(docs, scores, gold)
    assert loss == 0 and backprop(gradient) == []


def test_dropout_reaches_the_network():
    docs = make_docs(5)
    model = make_random_model(docs)
    plain = model.begin_update(docs)[0].batches[0].outputs.emissions
    set_dropout_rate(model, 0.5)
    dropped = model.begin_update(docs)[0].batches[0].outputs.emissions
    assert not torch.equal(plain, dropped)
    # and prediction stays as it is
    assert_close(model.predict(docs).batches[0].outputs.emissions, plain.detach())


def test_prediction_leaves_nothing_behind():
    docs, _ = make_batch()
    model = make_random_model(docs)
    set_dropout_rate(model, 0.5)
    before = model.to_bytes()
    scores = model.predict(docs)
    decode(model, docs, scores, [None] * len(docs))
    assert not any(m.training for m in get_module(model).modules())
    assert all(g is None for g in get_gradients(model).values())
    assert model.to_bytes() == before
    for batch in scores.batches:
        assert not batch.vectors.numel()
        assert not any(o.requires_grad for o in batch.outputs)
        assert not any(o.is_inference() for o in batch.outputs)
    assert set(recorded(model).calls) == {False}


def test_training_leaves_the_mode_alone():
    docs, gold = make_batch()
    model = make_random_model(docs)
    train(model, docs, gold)
    assert not any(m.training for m in get_module(model).modules())


def test_threads_share_a_model():
    texts = [make_docs(n, n + 3, seed=n) for n in range(1, 17)]
    model = make_random_model(texts[0])
    set_dropout_rate(model, 0.5)

    def run(docs):
        tags = decode(model, docs, model.predict(docs), [None] * len(docs))
        return [row.tolist() for row in tags]

    serial = [run(docs) for docs in texts]
    # one more thread trains all the while, and its dropout disturbs no one
    with ThreadPoolExecutor(5) as pool:
        training = [pool.submit(model.begin_update, texts[3]) for _ in range(8)]
        for _ in range(3):
            assert list(pool.map(run, texts)) == serial
        assert all(job.result() for job in training)
