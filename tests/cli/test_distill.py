"""`spacy moee distill`: from a teacher and texts to a student."""

from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
from spacy.cli import app
from spacy.tokens import DocBin
from spacy.util import load_config
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.marginals import get_marginals

from ..component.util import make_texts, make_trained
from ..training.util import make_config
from .util import call_spacy

BRIEF: Dict[str, Any] = {
    "initialize.after_init.max_epochs": 1,
    "components.moee_ner.model.detection": False,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher, texts, and the recipe of a student with its corpus."""
    folder = tmp_path_factory.mktemp("distill")
    make_trained().to_disk(folder / "large")
    (folder / "texts.txt").write_text("\n".join(make_texts(6)), encoding="utf8")
    make_config(folder, [1, 2, 1], **BRIEF).to_disk(folder / "small.cfg")
    return folder


def arguments(folder: Path, output: Path, *rest: object, texts: bool = True) -> List:
    paths = [folder / "texts.txt"] if texts else []
    config = "--config", folder / "small.cfg"
    return ["moee", "distill", folder / "large", *paths, output, *config, *rest]


def error_of(*args: object) -> str:
    """The coded error of a command."""
    result = CliRunner().invoke(app, [*map(str, args)])
    assert result.exit_code == 1, result.output
    return " ".join(result.output.split())


def read_soft(path: Path) -> List:
    return [*DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)]


def test_from_a_teacher_to_a_student(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    values = "--components.moee_ner.model.hidden_width=4", "--nlp.batch_size", 7
    output = call_spacy(*arguments(folder, out, *values))
    assert "read 6 texts of " in " ".join(output.split())
    names = {"model-best", "model-last", "teacher.spacy", "config.cfg"}
    assert {path.name for path in out.iterdir()} == names
    docs = read_soft(out / "teacher.spacy")
    assert [doc.text for doc in docs] == make_texts(6)
    nlp = spacy.load(out / "model-last")
    [said] = nlp.meta["distilled_from"]
    assert said["words"] == sum(map(len, docs))
    assert str(folder / "large") in said["teacher"]
    # an ordinary pipeline, of the recipe that was named
    assert nlp.pipe_names == ["moee_ner"] and nlp.config["nlp"]["batch_size"] == 7
    assert nlp.config["components"]["moee_ner"]["model"]["hidden_width"] == 4
    assert nlp.pipe_labels["moee_ner"] == ["LOC", "PER"]
    nlp(make_texts(1)[0])


def test_the_training_corpus_without_other_texts(folder: Path, tmp_path: Path) -> None:
    """And then a training by spaCy itself, of a config that takes overrides."""
    out = tmp_path / "out"
    output = call_spacy(*arguments(folder, out, "--prepare", texts=False))
    assert f"spacy train {out / 'config.cfg'}" in " ".join(output.split())
    assert {path.name for path in out.iterdir()} == {"teacher.spacy", "config.cfg"}
    docs = read_soft(out / "teacher.spacy")
    # whole docs, which keep the sentences that they have
    assert [len([*doc.sents]) for doc in docs] == [1, 2, 1]
    said = get_marginals(docs[1])
    assert said is not None and said.values.shape == (8, 5)
    config = load_config(out / "config.cfg")
    assert config["corpora"]["train"]["weight"] == 1.0
    values = "--corpora.train.weight", 0.5, "--paths.train", folder / "train.spacy"
    call_spacy("train", out / "config.cfg", "--output", out, *values)
    trained = load_config(out / "model-last" / "config.cfg")
    assert trained["corpora"]["train"]["weight"] == 0.5


def test_options(folder: Path, tmp_path: Path) -> None:
    rest = "--prepare", "--no-gold", "--weight", 2.0, "--component", "moee_ner"
    call_spacy(*arguments(folder, tmp_path, *rest))
    block = load_config(tmp_path / "config.cfg")["corpora"]["train"]
    assert block["gold"] is None and block["weight"] == 2.0


def test_nothing_is_written_if_it_does_not_fit(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    empty, other = tmp_path / "empty.txt", tmp_path / "other.cfg"
    empty.write_text("\n \n", encoding="utf8")
    config = load_config(folder / "small.cfg")
    config["nlp"]["lang"] = "de"
    config.to_disk(other)
    model, recipe = folder / "large", ("--config", folder / "small.cfg")
    plain = spacy.blank("en")
    plain.add_pipe("sentencizer")
    plain.to_disk(tmp_path / "plain")
    (tmp_path / "umlaut.txt").write_text("Anna can't come.", encoding="utf8")
    for code, args in {
        "M710": [model, tmp_path / "none.txt", out, *recipe],
        "M704": [tmp_path / "none", empty, out, *recipe],
        "M735": [tmp_path / "plain", folder / "texts.txt", out, *recipe],
        "M628": [model, empty, out, *recipe],
        "M626": [model, tmp_path / "umlaut.txt", out, "--config", other],
        "M103": [model, empty, out, *recipe, "--weight", -1],
        "M705": [model, folder / "texts.txt", folder, *recipe],
    }.items():
        assert f"[{code}]" in error_of("moee", "distill", *args)
        assert not out.exists()
    assert not (folder / "teacher.spacy").exists()


def test_types_that_only_one_knows(folder: Path, tmp_path: Path) -> None:
    nlp = make_trained()
    nlp.get_pipe("moee_ner").add_label("MISC")  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "more")
    args = [*arguments(folder, tmp_path / "out", "--prepare")]
    args[2] = tmp_path / "more"
    result = CliRunner().invoke(app, [*map(str, args)])
    assert result.exit_code == 0 and "[MW09]" in result.output
    config = load_config(tmp_path / "out" / "config.cfg")
    labels = config["initialize"]["components"]["moee_ner"]["labels"]
    assert labels == ["LOC", "PER", "MISC"]
    # a type of gold that the teacher does not know
    [doc] = DocBin().from_disk(folder / "dev.spacy").get_docs(nlp.vocab)
    doc.set_ents([spacy.tokens.Span(doc, 0, 1, label="DATE")], default="outside")
    DocBin(docs=[doc]).to_disk(tmp_path / "dates.spacy")
    rest = "--prepare", "--paths.train", tmp_path / "dates.spacy"
    assert "[M627]" in error_of(*arguments(folder, tmp_path / "new", *rest))
    assert not (tmp_path / "new").exists()


def test_overrides_are_no_texts(folder: Path, tmp_path: Path) -> None:
    """Wherever they stand; and what is none is click's to judge."""
    args = arguments(folder, tmp_path / "out", "--prepare")
    at = args.index("distill") + 1
    values = ["--paths.dev", "x.spacy", "--training.dropout=0.25"]
    call_spacy(*args[:at], *values, *args[at:])
    config = load_config(tmp_path / "out" / "config.cfg")
    assert config["paths"]["dev"] == "x.spacy"
    assert config["training"]["dropout"] == 0.25
    result = CliRunner().invoke(app, [*map(str, args), "--wieght", "2"])
    assert result.exit_code == 2 and "wieght" in result.output
