"""In what units test sets are read, and of what a table shows the mean."""

from pathlib import Path
from typing import Any, Dict

import pytest

from spacy_moee.errors import MoeeError
from spacy_moee.experiments.plan.data import Data, Reading
from spacy_moee.experiments.plan.experiment import read_experiment
from tests.experiments.util import make_content, write_content

FILES = {"train": "train.spacy", "dev": "dev.spacy", "test": "test.spacy"}


def make(targets: Dict[str, Dict[str, Any]], **changes: Any) -> Data:
    named = {name: {"path": f"{name}.spacy", **x} for name, x in targets.items()}
    return Data(**FILES, targets=named, **changes)  # type: ignore[arg-type]


def test_a_column_for_each_of_its_units() -> None:
    data = make(
        {"news": {"gold_types": True}, "tweets": {"units": "sentences"}},
        units=["docs", "sentences"],
    )
    assert data.source_columns == {
        "source": Reading("test", "docs"),
        "source (sentences)": Reading("test", "sentences"),
    }
    assert data.target_columns == {
        "news": Reading("targets.news", "docs", None, True),
        "news (sentences)": Reading("targets.news", "sentences", None, True),
        "tweets": Reading("targets.tweets", "sentences"),
    }
    # what is read in one way only is part of both means
    assert data.mean_columns == {
        "mean": ["news", "tweets"],
        "mean (sentences)": ["news (sentences)", "tweets"],
    }


def test_without_units_docs_are_read_as_they_are() -> None:
    data = make({"tech": {"types": ["PER"], "ncrfpp": "tech.txt"}})
    assert data.source_columns == {"source": Reading("test")}
    [column] = data.target_columns.values()
    assert column == Reading(
        "targets.tech", types=["PER"], ncrfpp="targets.tech.ncrfpp"
    )
    assert {column.input, column.ncrfpp, "test"} <= data.files.keys()
    assert data.mean_columns == {}


def test_means_that_are_named() -> None:
    parts = {"all of them": ["a", "b", "c"], "one": ["b"]}
    data = make({"a": {}, "b": {}, "c": {"units": ["docs"]}}, means=parts)
    assert data.mean_columns == parts
    data = make({"a": {}}, units=["sentences", "docs"], means={"m": ["a"]})
    assert data.mean_columns == {"m": ["a"], "m (docs)": ["a (docs)"]}


@pytest.mark.parametrize(
    "key, value, expected",
    [
        ("units", [], "at least 1"),
        ("units", "paragraphs", "'docs' or 'sentences'"),
        ("units", ["docs", "docs"], "twice"),
        ("means", {"m": []}, "at least 1"),
        ("means", {"m": ["tech", "tech"]}, "twice"),
        ("means", {"m": ["tech", "music"]}, "found 'music'(.|\n)*some of tech"),
        ("means", {"tech": ["tech"]}, "another column"),
        ("means", {"Source": ["tech"]}, "another column"),
        ("means", {"m (sentences)": ["tech"]}, "should not end"),
        ("targets", {"tech (docs)": {"path": "x"}}, "should not end"),
        ("targets", {"tech": {"path": "x", "units": "articles"}}, "'docs' or"),
        (
            "targets",
            {"tech": {"path": "x", "types": ["PER"], "gold_types": True}},
            "not both",
        ),
    ],
)
def test_wrong_values(tmp_path: Path, key: str, value: Any, expected: str) -> None:
    content = make_content(tmp_path)
    content["data"][key] = value
    file = write_content(tmp_path / "e.yml", content)
    with pytest.raises(MoeeError, match=expected) as error:
        read_experiment(file)
    assert error.value.code == "M502" and f"data.{key}" in str(error.value)
