"""What is measured of calibration; the figures are no test."""

import re
from pathlib import Path
from typing import Dict, List

import numpy
import pytest
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from benchmarks import calibration

from ..component.util import make_nlp, make_tagged, make_trained, train
from .util import keys_of

ROWS = [*calibration.WAYS[2:4], *calibration.WAYS, *calibration.WAYS[:-1]]
ROWS += [calibration.RAW, calibration.OTHER]


def measure(
    folder: Path, monkeypatch: pytest.MonkeyPatch, models: Dict[str, Language]
) -> None:
    for name, nlp in models.items():
        nlp.to_disk(folder / name)
    files = [folder / f"{name}.spacy" for name in ("dev", "music", "web", "target")]
    for seed, file in enumerate(files):
        tagged = make_tagged(24, seed)
        vocab = Vocab()
        DocBin(docs=[Doc(vocab, words=w, ents=t) for w, t in tagged]).to_disk(file)
    dev, *domains, target = map(str, files)
    words = [*(str(folder / name) for name in models), "--dev", dev, "--domains"]
    command = ["calibration", *words, *domains, "--target", target]
    monkeypatch.setattr("sys.argv", command)
    calibration.main()


def read_rows(output: str) -> List[List[str]]:
    """The rows of all tables, from the way."""
    rows = [re.split(r"  +", line.strip()) for line in output.splitlines()]
    return [row for row in rows if row[0] in calibration.WAYS]


def test_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    measure(tmp_path, monkeypatch, {"model": make_trained()})
    output = capsys.readouterr().out
    assert keys_of(output) == [f"{way}_error" for way in calibration.WAYS]
    assert [way for way, *_ in read_rows(output)] == ROWS
    assert "deviation" not in output


def test_mean_of_pipelines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    second = make_nlp()
    train(second, steps=8, seed=1)
    measure(tmp_path, monkeypatch, {"first": make_trained(), "second": second})
    output = capsys.readouterr().out
    assert "mean (sample deviation) of 2 pipelines" in output
    rows = read_rows(output)
    assert [way for way, *_ in rows] == 3 * ROWS
    n = len(ROWS)
    parts = rows[:n], rows[n : 2 * n], rows[2 * n :]
    of_first, of_second, of_both = ([x for row in p for x in row[1:]] for p in parts)
    for *cells, both in zip(of_first, of_second, of_both, strict=True):
        values = [float(cell) for cell in cells]
        found = [float(cell) for cell in both.rstrip(")").split(" (")]
        expected = [numpy.mean(values), numpy.std(values, ddof=1)]
        # the cells are rounded
        assert found == pytest.approx(expected, abs=0.02)
    errors = [row[1].split(" ")[0] for row in parts[2][2 : 2 + len(calibration.WAYS)]]
    assert [x.split("=")[1] for x in output.splitlines()[-1].split()] == errors


def test_loss_between_temperatures(tmp_path: Path) -> None:
    nlp = make_trained()
    docs = [Doc(nlp.vocab, words=w, ents=t) for w, t in make_tagged(24, 1)]
    DocBin(docs=docs).to_disk(tmp_path / "web.spacy")
    domain = calibration.Domain(nlp, tmp_path / "web.spacy")
    for temperature in (0.8, 1.7, 4.3):
        exact = calibration.log_loss(domain.at(temperature))
        assert domain.loss(temperature) == pytest.approx(exact, rel=0.05, abs=1e-4)
    f1 = domain.f1(1.0)
    assert len(f1) == len(calibration.THRESHOLDS) and (numpy.diff(f1) <= 1e-9).any()
