"""Every experiment file is complete, and the sample runs."""

from pathlib import Path
from typing import Any, Dict, List, Set, Tuple

import pytest
import srsly
from spacy.cli import app
from spacy.util import registry
from thinc.api import Config
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.experiments.plan.experiment import Experiment, read_experiment
from spacy_moee.experiments.plan.grid import Run, make_runs
from spacy_moee.experiments.plan.published import COLUMNS, JIA, TABLE_1, published_f1
from spacy_moee.experiments.plan.raw_text import find_raw_text

from .test_configs import FOLDER, make_corpus, make_vectors

FILES = sorted((FOLDER / "experiments").glob("*.yml"))
# those of the paper's table, on different embeddings
OTHERS = "losses", "case", "static_features", "raw"
TABLES = [path for path in FILES if path.stem not in OTHERS]
NAMES = "reuters2020", "wikigold", "politics", "music", "tweets"
DOMAINS = [f"domains/{name}" for name in NAMES]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder with small corpora and vectors."""
    (tmp_path / "configs").symlink_to(FOLDER)
    make_vectors(tmp_path / "vectors")
    source = ("source/train", "source/dev", "source/test")
    for name in (*source, "target/test", *DOMAINS):
        path = tmp_path / "corpus" / f"{name}.spacy"
        path.parent.mkdir(parents=True, exist_ok=True)
        make_corpus(path)
    column_file = tmp_path / "assets" / "conll2003_scitech" / "target" / "test.txt"
    column_file.parent.mkdir(parents=True)
    # as `make_corpus`
    words = "Ada B-PER\nByron E-PER\nleft O\nLondon S-LOC\n. O\n\n"
    column_file.write_text(6 * words, encoding="utf8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def model_of(run: Run) -> Any:
    return Config().from_str(run.config)["components"]["moee_ner"]["model"]


def shown(experiment: Experiment) -> Set[str]:
    return {name for e in experiment.embeddings.values() for name in e.systems}


def embeddings_of(run: Run) -> List[Any]:
    config = Config().from_str(run.config)
    vectors = [config["nlp"]["vectors"], config["initialize"]["vectors"]]
    return [model_of(run)["tok2vec"], *vectors]


def read_runs(path: Path) -> Tuple[Experiment, List[Run]]:
    experiment = read_experiment(Path("configs/experiments") / path.name)
    runs = make_runs(experiment)
    assert len({run.key for run in runs}) == len(runs)
    # what is compared has the same embeddings
    for name in experiment.embeddings:
        blocks = [embeddings_of(run) for run in runs if run.embeddings == name]
        assert all(block == blocks[0] for block in blocks)
    return experiment, runs


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_table_is_complete(project: Path, path: Path) -> None:
    experiment, runs = read_runs(path)
    assert shown(experiment) <= set(TABLE_1) and experiment.baseline == "BiLSTM-CRF"
    switches = {
        run.system: (model["detection"], model["experts"])
        for run in runs
        if "experts" in (model := model_of(run))
    }
    expected = {
        "BiLSTM-CRF": (False, False),
        "+ MTL": (True, False),
        "+ MoEE": (False, True),
        "+ MTL and MoEE": (True, True),
    }
    assert switches == {name: expected[name] for name in switches}
    # what is compared differs in nothing but the system
    for name in experiment.embeddings:
        parts = [Config().from_str(r.config) for r in runs if r.embeddings == name]
        # but for the one that reads raw text, in steps of its own
        parts = [p for p in parts if not find_raw_text(p, [])]
        trainings = [{**p["training"], "seed": 0} for p in parts]
        assert all(training == trainings[0] for training in trainings)


def test_domains_as_articles_and_by_sentences(project: Path) -> None:
    experiment, runs = read_runs(Path("domains.yml"))
    both = ("reuters2020", "wikigold", "scitech")
    marked = {f"{name} (sentences)" for name in both}
    assert {*experiment.data.target_columns} == {*NAMES, "scitech"} | marked
    means = experiment.data.mean_columns
    assert means["development"] == [*NAMES]
    assert marked > {*means["development (sentences)"]} - {*NAMES}
    assert experiment.targets[0] == "development" and len(runs) == 12


def test_the_table_has_a_row_that_reads_raw_text(project: Path) -> None:
    """It is its recipe."""
    _, runs = read_runs(Path("table1.yml"))
    found = [run for run in runs if run.system == JIA]
    assert [run.seed for run in found] == [0, 1, 2]
    assert {run.raw_text for run in found} == {"source, target"}
    assert {run.raw_text for run in runs if run.system != JIA} == {""}
    recipe = Config().from_disk(FOLDER / "jia_features.cfg")
    changed = differences(recipe, Config().from_str(found[1].config))
    assert changed <= {"seed", "labels", "path"}


def test_raw_compares_with_the_same_network(project: Path) -> None:
    experiment, runs = read_runs(Path("raw.yml"))
    # one that is run with all embeddings
    for block in experiment.embeddings.values():
        assert {JIA, experiment.baseline} <= {*block.systems}
    by_name: Dict[Any, Any] = {
        (run.embeddings, run.system): run for run in runs if not run.seed
    }
    for (embeddings, system), run in by_name.items():
        reads = "source, target" if system == JIA else ""
        assert run.raw_text == reads
        if system == JIA:
            base = by_name[embeddings, experiment.baseline]
            one, other = (Config().from_str(x.config) for x in (run, base))
            changed = {"language_weight", "domain", "source", "target"}
            assert differences(one, other) == changed
            model = model_of(base)
            assert (model["language_weight"], model["domain"]) == (0, "source")
    published, spelling = experiment.embeddings
    recipes: List[Tuple[str, str, str, Set[str]]] = [
        ("jia", published, JIA, set()),
        ("jia_features", spelling, JIA, set()),
        ("static_features", spelling, "+ MTL and MoEE", set()),
        ("static_features", spelling, "BiLSTM-CRF", {"detection", "experts"}),
    ]
    for recipe, block, name, changed in recipes:
        expected = fill(Config().from_disk(FOLDER / f"{recipe}.cfg"))
        config = Config().from_str(by_name[block, name].config)
        found = differences(expected, fill(config))
        assert found <= {"labels", "path", *changed}


def test_losses_changes_one_thing_at_a_time(project: Path) -> None:
    experiment, runs = read_runs(Path("losses.yml"))
    by_name = {run.system: Config().from_str(run.config) for run in runs}
    base = by_name[experiment.baseline]
    table, rows = read_runs(Path("table1.yml"))
    [same] = [
        run.config
        for run in rows
        if run.embeddings in experiment.embeddings
        and (run.system, run.seed) == (experiment.baseline, 2)
    ]
    assert base.to_str() == Config().from_str(same).to_str()
    changed = {name: differences(base, other) for name, other in by_name.items()}
    assert changed.pop(experiment.baseline) == set()
    assert changed == {
        "Detection and gate at 1/15": {"detection_weight", "gate_weight"},
        "Gate without gold": {"gate_weight"},
        "Dropout 0.5": {"dropout"},
        "Learning rate 5e-4, patience 10": {"learn_rate", "patience"},
    }


def test_case_changes_nothing_but_the_shares(project: Path) -> None:
    experiment, runs = read_runs(Path("case.yml"))
    by_name = {run.system: Config().from_str(run.config) for run in runs}
    base = by_name.pop(experiment.baseline)
    assert base["training"]["batcher"]["lower"] == 0.0
    assert base["training"]["batcher"]["upper"] == 0.0
    for other in by_name.values():
        assert differences(base, other) == {"lower", "upper"}


def test_static_features_is_the_recipe_on_two_targets(project: Path) -> None:
    experiment, runs = read_runs(Path("static_features.yml"))
    assert experiment.targets == ["mean", "scitech", "wikigold"]
    assert [run.seed for run in runs] == [0, 1, 2]
    recipe = Config().from_disk(FOLDER / "static_features.cfg")
    for run in runs:
        # the paths are the experiment's, and it has a seed
        found = differences(recipe, Config().from_str(run.config))
        assert found <= {"seed", "train", "dev", "vectors", "labels", "path"}


def fill(config: Config) -> Config:
    """The same with all arguments of the optimizer, and the outer logger alone."""
    training = config["training"]
    block = {"optimizer": training["optimizer"]}
    logger = {"@loggers": training["logger"]["@loggers"]}
    training.update({**registry.fill(block), "logger": logger})
    return config


def differences(one: Dict[str, Any], other: Dict[str, Any]) -> Set[str]:
    """The names of the settings that differ, at any depth."""
    found: Set[str] = set()
    for name in one.keys() | other.keys():
        a, b = one.get(name), other.get(name)
        if isinstance(a, dict) and isinstance(b, dict):
            found |= differences(a, b)
        elif a != b:
            found.add(name)
    return found


@pytest.mark.slow
def test_sample_runs(project: Path) -> None:
    pytest.importorskip("matplotlib")
    content = srsly.read_yaml(project / "configs" / "experiments" / "sample.yml")
    content["seeds"] = [0]
    content["overrides"]["training.max_epochs"] = 2
    content["overrides"]["components.moee_ner.model.hidden_width"] = 4
    srsly.write_yaml(project / "small.yml", content)
    arguments = ["moee", "compare", "small.yml", "out", "--jobs", "2"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    lines = list(srsly.read_jsonl(project / "out" / "results.jsonl"))
    # all that read no raw text
    systems = TABLE_1.keys() - {JIA}
    assert {line["system"] for line in lines} == systems
    html = (project / "out" / "report.html").read_text(encoding="utf8")
    assert all(name in html for name in systems)


@pytest.mark.slow
def test_raw_runs(project: Path) -> None:
    """Runs whose corpus is streamed, two at a time, with the published training."""
    pytest.importorskip("matplotlib")
    content = srsly.read_yaml(project / "configs" / "experiments" / "raw.yml")
    content["seeds"] = [0]
    content["overrides"] = {
        "initialize.after_init.max_epochs": 2,
        "initialize.after_init.min_steps": 1,
    }
    published, spelling = content["embeddings"]
    content["embeddings"].pop(spelling)
    block = content["embeddings"][published]
    block["overrides"]["components.moee_ner.model.hidden_width"] = 4
    srsly.write_yaml(project / "small.yml", content)
    (project / "raw").mkdir()
    for domain in ("source", "target"):
        texts = [{"text": f"Ada Byron left the {domain} ."}] * 8
        srsly.write_jsonl(project / "raw" / f"{domain}.jsonl", texts)
    for arguments in (
        ["vocabulary", "configs/jia_features.cfg", "vocabulary/words.jsonl"],
        ["compare", "small.yml", "out", "--jobs", "2"],
    ):
        result = CliRunner().invoke(app, ["moee", *arguments])
        assert result.exit_code == 0, result.output
    # an epoch has one step of six docs
    assert f"{JIA} \u00b7 {published} \u00b7 seed 0: epoch 2" in result.output
    lines = list(srsly.read_jsonl(project / "out" / "results.jsonl"))
    assert [(x["system"], x["raw_text"]) for x in lines] == [
        (JIA, "source, target"),
        (content["baseline"], ""),
    ]
    assert all("ncrfpp" in x["scores"]["scitech"] for x in lines)
    table = (project / "out" / "table.md").read_text(encoding="utf8")
    assert "Counted as Jia et al. 2019 do" in table and "| source, target |" in table
    again = CliRunner().invoke(app, ["moee", "compare", "small.yml", "out"])
    assert "2 of 2 runs finished before" in again.output


def test_published_figures() -> None:
    cells = [published_f1(name, column) for name in TABLE_1 for column in COLUMNS]
    assert published_f1("+ MTL and MoEE", "freeze") == (69.53, 70.04)
    assert published_f1("BiLSTM-CRF", "freeze") == (68.21, 67.89)
    assert len(cells) == 21 and all(cell and 62 < cell.v2 < 74 for cell in cells)
    assert {published_f1(JIA, column) for column in COLUMNS} == {(73.59, 73.59)}
    assert published_f1("BiLSTM", "freeze") is published_f1("+ MTL", "") is None
