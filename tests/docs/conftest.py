"""A project with all that the documentation's commands name, small."""

import re
import shutil
from itertools import chain
from pathlib import Path

import numpy
import pytest
import spacy
import srsly
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.vectors import Vectors

from spacy_moee.corpora.convert import convert_file
from spacy_moee.models.descriptions import DESCRIPTIONS, EXAMPLES

from .blocks import ROOT

SAMPLE = ROOT / "assets" / "sample" / "source"
STATIC = {"@architectures": "spacy_moee.StaticEmbed.v1", "attr": "LOWER"}
SMALL = {"hidden_width": 8, "depth": 1, "tok2vec": STATIC}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    shutil.copy(ROOT / "project.yml", folder)
    shutil.copytree(ROOT / "configs", folder / "configs")
    for recipe in (folder / "configs").glob("*.cfg"):
        recipe.write_text(make_quick(recipe.read_text("utf8")), encoding="utf8")
    for name in ("train", "dev", "test"):
        write_data(folder / "my_data" / f"{name}.txt", 20)
    make_corpora(folder)
    blank = make_vectors(folder)
    for place, builder in ((".", "MoEETagger"), ("concept", "ConceptTagger")):
        parent = folder / "training" / place
        parent.mkdir(parents=True, exist_ok=True)
        make_pipeline(builder, blank).to_disk(parent / "model-best")
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the working directory."""
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    return folder


def make_quick(recipe: str) -> str:
    recipe = re.sub("max_epochs = [1-9].*", "max_epochs = 1", recipe)
    recipe = re.sub("min_steps = .*", "min_steps = 1", recipe)
    return re.sub("(hidden|expert)_width = .*", r"\1_width = 8", recipe)


def write_data(path: Path, n: int) -> None:
    """The first sentences of the sample, as columns."""
    sentences = (SAMPLE / "train.txt").read_text(encoding="utf8").split("\n\n")[:n]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n\n".join(sentences) + "\n", encoding="utf8")


def make_corpora(folder: Path) -> None:
    docs = convert_file(folder / "my_data" / "train.txt").docs
    for name in ("more", "dev"):
        DocBin(docs=docs).to_disk(folder / f"{name}.spacy")
    (folder / "my_texts").mkdir()
    (folder / "my_texts" / "a.txt").write_text("Mozilla unveiled a phone .\n")
    (folder / "raw").mkdir()
    for domain in ("source", "target"):
        lines = [{"text": f"A text of the {domain} domain . It is short ."}] * 5
        srsly.write_jsonl(folder / "raw" / f"{domain}.jsonl", lines)


def make_vectors(folder: Path) -> Language:
    """A pipeline with a vector for each word, in `vectors`, and a file of them."""
    text = (folder / "my_data" / "train.txt").read_text(encoding="utf8").lower()
    found = [line.split()[0] for line in text.split("\n") if line.strip()]
    words = [*found, *DESCRIPTIONS.values(), *chain(*EXAMPLES.values())]
    words = list(dict.fromkeys([*words, "consumer", "product", "mozilla"]))
    table = numpy.random.default_rng(0).normal(size=(len(words), 8)).astype("float32")
    rows = zip(words, table.tolist(), strict=True)
    lines = [f"{word} {' '.join(map(str, row))}" for word, row in rows]
    (folder / "my_vectors.txt").write_text("\n".join(lines) + "\n", encoding="utf8")
    nlp = spacy.blank("en")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=words)
    nlp.to_disk(folder / "vectors")
    return nlp


def make_pipeline(builder: str, blank: Language) -> Language:
    """A pipeline that is built, and knows nothing."""
    nlp = spacy.blank("en")
    nlp.vocab.vectors = blank.vocab.vectors
    model = {"@architectures": f"spacy_moee.{builder}.v1", **SMALL}
    pipe = nlp.add_pipe("moee_ner", config={"model": model})
    for label in DESCRIPTIONS:
        pipe.add_label(label)  # type: ignore[attr-defined]
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def make_examples(nlp: Language) -> list:
    from spacy.training import Example

    doc = nlp.make_doc("Mozilla unveiled a phone.")
    return [Example(doc, doc.copy())]
