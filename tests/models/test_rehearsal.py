"""A model and its copy: docs of several windows, batches of several groups."""

from copy import deepcopy

import pytest
import torch
from numpy.testing import assert_allclose
from torch.testing import assert_close

from spacy_moee import padding
from spacy_moee.errors import MoeeError
from spacy_moee.models.families import Family
from spacy_moee.models.rehearsal import compute_divergence, read_again
from spacy_moee.models.segments import Segments
from spacy_moee.models.wrapper import network_model
from spacy_moee.networks.network import Inputs, mean_loss

from ..networks.util import randomize
from .test_contract import LinearNetwork
from .test_seam import (
    clear_gradients,
    get_gradients,
    make_batch,
    make_random_model,
    make_vectors,
)
from .util import get_module, make_docs, make_tok2vec, recorded

SETTINGS = [{}, {"crf": False}, {"detection_weight": 0.5, "gate_weight": 0.0}]


def make_pair(docs, vectors=None, **changes):
    """A model, and a copy from before all of its weights were changed."""
    teacher = make_random_model(docs, make_tok2vec(vectors), seed=1, **changes)
    model = deepcopy(teacher)
    randomize(get_module(model), seed=2, scale=0.7)
    return model, teacher


def rehearse(model, teacher, docs):
    """Divergence, gradients of the parameters, gradient of the token vectors."""
    clear_gradients(model)
    loss, gradient, backprop = read_again(model, teacher, docs, "ner")
    backprop(gradient)
    return loss, get_gradients(model), recorded(model).gradients[-1]


def rehearse_plainly(model, teacher, docs, vectors):
    """The same, with nothing but torch: each window as a sequence of its own."""
    network, tables, inputs = get_module(model), [], []
    for doc, rows in zip(docs, vectors, strict=True):
        tables.append(torch.tensor(rows, requires_grad=True))
        windows = model.attrs["segments"](doc)
        ends = zip(*windows[:2], strict=True)
        inputs += [tables[-1][start:end] for start, end in ends]
    lengths = torch.tensor([len(rows) for rows in inputs])
    padded = Inputs(torch.nn.utils.rnn.pad_sequence(inputs, True), lengths)
    with torch.no_grad():
        said = get_module(teacher)(padded)
    outputs = network(padded)
    loss = network.distill(outputs, get_module(teacher), said, lengths)
    total, _ = mean_loss([loss])
    names, parameters = zip(*network.named_parameters(), strict=True)
    found = torch.autograd.grad(total, [*parameters, *tables], materialize_grads=True)
    n = len(names)
    return float(total.detach()), dict(zip(names, found[:n], strict=True)), found[n:]


@pytest.mark.parametrize("max_padded", [padding.MAX_PADDED, 7])
@pytest.mark.parametrize("changes", SETTINGS)
def test_gradient_equals_one_torch_backward(changes, max_padded, monkeypatch):
    docs, _ = make_batch()
    vectors = make_vectors(docs)
    model, teacher = make_pair(docs, vectors, **changes)
    monkeypatch.setattr(padding, "MAX_PADDED", max_padded)
    loss, found, d_vectors = rehearse(model, teacher, docs)
    wanted_loss, wanted, d_tables = rehearse_plainly(model, teacher, docs, vectors)
    assert loss == pytest.approx(wanted_loss, rel=1e-4)
    for name, gradient in wanted.items():
        mine = torch.zeros_like(gradient) if found[name] is None else found[name]
        assert_close(mine, gradient, atol=1e-5, rtol=1e-3, msg=name)
    for mine, gradient in zip(d_vectors, d_tables, strict=True):
        assert_allclose(mine, gradient, atol=1e-5, rtol=1e-3)


def test_it_is_pure():
    docs, _ = make_batch()
    model, teacher = make_pair(docs)
    before = model.to_bytes(), teacher.to_bytes()
    scores = model.predict(docs)
    first, second = (compute_divergence(model, teacher, docs, scores) for _ in "12")
    assert first[0] == second[0] and first[1].parts == second[1].parts
    assert list(first[1].parts) == ["recognition", "detection", "gate"]
    assert all(part > 0 for part in first[1].parts.values())
    assert all(g is None for m in (model, teacher) for g in get_gradients(m).values())
    assert before == (model.to_bytes(), teacher.to_bytes())


@pytest.mark.parametrize("max_padded", [padding.MAX_PADDED, 7])
def test_the_copy_says_exactly_the_same(max_padded, monkeypatch):
    docs, _ = make_batch()
    monkeypatch.setattr(padding, "MAX_PADDED", max_padded)
    teacher = make_random_model(docs)
    loss, gradients, d_vectors = rehearse(deepcopy(teacher), teacher, docs)
    assert loss == 0
    assert not any(g is not None and g.any() for g in gradients.values())
    assert not any(d.any() for d in d_vectors)


def test_a_network_that_can_not_rehearse():
    docs = make_docs(5)
    segments = Segments(True, 256, 64)
    model = network_model(LinearNetwork, make_tok2vec(), None, segments, 1, Family())
    model.initialize(X=docs, Y=["NAME"])
    with pytest.raises(MoeeError, match="M014.* LinearNetwork, has no .*`distill`"):
        read_again(model, deepcopy(model), docs, "ner")
