"""Which raw text a training reads is what its config says."""

from pathlib import Path
from typing import Any, Dict, List

import pytest
from confection import Config

from spacy_moee.experiments.plan.experiment import read_experiment
from spacy_moee.experiments.plan.grid import check_needs, make_runs
from spacy_moee.experiments.plan.raw_text import READER, find_raw_text, raw_paths
from tests.experiments.util import OTHER, TARGET, make_content, write_content
from tests.test_configs import FOLDER


def make_config(reader: Dict[str, Any], name: str = "corpora.train") -> Config:
    config = Config({"training": {"train_corpus": name}, "paths": {"raw": "a.txt"}})
    *sections, last = name.split(".")
    inner: Any = config
    for section in sections:
        inner = inner.setdefault(section, {})
    inner[last] = reader
    return config


@pytest.mark.parametrize(
    "reader, expected",
    [
        ({"source": "a.txt", "target": "b.txt"}, "source, target"),
        ({"source": ["a.txt", "c"], "target": ["b.txt"]}, "source, target"),
        ({"source": None, "target": "b.txt"}, "target"),
        ({"source": "${paths.raw}"}, "source"),
        ({"source": None, "target": None}, ""),
        ({"source": [], "target": ""}, ""),
        # what is not read is no text of the training
        ({"target": "b.txt", "test": "t.spacy"}, "target"),
        ({"target": "b.txt", "test": "t.spacy", "transductive": False}, "target"),
        ({"target": "b.txt", "test": "x", "transductive": True}, "target, test"),
        # the test set by its own name, and in a folder
        ({"target": "corpus/tech.spacy"}, "target, test"),
        ({"target": ["b.txt", "./corpus/../corpus/tech.spacy"]}, "target, test"),
        ({"source": "corpus"}, "source, test"),
        ({"source": "corp", "target": "corpus/tech"}, "source, target"),
        ({"@readers": "spacy.Corpus.v1", "source": "a.txt"}, ""),
        ({"@readers": "spacy_moee.SoftCorpus.v1", "path": "t.spacy"}, "a teacher's"),
    ],
)
def test_reader_of_a_config(reader: Any, expected: str) -> None:
    tests = [Path("corpus/tech.spacy"), Path("corpus2/music.spacy")]
    for name in ("corpora.train", "my.own.corpus"):
        config = make_config({"@readers": READER, **reader}, name)
        assert find_raw_text(config, tests) == expected


def test_corpus_that_is_elsewhere() -> None:
    config = Config({"training": {"train_corpus": "corpora.none"}, "corpora": {}})
    assert find_raw_text(config, []) == ""


def test_paths_of_a_block() -> None:
    reader = {"@readers": READER, "source": ["a", "b"], "target": "c", "test": "d"}
    assert raw_paths(reader) == {"source": ["a", "b"], "target": ["c"], "test": []}
    assert raw_paths({**reader, "transductive": True})["test"] == ["d"]
    assert not any(raw_paths({**reader, "@readers": "other"}).values())


# as a recipe would have it
RECIPE: List[Any] = [
    ("corpora.train", "@readers", READER),
    ("corpora.train", "source", ["source.txt", "more.jsonl"]),
    ("corpora.train", "target", "target"),
    ("initialize", "before_init", {"@callbacks": "spacy_moee.read_vocabulary.v1"}),
    ("initialize.before_init", "path", "words.jsonl"),
]


def make_recipe(folder: Path) -> str:
    config = Config().from_disk(FOLDER / "sample.cfg", interpolate=False)
    for section, name, value in RECIPE:
        inner: Any = config
        for part in section.split("."):
            inner = inner[part]
        inner[name] = value
    config.to_disk(folder / "raw.cfg")
    return str(folder / "raw.cfg")


def test_runs_know_what_they_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read has to be there, and other text is another run."""
    monkeypatch.chdir(tmp_path)
    content = make_content(tmp_path, seeds=[0])
    content["systems"][OTHER]["config"] = make_recipe(tmp_path)
    experiment = read_experiment(write_content(tmp_path / "e.yml", content))
    with pytest.raises(ValueError) as info:
        check_needs(experiment)
    for line in (
        "corpora.train.source: there is no file 'source.txt'",
        "corpora.train.source: there is no file 'more.jsonl'",
        "corpora.train.target: there is no file 'target'",
        "initialize.before_init.path: there is no file 'words.jsonl'; `python -m spacy "
        "moee vocabulary` makes it",
    ):
        assert f"\n  - {line} (for {OTHER} with hash)" in str(info.value)
    (tmp_path / "target").mkdir()
    names = ("source.txt", "more.jsonl", "target/a.txt", "words.jsonl")
    keys = set()
    for name in ("", *names):
        for path in [name] if name else names:
            (tmp_path / path).write_text(f"Text of {name}\n")
        base, other = make_runs(experiment)
        assert (base.raw_text, other.raw_text) == ("", "source, target")
        keys.add(other.key)
    assert len(keys) == 5
    reader = "corpora.train"
    assert {x for x in other.inputs if x.startswith(reader)} == {
        f"{reader}.source.0",
        f"{reader}.source.1",
        f"{reader}.target",
    }
    # whatever it is called
    target = tmp_path / f"{TARGET}.spacy"
    content["systems"][OTHER]["overrides"] = {f"{reader}.target": str(target)}
    experiment = read_experiment(write_content(tmp_path / "e.yml", content))
    assert make_runs(experiment)[1].raw_text == "source, target, test"
