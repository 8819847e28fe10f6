"""`spacy moee report`."""

from pathlib import Path

import pytest
import srsly
from spacy.cli import app
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401


def run(*args: object):
    return CliRunner().invoke(app, ["moee", "report", *map(str, args)])


def write_metrics(path: Path, f1: float) -> Path:
    scores = {"p": 0.5, "r": 0.25, "f": f1}
    metrics = {f"ents_{name}": value for name, value in scores.items()}
    srsly.write_json(path, {**metrics, "ents_per_type": {"PER": scores}})
    return path


def test_table(tmp_path: Path) -> None:
    files = [write_metrics(tmp_path / f"{n}.json", 0.3) for n in ("source", "target")]
    output = tmp_path / "new" / "table.md"
    result = run(*files, "--output", output)
    assert result.exit_code == 0, result.output
    assert output.read_text(encoding="utf8").splitlines() == [
        "| Corpus | Entities |     P |     R |    F1 |",
        "| ------ | -------- | ----: | ----: | ----: |",
        "| source | all      | 50.00 | 25.00 | 30.00 |",
        "|        | PER      | 50.00 | 25.00 | 30.00 |",
        "| target | all      | 50.00 | 25.00 | 30.00 |",
        "|        | PER      | 50.00 | 25.00 | 30.00 |",
    ]
    assert "target   all" in result.output


def test_corpus_without_gold(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    srsly.write_json(
        path, {"ents_p": None, "ents_r": None, "ents_f": None, "ents_per_type": None}
    )
    assert "none     all        -   -    -" in run(path).output


@pytest.mark.parametrize("content", ["{", "[1]", '{"tag_acc": 1.0}'])
def test_bad_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf8")
    result = run(path, "--output", tmp_path / "table.md")
    assert result.exit_code == 1
    assert "[M401]" in result.output and str(path) in result.output
    assert not (tmp_path / "table.md").exists()
