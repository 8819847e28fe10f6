"""Entity types that a trained pipeline gets."""

import copy
import pickle
import random
import warnings
from pathlib import Path
from typing import Any, Dict, List, Sequence

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from spacy_moee.errors import MoeeError

from ..marks import slow
from .test_labels import check_code
from .util import (
    NAMES,
    get_ents,
    get_gradients,
    get_module,
    get_ner,
    get_weights,
    initialize,
    make_example,
    make_examples,
    make_nlp,
    make_texts,
    make_trained,
    predict_texts,
    train,
)

BOUGHT = ["{PER} bought a {PRODUCT} in {LOC} .", "The {PRODUCT} is late ."]
PRODUCTS = ["Zoomer", "Blip 3", "Quaxo", "Snorkel Max", "Wibble"]
SWITCHES: List[Dict[str, Any]] = [
    {},
    {"experts": False},
    {"crf": False, "detection": False},
    {"constrained": False},
]


def make_tagged_examples(
    nlp: Language,
    frames: Sequence[str],
    names: Dict[str, List[str]],
    n: int,
    seed: int = 0,
) -> List[Example]:
    rng, examples = random.Random(seed), []
    for i in range(n):
        words: List[str] = []
        tags: List[str] = []
        for piece in frames[i % len(frames)].split():
            label = piece.strip("{}")
            parts = rng.choice(names[label]).split() if label in names else [piece]
            words += parts
            own = [f"B-{label}"] + [f"I-{label}"] * (len(parts) - 1)
            tags += own if label in names else ["O"]
        examples.append(make_example(nlp, words, tags))
    return examples


def make_new(nlp: Language, n: int = 10) -> List[Example]:
    """Sentences with a type that the pipeline does not know, and those it knows."""
    return make_tagged_examples(nlp, BOUGHT, {**NAMES, "PRODUCT": PRODUCTS}, n)


def marginals(nlp: Language) -> List[numpy.ndarray]:
    docs = [nlp.make_doc(text) for text in make_texts(40, seed=1)]
    return [row.marginals for row in get_ner(nlp).predict(docs, ["marginals"])]


def grow_quietly(nlp: Language, examples: List[Example], **kwargs: Any) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\[MW05\]")
        return nlp.update(examples, **kwargs)


@pytest.mark.parametrize(
    "switches",
    [
        *SWITCHES[::2],
        *(pytest.param(x, marks=pytest.mark.slow) for x in SWITCHES[1::2]),
    ],
    ids=str,
)
def test_it_finds_what_it_found(switches: Dict[str, Any], tmp_path: Path) -> None:
    nlp = make_nlp(**switches)
    train(nlp)
    before, known = predict_texts(nlp), marginals(nlp)
    assert any(ents for _, _, ents in before)
    ner = get_ner(nlp)
    assert ner.add_label("PRODUCT") == 1
    assert ner.add_label("PRODUCT") == 0
    labels = ("LOC", "PER", "PRODUCT")
    assert ner.labels == labels and ner.label_data == list(labels)
    assert nlp.meta["labels"]["moee_ner"] == list(labels)
    assert "PRODUCT" in nlp.vocab.strings
    after = marginals(nlp)
    for old, new in zip(known, after, strict=True):
        assert new.shape == (len(old), 7)
        assert abs(new[:, :5] - old).max() < 1e-3
        assert new[:, 5:].max() < 1e-3
    assert predict_texts(nlp) == before
    nlp.to_disk(tmp_path)
    sourced = spacy.blank("en")
    sourced.add_pipe("moee_ner", source=spacy.load(tmp_path))
    others = {
        "disk": spacy.load(tmp_path),
        "bytes": make_nlp(**switches).from_bytes(nlp.to_bytes()),
        "config": spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes()),
        "pickle": pickle.loads(pickle.dumps(nlp)),
        "deepcopy": copy.deepcopy(nlp),
        "source": sourced,
    }
    for way, other in others.items():
        assert get_ner(other).labels == labels, way
        assert predict_texts(other) == before, way
        rows = zip(marginals(other), after, strict=True)
        assert all(numpy.array_equal(x, y) for x, y in rows), way
        # and once more, on what was loaded or copied
        assert get_ner(other).add_label("MORE") == 1, way
        assert predict_texts(other) == before, way
    assert ner.labels == labels


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_an_update_meets_a_new_type(switches: Dict[str, Any], tmp_path: Path) -> None:
    nlp = make_nlp(**switches)
    train(nlp)
    new = make_new(nlp)
    examples = [*make_examples(nlp), *new]
    first = next(e.text for e in new[0].reference.ents if e.label_ == "PRODUCT")
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.02
    with pytest.warns(UserWarning) as record:
        nlp.update(examples, sgd=optimizer)
        nlp.update(examples, sgd=optimizer)
    (warning,) = record
    assert str(warning.message).startswith("[MW05] 'moee_ner'")
    for word in (
        "'PRODUCT'",
        f"on {first!r}",
        "['LOC', 'PER']",
        "add_label('PRODUCT')",
    ):
        assert word in str(warning.message)
    for _ in range(70):
        nlp.update(examples, sgd=optimizer)
    scores = nlp.evaluate(examples)
    assert scores["ents_f"] == 1.0
    assert set(scores["ents_per_type"]) == {"LOC", "PER", "PRODUCT"}
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert again.meta["labels"]["moee_ner"] == ["LOC", "PER", "PRODUCT"]
    assert again.evaluate(examples)["ents_f"] == 1.0


def test_two_new_types_in_one_batch(nlp: Language) -> None:
    words = ["x", "y", "z"]
    examples = [
        make_example(nlp, words, ["B-ZOO", "B-ANT", "O"]),
        make_example(nlp, words, ["O", "O", "B-ANT"]),
    ]
    with pytest.warns(UserWarning, match=r"\[MW05\]") as record:
        nlp.update(examples)
    assert len(record) == 2
    assert get_ner(nlp).labels == ("LOC", "PER", "ANT", "ZOO")
    # the text of the first
    assert "on 'y'" in str(record[0].message) and "on 'x'" in str(record[1].message)


@pytest.mark.parametrize("label", ["!PER", "B-PER", "O"])
def test_what_is_no_type_changes_nothing(label: str, nlp: Language) -> None:
    weights = get_weights(nlp)
    bad = make_example(nlp, ["a", "b"], ["O", "O"])
    bad.reference.ents = [spacy.tokens.Span(bad.reference, 0, 1, label=label)]
    good = make_new(nlp, 1)
    losses = {"moee_ner": 0.0}
    for sgd in (nlp.create_optimizer(), False):
        with pytest.raises(MoeeError) as error:
            get_ner(nlp).update([*good, bad], sgd=sgd, losses=losses)
        check_code(error, "M003", label)
    assert get_weights(nlp) == weights and losses == {"moee_ner": 0.0}
    assert get_ner(nlp).labels == ("LOC", "PER")
    assert get_gradients(nlp) == {}


def test_entities_without_a_type_are_no_gold(nlp: Language) -> None:
    example = make_example(nlp, ["Anna", "b"], ["O", "O"])
    reference = example.reference
    reference.ents = [spacy.tokens.Span(reference, 0, 1, label="", kb_id="Q1")]
    nlp.update([example])
    assert get_ner(nlp).labels == ("LOC", "PER")


def test_the_loss_is_read_and_nothing_else(nlp: Language) -> None:
    """`get_loss` adds no type."""
    ner, weights = get_ner(nlp), get_weights(nlp)
    examples = make_new(nlp, 2)
    scores = ner.model.predict([eg.predicted for eg in examples])
    with pytest.raises(MoeeError) as error:
        ner.get_loss(examples, scores)
    check_code(error, "M002", "PRODUCT", "LOC", "add_label('PRODUCT')", "description=")
    assert get_weights(nlp) == weights and ner.labels == ("LOC", "PER")


def test_what_was_scored_before_is_read_as_before(nlp: Language) -> None:
    """By the network that has scored it."""
    ner, examples = get_ner(nlp), make_examples(nlp, 4)
    docs = [eg.predicted for eg in examples]
    scores, _ = ner.model.begin_update(docs)
    loss, _ = ner.get_loss(examples, scores)
    ner.add_label("PRODUCT")
    assert ner.get_loss(examples, scores)[0] == loss


def test_gradients_wait(nlp: Language) -> None:
    """What was accumulated before the network grew takes its part in the step."""
    twin = make_trained()
    old = make_examples(nlp, 8)
    for each in (nlp, twin):
        get_ner(each).update(old, sgd=False)
    get_ner(twin).add_label("PRODUCT")
    grow_quietly(nlp, make_new(nlp), sgd=False)  # type: ignore[arg-type]
    one, two = get_gradients(nlp), get_gradients(twin)
    assert one.keys() == two.keys()
    assert get_module(nlp).recognition.gate.weight.grad.shape == (4, 32)
    optimizer = nlp.create_optimizer()
    before = get_weights(nlp)
    get_ner(nlp).finish_update(optimizer)
    assert get_weights(nlp) != before and get_gradients(nlp) == {}


@pytest.mark.parametrize("use_averages", [True, False])
def test_the_optimizer_keeps_what_stays(use_averages: bool) -> None:
    """Training goes on as if nothing had grown: the same steps for the same examples,
    up to what the new type takes, exp(-10)."""
    runs = []
    for grows in (False, True):
        nlp = make_nlp()
        _, examples = initialize(nlp)
        optimizer = Adam(0.001, L2=0.0, grad_clip=1.0, use_averages=use_averages)
        for _ in range(60):
            nlp.update(examples, sgd=optimizer)
        before = {n: p.detach().clone() for n, p in get_module(nlp).named_parameters()}
        if grows:
            fix_random_seed(0)
            get_ner(nlp).add_label("PRODUCT")
        nlp.update(examples, sgd=optimizer)
        after = dict(get_module(nlp).named_parameters())
        runs.append(
            {
                name: after[name].detach()[tuple(slice(n) for n in old.shape)] - old
                for name, old in before.items()
            }
        )
    plain, grown = runs
    for name, step in plain.items():
        # a forgotten momentum would make a step of another direction and size
        assert (grown[name] - step).norm() < 0.01 * step.norm(), name
    assert all(abs(step).max() > 1e-5 for step in plain.values())


def test_gold_of_new_types_is_checked_as_other_gold() -> None:
    """The update that meets them will read them."""
    nlp = make_nlp()
    words, tags = ["A", "\n", "b"], ["B-NEW", "I-NEW", "O"]
    examples = [*make_examples(nlp), make_example(nlp, words, tags)]
    with pytest.warns(UserWarning, match=r"\[MW02\]"):
        get_ner(nlp).initialize(lambda: examples, labels=["LOC", "PER"])
    assert get_ner(nlp).labels == ("LOC", "PER")


def test_described_types_need_a_description() -> None:
    from .test_concept import make_trained as make_described

    nlp = make_described("Concept")
    weights, before = get_weights(nlp), predict_texts(nlp)
    with pytest.raises(MoeeError) as error:
        nlp.update(make_new(nlp))
    check_code(error, "M002", "PRODUCT", "add_label('PRODUCT', description=")
    assert get_weights(nlp) == weights and predict_texts(nlp) == before
    assert get_ner(nlp).labels == ("LOC", "PER")
    get_ner(nlp).add_label("PRODUCT", description="product")
    nlp.update(make_new(nlp))


def test_a_label_before_initialization_makes_no_warning() -> None:
    nlp = make_nlp()
    get_ner(nlp).add_label("PRODUCT")
    train(nlp, steps=2)
    nlp.update(make_new(nlp))
    assert get_ner(nlp).labels == ("PRODUCT", "LOC", "PER")


def test_a_longer_training_with_dropout_and_averages() -> None:
    """A run of `nlp.update` in which types turn up one after the other."""
    nlp = make_nlp()
    optimizer, examples = initialize(nlp)
    optimizer.averages = {}
    for i in range(6):
        name = f"T{i}"
        new = make_example(nlp, [name, "x"], [f"B-{name}", "O"])
        grow_quietly(nlp, [*examples, new], sgd=optimizer, drop=0.3)
        with nlp.use_params(optimizer.averages):
            assert isinstance(nlp("Anna lives in Rome ."), Doc)
    assert get_ner(nlp).labels == ("LOC", "PER", *(f"T{i}" for i in range(6)))
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    assert get_ents(nlp("Anna lives in Rome .")) == [(0, 1, "PER"), (3, 4, "LOC")]


# the sentences of a person who corrects a pipeline
TAUGHT = [
    "{PER} bought a new {PRODUCT} in {LOC} .",
    "The {PRODUCT} is sold in {LOC} .",
    "My {PRODUCT} broke after two weeks .",
    "In {LOC} every child knows the {PRODUCT} .",
    "{PER} repaired his {PRODUCT} himself .",
]
TAUGHT_NAMES = {**NAMES, "PRODUCT": [*PRODUCTS, "Trundle", "Oxo"]}
UNSEEN = {**NAMES, "PRODUCT": ["Plonker", "Mizzle 7", "Dabber"]}


@pytest.mark.parametrize(
    "widths, steps",
    [({"hidden_width": 64, "expert_width": 64, "depth": 1}, 200), *slow(({}, 300))],
)
def test_fifty_sentences_teach_a_type(widths: Dict[str, int], steps: int) -> None:
    """With the optimizer of `resume_training`; what was known stays right."""
    source = spacy.blank("en")
    source.add_pipe("moee_ner", config={"model": widths})
    train(source, steps=40)
    nlp = spacy.blank("en").from_config(source.config).from_bytes(source.to_bytes())
    examples = make_tagged_examples(nlp, TAUGHT, TAUGHT_NAMES, 50)
    unseen = make_tagged_examples(nlp, TAUGHT, UNSEEN, 30, seed=1)
    optimizer, rng = nlp.resume_training(), random.Random(0)
    assert optimizer.learn_rate == 0.001
    for _ in range(steps):
        grow_quietly(nlp, rng.sample(examples, 10), sgd=optimizer, drop=0.1)
    assert nlp.evaluate(examples)["ents_f"] > 0.99
    scores = nlp.evaluate(unseen)["ents_per_type"]
    assert all(scores[label]["f"] > 0.85 for label in ("LOC", "PER", "PRODUCT"))
