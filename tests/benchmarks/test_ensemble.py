"""What is measured of ensembles; the figures are no test."""

from pathlib import Path

import pytest
from spacy.tokens import Doc, DocBin

from benchmarks import ensemble

from ..component.ensembles import make_members
from ..component.util import make_tagged


def test_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    members = make_members()
    for number, nlp in enumerate(members):
        nlp.to_disk(tmp_path / str(number))
    docs = [Doc(members[0].vocab, words=words) for words, _ in make_tagged(8)]
    DocBin(docs=docs).to_disk(tmp_path / "test.spacy")
    models = [tmp_path / str(number) for number in range(3)]
    ratios = ensemble.compare(models, tmp_path / "test.spacy", limit=4, rounds=1)
    assert ratios["time_ratio"] > 0 and 1 < ratios["size_ratio"] < 3
    output = capsys.readouterr().out
    assert "vectors: 2 of 3 members" in output and "first member" in output
