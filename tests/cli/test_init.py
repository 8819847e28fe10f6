"""`python -m spacy moee init`."""

from pathlib import Path

import pytest
import srsly
from spacy.util import load_config
from typer.testing import CliRunner
from weasel.util.config import load_project_config

from spacy_moee.cli import app

RUNNER = CliRunner()
ROOT = Path(__file__).parents[2]


def files_of(folder: Path) -> set:
    found = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix() for p in found}


def test_a_ready_project(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "one"
    result = RUNNER.invoke(app, ["init", str(folder)])
    assert result.exit_code == 0, result.output
    assert f"cd {folder}" in result.output.replace("\n", "")
    assert "python -m spacy project run all" in result.output
    configs = {f"configs/{name}" for name in files_of(ROOT / "configs")}
    expected = {"project.yml", "assets/mine/README.txt", *configs}
    assert files_of(folder) == expected
    assert (folder / "assets" / "mine" / "source").is_dir()
    assert (folder / "assets" / "mine" / "target").is_dir()
    for path in (folder / "configs").rglob("*.cfg"):
        assert load_config(path) == load_config(ROOT / path.relative_to(folder))


def test_a_place_for_raw_text(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["init", str(tmp_path), "--recipe", "jia"])
    assert result.exit_code == 0 and "into raw" in result.output
    raw = load_config(tmp_path / "configs" / "jia.cfg")["paths"]
    text = (tmp_path / "raw" / "README.txt").read_text(encoding="utf8")
    for domain in ("source", "target"):
        path = Path(raw[f"raw_{domain}"])
        assert path.parent.name == "raw" and path.name in text


def test_it_names_no_file_of_the_package(tmp_path: Path) -> None:
    options = ["--recipe", "bert_frozen", "--corpus", "news"]
    assert RUNNER.invoke(app, ["init", str(tmp_path), *options]).exit_code == 0
    text = (tmp_path / "project.yml").read_text(encoding="utf8")
    assert "spacy_moee/" not in text
    ours, theirs = srsly.read_yaml(ROOT / "project.yml"), srsly.yaml_loads(text)
    defaults = {"config": "bert_frozen", "corpus": "news"}
    assert theirs["vars"] == {**ours["vars"], **defaults}
    # spaCy can read it
    assert load_project_config(tmp_path)["commands"]
    # all else is the same
    for name in ("workflows", "directories", "assets"):
        assert theirs[name] == ours[name]
    for before, after in zip(ours["commands"], theirs["commands"], strict=True):
        deps = [d for d in before.pop("deps", []) if not d.startswith("spacy_moee/")]
        assert after.pop("deps", []) == deps
        assert before == after


@pytest.mark.parametrize(
    "options, code, named",
    [
        (["--recipe", "absent"], "M731", "static_features"),
        (["--recipe", "paper/bert"], "M731", "static_features"),
        (["--corpus", "a/b"], "M732", "a/b"),
        (["--corpus", ".."], "M732", ".."),
        (["--corpus", ""], "M732", "''"),
    ],
)
def test_what_cannot_be(tmp_path: Path, options: list, code: str, named: str) -> None:
    result = RUNNER.invoke(app, ["init", str(tmp_path / "new"), *options])
    assert result.exit_code == 1
    assert code in result.output and named in result.output
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    own = tmp_path / "configs" / "sample.cfg"
    own.parent.mkdir()
    own.write_text("mine", encoding="utf8")
    result = RUNNER.invoke(app, ["init", str(tmp_path)])
    assert result.exit_code == 1 and "M733" in result.output
    assert files_of(tmp_path) == {"configs/sample.cfg"}
    assert own.read_text(encoding="utf8") == "mine"


def test_beside_a_corpus_that_is_there(tmp_path: Path) -> None:
    corpus = tmp_path / "assets" / "mine" / "source" / "train.txt"
    corpus.parent.mkdir(parents=True)
    corpus.write_text("Ada B-PER\n", encoding="utf8")
    assert RUNNER.invoke(app, ["init", str(tmp_path)]).exit_code == 0
    assert corpus.is_file() and (tmp_path / "project.yml").is_file()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf8")
    result = RUNNER.invoke(app, ["init", str(tmp_path / "file" / "new")])
    assert result.exit_code == 1 and "M734" in result.output, result.output
