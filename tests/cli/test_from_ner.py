"""What the page "From spaCy's ner" says of configs, word for word."""

import re
from pathlib import Path
from typing import Any, Dict

import pytest
import spacy
from spacy.util import load_model_from_config
from thinc.api import Config

from tests.cli.test_lifecycle import write_corpus
from tests.cli.util import call_spacy, run_spacy
from tests.docs.blocks import ROOT, read_blocks

PAGE = ROOT / "docs" / "guides" / "from_ner.md"
STEPS = ("--training.max_steps", "1", "--training.eval_frequency", "1")


def find_block(language: str) -> str:
    [found] = [block.code for block in read_blocks(PAGE) if block.language == language]
    return found


def split_sections(config: str) -> Dict[str, str]:
    """The blocks of a config by the lines that open them."""
    parts = re.split(r"^(\[.+\])$", config, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def replace_blocks(config: str) -> str:
    """Do what the page says, with an editor."""
    page = PAGE.read_text("utf8")
    said = re.search(r"replace the blocks(.*?)by these two", page, re.DOTALL)
    assert said is not None
    sections, new = split_sections(config), split_sections(find_block("ini"))
    for name in re.findall(r"`(\[.+?\])`", said[1]):
        if name not in new:
            del sections[name]
    # in the same place
    assert new.keys() < sections.keys()
    sections.update(new)
    return "".join(f"{name}{text}" for name, text in sections.items())


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path / "train.spacy", seed=0)
    write_corpus(tmp_path / "dev.spacy", seed=1)
    return tmp_path


def train(config: str) -> spacy.Language:
    paths = ("--paths.train", "train.spacy", "--paths.dev", "dev.spacy")
    run_spacy("train", config, *paths, "--output", "training", *STEPS)
    nlp = spacy.load("training/model-last")
    nlp("Anna lives in New York .")
    return nlp


def make_config(pipeline: str) -> Dict[str, Config]:
    """A config of spaCy's, in config.cfg with the blocks of the page, before and
    after."""
    call_spacy("init", "config", "ner.cfg", "--pipeline", pipeline)
    text = replace_blocks(Path("ner.cfg").read_text("utf8"))
    Path("config.cfg").write_text(text, encoding="utf8")
    return {name: Config().from_disk(f"{name}.cfg") for name in ("ner", "config")}


def test_a_config_of_ner(corpus: Path) -> None:
    before = make_config("ner")["ner"]
    nlp = train("config.cfg")
    assert nlp.pipe_names == ["tok2vec", "ner"]
    assert nlp.get_pipe_meta("ner").factory == "moee_ner"
    component = nlp.config.interpolate()["components"]["ner"]
    assert component["scorer"]["@scorers"] == "spacy_moee.moee_ner_scorer.v1"
    expected = before["components"]["ner"]["model"]["tok2vec"]
    assert component["model"]["tok2vec"] == expected
    assert nlp.pipe_labels["ner"] == ["LOC", "PER"]


def test_a_config_with_other_components(corpus: Path) -> None:
    configs = make_config("tagger,parser,ner")
    before, after = (configs[name]["components"] for name in ("ner", "config"))
    for name in ("tok2vec", "tagger", "parser"):
        assert after[name] == before[name]
    nlp = load_model_from_config(configs["config"], auto_fill=True)
    assert nlp.pipe_names == ["tok2vec", "tagger", "parser", "ner"]
    tok2vec: Any = nlp.get_pipe("tok2vec")
    assert "ner" in tok2vec.listening_components


@pytest.mark.slow
def test_a_config_of_our_own(corpus: Path) -> None:
    words = find_block("bash").split()
    assert words[:3] == ["python", "-m", "spacy"]
    call_spacy(*words[3:])
    nlp = train("config.cfg")
    assert nlp.pipe_names == ["moee_ner"]
    assert nlp.pipe_labels["moee_ner"] == ["LOC", "PER"]
