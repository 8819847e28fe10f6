"""`spacy moee vocabulary`."""

from pathlib import Path
from typing import Any, List

import pytest
from spacy.cli import app
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.vocabulary import read_vocabulary

from ..training.test_raw import write_jsonl
from ..training.test_readers import make_mixed_config
from ..training.util import write_corpus

CONFIGS = Path(__file__).parents[2] / "configs"


def run(*args: object) -> Any:
    return CliRunner().invoke(app, ["moee", "vocabulary", *map(str, args)])


def write_config(folder: Path) -> Path:
    config = make_mixed_config(folder)
    write_jsonl(folder / "a.jsonl", ["On 7 May the chip", "on 8 May", "9 on chip 10"])
    write_jsonl(folder / "b.jsonl", ["May chip", "on 3.5"])
    config["corpora"]["train"]["test"] = str(folder / "test.jsonl")
    path = folder / "mixed.cfg"
    config.to_disk(path)
    return path


def words_of(folder: Path, *args: object) -> List[str]:
    result = run(write_config(folder), folder / "words.jsonl", *args)
    assert result.exit_code == 0, result.output
    words = read_vocabulary(folder / "words.jsonl")
    assert f"{len(words)} words" in result.output
    return words


def test_words_by_frequency(tmp_path: Path) -> None:
    # 25 docs; three of 0 (7, 8, 9), of "May", "chip" and "on"
    expected = [".", "Ada", "London", "left", "0", "May", "chip", "on"]
    assert words_of(tmp_path, "--min-count", 3) == expected
    assert words_of(tmp_path) == expected[:4]
    everything = {*expected, "On", "the", "00", "0.0"}
    assert {*words_of(tmp_path, "--min-count", 1)} == everything
    counts = (tmp_path / "words.jsonl").read_text(encoding="utf8").splitlines()
    assert counts[0] == '{"word": ".", "count": 25}'


def test_words_of_the_test_text(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "test.jsonl", ["Moon 99 landed"])
    without = words_of(tmp_path)
    words = words_of(tmp_path, "--corpora.train.transductive", "true")
    assert {*words} - {*without} == {"Moon", "00", "landed"}


def test_overrides_and_types(tmp_path: Path) -> None:
    other = write_corpus(tmp_path / "other.spacy", [1])
    words_of(tmp_path, "--corpora.train.path", other)
    counts = (tmp_path / "words.jsonl").read_text(encoding="utf8").splitlines()
    assert counts[0] == '{"word": ".", "count": 1}'


def test_a_recipe_without_raw_text(tmp_path: Path) -> None:
    """A project has the same commands for all recipes."""
    out = tmp_path / "words.jsonl"
    result = run(CONFIGS / "sample.cfg", out)
    assert result.exit_code == 0 and "no raw text" in result.output
    assert not out.exists()


@pytest.mark.parametrize(
    "args, code",
    [
        (["--corpora.train.source", "absent.jsonl"], "M710"),
        (["--corpora.train.path", "absent.spacy"], "M607"),
        (["--corpora.train.batch_size", "0"], "M103"),
        (["--corpora.train.transductive", "true"], "M710"),
    ],
)
def test_problems_write_nothing(tmp_path: Path, args: List[str], code: str) -> None:
    result = run(write_config(tmp_path), tmp_path / "words.jsonl", *args)
    assert result.exit_code == 1 and f"[{code}]" in result.output
    assert not (tmp_path / "words.jsonl").exists()


def test_an_output_that_can_not_be_written(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    result = run(config, config / "words.jsonl")
    assert result.exit_code == 1 and "[M614]" in result.output


def test_a_config_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "no.cfg").write_text("[nlp]\nlang = en en\n", encoding="utf8")
    assert run(tmp_path / "no.cfg", tmp_path / "words.jsonl").exit_code == 1
    assert run(tmp_path / "absent.cfg", tmp_path / "words.jsonl").exit_code == 2
