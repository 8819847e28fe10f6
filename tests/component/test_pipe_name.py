"""A component that is called "ner", as other programs ask for it."""

import pickle
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
import spacy
from spacy.language import Language
from spacy.util import load_model_from_config

from spacy_moee.errors import ERRORS, WARNINGS, MoeeError

from .util import TINY, get_all, get_ner, make_examples, make_texts, make_trained

PARTS = {"ner", "ner_recognition", "ner_detection", "ner_gate"}


def make_named() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", name="ner", config={"model": TINY})
    get_ner(nlp, "ner").from_bytes(get_ner(make_trained()).to_bytes())
    return nlp


def make_renamed() -> Language:
    nlp = make_trained()
    nlp.rename_pipe("moee_ner", "ner")
    return nlp


def source(nlp: Language, folder: Path) -> Language:
    other = spacy.blank("en")
    other.add_pipe("ner", source=nlp)
    return other


def source_under_another_name(nlp: Language, folder: Path) -> Language:
    nlp.rename_pipe("ner", "theirs")
    nlp.to_disk(folder)
    block = {"source": str(folder), "component": "theirs"}
    config = {
        "nlp": {"lang": "en", "pipeline": ["ner"]},
        "components": {"ner": block},
    }
    return load_model_from_config(config, auto_fill=True)


def from_disk(nlp: Language, folder: Path) -> Language:
    nlp.to_disk(folder)
    assert (folder / "ner" / "model").is_file()
    return spacy.load(folder)


def from_bytes(nlp: Language, folder: Path) -> Language:
    return spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes())


def from_pickle(nlp: Language, folder: Path) -> Language:
    return pickle.loads(pickle.dumps(nlp))


def keep(nlp: Language, folder: Path) -> Language:
    return nlp


WAYS = [keep, from_disk, from_bytes, from_pickle, source, source_under_another_name]


@pytest.mark.parametrize("make", [make_named, make_renamed])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_it_is_called_ner(make: Callable, way: Callable, tmp_path: Path) -> None:
    nlp: Language = way(make(), tmp_path)
    expected = get_all(make_trained().pipe(make_texts(8, seed=1)))
    assert get_all(nlp.pipe(make_texts(8, seed=1))) == expected
    ner = get_ner(nlp, "ner")
    assert (nlp.pipe_names, ner.name) == (["ner"], "ner")
    assert nlp.get_pipe_meta("ner").factory == "moee_ner"
    assert nlp.config["components"]["ner"]["factory"] == "moee_ner"
    assert nlp.pipe_labels == {"ner": ["LOC", "PER"]} == nlp.meta["labels"]
    losses: Dict[str, float] = {}
    nlp.update(make_examples(nlp), losses=losses, sgd=nlp.create_optimizer())
    assert {*losses} == PARTS
    with nlp.select_pipes(disable="ner"):
        assert not nlp("Anna lives in Rome .").ents
    with nlp.select_pipes(enable="ner"):
        assert nlp("Anna lives in Rome .").ents
    assert nlp.evaluate(make_examples(nlp))["ents_f"] == 1.0
    nlp.remove_pipe("ner")


def test_initialize_settings_follow_the_name() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", config={"model": TINY})
    labels: Any = {"labels": ["PER", "LOC"]}
    nlp.config["initialize"]["components"]["moee_ner"] = labels
    nlp.rename_pipe("moee_ner", "ner")
    nlp.initialize(lambda: make_examples(nlp))
    assert nlp.pipe_labels == {"ner": ["PER", "LOC"]}


@pytest.mark.parametrize("name", ["ner", "a b"])
def test_errors_say_the_name(name: str) -> None:
    """Whatever is wrong with a component is said of the one that the user knows."""
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", name=name, config={"model": TINY})
    for use in (
        lambda: nlp("Anna"),
        lambda: nlp.initialize(),
        lambda: get_ner(nlp, name).initialize(lambda: make_examples(nlp), labels=3),
        lambda: get_ner(nlp, name).from_bytes(b"x"),
    ):
        with pytest.raises(MoeeError, match=f"'{name}'") as error:
            use()
        assert "moee_ner" not in str(error.value)


def test_no_message_takes_the_factory_for_the_name() -> None:
    """It would send the reader to a block that the config does not have."""
    for text in {**ERRORS, **WARNINGS}.values():
        assert "components.moee_ner" not in text
