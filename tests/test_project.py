"""The project, from column files to the table, on a few sentences."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest
import srsly
from spacy.util import load_config

ROOT = Path(__file__).parent.parent
COMMANDS = ["convert", "vectors", "vocabulary", "init-labels", "train"]
COMMANDS += ["evaluate", "report"]
SMALL = ["--vars.corpus", "small"]
# prints the package's modules that a training may import
LOADED = """
import sys
from importlib.metadata import distribution
for entry_point in distribution("spacy-moee").entry_points:
    if entry_point.group != "spacy_cli":
        entry_point.load()
print(*(m.__file__ for n, m in sys.modules.items() if n.startswith("spacy_moee")))
"""


def copy_project(folder: Path) -> Path:
    for name in ("project.yml", "configs", "spacy_moee"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy with a small corpus, and with recipes that are quick."""
    copy_project(tmp_path)
    for file in ("source/train", "source/dev", "source/test", "target/test"):
        text = (ROOT / "assets" / "sample" / f"{file}.txt").read_text(encoding="utf8")
        small = tmp_path / "assets" / "small" / f"{file}.txt"
        small.parent.mkdir(parents=True, exist_ok=True)
        sentences = text.split("\n\n")[:80]
        small.write_text("\n\n".join(sentences) + "\n", encoding="utf8")
    make_quick(tmp_path)
    return tmp_path


def make_quick(project: Path) -> None:
    for path in (project / "configs").glob("*.cfg"):
        text = re.sub(r"max_epochs = \d+", "max_epochs = 2", path.read_text("utf8"))
        text = re.sub("(hidden|expert)_width = .*", r"\1_width = 8", text)
        path.write_text(text, encoding="utf8")


def run_all(project: Path, *args: str, workflow: str = "all") -> List[str]:
    """Run a workflow. Returns the commands that were skipped."""
    command = [sys.executable, "-m", "spacy", "project", "run", workflow, str(project)]
    result = subprocess.run(
        [*command, *args],
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return re.findall("Skipping '(.*?)': nothing changed", result.stdout)


def assert_has_results(project: Path) -> None:
    table = (project / "metrics" / "table.md").read_text(encoding="utf8")
    assert "| source | all" in table and "| target | all" in table
    for corpus in ("source", "target"):
        assert (project / "metrics" / f"{corpus}.json").is_file()


def test_train_depends_on_the_code_that_it_runs() -> None:
    """Whatever is imported counts, but for messages, types, colours and the forms of a
    saved file, none of which changes a result."""
    code = [sys.executable, "-c", LOADED]
    out = subprocess.run(code, capture_output=True, text=True, check=True).stdout
    files = [Path(file).relative_to(ROOT).as_posix() for file in out.split()]
    needed = {file for file in files if not file.endswith("__init__.py")}
    project = srsly.read_yaml(ROOT / "project.yml")
    deps = next(c["deps"] for c in project["commands"] if c["name"] == "train")
    unlisted = needed - set(deps)
    fasttext = "spacy_moee/embeddings/fasttext/{}.py"
    harmless = {fasttext.format(x) for x in ("prune", "reference", "writing")}
    harmless |= {"spacy_moee/models/types.py", "spacy_moee/insight/colors.py"}
    # for configs/continue.cfg, which no command of the project runs
    harmless |= {"spacy_moee/training/source.py"}
    # for `nlp.rehearse`, which `spacy train` does not call
    harmless |= {
        f"spacy_moee/{x}.py" for x in ("models/rehearsal", "networks/divergence")
    }
    # for `alternatives`, which it does not call either
    modules = "alternatives", "models/alternatives", "models/edges"
    modules += "networks/candidates", "networks/kbest"
    # for ensembles, which do not train
    modules += "embeddings/shared", "models/ensemble", "models/joint"
    modules += "networks/ensemble", "networks/posterior"
    harmless |= {f"spacy_moee/{x}.py" for x in modules}
    assert {f for f in unlisted if not f.startswith("spacy_moee/errors/")} <= harmless


def test_runs_once(project: Path) -> None:
    assert run_all(project, *SMALL) == []
    assert_has_results(project)
    assert run_all(project, *SMALL) == COMMANDS


@pytest.mark.slow
def test_raw_text_of_both_domains(project: Path) -> None:
    small = project / "assets" / "small"
    for domain, file in ("source", "source/train"), ("target", "target/test"):
        lines = (small / f"{file}.txt").read_text(encoding="utf8").splitlines()
        words = [line.split()[0] if line.strip() else "." for line in lines]
        (project / "raw").mkdir(exist_ok=True)
        text = json.dumps({"text": " ".join(words)})
        (project / "raw" / f"{domain}.jsonl").write_text(f"{text}\n", encoding="utf8")
    vectors = project / "words.txt"
    vectors.write_text("the 1 0\nof 0 1\n", encoding="utf8")
    settings = ["--vars.config", "jia", "--vars.vectors", str(vectors)]
    assert run_all(project, *SMALL, *settings) == []
    assert_has_results(project)
    assert (project / "vocabulary" / "words.jsonl").is_file()
    assert run_all(project, *SMALL, *settings) == COMMANDS


@pytest.mark.slow
def test_reruns_what_changed(project: Path) -> None:
    assert run_all(project, *SMALL) == []
    with (project / "assets/small/target/test.txt").open("a", encoding="utf8") as file:
        file.write("\nAda B-PER\nByron E-PER\n")
    skipped = run_all(project, *SMALL)
    assert skipped == COMMANDS[1:5]


def test_convert_depends_on_the_code_that_it_runs() -> None:
    files = (ROOT / "spacy_moee" / "corpora").rglob("*.py")
    needed = {f.relative_to(ROOT).as_posix() for f in files if f.name != "__init__.py"}
    project = srsly.read_yaml(ROOT / "project.yml")
    deps = next(c["deps"] for c in project["commands"] if c["name"] == "convert")
    # these two are for vectors, training and evaluation
    others = {f"spacy_moee/corpora/{name}.py" for name in ("parts", "texts")}
    assert needed - others == set(deps[1:])


def write_corpus(folder: Path) -> None:
    for name in ("train", "dev", "test"):
        text = (ROOT / f"assets/sample/source/{name}.txt").read_text(encoding="utf8")
        path = folder / "source" / f"{name}.txt"
        path.write_text("\n\n".join(text.split("\n\n")[:60]) + "\n", encoding="utf8")


def rows_of(project: Path) -> List[str]:
    table = (project / "metrics" / "table.md").read_text(encoding="utf8")
    return re.findall(r"^\| (\w+) +\| all", table, re.MULTILINE)


@pytest.mark.slow
def test_a_project_of_ones_own_without_target_labels(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "spacy", "moee", "init", str(tmp_path)]
    subprocess.run([*command, "--recipe", "sample"], check=True, capture_output=True)
    make_quick(tmp_path)
    corpus = tmp_path / "assets" / "mine"
    write_corpus(corpus)
    (corpus / "target").rmdir()
    assert run_all(tmp_path) == []
    assert rows_of(tmp_path) == ["source"] and not (tmp_path / "tagged").exists()
    unlabelled = {
        "test.txt": "Ada\nByron\nleft\nLondon\n.\n\nShe\nwas\nthere\n.\n",
        "prose.txt": "Ada Byron left London. She had been there for years.\n",
        "test.jsonl": '{"text": "Ada Byron left London."}\n',
    }
    for name, text in unlabelled.items():
        shutil.rmtree(corpus / "target", ignore_errors=True)
        (corpus / "target").mkdir()
        (corpus / "target" / name).write_text(text, encoding="utf8")
        assert run_all(tmp_path) == COMMANDS[1:5]
        assert rows_of(tmp_path) == ["source"]
        (found,) = (tmp_path / "tagged").glob("*.jsonl")
        first = next(iter(srsly.read_jsonl(found)))
        assert first["text"].startswith("Ada Byron left London")
        assert not (tmp_path / "metrics" / "target.json").exists()
    labelled = corpus / "target" / "test.jsonl"
    labelled.write_text(
        '{"text": "Ada left.", "spans": [{"start": 0, "end": 3, "label": "PER"}]}\n',
        encoding="utf8",
    )
    assert run_all(tmp_path) == COMMANDS[1:5]
    assert rows_of(tmp_path) == ["source", "target"]
    assert not (tmp_path / "tagged").exists()


@pytest.mark.slow
def test_recipe_with_vectors(project: Path) -> None:
    vectors = project / "words.txt"
    vectors.write_text("the 1 2 3\nof 3 2 1\n", encoding="utf8")
    args = ["--vars.config", "static_features", "--vars.vectors", "words.txt"]
    assert run_all(project, *SMALL, *args) == []
    assert_has_results(project)


@pytest.mark.slow
def test_workflow_with_fasttext_vectors(project: Path) -> None:
    pytest.importorskip("fasttext")
    assert run_all(project, *SMALL, workflow="fasttext") == []
    assert_has_results(project)
    config = load_config(project / "training" / "model-best" / "config.cfg")
    assert config["nlp"]["vectors"]["@vectors"] == "spacy_moee.FastTextVectors.v1"
    other = {"vectors": "fasttext-vectors", "train": "fasttext-train"}
    # the recipe reads no raw text
    commands = [other.get(name, name) for name in COMMANDS if name != "vocabulary"]
    assert run_all(project, *SMALL, workflow="fasttext") == commands


EXPERIMENT = """
title: Tiny
data:
  train: corpus/source/train.spacy
  dev: corpus/source/dev.spacy
  test: corpus/source/test.spacy
  targets: {tech: {path: corpus/target/test.spacy}}
baseline: A
seeds: [0]
systems:
  A: {config: configs/sample.cfg}
embeddings:
  vectors: {tok2vec: configs/static_features.cfg, overrides: {paths.vectors: vectors}}
"""


@pytest.mark.slow
def test_workflow_table1(project: Path) -> None:
    pytest.importorskip("matplotlib")
    (project / "words.txt").write_text("the 1 2 3\nof 3 2 1\n", encoding="utf8")
    path = project / "configs" / "experiments" / "tiny.yml"
    path.write_text(EXPERIMENT, encoding="utf8")
    args = ["--vars.experiment", "tiny", "--vars.vectors", "words.txt"]
    assert run_all(project, *SMALL, *args, workflow="table1") == []
    output = project / "comparison" / "tiny"
    [result] = srsly.read_jsonl(output / "results.jsonl")
    assert {"initialize.vectors", "train", "targets.tech"} <= set(result["data"])
    assert (output / "report.html").is_file()
    times = [file.stat().st_mtime_ns for file in output.rglob("*.log")]
    # what `all` does to the vectors, for a recipe that has none
    run_all(project, *SMALL, workflow="vectors")
    run_all(project, *SMALL, *args, workflow="compare")
    assert times == [file.stat().st_mtime_ns for file in output.rglob("*.log")]


@pytest.mark.slow
def test_sample_corpus_shows_the_gap_between_domains(tmp_path: Path) -> None:
    copy_project(tmp_path)
    shutil.copytree(ROOT / "assets" / "sample", tmp_path / "assets" / "sample")
    assert run_all(tmp_path) == []
    source, target = (
        srsly.read_json(tmp_path / "metrics" / f"{corpus}.json")["ents_f"]
        for corpus in ("source", "target")
    )
    assert source >= target + 0.05
    assert 0.25 <= target <= 0.95
