"""What is saved, what is loaded, and what happens if it can't be."""

import pickle
import random
from pathlib import Path

import pytest
import spacy
import srsly
import torch
from spacy.language import Language

from spacy_moee.errors import MoeeError

from .util import (
    TINY,
    get_ner,
    get_weights,
    make_nlp,
    make_trained,
    predict_texts,
    train,
)


def test_before_initialization(tmp_path: Path) -> None:
    nlp = make_nlp()
    get_ner(nlp).add_label("PER")
    nlp.to_disk(tmp_path)
    for other in (spacy.load(tmp_path), make_nlp().from_bytes(nlp.to_bytes())):
        ner = get_ner(other)
        assert ner.labels == ("PER",)
        with pytest.raises(MoeeError, match="M101"):
            other("Anna")
        other.initialize()
        other("Anna")


def test_loading_an_untrained_one_takes_the_network_away(nlp: Language) -> None:
    ner = get_ner(nlp)
    ner.from_bytes(get_ner(make_nlp()).to_bytes())
    assert ner.labels == ()
    with pytest.raises(MoeeError, match="M101"):
        nlp("Anna")


def test_same_bytes_again(nlp: Language) -> None:
    data = nlp.to_bytes()
    assert make_nlp().from_bytes(data).to_bytes() == data


def test_component_alone(nlp: Language, tmp_path: Path) -> None:
    ner = get_ner(nlp)
    ner.to_disk(tmp_path / "ner")
    names = {p.name for p in (tmp_path / "ner").iterdir()}
    assert names == {"cfg", "model", "vocab", "checksums.sha256"}
    for load in (
        lambda other: other.from_disk(tmp_path / "ner"),
        lambda other: other.from_bytes(ner.to_bytes()),
    ):
        other = make_nlp()
        assert load(get_ner(other)) is get_ner(other)
        assert "PER" in other.vocab.strings
        assert predict_texts(other) == predict_texts(nlp)


def test_exclude(nlp: Language, tmp_path: Path) -> None:
    ner = get_ner(nlp)
    fresh = get_ner(make_nlp())
    fresh.from_bytes(ner.to_bytes(exclude=["model", "vocab"]))
    assert fresh.labels == ("LOC", "PER")
    with pytest.raises(MoeeError, match="M101"):
        fresh.predict([])
    fresh = get_ner(make_nlp())
    fresh.from_bytes(ner.to_bytes(), exclude=["cfg"])
    assert fresh.labels == ()
    assert fresh.model.to_bytes() == ner.model.to_bytes()
    ner.to_disk(tmp_path / "a", exclude=["vocab", "cfg"])
    names = {p.name for p in (tmp_path / "a").iterdir()}
    assert names == {"model", "checksums.sha256"}
    nlp.to_disk(tmp_path / "b", exclude=["moee_ner"])
    assert not (tmp_path / "b" / "moee_ner").exists()
    nlp.to_disk(tmp_path / "c")
    assert spacy.load(tmp_path / "c", exclude=["moee_ner"]).pipe_names == []
    assert spacy.load(tmp_path / "c", disable=["moee_ner"]).disabled == ["moee_ner"]


def test_labels_without_vocab(nlp: Language) -> None:
    """The names of the labels come with the cfg."""
    other = make_nlp()
    ner = get_ner(other)
    ner.from_bytes(get_ner(nlp).to_bytes(exclude=["vocab"]))
    assert predict_texts(other) == predict_texts(nlp)


def test_nothing_is_a_pickle(
    nlp: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = predict_texts(nlp)
    nlp.to_disk(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "moee_ner" / "model" in files
    for path in files:
        data = path.read_bytes()
        # the opcodes that a pickle and a torch.save file start with
        assert not data.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"))
        assert not data.startswith(b"PK\x03\x04")
        assert b"ctorch." not in data and b"cbuiltins\n" not in data

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("something was unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    monkeypatch.setattr(torch, "load", refuse)
    assert predict_texts(spacy.load(tmp_path)) == expected
    assert predict_texts(make_nlp().from_bytes(nlp.to_bytes())) == expected


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.5, 0.9, 0.9999])
def test_truncated_model(share: float, nlp: Language, tmp_path: Path) -> None:
    make_trained().to_disk(tmp_path)
    path = tmp_path / "moee_ner" / "model"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    expected, weights = predict_texts(nlp), get_weights(nlp)
    ner = get_ner(nlp)
    with pytest.raises(MoeeError) as error:
        ner.from_disk(tmp_path / "moee_ner")
    assert error.value.code == "M005"
    assert str(tmp_path / "moee_ner") in str(error.value)
    assert ner.labels == ("LOC", "PER")
    assert get_weights(nlp) == weights
    assert predict_texts(nlp) == expected
    with pytest.raises(MoeeError, match="M005"):
        spacy.load(tmp_path)


def test_truncated_bytes(nlp: Language) -> None:
    ner = get_ner(nlp)
    data, weights = ner.to_bytes(), get_weights(nlp)
    for length in (0, 1, 100, len(data) // 2, len(data) - 1):
        with pytest.raises(MoeeError, match="M005.*bytes"):
            ner.from_bytes(data[:length])
        assert get_weights(nlp) == weights
        assert ner.labels == ("LOC", "PER")


@pytest.mark.parametrize("labels", [None, ["LOC"], ["A", "B", "C"]])
def test_labels_of_another_network(tmp_path: Path, labels) -> None:
    make_trained().to_disk(tmp_path)
    # as if it were from a version without checksums
    (tmp_path / "moee_ner" / "checksums.sha256").unlink()
    path = tmp_path / "moee_ner" / "cfg"
    path.unlink()
    if labels is not None:
        srsly.write_json(path, {"labels": labels})
    with pytest.raises(MoeeError, match="M102.*entity types") as error:
        spacy.load(tmp_path)
    assert error.value.code == "M005"


def test_damaged_files(nlp: Language, tmp_path: Path) -> None:
    """All damage is refused, whatever it hits."""
    make_trained().to_disk(tmp_path)
    ner, weights = get_ner(nlp), get_weights(nlp)
    rng = random.Random(0)
    for name in ("model", "cfg", "checksums.sha256"):
        path = tmp_path / "moee_ner" / name
        data = path.read_bytes()
        for _ in range(40):
            damaged = bytearray(data)
            for _ in range(3):
                damaged[rng.randrange(min(len(data), 3000))] ^= rng.randrange(1, 256)
            if damaged == data:
                continue
            path.write_bytes(damaged)
            with pytest.raises(MoeeError, match="M005.*M020"):
                ner.from_disk(tmp_path / "moee_ner", exclude=["vocab"])
        path.write_bytes(data)
    assert get_weights(nlp) == weights
    assert ner.labels == ("LOC", "PER")
    ner.from_disk(tmp_path / "moee_ner", exclude=["vocab"])


@pytest.mark.parametrize(
    "changes",
    [
        {"tok2vec": {**TINY["tok2vec"], "width": 32}},
        {"tok2vec": {**TINY["tok2vec"], "rows": [10, 200, 200, 200]}},
    ],
)
def test_another_pipeline(changes: dict, nlp: Language, tmp_path: Path) -> None:
    """All of it is loaded or nothing."""
    other = make_nlp(**changes)
    train(other, steps=1)
    get_ner(other).to_disk(tmp_path)
    expected, weights = predict_texts(nlp), get_weights(nlp)
    with pytest.raises(MoeeError, match="M005"):
        get_ner(nlp).from_disk(tmp_path)
    assert get_weights(nlp) == weights
    assert predict_texts(nlp) == expected


def test_no_file(nlp: Language, tmp_path: Path) -> None:
    expected = predict_texts(nlp)
    ner = get_ner(nlp)
    with pytest.raises(MoeeError, match="M005.*nowhere"):
        ner.from_disk(tmp_path / "nowhere")
    ner.to_disk(tmp_path / "ner")
    (tmp_path / "ner" / "model").unlink()
    with pytest.raises(MoeeError, match="M005.*model"):
        ner.from_disk(tmp_path / "ner")
    assert predict_texts(nlp) == expected
