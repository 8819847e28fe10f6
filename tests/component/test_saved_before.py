"""Pipelines as the version before saved them, without checksums and with encoders in
spacy-transformers' own format: they load and predict the same."""

from pathlib import Path
from typing import Any

import numpy
import pytest
import spacy
import srsly
from spacy.language import Language

from .families import ENCODERS, FAMILIES, make_nlp, predict
from .util import get_ner


def save_before(nlp: Language, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save a pipeline as it was saved: without what was added since, encoders by
    spacy-transformers itself."""
    with monkeypatch.context() as patch:
        if any(shim.__class__.__name__ == "EncoderShim" for shim in shims_of(nlp)):
            from spacy_transformers.layers.hf_shim import HFShim

            from spacy_moee.embeddings.saved_encoder import EncoderShim

            patch.setattr(EncoderShim, "to_bytes", HFShim.to_bytes)
        nlp.to_disk(folder)
    (folder / "moee_ner" / "checksums.sha256").unlink()
    reference = folder / "vocab" / "fasttext.json"
    if reference.exists():
        content = srsly.read_json(reference)
        kept = {k: v for k, v in content.items() if k not in ("checksum", "sha256")}
        assert len(content) == len(kept) + 2
        srsly.write_json(reference, kept)


def shims_of(nlp: Language) -> Any:
    ner: Any = get_ner(nlp)
    return (shim for node in ner.model.walk() for shim in node.shims)


def assert_predicts(nlp: Language, expected: Any) -> None:
    for one, other in zip(predict(nlp), expected, strict=True):
        assert one["ents"] == other["ents"]
        numpy.testing.assert_allclose(
            one["scores"], other["scores"], rtol=1e-3, atol=1e-3
        )


@pytest.mark.filterwarnings("ignore:.MW12")
@pytest.mark.parametrize("family", [*FAMILIES, *ENCODERS])
def test_predicts_the_same(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if family in ENCODERS:
        pytest.importorskip("spacy_transformers")
    nlp = make_nlp(family, tmp_path)
    expected = predict(nlp)
    assert any(row["ents"] for row in expected)
    before = tmp_path / "before"
    save_before(nlp, before, monkeypatch)
    again = spacy.load(before)
    assert_predicts(again, expected)
    # in the new form it is checked
    again.to_disk(tmp_path / "after")
    assert (tmp_path / "after" / "moee_ner" / "checksums.sha256").exists()
    assert_predicts(spacy.load(tmp_path / "after"), expected)
    # and as bytes of the version before, which had no checksum in front
    ner: Any = get_ner(nlp)
    plain = super(type(ner), ner).to_bytes()
    get_ner(again).from_bytes(plain)
    assert_predicts(again, expected)
