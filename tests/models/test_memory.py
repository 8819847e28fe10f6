"""What a document says of a word elsewhere, against a loop over pairs of tokens."""

import tracemalloc

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from spacy.tokens import Doc

from spacy_moee.errors import MoeeError
from spacy_moee.models.confidence import find_distribution
from spacy_moee.models.memory import (
    FLOOR,
    NO_MEMORY,
    DocumentMemory,
    find_occurrences,
    make_document_memory,
    move_together,
)
from spacy_moee.models.readout import compute_loss, read_out
from spacy_moee.networks.common import token_mask

from ..networks.util import randomize
from .util import VOCAB, get_module, make_docs, make_model, make_tags

N_TAGS, N_CATEGORIES = 5, 3
MEMORY = DocumentMemory(0.7, 2)
# words that come again nearby and far away, in two cases, in docs of any length
texts = st.lists(st.text("ABCab", max_size=14), min_size=1, max_size=4)


def move_naively(words, marginals, weight, distance):
    """The same for each token by itself, in a loop over all tokens of its doc."""
    changes = numpy.zeros_like(marginals, dtype="float64")
    start = 0
    for doc in words:
        for i, word in enumerate(doc):
            own = marginals[start + i].astype("float64")
            total, weights = own * (own @ own), own @ own
            n_far = 0
            for j, other in enumerate(doc):
                if other == word and abs(i - j) > distance:
                    row = marginals[start + j].astype("float64")
                    total, weights = total + row * (row @ row), weights + row @ row
                    n_far += 1
            if n_far:
                mean = total / weights
                change = numpy.log(mean + FLOOR) - numpy.log(own + FLOOR)
                changes[start + i] = weight * change
        start += len(doc)
    return changes


def make_marginals(n_tokens, seed=0):
    scores = numpy.random.default_rng(seed).normal(
        scale=3, size=(n_tokens, N_CATEGORIES)
    )
    odds = numpy.exp(scores)
    return (odds / odds.sum(axis=1, keepdims=True)).astype("float32")


@given(texts, st.integers(0, 5), st.floats(0.1, 1), st.integers(0, 99))
def test_equals_a_loop(words, distance, weight, seed):
    numbers = [numpy.array([*map(ord, text)], dtype="uint64") for text in words]
    marginals = make_marginals(sum(map(len, words)), seed)
    wanted = move_naively(words, marginals, weight, distance)
    found = find_occurrences(numbers, distance)
    changes = numpy.zeros_like(wanted)
    changes[found.tokens] = move_together(marginals[found.tokens], found, weight)
    assert_allclose(changes, wanted, atol=1e-9)
    # tokens of which nothing is said are exactly 0
    assert not changes[(wanted == 0).all(axis=1)].any()


def make_random_model(docs, memory=MEMORY, seed=3, **changes):
    model = make_model(
        docs, memory=memory, **{"max_length": 8, "overlap": 4, **changes}
    )
    randomize(get_module(model), seed, scale=0.7)
    return model


def predict(model, docs, wanted=("marginals", "scores"), presets=None):
    return read_out(docs, model.predict(docs), presets or [None] * len(docs), wanted)


def assert_same(found, wanted, **tolerance):
    for row, other in zip(found, wanted, strict=True):
        for part, part_of_other in zip(row, other, strict=True):
            assert (part is None) == (part_of_other is None)
            if part is not None:
                assert_allclose(part, part_of_other, **tolerance)


# windows that overlap, an empty doc, one token, and three sentences
LENGTHS = 30, 0, 1, 17


def make_texts():
    docs = make_docs(*LENGTHS, 12)
    for start in (4, 9):
        docs[-1][start].is_sent_start = True
    return docs


@pytest.mark.parametrize("memory", [None, NO_MEMORY, make_document_memory(weight=0)])
def test_without_a_memory_nothing_changes(memory):
    docs = make_texts()
    model = make_random_model(docs, memory)
    scores = model.predict(docs)
    assert all(batch.memory is None for batch in scores.batches)
    plain = make_random_model(docs, None)
    assert_same(predict(model, docs), predict(plain, docs), atol=0, rtol=0)


def test_a_doc_that_repeats_nothing_is_as_before():
    docs = [Doc(VOCAB, words="Anna lives in New York".split()) for _ in range(3)]
    model = make_random_model(docs, DocumentMemory(1, 0))
    assert all(batch.memory is None for batch in model.predict(docs).batches)


def test_each_doc_has_its_own_memory():
    """Neither the docs of a batch nor their order say anything."""
    docs = make_texts()
    model = make_random_model(docs)
    together = predict(model, docs)
    assert_same(together[::-1], predict(model, docs[::-1]), atol=1e-6)
    for doc, row in zip(docs, together, strict=True):
        if len(doc):
            assert_same([row], predict(model, [doc]), atol=1e-6)
    plain = predict(make_random_model(docs, None), docs)
    moved = abs(together[0].marginals - plain[0].marginals).max(axis=1)
    assert (moved > 0.1).any()


@pytest.mark.parametrize("starts", [(), (4, 8, 13)])
@pytest.mark.parametrize("crf", [True, False])
def test_all_windows_of_a_doc_know(starts, crf):
    """What a token gets, it gets from the marginals of the windows that answer."""
    (doc,) = make_docs(20)
    for start in starts:
        doc[start].is_sent_start = True
    model = make_random_model([doc], crf=crf)
    (plain,) = predict(make_random_model([doc], None, crf=crf), [doc], ["marginals"])
    scores = model.predict([doc])
    # tags without a memory may be joined elsewhere than at the cores
    words = [token.lower_ for token in doc]
    windows = scores.layout.windows
    found = {}
    for batch in scores.batches:
        network, kept = scores.network, batch.memory
        batch.memory = None
        mask = token_mask(batch.tokens, batch.lengths)
        said = find_distribution(network, batch).marginals(mask)
        batch.memory = kept
        for row, number in enumerate(batch.rows):
            first = windows.start[number]
            for token in range(windows.core_start[number], windows.core_end[number]):
                found[token] = said[row, token - first].numpy()
    marginals = numpy.stack([found[i] for i in range(len(doc))])
    assert plain.marginals.shape == marginals.shape
    # O, and B and I of each type
    summed = numpy.stack(
        [marginals[:, tags].sum(axis=1) for tags in ([0], [1, 2], [3, 4])]
    )
    wanted = move_naively([words], summed.T, *vars(MEMORY).values())
    wanted = wanted[:, [0, 1, 1, 2, 2]]
    assert (numpy.abs(wanted) > 0.1).any()
    for batch in scores.batches:
        for tokens, row in zip(batch.tokens, batch.memory, strict=True):
            on_tokens = tokens < len(doc)
            assert_allclose(row[on_tokens], wanted[tokens[on_tokens]], atol=1e-4)
            assert not row[~on_tokens].any()


@pytest.mark.parametrize("changes", [{}, {"crf": False}, {"constrained": False}])
def test_tags_and_marginals_are_of_one_distribution(changes):
    docs = make_docs(9)
    model = make_random_model(docs, max_length=256, **changes)
    preset = numpy.zeros(9, dtype=bool)
    for presets in (None, [preset], [preset | (numpy.arange(9) == 3)]):
        (row,) = predict(model, docs, ["marginals"], presets)
        scores = model.predict(docs)
        (batch,) = scores.batches
        chain, emissions, _ = find_distribution(scores.network, batch)
        possible = torch.ones(1, 9, N_TAGS, dtype=torch.bool)
        if presets:
            possible[0, torch.from_numpy(presets[0]), 1:] = False
        mask = torch.ones(1, 9, dtype=torch.bool)
        best = chain.best_paths(emissions, mask, possible)[0]
        assert_array_equal(row.tags, best)
        assert_allclose(
            row.marginals, chain.marginals(emissions, mask, possible)[0], atol=1e-6
        )
        assert_allclose(row.marginals.sum(axis=1), 1, atol=1e-5)


def test_learning_has_no_memory():
    """Neither an update, nor the loss of what is predicted."""
    docs = make_texts()
    gold = [make_tags(len(doc), i) for i, doc in enumerate(docs)]
    model, plain = make_random_model(docs), make_random_model(docs, None)
    scores, _ = model.begin_update(docs)
    assert all(batch.memory is None for batch in scores.batches)
    loss, _ = compute_loss(docs, model.predict(docs), gold)
    assert loss == compute_loss(docs, plain.predict(docs), gold)[0]


def test_a_memory_is_a_setting():
    """It comes from the config, and is not saved with the weights."""
    docs = make_texts()
    model, plain = make_random_model(docs), make_random_model(docs, None)
    assert model.to_bytes() == plain.to_bytes()
    plain.from_bytes(model.to_bytes())
    assert plain.attrs["memory"] == NO_MEMORY
    assert model.copy().attrs["memory"] == MEMORY


def test_a_book_fits():
    """What is kept grows with the words, and not with their pairs."""
    words = numpy.random.default_rng(0).zipf(1.3, 200_000).astype("uint64")
    marginals = make_marginals(len(words))
    tracemalloc.start()
    found = find_occurrences([words], 20)
    move_together(marginals[found.tokens], found, 0.5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.tokens) > 100_000
    assert peak < 60 * len(words) * 8


@pytest.mark.parametrize(
    "settings", [{"weight": -0.1}, {"weight": 2}, {"distance": -1}]
)
def test_settings_that_cant_be(settings):
    with pytest.raises(MoeeError, match="document_memory") as error:
        make_document_memory(**settings)
    assert error.value.code == "M103"
