"""`spacy moee calibrate`: from a pipeline and its development set to calibrated
scores."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy
import pytest
import spacy
import srsly
import typer
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_moee.cli import app
from spacy_moee.corpora.texts import read_texts
from spacy_moee.errors import MoeeError
from spacy_moee.evaluation.temperature import UNSEEN

from ..component.util import get_ner, make_tagged, make_texts, make_trained
from .util import call_spacy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline, a development set that it makes errors in, and texts."""
    folder = tmp_path_factory.mktemp("calibrate")
    nlp = make_trained()
    nlp.to_disk(folder / "model")
    write(folder / "dev.spacy", nlp, 160)
    write(folder / "small.spacy", nlp, 20)
    texts = [text.upper() for text in make_texts(160, seed=2)]
    (folder / "texts.txt").write_text("\n".join(texts), encoding="utf8")
    return folder


def write(path: Path, nlp: Language, n: int) -> None:
    """Sentences in which every third person is called a place."""
    docs = []
    for i, (words, tags) in enumerate(make_tagged(n, seed=1)):
        tags = [t.replace("PER", "LOC") if i % 3 == 0 else t for t in tags]
        docs.append(Doc(nlp.vocab, words=words, ents=tags))
    DocBin(docs=docs).to_disk(path)


def calibrate(folder: Path, output: Path, *options: object) -> str:
    files = folder / "model", folder / "dev.spacy", output
    return call_spacy("moee", "calibrate", *files, *options)


def test_from_dev_to_calibrated_scores(folder: Path, tmp_path: Path) -> None:
    before = get_ner(spacy.load(folder / "model")).temperature
    output = calibrate(folder, tmp_path / "out")
    loaded = get_ner(spacy.load(tmp_path / "out"))
    assert before == 1.0 and loaded.temperature > 1.0
    assert f"Temperature: {loaded.temperature:.2f}" in output
    assert get_ner(spacy.load(folder / "model")).temperature == 1.0
    data: Any = srsly.read_json(tmp_path / "out" / "calibration" / "figures.json")
    assert data["temperature"] == data["source"] == loaded.temperature
    assert set(data["figures"]) == {"all", "LOC", "PER"}
    figures = data["figures"]["all"]
    assert figures["after"]["brier"] < figures["before"]["brier"]
    assert sum(x[0] for x in figures["after"]["bins"]) == figures["after"]["entities"]
    names = {x.name for x in (tmp_path / "out" / "calibration").iterdir()}
    assert names == {"figures.json", "reliability.png", "reliability.svg"}
    lines = output.splitlines()
    [row] = [line for line in lines if line.startswith("all ")]
    assert f"{100 * figures['before']['error']:.1f} → " in row


def test_twice_is_once(folder: Path, tmp_path: Path) -> None:
    """A calibrated pipeline is calibrated from the beginning, and replaced."""
    calibrate(folder, tmp_path / "one")
    calibrate(folder, tmp_path / "two", "--unseen")
    files = tmp_path / "one", folder / "dev.spacy", tmp_path / "two"
    call_spacy("moee", "calibrate", *files)
    found = [get_ner(spacy.load(tmp_path / x)).temperature for x in ("one", "two")]
    assert found[0] == found[1] > 1


@pytest.mark.parametrize("options", [(), ("--unseen",), ("--text", "texts.txt")])
def test_the_threshold_moves_with_the_scores(
    options: Any, folder: Path, tmp_path: Path
) -> None:
    """It leaves out as many entities of the texts that the temperature is for."""
    file = folder / "texts.txt" if "--text" in options else folder / "dev.spacy"
    nlp = spacy.load(folder / "model")
    docs = list(read_texts(nlp, file))
    scores = [s for doc, _ in docs for s in nlp(doc).spans["moee_ner"].attrs["scores"]]
    threshold = float(numpy.quantile(scores, 0.2))
    kept = sum(score >= threshold for score in scores)
    config = {"components": {"moee_ner": {"threshold": threshold}}}
    spacy.load(folder / "model", config=config).to_disk(tmp_path / "model")
    options = [folder / x if x == "texts.txt" else x for x in options]
    files = tmp_path / "model", folder / "dev.spacy", tmp_path / "out"
    output = " ".join(call_spacy("moee", "calibrate", *files, *options).split())
    loaded = spacy.load(tmp_path / "out")
    moved = get_ner(loaded).threshold
    assert moved < threshold and f"Threshold: {moved:.2f}" in output
    assert get_ner(spacy.load(tmp_path / "model")).threshold == threshold
    found = sum(len(loaded(doc).ents) for doc, _ in read_texts(loaded, file))
    # but for rounding, and equal scores
    assert 0 < kept < len(scores) and abs(found - kept) <= 2


def test_without_a_threshold_there_is_none(folder: Path, tmp_path: Path) -> None:
    assert "Threshold" not in calibrate(folder, tmp_path / "out")
    assert get_ner(spacy.load(tmp_path / "out")).threshold == 0


def test_other_domains(folder: Path, tmp_path: Path) -> None:
    temperatures = []
    for options, text in (
        (("--text", folder / "dev.spacy"), "x 1.00 = "),
        (("--unseen",), "for an unseen domain"),
        (("--text", folder / "texts.txt"), "since the mean score of the texts is"),
    ):
        output = calibrate(folder, tmp_path / "out", *options)
        assert text in " ".join(output.split())
        temperatures.append(get_ner(spacy.load(tmp_path / "out")).temperature)
    source, unseen, shifted = temperatures
    assert unseen == pytest.approx(source * UNSEEN)
    assert shifted > source


def test_what_cannot_be(folder: Path, tmp_path: Path) -> None:
    model, dev, out = folder / "model", folder / "dev.spacy", tmp_path / "out"
    (tmp_path / "empty").mkdir()
    (tmp_path / "short.txt").write_text("Anna lives in Rome .", encoding="utf8")
    blank = tmp_path / "blank"
    spacy.blank("en").to_disk(blank)
    two = tmp_path / "two"
    nlp = make_trained()
    nlp.add_pipe("moee_ner", name="second", source=make_trained())
    nlp.to_disk(two)
    for code, args in (
        ("M738", (model, dev, out, "--unseen", "--text", folder / "texts.txt")),
        ("M735.*no moee_ner", (blank, dev, out)),
        ("M735.*moee_ner, second; expected one", (two, dev, out)),
        ("M735.*expected third", (two, dev, out, "--component", "third")),
        ("M736.*expected 150", (model, folder / "small.spacy", out)),
        ("M736.*: 0 found", (model, unannotated(tmp_path), out)),
        ("M737", (model, dev, out, "--text", tmp_path / "short.txt")),
        ("M705", (model, dev, model)),
        ("M706.*another file", (model, folder / "texts.txt", out)),
        ("M706.*nothing", (model, folder / "none.spacy", out)),
        ("M706.*folder without", (model, tmp_path / "empty", out)),
        ("M710", (model, dev, out, "--text", tmp_path / "none.txt")),
    ):
        with pytest.raises(MoeeError, match=code):
            run_command(*args)
        assert not out.exists()


def unannotated(folder: Path) -> Path:
    docs = [Doc(make_trained().vocab, words=w) for w, _ in make_tagged(200)]
    DocBin(docs=docs).to_disk(folder / "texts.spacy")
    return folder / "texts.spacy"


def run_command(*args: object) -> None:
    """The command without the group that prints errors."""
    command: Any = typer.main.get_command(app)
    command.commands["calibrate"].main([*map(str, args)], standalone_mode=False)


def test_one_of_two_components(folder: Path, tmp_path: Path) -> None:
    nlp = make_trained()
    nlp.add_pipe("moee_ner", name="second", source=make_trained())
    nlp.to_disk(tmp_path / "two")
    files = tmp_path / "two", folder / "dev.spacy", tmp_path / "out"
    call_spacy("moee", "calibrate", *files, "--component", "moee_ner")
    loaded = spacy.load(tmp_path / "out")
    assert get_ner(loaded).temperature > 1.0
    assert get_ner(loaded, "second").temperature == 1.0


def test_without_matplotlib(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec

    def missing(name: str, *args: Any) -> Any:
        return None if name == "matplotlib" else find(name, *args)

    monkeypatch.setattr(importlib.util, "find_spec", missing)
    output = calibrate(folder, tmp_path / "out")
    assert "spacy-moee[insight]" in output
    names = {x.name for x in (tmp_path / "out" / "calibration").iterdir()}
    assert names == {"figures.json"}


def test_seed_is_that_of_the_interval(folder: Path, tmp_path: Path) -> None:
    found = []
    for seed in (0, 1):
        calibrate(folder, tmp_path / "out", "--seed", seed)
        data: Any = srsly.read_json(tmp_path / "out" / "calibration" / "figures.json")
        found.append(data["figures"]["all"]["after"])
    assert found[0]["error"] == found[1]["error"]
    assert found[0]["low"] != found[1]["low"]
