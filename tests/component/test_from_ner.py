"""What a user of spaCy's `ner` brings along: its settings, labels and models."""

import inspect
from functools import partial
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
import srsly
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy import registry
from spacy.cli.init_config import init_config
from spacy.lang.en import English
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import load_model_from_config
from thinc.api import Config, ConfigValidationError, Linear

from spacy_moee.component import MoEENer
from spacy_moee.errors import MoeeError
from spacy_moee.factory import make_moee_ner
from spacy_moee.models.families import Family
from spacy_moee.models.segments import Segments
from spacy_moee.models.wrapper import network_model
from tests.cli.util import call_spacy
from tests.models.test_contract import LinearNetwork
from tests.models.util import make_tok2vec

from .util import TINY, get_ner, make_examples, make_nlp

PARSER_KEYS = ["moves", "update_with_oracle_cut_size"]
BEAM_KEYS = ["beam_width", "beam_density", "beam_update_prob"]
ENCODER = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "pretrained_vectors": None,
    "width": 16,
    "depth": 1,
    "embed_size": 100,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
}
PARSER = {
    "@architectures": "spacy.TransitionBasedParser.v2",
    "state_type": "ner",
    "extra_state_tokens": False,
    "hidden_width": 16,
    "maxout_pieces": 2,
    "use_upper": True,
    "tok2vec": ENCODER,
}
TAGGER = {"@architectures": "spacy.Tagger.v2", "tok2vec": ENCODER}


def make_ner_config(factory: str = "ner") -> Config:
    """What `spacy init config --pipeline ner` writes, with another factory."""
    nlp = load_model_from_config(init_config(pipeline=["ner"]), auto_fill=True)
    config = nlp.config.copy()
    config["components"]["ner"]["factory"] = factory
    return config


def get_default(factory: str) -> Config:
    config = Config(Language.get_factory_meta(factory).default_config).copy()
    config.pop("incorrect_spans_key", None)
    return config


def check_refused(error: Any, *words: str) -> None:
    assert isinstance(error, MoeeError) and error.code == "M015"
    for word in words:
        assert word in str(error)


@pytest.mark.parametrize("key", [*PARSER_KEYS, *BEAM_KEYS])
def test_a_setting_of_the_parser_is_refused_by_name(key: str) -> None:
    for value in (None, 3):
        nlp = spacy.blank("en")
        with pytest.raises(MoeeError) as error:
            nlp.add_pipe("moee_ner", name="mine", config={key: value})
        check_refused(error.value, f" {key}.", "'mine'", "[components.mine]")
        assert "TransitionBasedParser" not in str(error.value)
        assert nlp.pipe_names == []


@pytest.mark.parametrize("factory", ["ner", "beam_ner"])
def test_all_settings_are_in_one_message(factory: str) -> None:
    """Whatever the factory of spaCy has as default settings."""
    config = get_default(factory)
    with pytest.raises(MoeeError) as error:
        spacy.blank("en").add_pipe("moee_ner", name="ner", config=config)
    extra = BEAM_KEYS if factory == "beam_ner" else []
    model = ["state_type", "extra_state_tokens", "hidden_width", "maxout_pieces"]
    found = [*PARSER_KEYS, *extra, *(f"model.{key}" for key in (*model, "use_upper"))]
    check_refused(error.value, f": {', '.join(found)}.")
    check_refused(error.value, "spacy.TransitionBasedParser.v2", "MoEETagger.v1")
    # and nothing else is named: the rest of the settings may stay
    kept = {*config, *config["model"]} - {"model", "@architectures", "tok2vec"}
    for key in kept - {name.removeprefix("model.") for name in found}:
        assert key not in error.value.values["found"]


def test_what_the_message_says_is_enough() -> None:
    config = get_default("beam_ner")
    config["model"]["@architectures"] = "spacy_moee.MoEETagger.v1"
    nlp = spacy.blank("en")
    with pytest.raises(MoeeError) as error:
        nlp.add_pipe("moee_ner", config=config)
    # hidden_width is an argument of ours, too
    assert "model.hidden_width" not in str(error.value)
    for key in error.value.values["found"].split(", "):
        *block, last = key.split(".")
        del (config["model"] if block else config)[last]
    nlp.add_pipe("moee_ner", config=config)
    assert get_ner(nlp).model.layers[0].name.startswith("extract_features")


def test_a_config_of_ner_with_another_factory() -> None:
    config = make_ner_config("moee_ner")
    for make in (English.from_config, load_model_from_config):
        with pytest.raises(MoeeError) as error:
            make(config)  # type: ignore[operator]
        check_refused(error.value, "'ner'", *PARSER_KEYS, "model.state_type")
    with pytest.raises(MoeeError):
        load_model_from_config(config, auto_fill=True, validate=False)


@pytest.mark.parametrize(
    "command", ["train {}", "debug config {}", "init fill-config {} filled.cfg"]
)
def test_commands_show_the_message(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_ner_config("moee_ner").to_disk(tmp_path / "ner.cfg")
    with pytest.raises(MoeeError) as error:
        call_spacy(*command.format("ner.cfg").split())
    check_refused(error.value, "'ner'", *PARSER_KEYS)
    assert [path.name for path in tmp_path.iterdir()] == ["ner.cfg"]


def test_no_config_has_the_settings(tmp_path: Path) -> None:
    refused = {*PARSER_KEYS, *BEAM_KEYS}
    nlp = make_nlp()
    assert not refused & {*nlp.config["components"]["moee_ner"]}
    assert not refused & {*get_default("moee_ner")}
    partial, filled = tmp_path / "partial.cfg", tmp_path / "filled.cfg"
    text = '[nlp]\nlang = "en"\npipeline = ["ner"]\n\n[components]\n\n'
    partial.write_text(text + '[components.ner]\nfactory = "moee_ner"\n')
    call_spacy("init", "fill-config", partial, filled)
    component = Config().from_disk(filled)["components"]["ner"]
    assert component["factory"] == "moee_ner" and not refused & {*component}


def test_other_settings_are_refused_by_spacy() -> None:
    for config in ({"hidden_width": 3}, {"model": {"hiden_width": 3}}):
        with pytest.raises(ConfigValidationError, match="unexpected argument"):
            spacy.blank("en").add_pipe("moee_ner", config=config)


def test_other_components_keep_their_settings() -> None:
    """Also while one of ours is in the same pipeline, or is made by theirs."""
    nlp = make_nlp()
    nlp.add_pipe("ner", config={"update_with_oracle_cut_size": 7, "model": PARSER})
    nlp.add_pipe("beam_ner", config={"beam_width": 2})
    assert nlp.config["components"]["ner"]["update_with_oracle_cut_size"] == 7

    def make_outer(nlp: Language, name: str, moves: Any = None) -> Any:
        inner = spacy.blank("en")
        return inner.add_pipe("moee_ner", config={"model": TINY})

    Language.factory("tests_outer", func=make_outer)
    nlp.add_pipe("tests_outer", config={"moves": 3})


def test_the_factory_is_a_function() -> None:
    nlp = spacy.blank("en")
    assert registry.factories.get("moee_ner") is make_moee_ner
    assert inspect.isfunction(make_moee_ner)
    signature = inspect.signature(make_moee_ner)
    assert signature == signature.replace() == inspect.signature(partial(make_moee_ner))
    bound = signature.bind_partial(nlp, "a").arguments
    assert bound == {"nlp": nlp, "name": "a"}
    assert str(signature).startswith("(nlp: spacy.language.Language, name: str, ")
    assert "moves" not in signature.parameters


# what each component of spaCy's calls its model, and what is no model of a component
@pytest.mark.parametrize("config", [PARSER, TAGGER, ENCODER])
def test_a_model_of_another_component_is_refused(config: Dict[str, Any]) -> None:
    model = registry.resolve({"model": config})["model"]
    with pytest.raises(MoeeError) as error:
        MoEENer(spacy.blank("en").vocab, model, "mine")
    assert error.value.code == "M016"
    assert "'mine'" in str(error.value) and len(str(error.value)) < 500
    with pytest.raises(MoeeError) as error:
        spacy.blank("en").add_pipe("moee_ner", config={"model": config})
    assert error.value.code == ("M015" if config is PARSER else "M016")


def test_a_parser_without_settings_is_refused() -> None:
    """spaCy would ask for a setting of the parser that is missing."""
    model = {key: PARSER[key] for key in ("@architectures", "tok2vec")}
    with pytest.raises(MoeeError, match="TransitionBasedParser") as error:
        spacy.blank("en").add_pipe("moee_ner", config={"model": model})
    assert error.value.code == "M016"


@pytest.mark.parametrize("model", [Linear(2, 2), None, "model", True])
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(MoeeError) as error:
        MoEENer(spacy.blank("en").vocab, model)
    assert error.value.code == "M016"


def test_a_network_of_ones_own_is_ours() -> None:
    segments = Segments(True, 256, 1)
    model = network_model(LinearNetwork, make_tok2vec(), None, segments, 1, Family())
    for own in (model, model.copy()):
        assert MoEENer(spacy.blank("en").vocab, own).model is own


def make_label_data(types: List[str], n_added: int = 0) -> Dict[Any, Any]:
    """What `ner` says of its labels, some of which it has seen."""
    nlp = spacy.blank("en")
    ner: Any = nlp.add_pipe("ner")
    for label in types[:n_added]:
        ner.add_label(label)
    docs = [Doc(nlp.vocab, words=["a"], ents=[f"B-{label}"]) for label in types]
    examples = [Example(doc.copy(), doc) for doc in docs[n_added:]]
    examples.append(Example(nlp.make_doc("a"), Doc(nlp.vocab, ["a"], ents=["O"])))
    nlp.initialize(lambda: examples)
    return ner.label_data


TYPES = st.text("ABCdé ", min_size=1, max_size=4).map(str.strip).filter(bool)


@settings(max_examples=10, deadline=None)
@given(types=st.lists(TYPES, min_size=1, max_size=4, unique=True), data=st.data())
def test_label_data_of_ner(types: List[str], data: Any) -> None:
    n_added = data.draw(st.integers(0, len(types)))
    saved = make_label_data(types, n_added)
    nlp = make_nlp()
    for labels in (saved, srsly.json_loads(srsly.json_dumps(saved))):
        get_ner(nlp).initialize(lambda: make_examples(nlp), labels=labels)
        assert get_ner(nlp).labels == tuple(sorted(types))
        assert get_ner(nlp).label_data == sorted(types)


def test_label_data_of_a_ner_that_is_not_initialized() -> None:
    ner: Any = spacy.blank("en").add_pipe("ner")
    for label in ("PER", "LOC"):
        ner.add_label(label)
    nlp = make_nlp()
    get_ner(nlp).initialize(lambda: make_examples(nlp), labels=ner.label_data)
    assert get_ner(nlp).labels == ("LOC", "PER")


def test_label_data_without_types() -> None:
    nlp = make_nlp()
    with pytest.raises(MoeeError) as error:
        get_ner(nlp).initialize(lambda: make_examples(nlp), labels=make_label_data([]))
    assert error.value.code == "M007"


COUNTS = {"PER": 3, "LOC": 1}


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"PER": 3},
        {"0": {}, "1": COUNTS, "2": COUNTS, "3": COUNTS},
        {"1": COUNTS, "2": COUNTS, "3": COUNTS, "4": {"PER": 3}},
        {"1": COUNTS, "2": COUNTS, "3": COUNTS, "4": COUNTS, "5": {"PER": 3}},
        {"1": COUNTS, "2": COUNTS, "3": COUNTS, "4": COUNTS, "6": {}},
        dict.fromkeys("1234", ["PER"]),
        dict.fromkeys("1234", {"PER": "x"}),
        # those of spaCy's parser
        {"0": {}, "1": {"": 2}, "2": {"nsubj": 3}, "3": {"obj": 2}, "4": {"ROOT": 1}},
    ],
)
def test_other_dicts_are_no_labels(labels: Any, tmp_path: Path) -> None:
    nlp = make_nlp()
    with pytest.raises(MoeeError) as error:
        get_ner(nlp).initialize(lambda: make_examples(nlp), labels=labels)
    assert error.value.code == "M006" and "`ner`" in str(error.value)
    read_labels_from(nlp, "moee_ner", tmp_path / "labels.json")
    srsly.write_json(tmp_path / "labels.json", labels)
    with pytest.raises(MoeeError) as error:
        nlp.initialize(lambda: make_examples(nlp))
    assert error.value.code == "M006"


def test_labels_that_spacy_has_written(tmp_path: Path) -> None:
    """`spacy init labels` on a pipeline with `ner`; then ours in its place."""
    config = make_ner_config()
    config["corpora"] = dict.fromkeys(("train", "dev"), {"@readers": "tests.from_ner"})
    config.to_disk(tmp_path / "ner.cfg")
    call_spacy("init", "labels", tmp_path / "ner.cfg", tmp_path)
    path = tmp_path / "ner.json"
    assert srsly.read_json(path)["1"] == {"PER": 8, "LOC": 6}
    nlp = make_nlp()
    nlp.rename_pipe("moee_ner", "ner")
    read_labels_from(nlp, "ner", path)
    nlp.initialize()
    assert get_ner(nlp, "ner").labels == ("LOC", "PER")


def read_labels_from(nlp: Language, name: str, path: Path) -> None:
    block = {"@readers": "spacy.read_labels.v1", "path": str(path)}
    nlp.config["initialize"]["components"][name] = {"labels": block}


@registry.readers("tests.from_ner")
def make_reader() -> Any:
    return lambda nlp: iter(make_examples(nlp, 8))
