"""Every recipe is complete, and learns."""

import json
from pathlib import Path
from typing import Any, Dict, List, Sequence

import numpy
import pytest
import spacy
from spacy.cli.init_config import fill_config
from spacy.tokens import Doc, DocBin, Span
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config
from spacy.vectors import Vectors
from typer.testing import CliRunner

from spacy_moee.cli import app

from .component.util import get_ner
from .embeddings.encoder_util import make_bert
from .embeddings.fasttext.util import write_fasttext
from .marks import slow

FOLDER = Path(__file__).parent.parent / "configs"
# what goes on from a trained pipeline has tests of its own: training/test_source.py
CONFIGS = sorted(set(FOLDER.rglob("*.cfg")) - {FOLDER / "continue.cfg"})
WIDTH = 8


# one of each kind of embeddings, of networks and of batchers
QUICK = {"static_features_anycase", "bert_frozen", "fasttext_frozen", "concept"}


def mark_slow(paths: List[Path]) -> List[Any]:
    """Recipes that differ less from others are slow."""
    quick = [path for path in paths if recipe_name(path) in QUICK]
    return [*quick, *slow(*(path for path in paths if path not in quick))]


def recipe_name(path: Path) -> str:
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def make_corpus(path: Path, n_docs: int = 6) -> Path:
    """A corpus of one sentence, over and over."""
    vocab = spacy.blank("en").vocab
    docs = []
    for _ in range(n_docs):
        doc = Doc(vocab, words=["Ada", "Byron", "left", "London", "."])
        doc.ents = [Span(doc, 0, 2, label="PER"), Span(doc, 3, 4, label="LOC")]
        docs.append(doc)
    DocBin(docs=docs).to_disk(path)
    return path


def make_vectors(path: Path, more: Sequence[str] = (), width: int = WIDTH) -> Path:
    nlp = spacy.blank("en")
    words = ["ada", "byron", "london", ".", "location", "person", "france", "quigley"]
    words = list(dict.fromkeys([*words, *(word.lower() for word in more)]))
    table = numpy.random.default_rng(0).normal(size=(len(words), width))
    nlp.vocab.vectors = Vectors(data=table.astype("float32"), keys=words)
    nlp.to_disk(path)
    return path


@pytest.fixture
def overrides(tmp_path: Path) -> dict:
    return {
        "paths.train": str(make_corpus(tmp_path / "train.spacy")),
        "paths.dev": str(make_corpus(tmp_path / "dev.spacy")),
        "paths.labels": str(tmp_path / "none.json"),
        "training.max_epochs": 3,
        "components.moee_ner.model.hidden_width": 8,
    }


def make_raw_texts(config: Path, overrides: dict, folder: Path) -> dict:
    """Raw text, its vocabulary, and what else a recipe is that learns from it."""
    changes: Dict[str, Any] = {
        "corpora.train.batch_size": 2,
        "training.max_epochs": -1,
    }
    changes["initialize.after_init.max_epochs"] = 3
    for domain in ("source", "target"):
        file = folder / f"{domain}.jsonl"
        file.write_text(json.dumps({"text": "Ada is in London. Byron left."}) + "\n")
        changes[f"paths.raw_{domain}"] = str(file)
    changes["paths.vocabulary"] = str(folder / "vocabulary.jsonl")
    options = [f"--{k}={v}" for k, v in {**overrides, **changes}.items()]
    command = ["vocabulary", str(config), str(folder / "vocabulary.jsonl"), *options]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return changes


def test_there_are_recipes() -> None:
    names = {"sample", "static_features", "static_frozen", "bert", "bert_frozen"}
    names |= {"static_features_anycase", "bert_frozen_anycase"}
    names |= {"fasttext_frozen", "concept", "robust", "jia", "jia_features"}
    names |= {f"paper/{x}" for x in ("bert", "fasttext_frozen", "fasttext_unfrozen")}
    assert names == {recipe_name(path) for path in CONFIGS}


@pytest.mark.parametrize("path", CONFIGS, ids=recipe_name)
def test_recipe_is_what_fill_config_leaves(path: Path, tmp_path: Path) -> None:
    filled = tmp_path / "filled.cfg"
    fill_config(filled, path, silent=True)
    assert load_config(filled) == load_config(path)


@pytest.mark.parametrize("path", mark_slow(CONFIGS), ids=recipe_name)
def test_recipe_trains(path: Path, overrides: dict, tmp_path: Path) -> None:
    config = load_config(path)
    if "expert_width" in config["components"]["moee_ner"]["model"]:
        overrides["components.moee_ner.model.expert_width"] = 8
    paths = config["paths"]
    if "vocabulary" in paths:
        overrides.update(make_raw_texts(path, overrides, tmp_path))
    else:
        wrapped = "batcher" in config["training"]["batcher"]
        overrides[f"training.batcher.{'batcher.' if wrapped else ''}size"] = 2
    if paths["vectors"]:
        overrides["paths.vectors"] = str(make_vectors(tmp_path / "vectors"))
    if "path" in config["nlp"]["vectors"]:
        file = write_fasttext(tmp_path / "words.bin", ["ada", "byron", "."], dim=WIDTH)
        overrides["nlp.vectors.path"] = str(file)
    if "encoder" in paths:
        encoder = make_bert(tmp_path / "bert", n_positions=256, n_layers=4)
        overrides["paths.encoder"] = encoder
    nlp = init_nlp(load_config(path, overrides=overrides))
    assert get_ner(nlp).labels == ("LOC", "PER")
    (tmp_path / "out").mkdir()
    train(nlp, tmp_path / "out")
    best = spacy.load(tmp_path / "out" / "model-best")
    best("Ada Byron left London.")
