"""What is measured of forgetting; the figures are no test."""

import random
from pathlib import Path
from typing import Any, List

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from benchmarks import forgetting
from benchmarks.forgetting import Setting

from ..component.util import make_tagged, make_trained
from .util import keys_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline, and docs of two domains."""
    nlp = make_trained()
    nlp.to_disk(tmp_path / "model")
    write(tmp_path / "source" / "train.spacy", nlp, 20, 0)
    write(tmp_path / "source" / "test.spacy", nlp, 12, 1)
    write(tmp_path / "target.spacy", nlp, 16, 2)
    return tmp_path


def write(path: Path, nlp: Language, n: int, seed: int) -> None:
    path.parent.mkdir(exist_ok=True)
    docs = [Doc(nlp.vocab, words=w, ents=t) for w, t in make_tagged(n, seed)]
    DocBin(docs=docs).to_disk(path)


def run(folder: Path, *args: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = ["--source", folder / "source", "--target", folder / "target.spacy"]
    words = ["forgetting", folder / "model", *files, "--sentences", 6, *args]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    forgetting.main()


def test_table(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    args = "--seeds", "0", "1", "--epochs", "1", "--batch", "3"
    run(folder, *args, monkeypatch=monkeypatch)
    output = capsys.readouterr().out
    assert keys_of(output) == ["corrected_lost", "rehearsed_lost"]
    rows = [line.split()[0] for line in output.splitlines() if "(" in line]
    assert rows[-3:] == ["before", "corrected", "rehearsed"]


def test_what_is_learned_and_what_is_rehearsed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: List[Any] = []
    for name in ("update", "rehearse"):

        def record(self: Language, examples: List, *, call: str = name, **_: Any):
            calls.append((call, [eg.y.copy() for eg in examples]))

        monkeypatch.setattr(Language, name, record)
    nlp = spacy.load(folder / "model")
    places = folder / "source", folder / "target.spacy"
    train, _, target = forgetting.Corpora.read(nlp, *places)
    random.seed(0)
    forgetting.correct(nlp, target[:6], train, "rehearsed", Setting(6, 2, 4))
    assert [call for call, _ in calls] == ["update", "rehearse"] * 4
    assert [len(docs) for _, docs in calls] == [4, 4, 2, 2] * 2
    for epoch in (calls[:4], calls[4:]):
        learned = [doc for call, docs in epoch if call == "update" for doc in docs]
        assert sorted(d.text for d in learned) == sorted(d.text for d in target[:6])
        assert any(doc.ents for doc in learned)
    for call, docs in calls:
        if call == "rehearse":
            assert {doc.text for doc in docs} <= {doc.text for doc in train}
            assert not any(doc.has_annotation("ENT_IOB") for doc in docs)
    calls.clear()
    forgetting.correct(nlp, target[:6], train, "corrected", Setting(6, 1, 4))
    assert [call for call, _ in calls] == ["update"] * 2


def test_scores_are_of_docs_without_entities(folder: Path) -> None:
    """An entity that is there would stay, and be scored."""
    nlp = spacy.load(folder / "model")
    places = folder / "source", folder / "target.spacy"
    train, test, target = forgetting.Corpora.read(nlp, *places)
    first = forgetting.score(nlp, test, target)
    assert first == forgetting.score(nlp, test, target)
    assert 50 < first.source <= 100
    nlp.remove_pipe("moee_ner")
    nlp.add_pipe("sentencizer")
    examples = forgetting.make_examples(nlp, test, gold=True)
    assert not any(nlp(eg.x).ents for eg in examples)
