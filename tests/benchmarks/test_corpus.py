"""What the benchmarks train."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest

from benchmarks.corpus import CONFIGS, FILES, QUICK_DOCS, add_arguments, find_recipe


def find(name: str, *arguments: str, **changes: Any) -> Any:
    parser = ArgumentParser()
    add_arguments(parser)
    return find_recipe(parser.parse_args(arguments), name, changes)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        path = tmp_path / "corpus" / f"{name}.spacy"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_recipe_is_loaded_with_the_corpus(corpus: Path) -> None:
    recipe = find("sample", **{"training.max_epochs": 3})
    config = recipe.load().interpolate()
    assert recipe.path == (CONFIGS / "sample.cfg").resolve()
    assert config["paths"]["train"] == str(Path("corpus/source/train.spacy"))
    assert config["training"]["max_epochs"] == 3
    assert config["initialize"]["vectors"] is None
    config = find("static_features", "--vectors", "mine").load().interpolate()
    assert config["initialize"]["vectors"] == "mine"
    quick = find("sample", "--quick").load()
    assert quick["corpora"]["train"]["limit"] == QUICK_DOCS


def test_what_is_missing(corpus: Path) -> None:
    with pytest.raises(SystemExit, match="static_features"):
        find("smaple")
    with pytest.raises(SystemExit, match="other"):
        find("other.cfg")
    (corpus / "corpus/target/test.spacy").unlink()
    with pytest.raises(SystemExit, match="target"):
        find("sample")
