"""Epochs, counted from what the reader and the batcher yield."""

import random
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import numpy
import pytest
import spacy
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Corpus, Example
from spacy.training.initialize import init_nlp
from spacy.util import load_config, registry

from spacy_moee.errors import MoeeError
from spacy_moee.training.epochs import SETTINGS, epoch_steps, make_plan_training

from .util import Seen, make_config, run_training, write_corpus

READER = "corpora.train"
PLAN = "initialize.after_init"
WORDS = {
    "@batchers": "spacy.batch_by_words.v1",
    "size": 9,
    "tolerance": 0.2,
    "discard_oversize": False,
    "get_length": None,
}
PADDED = {
    "@batchers": "spacy.batch_by_padded.v1",
    "size": 30,
    "buffer": 5,
    "discard_oversize": False,
    "get_length": None,
}
SEQUENCE = {
    "@batchers": "spacy.batch_by_sequence.v1",
    "size": {"@schedules": "compounding.v1", "start": 1, "stop": 4, "compound": 1.5},
    "get_length": None,
}


def yield_twice(nlp: Language, example: Example) -> Iterator[Example]:
    yield example
    yield example


def make_yield_twice() -> Callable:
    return yield_twice


def make_two_corpora(first: Path, second: Path) -> Callable:
    def read(nlp: Language) -> Iterator[Example]:
        yield from Corpus(first)(nlp)
        yield from Corpus(second)(nlp)

    return read


@pytest.fixture(autouse=True)
def registered() -> None:
    registry.augmenters.register("yield_twice.v1", func=make_yield_twice)
    registry.readers.register("two_corpora.v1", func=make_two_corpora)


def lengths_of(seen: Seen) -> List[int]:
    return [seen.settings[name] for name in SETTINGS]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {f"{READER}.gold_preproc": True},
        {f"{READER}.max_length": 9},
        {f"{READER}.limit": 3},
        {f"{READER}.augmenter": {"@augmenters": "yield_twice.v1"}},
        {"training.batcher": WORDS},
        {"training.batcher": PADDED},
        {"training.batcher": SEQUENCE},
        {"training.accumulate_gradient": 2},
    ],
    ids=str,
)
def test_an_epoch_has_the_steps_that_training_makes(tmp_path, changes) -> None:
    config = make_config(tmp_path, [1, 2, 3, 1, 2, 3, 4, 1, 2])
    for name, value in changes.items():
        *path, last = name.split(".")
        block: Any = config
        for key in path:
            block = block[key]
        block[last] = value
    config["initialize"]["after_init"].update(max_epochs=3, patience=2)
    _, seen = run_training(config)
    steps = seen.steps_of_first_epoch()
    assert lengths_of(seen) == [steps, 2 * steps, 0, 3 * steps]
    # so that each epoch is evaluated, the last one too
    assert seen.evaluated[:2] == [0, steps]
    assert all(step % steps == 0 for step in seen.evaluated)
    assert all(type(value) is int for value in lengths_of(seen))


def test_several_corpora(tmp_path: Path) -> None:
    config = make_config(tmp_path, [1] * 4)
    other = write_corpus(tmp_path / "other.spacy", [1] * 6)
    config["corpora"]["train"] = {
        "@readers": "two_corpora.v1",
        "first": config["paths"]["train"],
        "second": str(other),
    }
    config["initialize"]["after_init"]["max_epochs"] = 1
    _, seen = run_training(config)
    assert lengths_of(seen)[0] == seen.steps_of_first_epoch() == 5


def test_training_with_gold_preproc_is_not_cut_off(tmp_path: Path) -> None:
    """It was: one doc of many sentences has one step, if docs are counted."""
    config = make_config(tmp_path, [40], **{f"{READER}.gold_preproc": True})
    config["training"]["optimizer"]["learn_rate"] = 0.01
    config["initialize"]["after_init"].update(max_epochs=10, patience=5)
    nlp, seen = run_training(config)
    assert max(seen.epochs) >= 5
    assert [ent.label_ for ent in nlp("Ada left London .").ents] == ["PER", "LOC"]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    size=st.integers(4, 40),
    seed=st.integers(0, 99),
)
def test_words_of_the_first_epoch(tmp_path, sizes, size, seed) -> None:
    config = make_config(tmp_path, sizes, **{"system.seed": seed})
    config["training"]["batcher"] = {**WORDS, "size": size}
    config["initialize"]["after_init"].update(max_epochs=1, patience=0)
    _, seen = run_training(config)
    assert seen.settings["eval_frequency"] == seen.steps_of_first_epoch()


def test_numbers_of_the_user_stay(tmp_path: Path) -> None:
    own = {"eval_frequency": 3, "patience": 4, "max_steps": 6}
    overrides = {f"training.{name}": value for name, value in own.items()}
    _, seen = run_training(make_config(tmp_path, [1] * 4, **overrides))
    assert lengths_of(seen) == [3, 4, 0, 6]
    overrides = {"training.max_epochs": 2, f"{PLAN}.patience": 0}
    _, seen = run_training(make_config(tmp_path, [1] * 4, **overrides))
    assert lengths_of(seen) == [1, 0, 2, 0]


@pytest.mark.parametrize(
    "own, evaluated",
    [
        ({"max_epochs": 1}, [0, 4]),
        ({"max_epochs": 2}, [0, 4, 8]),
        ({"max_epochs": 3}, [0, 4, 8, 12]),
        ({"max_steps": 3}, [0, 3]),
        ({"max_steps": 9}, [0, 4, 8]),
        ({"max_steps": 9, "max_epochs": 1}, [0, 4]),
    ],
)
def test_a_limit_of_the_user_comes_after_an_evaluation(tmp_path, own, evaluated):
    overrides = {f"training.{name}": value for name, value in own.items()}
    overrides[f"{PLAN}.patience"] = 0
    _, seen = run_training(make_config(tmp_path, [1] * 10, **overrides))
    assert seen.evaluated == evaluated
    assert {name: seen.settings[name] for name in own} == own


def test_nothing_is_read_if_nothing_is_counted(tmp_path: Path) -> None:
    own = {"eval_frequency": 1, "patience": 1, "max_steps": 1, "max_epochs": -1}
    overrides = {f"training.{name}": value for name, value in own.items()}
    _, seen = run_training(make_config(tmp_path, [1] * 4, **overrides))
    assert lengths_of(seen) == [1, 1, -1, 1]


def test_a_streamed_corpus_is_refused(tmp_path: Path) -> None:
    config = make_config(tmp_path, [1] * 4, **{"training.max_epochs": -1})
    with pytest.raises(MoeeError, match="M601.*streamed"):
        init_nlp(config)


class Counted:
    """A reader that streams, and says how many steps an epoch has."""

    def __init__(self, path: Path) -> None:
        self.corpus = Corpus(path)

    def __call__(self, nlp: Language) -> Iterator[Example]:
        return self.corpus(nlp)

    def count_steps(self, nlp: Language) -> int:
        return 4


def test_a_reader_that_streams_is_asked(tmp_path: Path) -> None:
    registry.readers.register("counted.v1", func=Counted)
    config = make_config(tmp_path, [1] * 8, **{"training.max_epochs": -1})
    config["corpora"]["train"] = {
        "@readers": "counted.v1",
        "path": config["paths"]["train"],
    }
    config["initialize"]["after_init"].update(max_epochs=3, patience=2)
    nlp, seen = run_training(config)
    assert lengths_of(seen) == [4, 8, -1, 12]
    # -1 ends no training, so that no evaluation has to be near such an end
    config["training"]["max_steps"] = 10
    _, seen = run_training(config)
    assert lengths_of(seen) == [5, 8, -1, 10]


def test_a_batcher_without_a_batch_is_refused(tmp_path: Path) -> None:
    config = make_config(tmp_path, [4] * 4)
    config["training"]["batcher"] = {**WORDS, "size": 2, "discard_oversize": True}
    with pytest.raises(MoeeError, match="M602.*corpora.train"):
        init_nlp(config)


def test_few_updates_are_not_cut_off(tmp_path: Path) -> None:
    overrides = {f"{PLAN}.min_steps": 40, f"{PLAN}.max_epochs": 2}
    _, seen = run_training(make_config(tmp_path, [1] * 4, **overrides))
    # an epoch has two steps, and is not evaluated so often
    assert lengths_of(seen) == [4, 40, 0, 40]
    assert seen.evaluated[-1] == 40


def test_the_last_step_is_evaluated(tmp_path: Path) -> None:
    overrides = {"training.eval_frequency": 3, f"{PLAN}.max_epochs": 2}
    _, seen = run_training(make_config(tmp_path, [1] * 4, **overrides))
    assert lengths_of(seen)[-1] == 6 and seen.evaluated == [0, 3, 6]


def test_a_saved_config_is_counted_anew(tmp_path: Path) -> None:
    nlp, seen = run_training(make_config(tmp_path, [1] * 4))
    nlp.config.to_disk(tmp_path / "saved.cfg")
    write_corpus(tmp_path / "train.spacy", [1] * 10)
    again = load_config(tmp_path / "saved.cfg")
    assert again["training"]["eval_frequency"] == 2
    _, seen = run_training(again)
    assert lengths_of(seen) == [5, 25, 0, 75]
    # a number that was changed by hand is the user's own
    again = load_config(
        tmp_path / "saved.cfg", overrides={"training.eval_frequency": 3}
    )
    _, seen = run_training(again)
    assert lengths_of(seen)[:2] == [3, 25]


def test_blocks_become_numbers(tmp_path: Path) -> None:
    config = make_config(tmp_path, [1] * 4)
    path = config["paths"]["train"]
    block = {"@misc": "spacy_moee.epoch_steps.v1", "path": path, "batch_size": 2}
    config["training"]["patience"] = {**block, "epochs": 3}
    config["training"]["max_steps"] = {**block, "epochs": 4}
    _, seen = run_training(config)
    assert lengths_of(seen) == [2, 6, 0, 8]


@pytest.mark.parametrize("seed", [7, None])
def test_random_numbers_are_given_back(tmp_path: Path, seed: Any) -> None:
    config = make_config(tmp_path, [1] * 4, **{"system.seed": seed})
    nlp = init_nlp(config)

    def draw() -> List[float]:
        return [random.random(), numpy.random.random(), float(torch.rand(1))]

    for set_seed in (random.seed, numpy.random.seed, torch.manual_seed):
        set_seed(3)
    expected = draw()
    for set_seed in (random.seed, numpy.random.seed, torch.manual_seed):
        set_seed(3)
    nlp.config["training"]["eval_frequency"] = 0
    make_plan_training()(nlp)
    assert draw() == expected


def test_it_sets_threads_or_leaves_them(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    nlp = init_nlp(make_config(tmp_path, [1] * 4))
    try:
        make_plan_training(threads=2)(nlp)
        assert torch.get_num_threads() == 2
        make_plan_training(threads=0)(nlp)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    "settings",
    [
        {"eval_frequency": 0},
        {"patience": -1},
        {"max_epochs": -1},
        {"min_steps": -1},
        {"threads": -1},
    ],
    ids=str,
)
def test_settings_that_cannot_be(settings: Dict[str, int]) -> None:
    (name,) = settings
    with pytest.raises(MoeeError, match=f"M103.*{name}"):
        make_plan_training(**settings)  # type: ignore[arg-type]


def write(path: Path, n_docs: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nlp = spacy.blank("en")
    DocBin(docs=[nlp.make_doc("a b")] * n_docs).to_disk(path)
    return path


def test_epoch_steps(tmp_path: Path) -> None:
    path = write(tmp_path / "a.spacy", 7)
    assert epoch_steps(path, 3) == 3
    assert epoch_steps(str(path), 3, epochs=5) == 15  # type: ignore[arg-type]
    write(tmp_path / "deep" / "b.spacy", 3)
    assert epoch_steps(tmp_path, 5) == 2


@pytest.mark.parametrize("name", ["absent.spacy", "", None])
def test_epoch_steps_of_nothing(tmp_path: Path, name) -> None:
    path = name and tmp_path / name
    with pytest.raises(MoeeError, match="M204") as error:
        epoch_steps(path, 32)
    assert str(path) in str(error.value)


def test_epoch_steps_of_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(MoeeError, match="M204"):
        epoch_steps(tmp_path, 32)
