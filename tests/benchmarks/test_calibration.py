"""What is measured of calibration; the figures are no test."""

from pathlib import Path

import numpy
import pytest
from spacy.tokens import Doc, DocBin

from benchmarks import calibration

from ..component.util import make_tagged, make_trained
from .util import keys_of


def test_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    nlp = make_trained()
    nlp.to_disk(tmp_path / "model")
    files = [tmp_path / f"{name}.spacy" for name in ("dev", "music", "web", "target")]
    for seed, file in enumerate(files):
        docs = [Doc(nlp.vocab, words=w, ents=t) for w, t in make_tagged(24, seed)]
        DocBin(docs=docs).to_disk(file)
    dev, *domains, target = map(str, files)
    words = [str(tmp_path / "model"), "--dev", dev, "--domains", *domains]
    monkeypatch.setattr("sys.argv", ["calibration", *words, "--target", target])
    calibration.main()
    output = capsys.readouterr().out
    assert keys_of(output) == [f"{way}_error" for way in calibration.WAYS]
    rows = [line.split()[0] for line in output.splitlines() if line.strip()]
    assert [x for x in rows if x in calibration.WAYS] == [
        *calibration.WAYS,
        *calibration.WAYS[:-1],
        "raw",
        "unseen",
    ]


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
