"""Training that goes on from a trained pipeline: configs/continue.cfg."""

import io
import logging
import shutil
import warnings
from pathlib import Path
from typing import Any, Dict, List

import numpy
import pytest
import spacy
import srsly
from spacy.cli.init_config import fill_config
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as run_training
from spacy.util import compile_infix_regex, load_config, registry
from spacy.vectors import Vectors

from spacy_moee.errors import MoeeError
from spacy_moee.training.documents import make_document_corpus
from spacy_moee.training.jsonl import make_jsonl_logger
from tests.component.test_new_types import make_new
from tests.component.util import (
    TINY,
    get_ents,
    make_examples,
    make_tagged,
    make_texts,
    train,
)
from tests.embeddings.encoder_util import make_bert
from tests.embeddings.fasttext.util import write_fasttext
from tests.marks import slow

RECIPE = Path(__file__).parents[2] / "configs" / "continue.cfg"
WORDS = sorted({word for words, _ in make_tagged() for word in words})
STATIC = {"@architectures": "spacy_moee.StaticEmbed.v1"}
TRAINED = {**STATIC, "trainable": True}
CONCEPT = {
    "@architectures": "spacy_moee.ConceptTagger.v1",
    "hidden_width": 16,
    "depth": 1,
    "tok2vec": STATIC,
}


def make_table(model: Dict[str, Any]) -> Language:
    nlp = spacy.blank("en")
    words = [*WORDS, "person", "location"]
    table = numpy.random.default_rng(0).normal(size=(len(words), 12)).astype("float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=words)
    nlp.add_pipe("moee_ner", config={"model": model})
    return nlp


def make_fasttext(folder: Path, embed: bool) -> Language:
    path = write_fasttext(folder / "words.bin", WORDS, dim=12)
    block = {"@vectors": "spacy_moee.FastTextVectors.v1", "path": str(path)}
    config = {"nlp": {"vectors": {**block, "embed": embed}}}
    nlp = spacy.blank("en", config=config)
    nlp.add_pipe("moee_ner", config={"model": {**TINY, "tok2vec": STATIC}})
    return nlp


def make_encoder(folder: Path, shared: bool = False) -> Language:
    pytest.importorskip("spacy_transformers")
    nlp = spacy.blank("en")
    name = make_bert(folder / "bert", n_positions=256, dropout=0.0)
    tok2vec = {"@architectures": "spacy_moee.TransformerEmbed.v1", "name": name}
    if shared:
        nlp.add_pipe("transformer", config={"model": {"name": name}})
        tok2vec = {
            "@architectures": "spacy-transformers.TransformerListener.v1",
            "grad_factor": 1.0,
            "pooling": {"@layers": "reduce_first.v1"},
        }
    nlp.add_pipe("moee_ner", config={"model": {**TINY, "tok2vec": tok2vec}})
    return nlp


def make_tokenizer() -> Language:
    """Cuts at every "i", and is saved with the pipeline alone."""
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", config={"model": TINY})
    tokenizer: Any = nlp.tokenizer
    tokenizer.infix_finditer = compile_infix_regex(["i"]).finditer
    return nlp


def make_norms() -> Language:
    nlp = spacy.blank("en")
    norms = {word: "." for word in WORDS if word.istitle()}
    nlp.vocab.lookups.add_table("lexeme_norm", norms)
    # only what is loaded reads the table
    nlp = spacy.blank("en").from_bytes(nlp.to_bytes())
    nlp.add_pipe("moee_ner", config={"model": TINY})
    return nlp


SOURCES = {
    "hash embeddings": lambda folder: make_table(TINY),
    "static": lambda folder: make_table({**TINY, "tok2vec": STATIC}),
    "trained vectors": lambda folder: make_table({**TINY, "tok2vec": TRAINED}),
    "described types": lambda folder: make_table(CONCEPT),
    "fasttext": lambda folder: make_fasttext(folder, embed=False),
    "fasttext embedded": lambda folder: make_fasttext(folder, embed=True),
    "encoder": lambda folder: make_encoder(folder),
    "tokenizer": lambda folder: make_tokenizer(),
    "norms": lambda folder: make_norms(),
}
QUICK = ("static", "fasttext embedded", "encoder")


def save_source(nlp: Language, folder: Path, steps: int = 12) -> Path:
    train(nlp, steps=steps)
    nlp.to_disk(folder / "source")
    if nlp.config["nlp"]["vectors"].get("embed"):
        (folder / "words.bin").unlink()
    return folder / "source"


def make_corpus(path: Path, nlp: Language, seed: int) -> Path:
    docs = [eg.reference for eg in make_examples(nlp, 12, seed)]
    DocBin(docs=docs).to_disk(path)
    return path


def overrides(source: Path) -> Dict[str, Any]:
    folder = source.parent
    blank = spacy.blank("en")
    return {
        "paths.source": str(source),
        "paths.train": str(make_corpus(folder / "train.spacy", blank, seed=2)),
        "paths.dev": str(make_corpus(folder / "dev.spacy", blank, seed=3)),
        "training.max_epochs": 2,
        "training.batcher.size": 4,
    }


def init(source: Path, **changes: Any) -> Language:
    return init_nlp(load_config(RECIPE, {**overrides(source), **changes}))


def get_all_ents(nlp: Language) -> List[list]:
    docs = nlp.pipe(make_texts(30, seed=4))
    return [[get_ents(doc), *((t.text, t.norm_) for t in doc)] for doc in docs]


def test_recipe_is_what_fill_config_leaves(tmp_path: Path, monkeypatch) -> None:
    nlp = make_table(TINY)
    train(nlp, steps=1)
    (tmp_path / "training").mkdir()
    nlp.to_disk(tmp_path / "training" / "model-best")
    monkeypatch.chdir(tmp_path)
    fill_config(tmp_path / "filled.cfg", RECIPE, silent=True)
    assert load_config(tmp_path / "filled.cfg") == load_config(RECIPE)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("kind", [*QUICK, *slow(*sorted({*SOURCES} - {*QUICK}))])
def test_starts_from_what_is_trained(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = save_source(SOURCES[kind](tmp_path), tmp_path)
    before = spacy.load(source)
    expected = get_all_ents(before)
    with warnings.catch_warnings():
        # of vectors that are others, or none
        warnings.filterwarnings("error", r"\[W11[23]\]")
        nlp = init(source)
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert get_all_ents(nlp) == expected
    assert nlp.config["nlp"]["vectors"] == before.config["nlp"]["vectors"]
    read_dev = make_document_corpus(nlp.config["paths"]["dev"], sentence_starts=False)
    dev = before.evaluate([*read_dev(before)])
    (tmp_path / "more").mkdir()
    log = tmp_path / "log.jsonl"
    registry.loggers.register("log.v1", func=lambda: make_jsonl_logger(log))
    nlp.config["training"]["logger"] = {"@loggers": "log.v1"}
    run_training(nlp, tmp_path / "more", stdout=io.StringIO())
    first, *_ = srsly.read_jsonl(log)
    assert first["scores"]["ents_f"] == pytest.approx(dev["ents_f"])
    assert dev["ents_f"] > 0
    # complete without what it comes from
    score = spacy.load(tmp_path / "more" / "model-best")
    shutil.rmtree(source)
    more = spacy.load(tmp_path / "more" / "model-best")
    assert get_all_ents(more) == get_all_ents(score)
    assert more.evaluate([*read_dev(more)])["ents_f"] >= dev["ents_f"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_shared_encoder(tmp_path: Path) -> None:
    nlp = make_encoder(tmp_path, shared=True)
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(20):
        nlp.update(examples, sgd=optimizer, annotates=["transformer"])
    nlp.to_disk(tmp_path / "source")
    expected = get_all_ents(nlp)
    with pytest.raises(MoeeError, match="M720.*'moee_ner'.*replace_listeners") as error:
        init(tmp_path / "source")
    assert "${paths.source}" in str(error.value)
    settings = overrides(tmp_path / "source")
    block = {"source": "${paths.source}"}
    both = load_config(RECIPE, settings)
    both["nlp"]["pipeline"] = ["transformer", "moee_ner"]
    both["components"]["transformer"] = block
    assert get_all_ents(init_nlp(both)) == expected
    copied = load_config(RECIPE, settings)
    copied["components"]["moee_ner"] = {**block, "replace_listeners": ["model.tok2vec"]}
    assert get_all_ents(init_nlp(copied)) == expected


@pytest.mark.parametrize(
    "averages", [pytest.param(False, marks=pytest.mark.slow), True]
)
def test_a_new_type_in_the_data(tmp_path: Path, averages: bool) -> None:
    """It is learned, scored and saved; what is older than it is a part of it all."""
    source = save_source(make_table(TINY), tmp_path, steps=30)
    settings: Dict[str, Any] = {"training.max_epochs": 40}
    settings["training.optimizer.use_averages"] = averages
    settings["training.optimizer.learn_rate.schedule.stop"] = 0.02
    config = load_config(RECIPE, {**overrides(source), **settings})
    nlp = spacy.blank("en")
    for seed, name in ((2, "train"), (3, "dev")):
        docs = [eg.reference for eg in make_examples(nlp, 12, seed)]
        docs += [eg.reference for eg in make_new(nlp, 12)]
        DocBin(docs=docs).to_disk(tmp_path / f"{name}.spacy")
    nlp = init_nlp(config)
    assert nlp.pipe_labels["moee_ner"] == ["LOC", "PER"]
    (tmp_path / "more").mkdir()
    with pytest.warns(UserWarning) as record:
        run_training(nlp, tmp_path / "more", stdout=io.StringIO())
    assert [str(w.message)[:6] for w in record] == ["[MW05]"]
    for folder in ("model-best", "model-last"):
        path = tmp_path / "more" / folder
        meta = srsly.read_json(path / "meta.json")
        assert meta["labels"]["moee_ner"] == ["LOC", "PER", "PRODUCT"]
        scores = meta["performance"]["ents_per_type"]
        assert {*scores} == {"LOC", "PER", "PRODUCT"}
        assert all(score["f"] > 0.9 for score in scores.values())
        assert set(srsly.read_json(path / "moee_ner" / "cfg")) == {"labels"}
        again = spacy.load(path)
        (doc,) = again.pipe(["The Zoomer is late ."])
        assert [(ent.text, ent.label_) for ent in doc.ents] == [("Zoomer", "PRODUCT")]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_new_type_of_a_described_tagger(tmp_path: Path) -> None:
    source = save_source(make_table(CONCEPT), tmp_path)
    config = load_config(RECIPE, overrides(source))
    docs = [eg.reference for eg in make_new(spacy.blank("en"))]
    DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    nlp = init_nlp(config)
    (tmp_path / "more").mkdir()
    with pytest.raises(MoeeError, match=r"M002.*'PRODUCT'.*description="):
        run_training(nlp, tmp_path / "more", stdout=io.StringIO(), stderr=io.StringIO())
