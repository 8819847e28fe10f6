"""`python -m benchmarks.accuracy`: what is run, what is not run again, what it says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import spacy

from benchmarks.corpus import build_once, find_config, prepare
from benchmarks.evaluate import evaluate

REPO = Path(__file__).parents[2]
SENTENCES = {
    "source": "Ann B-PER\nLee I-PER\nvisits O\nOslo B-LOC\n. O\n\nNo O\nnews O\n\n",
    "target": "Acme S-ORG\nhires O\nAnn B-PER\nLee E-PER\n. O\n\n",
}
TINY = """
--components.moee_ner.model.hidden_width 16
--components.moee_ner.model.expert_width 4
--components.moee_ner.model.tok2vec.width 16
--initialize.after_init.max_epochs 5
--initialize.after_init.min_steps 0
--training.batcher.size 4
--training.optimizer.learn_rate 0.02
""".split()


@pytest.fixture
def corpus(tmp_path):
    """A corpus folder of a few sentences."""
    for name in ("source/train", "source/dev", "source/test", "target/test"):
        path = tmp_path / "data" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SENTENCES[name.split("/")[0]] * 20, encoding="utf8")
    return tmp_path / "data"


def run(folder, *arguments):
    command = [sys.executable, "-m", "benchmarks.accuracy", "--data", "data"]
    return subprocess.run(
        [*command, "--config", "sample", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPO), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf8",
    )


@pytest.mark.slow
def test_seeds_run_once(corpus, tmp_path):
    done = run(tmp_path, "--seeds", "0", "1", "--jobs", "2", *TINY)
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"source_test_f1=\d+\.\d\d scitech_f1=\d+\.\d\d", last)
    assert "seed 1 |   1 " in done.stdout  # the epochs pass by
    results = sorted(tmp_path.glob("runs/sample/*/seed-*/result.json"))
    assert [path.parent.name for path in results] == ["seed-0", "seed-1"]
    means = [
        sum(json.loads(p.read_text())[domain]["f1"] for p in results) / 2
        for domain in ("source", "target")
    ]
    assert last == "source_test_f1={:.2f} scitech_f1={:.2f}".format(*means)
    assert means[0] > 0

    logs = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.log")}
    assert len(logs) == 4
    again = run(tmp_path, "--seeds", "0", "1", *TINY)
    assert again.stdout.splitlines()[-1] == last and " | " not in again.stdout
    assert logs == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.log")}

    # an interrupted seed starts afresh, the finished one stays
    results[1].unlink()
    third = run(tmp_path, "--seeds", "0", "1", *TINY)
    assert third.stdout.splitlines()[-1] == last
    assert "seed 1 | " in third.stdout and "seed 0 | " not in third.stdout


@pytest.mark.slow
def test_errors_are_clear(corpus, tmp_path):
    failed = run(tmp_path, "--seeds", "0", "--training.max_epochs", "many")
    assert failed.returncode == 1 and "train.log" in failed.stderr
    assert "max_epochs" in failed.stderr
    assert run(tmp_path, "--seed", "0").returncode == 2
    (corpus / "target" / "test.txt").unlink()
    failed = run(tmp_path)
    assert failed.returncode == 1 and "target/test.txt" in failed.stderr


def test_recipes_are_found(tmp_path):
    assert find_config("sample") == (REPO / "configs" / "sample.cfg").resolve()
    path = tmp_path / "my.cfg"
    path.touch()
    assert find_config(str(path)) == path.resolve()
    with pytest.raises(SystemExit, match="sample"):
        find_config("smaple")


def test_key_follows_whatever_the_result_depends_on(corpus, tmp_path, capsys):
    def key(**extra):
        return prepare(corpus, "sample", "", tmp_path / "runs", extra).key

    first = key()
    assert (
        "source/train: 40 sentences, 140 tokens, 40 entities" in capsys.readouterr()[0]
    )
    assert key() == first and not capsys.readouterr()[0]
    assert key(**{"training.max_epochs": 3}) != first
    test = corpus / "target" / "test.txt"
    test.write_text(test.read_text() + "more O\n")
    assert key() != first and capsys.readouterr()[0]
    assert len(list((tmp_path / "runs" / "corpora").iterdir())) == 2


def test_failed_build_leaves_nothing(tmp_path):
    def fail(folder):
        (folder / "half").touch()
        raise ValueError

    with pytest.raises(ValueError):
        build_once(tmp_path / "made", fail)
    assert not list(tmp_path.iterdir())


def test_counts_that_differ_are_an_error(corpus, tmp_path):
    recipe = prepare(corpus, "sample", "", tmp_path / "runs", {})
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(
        [{"label": "PER", "pattern": "Ann Lee"}, {"label": "LOC", "pattern": "Acme"}]
    )
    converted = recipe.corpus / "target" / "test.spacy"
    test = corpus / "target" / "test.txt"
    result = evaluate(nlp, test, converted)
    assert result["counts"] == {"LOC": [0, 20, 0], "ORG": [0, 0, 20], "PER": [20] * 3}
    assert result["f1"] == pytest.approx(50) and result["per_type_f1"]["PER"] == 100
    test.write_text(test.read_text().replace("S-ORG", "O", 1))
    with pytest.raises(RuntimeError, match="conlleval"):
        evaluate(nlp, test, converted)
