"""An experiment -> runs: one config, one seed, one key each."""

import re
from functools import cache
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

from confection import Config
from spacy.util import load_config

from ...errors import MoeeError
from ...evaluation.units import DOCS
from ...files import hash_of, hash_of_path
from .code import code_hash
from .data import SOURCE, Reading
from .experiment import Embeddings, Experiment, System
from .inputs import find_inputs, is_file, is_test
from .needs import list_missing
from .raw_text import find_raw_text

# no such file: the labels are those of the corpus, not of an earlier one
NO_LABELS = "labels/none.json"


class Run(NamedTuple):
    """One training and its evaluation.

    system (str): The system's name.
    embeddings (str): The embeddings' name.
    seed (int): The seed.
    config (str): The whole config, as `spacy train` reads it.
    inputs (Dict[str, Path]): The files and folders that it reads, by name.
    data (Dict[str, str]): Their hashes, by the same names.
    readings (Dict[str, Reading]): How test sets are read and scored, by the names of
        columns.
    setup (str): A hash of the config and of what is trained on.
    code (str): A hash of the package's code.
    raw_text (str): The text without annotation that is trained on, as `find_raw_text`
        says it; empty for none.
    """

    system: str
    embeddings: str
    seed: int
    config: str
    inputs: Dict[str, Path]
    data: Dict[str, str]
    readings: Dict[str, Reading]
    setup: str
    code: str
    raw_text: str = ""

    @property
    def types(self) -> Dict[str, Optional[List[str]]]:
        """RETURNS (Dict[str, Optional[List[str]]]): The only entity types that are
        scored in the columns of the targets; None for all."""
        return {k: x.types for k, x in self.readings.items() if k != SOURCE}

    @property
    def read_as(self) -> Dict[str, Dict[str, Any]]:
        """RETURNS (Dict[str, Dict[str, Any]]): What else differs, of those columns
        where it does."""
        return {
            name: {"units": reading.units, "gold_types": reading.gold_types}
            for name, reading in self.readings.items()
            if reading.units != DOCS or reading.gold_types
        }

    @property
    def key(self) -> str:
        """RETURNS (str): All that the trained pipeline depends on. Runs with one key
        are one training, whatever they are called and tested on."""
        return f"{self.setup}-{self.code}"

    @property
    def name(self) -> str:
        """RETURNS (str): A name for its folder, that a person can tell."""
        words = [_slug(self.system), _slug(self.embeddings), f"seed{self.seed}"]
        return "_".join([*words, self.key])


def title(run: Run) -> str:
    """Name a run for a person. RETURNS (str): System, embeddings and seed."""
    return f"{run.system} \u00b7 {run.embeddings} \u00b7 seed {run.seed}"


def check_needs(experiment: Experiment) -> None:
    """See that all that any run reads is there.

    experiment (Experiment): The experiment.
    RAISES (MoeeError): M503, which lists what is missing; M504, for overrides that a
        config refuses.
    """
    configs = {}
    for block, embeddings in experiment.embeddings.items():
        for row in embeddings.systems:
            files = [experiment.systems[row].config, embeddings.tok2vec]
            if all(path is None or is_file(path) for path in files):
                config = _make_config(experiment, block, row, embeddings.seeds[0])
                configs[f"{row} with {block}"] = config
    missing = list_missing(experiment, configs)
    if missing:
        raise MoeeError(
            "M503",
            file=experiment.path,
            missing="".join(f"\n  - {line}" for line in missing),
            folder=Path.cwd(),
        )


def make_runs(experiment: Experiment) -> List[Run]:
    """List the runs of an experiment: seed by seed, so that every system has its first
    result early.

    experiment (Experiment): The experiment; what it needs is there.
    RETURNS (List[Run]): The runs.
    RAISES (MoeeError): M504, for overrides that a config refuses; M513, for a file that
        can't be read.
    """
    runs = []
    # many runs read the same files
    hash_once = cache(_hash)
    code = code_hash()
    data_files = experiment.data
    readings = {**data_files.source_columns, **data_files.target_columns}
    tests = [target.path for target in data_files.targets.values()]
    for embeddings_name, embeddings in experiment.embeddings.items():
        for seed in embeddings.seeds:
            for name in embeddings.systems:
                config = _make_config(experiment, embeddings_name, name, seed)
                inputs = find_inputs(experiment, config)
                data = {name: hash_once(path) for name, path in inputs.items()}
                text = config.to_str(interpolate=False)
                trained_on = {k: v for k, v in data.items() if not is_test(k)}
                setup = hash_of(text, *_flat(trained_on))
                names = (name, embeddings_name, seed)
                raw = find_raw_text(config, tests)
                runs.append(Run(*names, text, inputs, data, readings, setup, code, raw))
    return runs


def _hash(path: Path) -> str:
    try:
        return hash_of_path(path)
    except OSError as error:
        file, problem = error.filename or path, error.strerror or error
        raise MoeeError("M513", file=file, problem=problem) from error


def _make_config(experiment: Experiment, block: str, row: str, seed: int) -> Config:
    """Merge and check the config of one run."""
    system, embeddings = experiment.systems[row], experiment.embeddings[block]
    try:
        config = merge(experiment, system, embeddings, seed)
        _check(experiment, config, seed)
    # whatever reading a file that a person has written raises
    except Exception as error:
        missing = isinstance(error, KeyError)
        problem = f"it has no {error}" if missing else str(error).strip()
        raise MoeeError(
            "M504",
            file=experiment.path,
            system=row,
            embeddings=block,
            problem=problem,
        ) from error
    return config


def merge(
    experiment: Experiment, system: System, embeddings: Embeddings, seed: int
) -> Config:
    """Merge what an experiment says about one run. Of two overrides of one value the
    system's stands, then that of the embeddings, then that of the experiment.

    experiment (Experiment): The experiment.
    system (System): The system.
    embeddings (Embeddings): The embeddings.
    seed (int): The seed.
    RETURNS (Config): The config, with its variables.
    """
    config = load_config(system.config)
    for section in ("nlp", "paths", "components", "corpora", "training", "initialize"):
        if section not in config:
            raise ValueError(f"'{system.config}' has no section '{section}'")
    if embeddings.tok2vec is not None:
        _graft(config, load_config(embeddings.tok2vec))
    data = experiment.data
    paths = {"train": str(data.train), "dev": str(data.dev)}
    if "labels" in config["paths"]:
        paths["labels"] = NO_LABELS
    overrides = {
        **experiment.overrides,
        **embeddings.overrides,
        **system.overrides,
        **{f"paths.{name}": value for name, value in paths.items()},
        "system.seed": seed,
    }
    text = config.to_str(interpolate=False)
    return Config().from_str(text, overrides=overrides, interpolate=False)


def _check(experiment: Experiment, config: Config, seed: int) -> None:
    """See that a run is what the table says of it."""
    values = config.interpolate()
    if values["training"]["seed"] != seed:
        raise ValueError(
            f"training.seed is {values['training']['seed']}, and all seeds would be "
            "one; it should be ${system.seed}"
        )
    data = experiment.data
    for name, path in (("train", data.train), ("dev", data.dev)):
        found = values["corpora"][name]["path"]
        if found != str(path):
            raise ValueError(
                f"corpora.{name}.path is '{found}', not the experiment's data; it "
                f"should be ${{paths.{name}}}"
            )
    if not isinstance(values["nlp"].get("vectors", {}), dict):
        raise ValueError("nlp.vectors is no section")


def _graft(config: Config, donor: Config) -> None:
    """Take over the token embeddings of another config, with the vectors that they
    look up, and the values of the variables that they name."""
    taken = [_tagger(donor)["tok2vec"]]
    _tagger(config)["tok2vec"] = taken[0]
    for section in ("nlp", "initialize"):
        if "vectors" in donor.get(section, {}):
            config[section]["vectors"] = donor[section]["vectors"]
            taken.append(donor[section]["vectors"])
    theirs = donor.get("paths", {})
    named = re.findall(r"\$\{paths\.(\w+)\}", str(taken))
    values = {name: theirs[name] for name in named}
    config["paths"] = {**theirs, **config["paths"], **values}


def _tagger(config: Config) -> Dict[str, Any]:
    """The model of the component that is trained, whatever its name is."""
    found = [
        component["model"]
        for component in config["components"].values()
        if isinstance(component, dict) and component.get("factory") == "moee_ner"
    ]
    if len(found) != 1:
        raise ValueError(f"it has {len(found)} components of the factory 'moee_ner'")
    return found[0]


def _flat(values: Dict[str, str]) -> List[str]:
    return [text for pair in sorted(values.items()) for text in pair]


def _slug(name: str) -> str:
    # no name of a folder has more than 255 letters
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "x"
