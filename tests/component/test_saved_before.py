"""Pipelines that the version before saved, without checksums and with encoders in
spacy-transformers' own format: they load and predict the same."""

import shutil
from pathlib import Path
from typing import Any

import numpy
import pytest
import spacy
import srsly
from spacy.language import Language

from ..saved.make import predict

FOLDER = Path(__file__).parent.parent / "saved"
KINDS = sorted(path.stem for path in FOLDER.glob("*.zip"))
ENCODERS = {"bert", "bert_frozen", "roberta"}


@pytest.fixture(params=KINDS)
def before(request: Any, tmp_path: Path) -> Path:
    if request.param in ENCODERS:
        pytest.importorskip("spacy_transformers")
    shutil.unpack_archive(FOLDER / f"{request.param}.zip", tmp_path / "before")
    assert not (tmp_path / "before" / "moee_ner" / "checksums.sha256").exists()
    return tmp_path / "before"


def assert_predicts(nlp: Language, expected: Any) -> None:
    for one, other in zip(predict(nlp), expected, strict=True):
        assert one["ents"] == other["ents"]
        numpy.testing.assert_allclose(
            one["scores"], other["scores"], rtol=1e-3, atol=1e-3
        )


def test_predicts_the_same(before: Path, tmp_path: Path) -> None:
    expected = srsly.read_json(before / "expected.json")
    assert any(row["ents"] for row in expected)
    nlp = spacy.load(before, exclude=["tokenizer"])
    assert_predicts(nlp, expected)
    # the same again, in the new form, which is checked
    nlp.to_disk(tmp_path / "after")
    assert (tmp_path / "after" / "moee_ner" / "checksums.sha256").exists()
    assert_predicts(spacy.load(tmp_path / "after"), expected)
    again = spacy.load(before, exclude=["tokenizer"]).from_bytes(nlp.to_bytes())
    assert_predicts(again, expected)
    # and as bytes of the version before, which had no checksum in front
    ner = nlp.get_pipe("moee_ner")
    plain = super(type(ner), ner).to_bytes()
    again.get_pipe("moee_ner").from_bytes(plain)
    assert_predicts(again, expected)


def test_all_families_are_here() -> None:
    assert len(KINDS) == 9 and {"concept", "fasttext", "robust", *ENCODERS} <= {*KINDS}
