"""Trainings on annotated docs and raw text, as `spacy train` makes them."""

from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import registry
from thinc.api import Config

from spacy_moee.errors import MoeeError
from spacy_moee.training.epochs import SETTINGS
from spacy_moee.training.readers import make_batch_mixed, make_mixed_corpus

from .test_raw import write_jsonl
from .util import Seen, make_config, run_training, write_corpus

PLAN = "initialize.after_init"


def make_mixed_config(folder: Path, **overrides: Any) -> Config:
    """The recipe for the sample, made small, with raw text: 25 docs, three steps."""
    own = {key: overrides.pop(key) for key in list(overrides) if "corpora" in key}
    config = make_config(folder, [1] * 25)
    config["corpora"] = {
        "train": {
            "@readers": "spacy_moee.MixedCorpus.v1",
            "path": config["paths"]["train"],
            "source": str(write_jsonl(folder / "a.jsonl", ["One. Two."] * 8)),
            "target": [str(write_jsonl(folder / "b.jsonl", ["Three. Four."] * 2))],
        },
        "dev": {
            "@readers": "spacy_moee.SourceCorpus.v1",
            "path": config["paths"]["dev"],
        },
    }
    config["training"]["batcher"] = {"@batchers": "spacy_moee.batch_mixed.v1"}
    config["training"]["max_epochs"] = -1
    config["initialize"]["after_init"].update(max_epochs=4, patience=2)
    for name, value in {**overrides, **own}.items():
        *path, last = name.split(".")
        block: Any = config
        for key in path:
            block = block[key]
        block[last] = value
    return config


def lengths_of(seen: Seen) -> List[int]:
    return [seen.settings[name] for name in SETTINGS]


def test_epochs_are_counted_as_in_every_other_recipe(tmp_path: Path) -> None:
    nlp, seen = run_training(make_mixed_config(tmp_path))
    assert lengths_of(seen) == [3, 6, -1, 12]
    assert seen.steps_of_first_epoch() == 3
    assert seen.evaluated == [0, 3, 6, 9, 12][: len(seen.evaluated)]
    assert sorted({*seen.epochs}) == list(range(max(seen.epochs) + 1))
    # and when the saved config is used again
    nlp.config.to_disk(tmp_path / "saved.cfg")
    _, again = run_training(Config().from_disk(tmp_path / "saved.cfg"))
    assert lengths_of(again) == lengths_of(seen)


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({f"{PLAN}.eval_frequency": 0.5, f"{PLAN}.min_steps": 0}, [2, 6, -1, 12]),
        ({f"{PLAN}.min_steps": 20}, [3, 20, -1, 21]),
        ({f"{PLAN}.max_epochs": 0}, [3, 6, -1, 0]),
        ({f"{PLAN}.patience": 0}, [3, 0, -1, 12]),
        ({"training.max_steps": 7}, [3, 6, -1, 7]),
        ({"training.eval_frequency": 2, "training.patience": 5}, [2, 5, -1, 12]),
    ],
)
def test_lengths(tmp_path: Path, settings: Dict[str, Any], expected) -> None:
    nlp = init_nlp(make_mixed_config(tmp_path, **settings))
    training = nlp.config["training"]
    assert [training[name] for name in SETTINGS] == expected


def test_the_tagger_learns_as_if_there_were_no_raw_text(tmp_path: Path) -> None:
    changes = {f"{PLAN}.max_epochs": 12, f"{PLAN}.patience": 0}
    config = make_mixed_config(tmp_path, **changes)
    config["training"]["optimizer"]["learn_rate"] = 0.01
    nlp, _ = run_training(config)
    assert [ent.label_ for ent in nlp("Ada left London .").ents] == ["PER", "LOC"]


@pytest.mark.parametrize(
    "settings, problem",
    [
        ({"training.max_epochs": 0}, "max_epochs = -1.*has 0"),
        ({"training.max_epochs": 5}, "max_epochs = -1.*has 5"),
        ({"training.accumulate_gradient": 2}, "accumulate_gradient = 1.*has 2"),
        (
            {
                "training.batcher": {
                    "@batchers": "spacy_moee.batch_by_length.v1",
                    "size": 2,
                }
            },
            "batcher = spacy_moee.batch_mixed.v1.*batch_by_length",
        ),
        ({f"{PLAN}.max_epochs": 0, f"{PLAN}.patience": 0}, "max_steps or patience"),
        ({PLAN: None}, "max_steps or patience.*plan_training"),
    ],
)
def test_a_training_that_does_not_fit(tmp_path: Path, settings, problem: str) -> None:
    config = make_mixed_config(tmp_path, **settings)
    with pytest.raises(MoeeError, match=f"M608.*{problem}"):
        init_nlp(config)


@pytest.mark.parametrize("named", [True, False])
def test_a_domain_without_text(tmp_path: Path, named: bool) -> None:
    config = make_mixed_config(tmp_path)
    config["corpora"]["train"]["target"] = None
    tagger = {"@architectures": "spacy_moee.GeneratedTagger.v1"}
    tagger["tok2vec"] = config["components"]["moee_ner"]["model"]["tok2vec"]
    config["components"]["moee_ner"]["model"] = tagger | (
        {"domain": "target"} if named else {}
    )
    with pytest.raises(MoeeError, match="M615.*moee_ner.*target"):
        run_training(config)


@pytest.mark.parametrize(
    "settings",
    [
        {PLAN: None, "training.max_steps": 4, "training.eval_frequency": 2},
        {PLAN: None, "training.patience": 4, "training.eval_frequency": 2},
        # a callback of the user's own, which may write the numbers
        {
            PLAN: {"@callbacks": "spacy_moee.torch_threads.v1", "n": 1},
            "training.max_steps": 4,
            "training.eval_frequency": 2,
        },
    ],
)
def test_a_training_that_ends(tmp_path: Path, settings: Dict[str, Any]) -> None:
    _, seen = run_training(make_mixed_config(tmp_path, **settings))
    assert seen.epochs


def test_as_another_corpus_than_that_of_training(tmp_path: Path) -> None:
    """A config may use it for something else, and no config at all is fine, too."""
    config = make_mixed_config(tmp_path)
    config["corpora"]["other"] = config["corpora"].pop("train")
    path = config["paths"]["train"]
    config["corpora"]["train"] = {"@readers": "spacy.Corpus.v1", "path": path}
    config["corpora"]["train"].update(gold_preproc=False, max_length=0, limit=0)
    config["corpora"]["train"]["augmenter"] = None
    config["training"].update(max_epochs=1, accumulate_gradient=2)
    batcher = {"@batchers": "spacy_moee.batch_by_length.v1", "size": 2}
    config["training"]["batcher"] = batcher
    nlp = init_nlp(config)
    corpora = registry.resolve({"corpora": nlp.config.interpolate()["corpora"]})
    assert len(list(corpora["corpora"]["other"](nlp))) == 45
    assert len(list(corpora["corpora"]["other"](spacy.blank("en")))) == 45


@pytest.mark.parametrize("examples", [[], iter([]), "examples"])
def test_other_examples_are_no_epoch(examples: Any) -> None:
    with pytest.raises(MoeeError, match="M609.*max_epochs = -1"):
        list(make_batch_mixed()(examples))


def test_the_batcher_with_another_reader(tmp_path: Path) -> None:
    config = make_config(tmp_path, [1] * 4)
    config["training"]["batcher"] = {"@batchers": "spacy_moee.batch_mixed.v1"}
    with pytest.raises(MoeeError, match="M609.*list"):
        init_nlp(config)


def test_dev_docs_are_of_the_source(tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "dev.spacy", [1, 2])
    nlp = spacy.blank("en")
    make = registry.readers.get("spacy_moee.SourceCorpus.v1")
    examples: List[Example] = list(make(path)(nlp))
    assert [eg.predicted._.moee_domain for eg in examples] == ["source"] * 3
    assert not any(eg.predicted._.moee_raw for eg in examples)
    # by sentences
    expected = list(registry.readers.get("spacy.Corpus.v1")(path, True)(nlp))
    assert [eg.to_dict() for eg in examples] == [eg.to_dict() for eg in expected]
    with pytest.raises(ValueError, match="E913"):
        make(None)


@pytest.mark.parametrize(
    "settings", [{"batch_size": 0}, {"max_length": -1}, {"buffer": 0}], ids=str
)
def test_settings_that_can_not_be(tmp_path: Path, settings: Dict[str, int]) -> None:
    (name,) = settings
    with pytest.raises(MoeeError, match=f"M103.*{name}"):
        make_mixed_corpus(tmp_path, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("test", [None, []])
def test_transductive_without_a_test_corpus(tmp_path: Path, test: Any) -> None:
    with pytest.raises(MoeeError, match="M613"):
        make_mixed_corpus(tmp_path, transductive=True, test=test)


def test_a_raw_text_that_ends_early_ends_training(tmp_path: Path) -> None:
    config = make_mixed_config(tmp_path)
    path = Path(config["corpora"]["train"]["source"])

    def make_cut_off() -> Any:
        def cut_off(nlp: Any, step: Dict[str, int]) -> None:
            if step["step"] == 4:
                path.write_text('{"text": "One."}\n', encoding="utf8")

        return cut_off

    registry.callbacks.register("cut_off.v1", func=make_cut_off)
    config["training"]["before_update"] = {"@callbacks": "cut_off.v1"}
    with pytest.raises(MoeeError, match="M610.*a.jsonl"):
        train(init_nlp(config))
