"""The commands on a pipeline whose component is called "ner"."""

from pathlib import Path

import numpy
import pytest
import spacy
import srsly
from spacy.vectors import Vectors

import spacy_moee.cli  # noqa: F401
from tests.cli.test_lifecycle import PARTIAL, write_corpus
from tests.cli.util import call_spacy, run_spacy
from tests.component.util import make_tagged

NAMED = PARTIAL.replace("components.moee_ner", "components.ner").replace(
    'pipeline = ["moee_ner"]', 'pipeline = ["ner"]'
)
CONFIG = f"""
{NAMED}

[initialize]
vectors = "vectors"

[initialize.components]

[initialize.components.ner]

[initialize.components.ner.labels]
@readers = "spacy.read_labels.v1"
path = "labels/ner.json"
require = false
"""
PATHS = ("--paths.train", "train.spacy", "--paths.dev", "dev.spacy")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, a config, and a pipeline that spaCy's own commands have trained."""
    folder = tmp_path_factory.mktemp("named")
    nlp = spacy.blank("en")
    for name, seed in (("train", 0), ("dev", 1)):
        write_corpus(folder / f"{name}.spacy", seed)
    words = [*dict.fromkeys(w for ws, _ in make_tagged(40) for w in ws), "unused"]
    table = numpy.random.default_rng(0).normal(size=(len(words), 8)).astype("float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=words)
    nlp.to_disk(folder / "vectors")
    (folder / "partial.cfg").write_text(CONFIG, encoding="utf8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        call_spacy("init", "fill-config", "partial.cfg", "config.cfg")
        call_spacy("init", "labels", "config.cfg", "labels", *PATHS)
        steps = ("--training.max_epochs", 40, "--training.eval_frequency", 20)
        args = ("--output", "training", *PATHS, *steps)
        log = call_spacy("train", "config.cfg", *args)
    assert "LOSS NER" in log.upper()
    return folder


@pytest.fixture
def folder(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_files_of_training_have_the_name(folder: Path) -> None:
    assert srsly.read_json(folder / "labels" / "ner.json") == ["LOC", "PER"]
    model = folder / "training" / "model-best"
    assert (model / "ner" / "model").is_file()
    meta = srsly.read_json(model / "meta.json")
    assert meta["labels"] == {"ner": ["LOC", "PER"]}
    assert meta["performance"]["ner_loss"] >= 0


def test_evaluate(folder: Path) -> None:
    model = "training/model-best"
    call_spacy("evaluate", model, "dev.spacy", "--output", "spacy.json")
    options = ("--parts", "--output", "metrics", "--displacy", "pages")
    output = call_spacy("moee", "evaluate", model, "dev.spacy", *options)
    assert "Gate inside" in output
    assert "<mark" in (folder / "pages" / "dev.html").read_text("utf8")
    ours = srsly.read_json(folder / "metrics" / "dev.json")
    theirs = srsly.read_json(folder / "spacy.json")
    assert ours["ents_per_type"] == theirs["ents_per_type"]
    assert "PER" in call_spacy("moee", "report", "metrics")


def test_debug_data(folder: Path) -> None:
    output = call_spacy("moee", "debug-data", "config.cfg", *PATHS)
    assert "The pipeline can be initialized, and knows the types of train" in output
    labels = ("--initialize.components.ner.labels.path", "few.json")
    srsly.write_json(folder / "few.json", ["PER"])
    output = call_spacy("moee", "debug-data", "config.cfg", *PATHS, *labels)
    assert "'ner'" in output and "LOC" in output


def test_prune_vectors(folder: Path) -> None:
    args = ("training/model-best", "pruned", "train.spacy")
    call_spacy("moee", "prune-vectors", *args)
    before, after = (spacy.load(folder / name) for name in (args[0], "pruned"))
    assert after.pipe_names == ["ner"]
    assert len(after.vocab.vectors) < len(before.vocab.vectors)
    # strings go, too, since the factory is known
    assert "unused" not in after.vocab.strings


@pytest.mark.slow
def test_package(folder: Path) -> None:
    args = ("--name", "named", "--version", "1.2.3", "--build", "none")
    # in this process the files that it leaves open would be errors
    run_spacy("package", "training/model-best", ".", *args)
    nlp = spacy.load(folder / "en_named-1.2.3" / "en_named" / "en_named-1.2.3")
    assert nlp.pipe_names == ["ner"]
    requirements = srsly.read_json(folder / "en_named-1.2.3" / "meta.json")
    assert any(r.startswith("spacy-moee") for r in requirements["requirements"])
