"""What the benchmark of the gate and the experts counts."""

import sys
from pathlib import Path

import pytest
import torch
from spacy.tokens import DocBin

from benchmarks.mixture import compare_experts, main, measure, mixture_of, read

from ..component.util import make_examples, make_nlp, make_trained


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    nlp = make_nlp()
    examples = make_examples(nlp, n=40, seed=3)
    path = tmp_path / "corpus.spacy"
    DocBin(docs=[example.reference for example in examples]).to_disk(path)
    return path


def test_own_gate_changes_nothing(corpus: Path) -> None:
    nlp = make_trained()
    expected = 100 * nlp.evaluate(make_examples(nlp, n=40, seed=3))["ents_f"]
    before, even, after = (read(nlp, corpus, gate) for gate in (None, "even", None))
    assert before.f1 == after.f1 == pytest.approx(expected)
    assert torch.equal(before.gate, after.gate) and torch.equal(before.gate, even.gate)
    assert before.gate.shape == (len(before.gold), 3)
    assert torch.allclose(before.gate.sum(dim=1), torch.ones(len(before.gold)))


def test_gold_gate_picks_the_expert_of_the_gold_type(corpus: Path) -> None:
    """Experts that know nothing but their own type: the gate decides alone."""
    nlp = make_trained()
    mixture, labels = mixture_of(nlp)
    with torch.no_grad():
        for weights in (mixture.weight, mixture.bias, mixture.output.bias):
            weights.zero_()
        mixture.output.weight.copy_(torch.eye(*mixture.output.weight.shape))
        for expert, tags in enumerate([[0], [1, 2], [3, 4]]):
            mixture.bias[expert, tags] = 100.0
        # the trained gate takes every type for the other one
        for values in (mixture.gate.weight, mixture.gate.bias):
            values[:] = values[[0, 2, 1]].clone()
    gate, tags, *inside, largest, own, even, gold = measure(nlp, corpus)
    assert gold > 95 > even and own == 0
    assert 50 < gate == tags < 90 and inside == [0, 0]
    assert 1 / 3 < largest <= 1


def test_experts_that_are_one() -> None:
    mixture, _ = mixture_of(make_trained())
    spread, cosine = compare_experts(mixture)
    assert spread > 0.01 and -1 < cosine < 0.999
    with torch.no_grad():
        mixture.weight[:] = mixture.weight[0].clone()
    assert compare_experts(mixture) == pytest.approx((0, 1), abs=1e-6)


def test_main(
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    model = tmp_path / "model"
    make_trained().to_disk(model)
    monkeypatch.setattr(
        sys, "argv", ["x", str(model), str(model), "--corpus", str(corpus)]
    )
    main()
    output = capsys.readouterr().out
    assert "F1 gold" in output and "mean" in output and "cosine" in output


def test_pipeline_without_experts(tmp_path: Path) -> None:
    nlp = make_nlp(experts=False)
    nlp.initialize(lambda: make_examples(nlp))
    with pytest.raises(SystemExit, match="no experts"):
        mixture_of(nlp)
