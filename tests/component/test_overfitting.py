"""Learning twenty sentences by heart, and keeping them."""

import copy
import pickle
from itertools import product
from pathlib import Path

import pytest
import spacy

from ..marks import slow
from .util import (
    get_all,
    get_ner,
    make_examples,
    make_nlp,
    make_random_docs,
    make_texts,
    predict_texts,
    train,
)

SWITCHES = [
    dict(zip(("detection", "experts", "crf"), values, strict=True))
    for values in product([True, False], repeat=3)
]


@pytest.mark.parametrize(
    "switches", [SWITCHES[0], *slow(*SWITCHES[1:-1]), SWITCHES[-1]]
)
def test_overfitting_IO(switches: dict, tmp_path: Path) -> None:
    nlp = make_nlp(**switches)
    losses = train(nlp, steps=35)
    examples = make_examples(nlp)
    scores = nlp.evaluate(examples)
    assert (scores["ents_p"], scores["ents_r"], scores["ents_f"]) == (1.0, 1.0, 1.0)
    assert set(scores["ents_per_type"]) == {"LOC", "PER"}

    parts = {"recognition"}
    parts |= {"detection"} if switches["detection"] else set()
    parts |= {"gate"} if switches["experts"] else set()
    assert set(losses) == {"moee_ner", *(f"moee_ner_{part}" for part in parts)}
    assert all(type(value) is float for value in losses.values())
    total = sum(losses[f"moee_ner_{part}"] for part in parts)
    assert losses["moee_ner"] == pytest.approx(total, rel=1e-4, abs=1e-6)

    expected = predict_texts(nlp)
    assert any(ents for _, _, ents in expected)
    nlp.to_disk(tmp_path)
    others = {
        "disk": spacy.load(tmp_path),
        "bytes": make_nlp(**switches).from_bytes(nlp.to_bytes()),
        "config and bytes": spacy.blank("en").from_config(nlp.config),
        "pickle": pickle.loads(pickle.dumps(nlp)),
        "deepcopy": copy.deepcopy(nlp),
    }
    others["config and bytes"].from_bytes(nlp.to_bytes())
    for way, other in others.items():
        assert predict_texts(other) == expected, way
        assert get_ner(other).labels == ("LOC", "PER"), way

    texts = make_texts(40, seed=1)
    for batch_size in (1, 7, 1000):
        assert get_all(nlp.pipe(texts, batch_size=batch_size)) == expected


@pytest.mark.parametrize("seed", [0, 1])
def test_copies_are_apart(seed: int, nlp: spacy.Language) -> None:
    """Training a copy changes nothing in the original."""
    expected = predict_texts(nlp)
    for other in (copy.deepcopy(nlp), pickle.loads(pickle.dumps(nlp))):
        train(other, steps=1, seed=seed + 5)
        assert predict_texts(nlp) == expected


def test_component_pickles_and_copies_alone(nlp: spacy.Language) -> None:
    ner = get_ner(nlp)
    for other in (copy.deepcopy(ner), pickle.loads(pickle.dumps(ner))):
        docs = make_random_docs(nlp, 10)
        assert get_all(other.pipe(docs)) == get_all(map(ner, make_random_docs(nlp, 10)))


def test_uninitialized_copies() -> None:
    nlp = make_nlp()
    get_ner(nlp).add_label("PER")
    for other in (copy.deepcopy(nlp), pickle.loads(pickle.dumps(nlp))):
        assert get_ner(other).labels == ("PER",)
        other.initialize()
        assert get_all([other("It rains .")])[0][2] == []
