"""`spacy moee ensemble`: from trained pipelines to one."""

from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
import srsly
import typer
from spacy.language import Language
from spacy.vectors import Vectors
from thinc.api import Config

from spacy_moee.cli import app
from spacy_moee.errors import MoeeError

from ..component.ensembles import make_members
from ..component.util import get_ents, get_ner, make_texts
from ..marks import slow
from .util import call_spacy, run_python, run_spacy

TEXTS = make_texts(8, seed=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pipelines, and an ensemble of them."""
    folder = tmp_path_factory.mktemp("ensemble")
    for name, nlp in zip("abc", make_members(), strict=True):
        nlp.meta["name"] = name
        nlp.meta["performance"] = {"ents_f": 0.5}
        nlp.to_disk(folder / name)
    models = [folder / name for name in "abc"]
    output = call_spacy("moee", "ensemble", folder / "all", *models)
    (folder / "output.txt").write_text(output, encoding="utf8")
    return folder


def ensemble(output: Path, *args: object) -> str:
    return call_spacy("moee", "ensemble", output, *args)


def try_ensemble(output: Path, *args: object) -> None:
    """The command without the group that prints errors."""
    command: Any = typer.main.get_command(app)
    arguments = [*map(str, (output, *args))]
    command.commands["ensemble"].main(arguments, standalone_mode=False)


def test_what_is_made(folder: Path) -> None:
    nlp = spacy.load(folder / "all")
    assert nlp.pipe_names == ["moee_ner"] and get_ner(nlp).labels == ("LOC", "PER")
    assert any(get_ents(nlp(text)) for text in TEXTS)
    meta: Any = srsly.read_json(folder / "all" / "meta.json")
    assert meta["name"] == "a_ensemble" and "performance" not in meta
    names = [f"en_{name} 0.0.0" for name in "abc"]
    assert meta["description"] == f"Ensemble of 3 pipelines: {', '.join(names)}"
    assert [member["name"] for member in meta["members"]] == names
    assert meta["members"][0]["model"] == str(folder / "a")
    output = " ".join((folder / "output.txt").read_text(encoding="utf8").split())
    assert "spacy_moee.MoEETagger.v1 PER, LOC" in output
    assert "Saved and computed once: vectors (member_1, member_2)." in output
    assert "MB): " + str(folder / "all") in output


def test_its_config_is_complete(folder: Path, tmp_path: Path) -> None:
    config = folder / "all" / "config.cfg"
    filled = tmp_path / "filled.cfg"
    output = call_spacy("init", "fill-config", config, filled, "--diff")
    assert "base config is already complete" in output
    block = Config().from_disk(config, interpolate=False)["components"]["moee_ner"]
    assert "${" not in str(block)
    assert [*block["model"]["members"]] == ["member_1", "member_2", "member_3"]
    assert block["model"]["members"]["member_2"]["tok2vec"]["names"][0] == "vectors"


def test_it_replaces_another_pipeline(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    spacy.blank("en").to_disk(output)
    ensemble(output, folder / "a", folder / "b")
    assert spacy.load(output).pipe_names == ["moee_ner"]
    (output / "meta.json").unlink()
    with pytest.raises(MoeeError, match="M705.*not a pipeline"):
        try_ensemble(output, folder / "a", folder / "b")
    with pytest.raises(MoeeError, match="M705.*must not change"):
        try_ensemble(folder / "a", folder / "a", folder / "b")


def test_all_else_is_of_the_first(folder: Path, tmp_path: Path) -> None:
    nlp = spacy.load(folder / "a", config={"components.moee_ner.threshold": 0.25})
    nlp.rename_pipe("moee_ner", "ner")
    nlp.add_pipe("sentencizer", before="ner")
    nlp.add_pipe("entity_ruler", last=True)
    nlp.to_disk(tmp_path / "first")
    other = spacy.load(folder / "b")
    other.add_pipe("moee_ner", name="more")
    other.to_disk(tmp_path / "second")
    models = tmp_path / "first", tmp_path / "second"
    with pytest.raises(MoeeError, match="M735.*moee_ner, more; expected one"):
        try_ensemble(tmp_path / "out", *models)
    with pytest.raises(MoeeError, match="M735.*found ner; expected moee_ner"):
        try_ensemble(tmp_path / "out", *models, "--component", "moee_ner")
    assert not (tmp_path / "out").exists()
    ensemble(tmp_path / "out", tmp_path / "first", folder / "c")
    made = spacy.load(tmp_path / "out")
    assert made.pipe_names == ["sentencizer", "ner", "entity_ruler"]
    assert get_ner(made, "ner").threshold == 0.25


def test_a_temperature_is_not_kept(folder: Path, tmp_path: Path) -> None:
    nlp = spacy.load(folder / "b")
    get_ner(nlp).temperature = 1.5
    nlp.to_disk(tmp_path / "b")
    output = ensemble(tmp_path / "out", folder / "a", tmp_path / "b")
    text = " ".join(output.split())
    assert f"{tmp_path / 'b'} is calibrated (temperature 1.50)" in text
    assert "Calibrate the ensemble" in text
    assert get_ner(spacy.load(tmp_path / "out")).temperature == 1


def test_different_thresholds_are_reported(folder: Path, tmp_path: Path) -> None:
    """Calibrating moves the threshold of a member, for one."""
    nlp = spacy.load(folder / "b", config={"components.moee_ner.threshold": 0.25})
    nlp.to_disk(tmp_path / "b")
    output = ensemble(tmp_path / "out", tmp_path / "b", folder / "a")
    text = " ".join(output.split())
    assert f"threshold of the first, 0.25, and not {folder / 'a'} (0.00)" in text
    assert get_ner(spacy.load(tmp_path / "out")).threshold == 0.25
    output = ensemble(tmp_path / "out", folder / "a", folder / "c")
    assert "has the threshold" not in " ".join(output.split())


@pytest.mark.parametrize("names, message", [("a", "'?.*/a"), ("aa", "2 times")])
def test_too_few(names: str, message: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MoeeError, match=f"M028.*{message}"):
        try_ensemble(tmp_path / "out", *(folder / name for name in names))


def change_language(nlp: Language) -> Language:
    return spacy.blank("de")


def change_tokenizer(nlp: Language) -> Language:
    tokenizer: Any = nlp.tokenizer
    tokenizer.add_special_case("gonna", [{65: "gon"}, {65: "na"}])
    return nlp


def change_labels(nlp: Language) -> Language:
    get_ner(nlp).add_label("PRODUCT")
    return nlp


def change_vectors(nlp: Language) -> Language:
    data, keys = nlp.vocab.vectors.data, [*nlp.vocab.vectors.key2row]
    nlp.vocab.vectors = Vectors(data=2 * data, keys=keys)
    return nlp


def drop_vectors(nlp: Language) -> Language:
    nlp.vocab.vectors = Vectors(shape=(0, 6))
    return nlp


def change_segments(nlp: Language) -> Language:
    config = nlp.config
    block: Dict[str, Any] = config["components"]["moee_ner"]["model"]
    block["segments"] = {"@misc": "spacy_moee.doc_segments.v1", "overlap": 9}
    made = type(nlp).from_config(config)
    return made.from_bytes(nlp.to_bytes(exclude=["config"]))


DIFFERENCES: List[Any] = [
    (change_tokenizer, "their tokenizer. Found a Tokenizer with other rules"),
    (
        change_labels,
        "types. Found .'LOC', 'PER', 'PRODUCT'.; expected .'LOC', 'PER'.,",
    ),
    (change_vectors, "word vectors. Found "),
    (drop_vectors, "word vectors. Found none; expected"),
    (change_segments, "at once.*Found @misc = spacy_moee.doc_segments.v1.*overlap = 9"),
]


@pytest.mark.parametrize("change, message", DIFFERENCES)
def test_what_does_not_fit(
    change: Any, message: str, folder: Path, tmp_path: Path
) -> None:
    change(spacy.load(folder / "b")).to_disk(tmp_path / "b")
    with pytest.raises(MoeeError, match=f"M027.*{message}"):
        try_ensemble(tmp_path / "out", folder / "a", tmp_path / "b")
    assert not (tmp_path / "out").exists()


def test_vectors_that_are_not_read_may_differ(folder: Path, tmp_path: Path) -> None:
    drop_vectors(spacy.load(folder / "c")).to_disk(tmp_path / "c")
    ensemble(tmp_path / "out", folder / "a", tmp_path / "c")
    made, whole = spacy.load(tmp_path / "out"), spacy.load(folder / "a")
    assert made.vocab.vectors.shape == whole.vocab.vectors.shape


def test_another_language_and_an_ensemble(folder: Path, tmp_path: Path) -> None:
    nlp, source = spacy.blank("de"), spacy.load(folder / "c")
    nlp.vocab.vectors = source.vocab.vectors
    nlp.add_pipe("moee_ner", source=source)
    nlp.to_disk(tmp_path / "de")
    with pytest.raises(MoeeError, match="M027.*language. Found de; expected en"):
        try_ensemble(tmp_path / "out", folder / "a", tmp_path / "de")
    with pytest.raises(MoeeError, match="M028.*found the ensemble '.*all'"):
        try_ensemble(tmp_path / "out", folder / "a", folder / "all")


def test_an_encoder_is_saved_once(tmp_path: Path) -> None:
    """Wherever each member has read it from."""
    pytest.importorskip("spacy_transformers")
    from ..component.families import make_nlp

    for name in "ab":
        make_nlp("bert_frozen", tmp_path / f"{name}_encoder").to_disk(tmp_path / name)
    output = ensemble(tmp_path / "out", tmp_path / "a", tmp_path / "b")
    assert "encoder (all)" in " ".join(output.split())
    made = spacy.load(tmp_path / "out")
    nodes = [node.name for node in get_ner(made).model.walk()]
    assert nodes.count("transformer_embed") == 1
    first = spacy.load(tmp_path / "a")
    assert [get_ents(made(t)) for t in TEXTS] == [get_ents(first(t)) for t in TEXTS]


@slow
def test_package(folder: Path, tmp_path: Path) -> None:
    """It is packed, installed into a folder, and found by its name."""
    run_spacy("package", folder / "all", tmp_path, "--build", "wheel", "--force")
    [wheel] = tmp_path.rglob("*.whl")
    target = tmp_path / "site"
    pip = "-m", "pip", "install", "--no-deps", "--quiet", "--target", target
    run_python(*pip, wheel)
    code = f"doc = spacy.load('en_a_ensemble')({TEXTS[0]!r}); print(doc.ents)"
    output = run_python("-c", f"import spacy; {code}", PYTHONPATH=str(target))
    expected = spacy.load(folder / "all")(TEXTS[0]).ents
    assert output.strip().splitlines()[-1] == str(expected)
