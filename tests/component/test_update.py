"""Learning from batches: losses, gradients, dropout, missing gold."""

import math
from typing import Any, List

import numpy
import pytest
import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam

from spacy_moee.errors import MoeeError

from .util import (
    TINY,
    get_gradients,
    get_module,
    get_ner,
    get_weights,
    initialize,
    make_example,
    make_examples,
    make_nlp,
    train,
)

MISALIGNED = r"ignore:\[(W030|MW04)\]"


def get_loss(nlp: Language, examples: List[Example]) -> float:
    ner = get_ner(nlp)
    return ner.get_loss(examples, ner.model.predict([eg.x for eg in examples]))[0]


def assert_same(one: dict, two: dict) -> None:
    assert set(one) == set(two)
    for name in one:
        numpy.testing.assert_allclose(one[name], two[name], rtol=1e-4, atol=1e-6)


def forget_gradients(nlp: Language) -> None:
    # thinc expects that an optimizer clears the gradient in place
    get_ner(nlp).finish_update(lambda key, w, d_w: (w, d_w.fill(0)))
    assert get_gradients(nlp) == {}


def test_losses_add_up(nlp: Language) -> None:
    ner = get_ner(nlp)
    examples = make_examples(nlp, 6)
    first = ner.update(examples, sgd=False)
    losses = dict(first)
    assert ner.update(examples, sgd=False, losses=losses) is losses
    assert losses == pytest.approx({name: 2 * value for name, value in first.items()})
    assert first["moee_ner"] == pytest.approx(get_loss(nlp, examples), rel=1e-5)


def test_losses_follow_the_name() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", name="mine", config={"model": TINY})
    examples = make_examples(nlp, 4)
    nlp.initialize(lambda: examples)
    nlp.rename_pipe("mine", "ours")
    losses: dict = {}
    nlp.update(examples, losses=losses)
    parts = ["ours", "ours_recognition", "ours_detection", "ours_gate"]
    assert list(losses) == parts


def test_get_loss_changes_nothing(nlp: Language) -> None:
    ner = get_ner(nlp)
    examples = make_examples(nlp, 4)
    weights = get_weights(nlp)
    scores = ner.model.predict([eg.x for eg in examples])
    before = [o.clone() for batch in scores.batches for o in batch.outputs]
    once, twice = ner.get_loss(examples, scores), ner.get_loss(examples, scores)
    assert once[0] == twice[0]
    assert isinstance(once[0], float)
    after = [o for batch in scores.batches for o in batch.outputs]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert get_gradients(nlp) == {}
    assert get_weights(nlp) == weights


@pytest.mark.parametrize("sgd", [None, False])
def test_no_optimizer_no_step(sgd: Any, nlp: Language) -> None:
    ner = get_ner(nlp)
    weights = get_weights(nlp)
    ner.update(make_examples(nlp, 4), sgd=sgd)
    assert get_weights(nlp) == weights
    assert get_gradients(nlp)
    ner.finish_update(nlp.create_optimizer())
    assert get_weights(nlp) != weights
    assert get_gradients(nlp) == {}


def test_finish_without_update(nlp: Language) -> None:
    weights = get_weights(nlp)
    get_ner(nlp).finish_update(nlp.create_optimizer())
    assert get_weights(nlp) == weights


def test_gradients_accumulate(nlp: Language) -> None:
    """Over two updates they are the sum of both; each is a mean over its tokens."""
    ner = get_ner(nlp)
    examples = make_examples(nlp, 12)
    gradients = []
    for batches in (
        [examples[:4]],
        [examples[4:]],
        [examples[:4], examples[4:]],
        [examples],
    ):
        for batch in batches:
            ner.update(batch, sgd=False)
        gradients.append(get_gradients(nlp))
        forget_gradients(nlp)
    first, second, both, whole = gradients
    assert_same(both, {name: first[name] + second[name] for name in first})
    a, b = (sum(map(len, part)) for part in (examples[:4], examples[4:]))
    assert_same(
        whole, {name: (a * first[name] + b * second[name]) / (a + b) for name in first}
    )


def test_one_step_changes_every_weight() -> None:
    nlp = make_nlp()
    optimizer, examples = initialize(nlp)
    before = {k: v.detach().clone() for k, v in get_module(nlp).named_parameters()}
    embeddings = get_ner(nlp).tok2vec.to_bytes()
    nlp.update(examples, sgd=optimizer)
    for name, parameter in get_module(nlp).named_parameters():
        assert not torch.equal(before[name], parameter), name
    assert get_ner(nlp).tok2vec.to_bytes() != embeddings


def test_two_runs_are_bit_equal() -> None:
    runs = []
    for _ in range(2):
        nlp = make_nlp()
        losses = train(nlp, steps=5, drop=0.3)
        runs.append((losses, nlp.to_bytes()))
    assert runs[0] == runs[1]
    nlp = make_nlp()
    train(nlp, steps=5, drop=0.3, seed=1)
    assert nlp.to_bytes() != runs[0][1]


def test_dropout(nlp: Language) -> None:
    ner = get_ner(nlp)
    examples = make_examples(nlp, 4)

    def losses(drop: float) -> set:
        return {ner.update(examples, drop=drop, sgd=False)["moee_ner"] for _ in "123"}

    assert len(losses(0.0)) == 1
    assert len(losses(0.5)) == 3
    assert len(losses(0.0)) == 1
    # prediction never drops
    assert get_loss(nlp, examples) == get_loss(nlp, examples)
    assert not get_module(nlp).training


def test_dropout_of_the_architecture() -> None:
    nlp = make_nlp(dropout=0.0)
    initialize(nlp)
    ner = get_ner(nlp)
    rates: List[float] = []
    module = get_module(nlp)
    module.register_forward_pre_hook(lambda _, args: rates.append(args[0].dropout))
    for fixed in (None, 0.0, 0.25):
        ner.model.attrs["dropout"] = fixed
        for drop in (0.0, 0.5):
            ner.update(make_examples(nlp, 2), drop=drop, sgd=False)
    assert rates == [0.0, 0.5, 0.0, 0.0, 0.0, 0.25]


def test_dropout_is_in_the_config(nlp: Language) -> None:
    assert nlp.config["components"]["moee_ner"]["model"]["dropout"] is None
    other = make_nlp(dropout=0.25)
    assert get_ner(other).model.attrs["dropout"] == 0.25


# Missing gold


def not_annotated(nlp: Language) -> Example:
    return make_example(nlp, ["Anna", "sings"], None)


def dashes(nlp: Language) -> Example:
    return Example.from_dict(
        Doc(nlp.vocab, words=["Anna", "sings"]), {"entities": ["-", "-"]}
    )


def misaligned_offsets(nlp: Language) -> Example:
    return Example.from_dict(nlp.make_doc("Anna"), {"entities": [(0, 2, "PER")]})


def tokens_that_differ(nlp: Language) -> Example:
    """One token is predicted where the gold has an entity and half another."""
    gold = Doc(
        nlp.vocab, words=["An", "na"], spaces=[False, False], ents=["B-PER", "B-LOC"]
    )
    return Example(Doc(nlp.vocab, words=["Anna"], spaces=[False]), gold)


WHOLLY_MISSING = [
    not_annotated,
    dashes,
    misaligned_offsets,
    tokens_that_differ,
]


@pytest.mark.filterwarnings(MISALIGNED)
@pytest.mark.parametrize("make", WHOLLY_MISSING, ids=lambda f: f.__name__)
@pytest.mark.parametrize("crf", [True, False])
def test_wholly_missing_gold(make: Any, crf: bool) -> None:
    nlp = make_nlp(crf=crf)
    train(nlp, steps=2)
    weights = get_weights(nlp)
    losses: dict = {}
    nlp.update([make(nlp)], sgd=Adam(0.1, L2=0.0), losses=losses)
    assert losses == {
        "moee_ner": 0.0,
        "moee_ner_recognition": 0.0,
        "moee_ner_detection": 0.0,
        "moee_ner_gate": 0.0,
    }
    assert get_weights(nlp) == weights


@pytest.mark.parametrize("make", WHOLLY_MISSING, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings(MISALIGNED)
def test_missing_gold_adds_nothing_to_a_batch(make: Any, nlp: Language) -> None:
    """Nor does its sentence dilute the mean of the others."""
    ner = get_ner(nlp)
    known = make_examples(nlp, 2)
    ner.update(known, sgd=False)
    alone = get_gradients(nlp)
    forget_gradients(nlp)
    ner.update([*known, make(nlp)], sgd=False)
    beside = get_gradients(nlp)
    assert_same(beside, alone)


@pytest.mark.parametrize("crf", [True, False])
def test_partly_missing_gold_is_not_outside(crf: bool) -> None:
    nlp = make_nlp(crf=crf)
    initialize(nlp)
    words = ["Anna", "lives", "in", "Berlin"]

    def loss(*tags: str) -> float:
        doc = Doc(nlp.vocab, words=words)
        return get_loss(nlp, [Example.from_dict(doc, {"entities": list(tags)})])

    missing = loss("U-PER", "O", "O", "-")
    as_outside = loss("U-PER", "O", "O", "O")
    as_place = loss("U-PER", "O", "O", "U-LOC")
    assert 0 < missing
    assert abs(missing - as_outside) > 1e-3
    assert abs(missing - as_place) > 1e-3
    if crf:
        # less is asked, so less can be wrong: recognition, detection and gate alike.
        # What is added up is the same; the mean is over the tokens with gold.
        assert 3 * missing < 4 * min(as_outside, as_place)


def crossing(nlp: Language) -> Example:
    words = ["Bo", "Li", "sings", "."]
    example = make_example(nlp, words, ["B-PER", "I-PER", "O", "O"])
    for token in example.x:
        token.is_sent_start = token.i in (0, 1)
    return example


def test_gold_that_crosses_a_sentence_is_missing(nlp: Language) -> None:
    example = crossing(nlp)
    with pytest.warns(UserWarning, match=r"\[MW01\] 1 gold entities.*'Bo Li'"):
        loss = get_loss(nlp, [example])
    example.y.set_ents([], missing=[example.y[0:2]], default="unmodified")
    assert get_loss(nlp, [example]) == pytest.approx(loss)
    example.y.set_ents([], default="outside")
    assert abs(get_loss(nlp, [example]) - loss) > 1e-3


def test_gold_that_crosses_trains_nothing() -> None:
    # by itself, where sentences are never read together
    segments = {"@misc": "spacy_moee.sentence_segments.v1", "most_sentences": 1}
    nlp = make_nlp(segments=segments)
    initialize(nlp)
    example = crossing(nlp)
    example.y.set_ents(list(example.y.ents), missing=[example.y[2:4]])
    weights = get_weights(nlp)
    with pytest.warns(UserWarning, match="MW01"):
        losses = nlp.update([example], sgd=Adam(0.1, L2=0.0))
    assert losses["moee_ner"] == 0.0
    assert get_weights(nlp) == weights


def test_crossing_is_fine_with_doc_segments() -> None:
    nlp = make_nlp(segments={"@misc": "spacy_moee.doc_segments.v1"})
    initialize(nlp)
    assert get_loss(nlp, [crossing(nlp)]) > 0


# What is not a number


def make_nan_nlp() -> Language:
    nlp = make_nlp(tok2vec={**TINY["tok2vec"], "include_static_vectors": True})
    vocab: Any = nlp.vocab
    for word in ("Anna", "lives", "Rome", "in"):
        vocab.set_vector(word, numpy.ones(4, dtype="f"))
    initialize(nlp)
    vocab.set_vector("Rome", numpy.full(4, math.nan, dtype="f"))
    return nlp


@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_nan_in_the_vectors() -> None:
    nlp = make_nan_nlp()
    ner = get_ner(nlp)
    optimizer = nlp.create_optimizer()
    weights = get_weights(nlp)
    losses = {"moee_ner": 1.5}
    bad = make_example(nlp, ["in", "Rome"], ["O", "B-LOC"])
    with pytest.raises(MoeeError) as error:
        ner.update([*make_examples(nlp, 1), bad], sgd=optimizer, losses=losses)
    assert error.value.code == "M008"
    assert "'Rome'" in str(error.value) and "of 1 of 8 tokens" in str(error.value)
    ner.finish_update(optimizer)
    assert get_weights(nlp) == weights
    assert losses == {"moee_ner": 1.5}
    good = make_example(nlp, ["Anna", "lives"], ["B-PER", "O"])
    assert math.isfinite(ner.update([good], sgd=optimizer)["moee_ner"])


def test_loss_that_is_infinite(nlp: Language) -> None:
    with torch.no_grad():
        get_module(nlp).recognition.output.bias[1] = math.inf
    weights = get_weights(nlp)
    with pytest.raises(MoeeError) as error:
        nlp.update(make_examples(nlp, 2), sgd=nlp.create_optimizer())
    assert error.value.code == "M004"
    assert get_weights(nlp) == weights


# Docs without tokens


def test_empty_batches(nlp: Language) -> None:
    ner = get_ner(nlp)
    optimizer, weights = nlp.create_optimizer(), get_weights(nlp)
    empty = make_example(nlp, [], [])
    assert ner.update([], sgd=optimizer) == {"moee_ner": 0.0}
    assert ner.update([empty, empty], sgd=optimizer) == {"moee_ner": 0.0}
    assert get_weights(nlp) == weights


@pytest.mark.parametrize("place", [0, 1, 2])
def test_empty_docs_among_others(place: int, nlp: Language) -> None:
    ner = get_ner(nlp)
    examples = make_examples(nlp, 2)
    expected = ner.update(examples, sgd=False)
    examples.insert(place, make_example(nlp, [], []))
    assert ner.update(examples, sgd=False) == pytest.approx(expected)


def test_white_space_docs(nlp: Language) -> None:
    losses = nlp.update([make_example(nlp, [" ", "\n"], ["O", "O"])])
    assert math.isfinite(losses["moee_ner"])


def test_white_space_without_annotation_is_outside(nlp: Language) -> None:
    """As `Example.get_aligned_ner` reads it."""
    words, tags = ["Anna", "\n", "sings"], ["B-PER", "O", "O"]
    given, missing = (make_example(nlp, words, tags) for _ in "12")
    missing.y.set_ents([], missing=[missing.y[1:2]], default="unmodified")
    assert missing.get_aligned_ner() == ["U-PER", "O", "O"]
    assert get_loss(nlp, [missing]) == pytest.approx(get_loss(nlp, [given]))


def test_gold_of_other_tokens(nlp: Language) -> None:
    """Gold on `New` `York` reaches a doc that splits differently."""
    gold = Doc(nlp.vocab, words=["in", "New York"], ents=["O", "B-LOC"])
    split = Doc(nlp.vocab, words=["in", "New", "York"])
    same = make_example(nlp, ["in", "New", "York"], ["O", "B-LOC", "I-LOC"])
    assert get_loss(nlp, [Example(split, gold)]) == pytest.approx(get_loss(nlp, [same]))


def test_update_wants_examples(nlp: Language) -> None:
    with pytest.raises(TypeError):
        get_ner(nlp).update([nlp.make_doc("Anna")])
