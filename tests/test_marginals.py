"""What another model says of a doc: kept, read and checked."""

import warnings

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin
from spacy.training import Example

import spacy_moee.extensions  # noqa: F401
from spacy_moee.errors import MoeeError
from spacy_moee.marginals import (
    MARGINALS,
    Marginals,
    get_marginals,
    marginal_labels,
    read_marginals,
    same_tokens,
    set_marginals,
)

VOCAB = spacy.blank("en").vocab
LABELS = ["LOC", "PER"]


def make_doc(n_tokens):
    return Doc(VOCAB, words=[f"w{i}" for i in range(n_tokens)])


def make_values(n_tokens, seed=0, sharpness=1.0):
    scores = numpy.random.default_rng(seed).normal(size=(n_tokens, 5)) * sharpness
    values = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    return (values / values.sum(axis=1, keepdims=True)).astype("float32")


def make_said(n_tokens=4, labels=LABELS, **changes):
    doc, values = make_doc(n_tokens), make_values(n_tokens)
    set_marginals(doc, Marginals([*labels], values, **changes))
    return doc


def error_of(call, *args):
    with pytest.raises(MoeeError) as info:
        call(*args)
    return info.value


@given(st.integers(0, 9), st.integers(0, 99), st.sampled_from([0.1, 3.0, 30.0]))
def test_what_is_written_is_read(n_tokens, seed, sharpness):
    values = make_values(n_tokens, seed, sharpness)
    doc = make_doc(n_tokens)
    doc._.moee_marginals = Marginals(LABELS, values, 0.5, "en_large")
    found = doc._.moee_marginals
    assert found.labels == LABELS and found[2:] == (0.5, "en_large")
    # half precision
    assert numpy.allclose(found.values, values, atol=1e-3)
    assert numpy.allclose(found.values.sum(axis=1), 1)
    # what is surely O is not kept
    assert len(doc.user_data[MARGINALS]["tokens"]) == (values[:, 0] < 0.9997).sum()


def test_a_file_keeps_it(tmp_path):
    doc = make_said(weight=2.0, teacher="en_large")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "x.spacy")
        loaded = DocBin().from_disk(tmp_path / "x.spacy")
    [found] = loaded.get_docs(spacy.blank("en").vocab)
    before, after = get_marginals(doc), get_marginals(found)
    assert numpy.array_equal(before.values, after.values)
    assert before._replace(values=0) == after._replace(values=0)
    assert [*marginal_labels(found)] == LABELS


def test_nothing_is_said():
    doc = make_doc(3)
    assert get_marginals(doc) is None and [*marginal_labels(doc)] == []
    assert read_marginals(Example(doc, doc), {"LOC": 0}, "moee_ner") is None
    doc = make_said()
    doc._.moee_marginals = None
    assert MARGINALS not in doc.user_data


@pytest.mark.parametrize(
    "change, problem",
    [
        ({"values": make_values(3)}, "shape"),
        ({"labels": ["LOC"]}, "shape"),
        ({"labels": ["LOC", "LOC"]}, "entity types"),
        ({"weight": 0.0}, "weight"),
        ({"values": make_values(4) * 2}, "sum to 1"),
        ({"values": make_values(4) - 0.2}, "sum to 1"),
        ({"values": numpy.full((4, 5), numpy.nan)}, "sum to 1"),
    ],
)
def test_what_is_no_probability(change, problem):
    wrong = Marginals(LABELS, make_values(4))._replace(**change)
    error = error_of(set_marginals, make_doc(4), wrong)
    assert error.code == "M629" and problem in error.values["problem"]


def test_the_types_are_in_the_order_of_the_component():
    doc = make_said(weight=0.5)
    values = get_marginals(doc).values
    example = Example(make_doc(4), doc)
    found = read_marginals(example, {"PER": 0, "LOC": 1}, "moee_ner")
    assert numpy.allclose(found, 0.5 * values[:, [0, 3, 4, 1, 2]])


def test_other_types():
    example = Example(make_doc(4), make_said(teacher="en_large"))
    for labels in (["LOC"], ["LOC", "PER", "ORG"]):
        numbers = {label: i for i, label in enumerate(labels)}
        error = error_of(read_marginals, example, numbers, "moee_ner")
        assert error.code == "M627" and "en_large" in str(error)
        assert error.values["found"] == LABELS
        assert error.values["expected"] == sorted(labels)


def test_other_tokens():
    reference = make_said()
    predicted = Doc(VOCAB, words=["w0", "w1", "w2w", "3"])
    error = error_of(read_marginals, Example(predicted, reference), {}, "moee_ner")
    assert error.code == "M626"
    assert error.values == {"found": "w2 w3", "expected": "w2w 3"}
    assert not same_tokens(reference, predicted)
    assert not same_tokens(reference, make_doc(3))


def test_retokenized():
    doc = make_said()
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[1:3])
    assert get_marginals(doc) is None
    error = error_of(read_marginals, Example(doc, doc), {}, "moee_ner")
    assert error.code == "M626"
