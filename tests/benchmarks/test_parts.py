"""What the benchmark of the parts counts."""

import sys
from pathlib import Path

import pytest
import torch
from spacy.tokens import DocBin

from benchmarks.parts import HEADER, compare_experts, main, measure
from benchmarks.reading import mixture_of, read

from ..component.util import get_module, make_examples, make_nlp, make_trained, train


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    nlp = make_nlp()
    examples = make_examples(nlp, n=40, seed=3)
    path = tmp_path / "corpus.spacy"
    DocBin(docs=[example.reference for example in examples]).to_disk(path)
    return path


def named(row) -> dict:
    return dict(zip(HEADER[1:], row, strict=True))


def test_reading_changes_nothing(corpus: Path) -> None:
    nlp = make_trained()
    expected = nlp.evaluate(make_examples(nlp, n=40, seed=3))
    before, even, after = (read(nlp, corpus, gate) for gate in (None, "even", None))
    assert torch.equal(before.weights, after.weights)
    assert torch.allclose(before.weights.sum(dim=1), torch.ones(len(before.gold)))
    assert torch.allclose(even.weights, torch.tensor(1 / 3))
    assert before.weights.shape == (len(before.gold), 3)
    assert named(measure(nlp, corpus))["F1"] == pytest.approx(100 * expected["ents_f"])


def test_gold_gate_picks_the_expert_of_the_gold_type(corpus: Path) -> None:
    """Experts that know nothing but their own type: the gate decides alone."""
    nlp = make_trained()
    mixture = mixture_of(nlp)
    with torch.no_grad():
        for weights in (mixture.weight, mixture.bias, mixture.output.bias):
            weights.zero_()
        mixture.output.weight.copy_(torch.eye(*mixture.output.weight.shape))
        for expert, tags in enumerate([[0], [1, 2], [3, 4]]):
            mixture.bias[expert, tags] = 100.0
        # the trained gate takes every type for the other one
        for values in (mixture.gate.weight, mixture.gate.bias):
            values[:] = values[[0, 2, 1]].clone()
    row = named(measure(nlp, corpus))
    assert row["F1 gold"] > 95 > row["F1 even"] and row["F1"] == 0
    assert 50 < row["gate"] == row["tags"] < 90 and 100 / 3 < row["largest"] <= 100
    assert row["gate inside"] == row["tags inside"] == 0
    # what has another type has the same borders
    assert row["borders"] > 95


def test_detection_head(corpus: Path) -> None:
    nlp = make_trained()
    head = named(measure(nlp, corpus))["detection"]
    assert head > 95
    with torch.no_grad():
        get_module(nlp).detection.bias[0] += 1000
    row = named(measure(nlp, corpus))
    assert row["detection"] == 0 and row["F1"] > 95


def test_experts_that_are_one() -> None:
    mixture = mixture_of(make_trained())
    spread, cosine = compare_experts(mixture)
    assert spread > 0.01 and -1 < cosine < 0.999
    with torch.no_grad():
        mixture.weight[:] = mixture.weight[0].clone()
    assert compare_experts(mixture) == pytest.approx((0, 1), abs=1e-6)


def test_pipeline_without_parts(corpus: Path) -> None:
    nlp = make_nlp(experts=False, detection=False)
    train(nlp)
    row = named(measure(nlp, corpus))
    there = {name for name, value in row.items() if value is not None}
    assert there == {"F1", "borders", "tags", "tags inside"} and row["F1"] > 95


def test_main(
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    model = tmp_path / "model"
    make_trained().to_disk(model)
    arguments = ["x", str(model), str(model), "--corpus", str(corpus)]
    monkeypatch.setattr(sys, "argv", arguments)
    main()
    output = capsys.readouterr().out
    assert "F1 gold" in output and "mean" in output and "cosine" in output
