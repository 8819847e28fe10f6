"""What windows are compared with, of what another model says of docs."""

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from spacy.util import registry

from spacy_moee.models.readout import compute_loss
from spacy_moee.models.soft import cut_marginals, pad_marginals

from .util import make_doc, make_docs, make_model, make_tags


def make_values(n_tokens, seed=0):
    scores = numpy.random.default_rng(seed).normal(size=(n_tokens, 5))
    values = numpy.exp(scores)
    return (values / values.sum(axis=1, keepdims=True)).astype("float32")


def cut(doc, values, max_length, overlap):
    make_segments = registry.misc.get("spacy_moee.sentence_segments.v1")
    windows = make_segments(max_length, overlap)(doc)
    return windows, cut_marginals([windows], [values])


@given(
    n_tokens=st.integers(1, 40),
    max_length=st.integers(2, 12),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_each_token_counts_once(n_tokens, max_length, seed, data):
    overlap = data.draw(st.integers(0, max_length // 2))
    starts = data.draw(st.lists(st.integers(0, n_tokens - 1), max_size=3))
    values = make_values(n_tokens, seed)
    windows, pieces = cut(make_doc(n_tokens, starts), values, max_length, overlap)
    found = numpy.zeros_like(values)
    for start, end, piece in zip(windows.start, windows.end, pieces, strict=True):
        assert piece.shape == (end - start, 5)
        found[start:end] += piece
        # no window goes on with an entity from before it
        assert not piece[0, 2::2].any()
    assert numpy.allclose(found.sum(axis=1), 1)
    inner = numpy.setdiff1d(numpy.arange(n_tokens), windows.start)
    assert numpy.array_equal(found[inner], values[inner])
    outside = numpy.allclose(found[:, 0], values[:, 0])
    types = [[1, 2], [3, 4]]
    assert outside and all(
        numpy.allclose(found[:, x].sum(axis=1), values[:, x].sum(axis=1)) for x in types
    )


def test_padding():
    pieces = [None, make_values(2), make_values(3)]
    padded = pad_marginals(
        pieces, numpy.array([2, 0, 1]), (3, 4, 5), torch.device("cpu")
    )
    assert not padded[0, 3].any() and not padded[1].any() and not padded[2, 2:].any()
    assert numpy.array_equal(padded[0, :3].numpy(), pieces[2])
    assert numpy.array_equal(padded[2, :2].numpy(), pieces[1])


@pytest.mark.parametrize("max_length", [256, 4])
def test_the_loss_of_docs(max_length):
    """Docs of which something is said, beside others with gold, or with both."""
    docs = make_docs(5, 3, 0, 7)
    model = make_model(max_length=max_length, overlap=max_length // 2)
    scores, _ = model.begin_update(docs)
    none = [numpy.full(len(doc), -1) for doc in docs]
    said = [make_values(5), None, None, make_values(7, 1)]
    loss, gradient = compute_loss(docs, scores, none, (), said)
    names = {"recognition", "detection", "gate"}
    soft = {f"soft_{name}" for name in names}
    assert {*gradient.parts} == names | soft and loss > 0
    assert not any(gradient.parts[name] for name in names)
    assert any(d.any() for batch in gradient.outputs for d in batch)
    gold = [make_tags(len(doc)) for doc in docs]
    both, _ = compute_loss(docs, scores, gold, (), said)
    alone, gradient = compute_loss(docs, scores, gold, (), [None] * 4)
    assert {*gradient.parts} == names
    assert both == pytest.approx(alone + loss, rel=1e-5)


def test_the_loss_does_not_depend_on_the_batch():
    """What other docs are in the batch changes the padding, and nothing else."""
    docs = make_docs(5, 9)
    model = make_model()
    scores, _ = model.begin_update(docs)
    alone, _ = model.begin_update(docs[:1])
    none = [numpy.full(len(doc), -1) for doc in docs]
    both, _ = compute_loss(docs, scores, none, (), [make_values(5), None])
    one, _ = compute_loss(docs[:1], alone, none[:1], (), [make_values(5)])
    assert both == pytest.approx(one, rel=1e-5)
