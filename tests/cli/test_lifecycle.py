"""spaCy's own commands on a pipeline with `moee_ner`, from config to wheel."""

from pathlib import Path
from zipfile import ZipFile

import pytest
import spacy
import srsly
from spacy.tokens import Doc, DocBin, Span
from thinc.api import Config

from tests.cli.util import call_spacy, run_python, run_spacy
from tests.component.util import make_tagged

PARTIAL = """
[paths]
train = null
dev = null

[nlp]
lang = "en"
pipeline = ["moee_ner"]

[components]

[components.moee_ner]
factory = "moee_ner"

[components.moee_ner.model]
@architectures = "spacy_moee.MoEETagger.v1"
hidden_width = 8
depth = 1
expert_width = 8

[components.moee_ner.model.tok2vec]
@architectures = "spacy.MultiHashEmbed.v2"
width = 16
attrs = ["NORM","PREFIX"]
rows = [100,100]
include_static_vectors = false

[training]
max_epochs = 2
dropout = 0.1

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.02
"""

BARE = """
[nlp]
lang = "en"
pipeline = ["moee_ner"]

[components]

[components.moee_ner]
factory = "moee_ner"
"""

USE_WHEEL = """
import importlib
import sys

module = importlib.import_module(sys.argv[1])
assert module.__file__.startswith(sys.argv[2]), module.__file__
nlp = module.load()
doc = nlp("Anna lives in New York .")
assert nlp.get_pipe("moee_ner").labels == ("LOC", "PER")
print([token.ent_iob_ + token.ent_type_ for token in doc])
"""


def write_corpus(path: Path, seed: int, n_docs: int = 40) -> Path:
    vocab = spacy.blank("en").vocab
    docs = [Doc(vocab, words=w, ents=t) for w, t in make_tagged(n_docs, seed)]
    DocBin(docs=docs).to_disk(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, a config that is filled, and a trained pipeline."""
    folder = tmp_path_factory.mktemp("lifecycle")
    train = write_corpus(folder / "train.spacy", seed=0)
    dev = write_corpus(folder / "dev.spacy", seed=1)
    (folder / "partial.cfg").write_text(PARTIAL, encoding="utf8")
    call_spacy("init", "fill-config", folder / "partial.cfg", folder / "config.cfg")
    paths = ("--paths.train", train, "--paths.dev", dev)
    labels = folder / "labels"
    call_spacy("init", "labels", folder / "config.cfg", labels, *paths)
    config = Config().from_disk(folder / "config.cfg", interpolate=False)
    config["initialize"]["components"]["moee_ner"] = {
        "labels": {
            "@readers": "spacy.read_labels.v1",
            "path": str(labels / "moee_ner.json"),
        }
    }
    config.to_disk(folder / "labelled.cfg")
    output = run_spacy(
        "train", folder / "labelled.cfg", "--output", folder / "model", *paths
    )
    (folder / "train.log").write_text(output, encoding="utf8")
    return folder


def test_fill_config(folder: Path) -> None:
    model = Config().from_disk(folder / "config.cfg")["components"]["moee_ner"]["model"]
    assert model["hidden_width"] == 8
    assert model["detection"] is model["experts"] is model["crf"] is True
    assert model["segments"]["@misc"] == "spacy_moee.sentence_segments.v1"
    # what is filled stays as it is
    again = folder / "again.cfg"
    call_spacy("init", "fill-config", folder / "config.cfg", again)
    assert again.read_text("utf8") == (folder / "config.cfg").read_text("utf8")


def test_fill_config_of_a_bare_factory(tmp_path: Path) -> None:
    (tmp_path / "bare.cfg").write_text(BARE, encoding="utf8")
    call_spacy("init", "fill-config", tmp_path / "bare.cfg", tmp_path / "full.cfg")
    config = Config().from_disk(tmp_path / "full.cfg")
    model = config["components"]["moee_ner"]["model"]
    assert model["@architectures"] == "spacy_moee.MoEETagger.v1"
    assert model["tok2vec"]["@architectures"] == "spacy.MultiHashEmbed.v2"
    assert config["training"]["score_weights"]["ents_f"] == 1.0


def test_debug_config(folder: Path) -> None:
    paths = ("--paths.train", folder / "train.spacy", "--paths.dev", "dev.spacy")
    debug = ("debug", "config")
    # its --show-functions fails with any pipeline, on spaCy's default logger
    shown = call_spacy(*debug, "--show-variables", folder / "config.cfg", *paths)
    assert "Config is valid" in shown
    broken = folder / "broken.cfg"
    text = (folder / "config.cfg").read_text("utf8")
    broken.write_text(text.replace("hidden_width = 8", 'hidden_width = "x"'), "utf8")
    with pytest.raises(AssertionError, match="hidden_width"):
        call_spacy(*debug, broken, *paths)


def test_init_labels(folder: Path) -> None:
    assert srsly.read_json(folder / "labels" / "moee_ner.json") == ["LOC", "PER"]


def test_train(folder: Path) -> None:
    log = (folder / "train.log").read_text("utf8")
    assert "LOSS MOEE_NER" in log.upper()
    assert {"model-best", "model-last"} <= {
        p.name for p in (folder / "model").iterdir()
    }
    performance = srsly.read_json(folder / "model" / "model-last" / "meta.json")
    assert "moee_ner_loss" in performance["performance"]
    assert spacy.load(folder / "model" / "model-best").pipe_names == ["moee_ner"]


def test_train_on_rejected_spans(folder: Path, tmp_path: Path) -> None:
    """With gold of the other tokens, and without."""
    vocab = spacy.blank("en").vocab
    docs = [*DocBin().from_disk(folder / "train.spacy").get_docs(vocab)]
    for i, doc in enumerate(docs[:20]):
        if i < 10:
            doc.set_ents([], default="missing")
        doc.spans["rejected"] = [Span(doc, 2, 3, "PER")]
    DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    config = Config().from_disk(folder / "config.cfg", interpolate=False)
    config["components"]["moee_ner"]["incorrect_spans_key"] = "rejected"
    config["training"]["logger"] = {
        "@loggers": "spacy_moee.JsonlLogger.v1",
        "path": str(tmp_path / "log.jsonl"),
    }
    config["training"].update(max_epochs=1, max_steps=2, eval_frequency=2)
    config.to_disk(tmp_path / "config.cfg")
    paths = ("--paths.train", tmp_path / "train.spacy")
    paths += ("--paths.dev", folder / "dev.spacy")
    call_spacy("train", tmp_path / "config.cfg", "--output", tmp_path / "model", *paths)
    lines = [*srsly.read_jsonl(tmp_path / "log.jsonl")]
    assert any(line["losses"].get("moee_ner_incorrect", 0) > 0 for line in lines)
    nlp = spacy.load(tmp_path / "model" / "model-last")
    assert nlp.config["components"]["moee_ner"]["incorrect_spans_key"] == "rejected"


def test_evaluate(folder: Path) -> None:
    metrics = folder / "metrics.json"
    model = folder / "model" / "model-best"
    call_spacy("evaluate", model, folder / "dev.spacy", "--output", metrics)
    scores = srsly.read_json(metrics)
    assert {"ents_p", "ents_r", "ents_f", "ents_per_type", "speed"} <= set(scores)
    assert set(scores["ents_per_type"]) == {"LOC", "PER"}
    best = srsly.read_json(model / "meta.json")["performance"]["ents_f"]
    assert scores["ents_f"] == pytest.approx(best)


@pytest.mark.slow
def test_package(folder: Path, tmp_path: Path) -> None:
    """The wheel names us as what it needs, and runs where it is installed."""
    model = folder / "model" / "model-best"
    args = ("--name", "moee_tiny", "--version", "1.2.3", "--build", "wheel")
    run_spacy("package", model, tmp_path, *args)
    [wheel] = tmp_path.rglob("*.whl")
    [meta] = tmp_path.glob("en_moee_tiny-1.2.3/meta.json")
    requirements = srsly.read_json(meta)["requirements"]
    assert any(r.startswith("spacy-moee") for r in requirements), requirements
    with ZipFile(wheel) as archive:
        [name] = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        assert "Requires-Dist: spacy-moee" in archive.read(name).decode("utf8")
    target = tmp_path / "installed"
    pip = ("-m", "pip", "install", "--no-deps", "--no-index", "--target", target)
    run_python(*pip, wheel, PIP_DISABLE_PIP_VERSION_CHECK="1")
    output = run_python("-c", USE_WHEEL, "en_moee_tiny", target, PYTHONPATH=str(target))
    doc = spacy.load(model)("Anna lives in New York .")
    assert output.strip() == str([t.ent_iob_ + t.ent_type_ for t in doc])
