"""An experiment file: systems x embeddings x seeds, and the data."""

import reprlib
from pathlib import Path
from typing import Annotated, Dict, List, Literal, Optional

from pydantic import AfterValidator, Field, ValidationError, model_validator

from ...errors import MoeeError
from ...insight.metrics_table import plain
from .data import Data
from .values import File, Name, Seeds, Table, Text, Values, refuse
from .yaml_file import read_yaml

# shows what was found, and of a long text or list its beginning
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 100


class System(Table):
    """A row of the table.

    config (Path): A training config.
    overrides (Dict[str, JsonValue]): Values of it by dotted name.
    """

    config: File
    overrides: Values = {}


class Embeddings(Table):
    """A block of the table.

    tok2vec (Optional[Path]): A training config whose token embeddings the systems
        get; None if they keep their own.
    overrides (Dict[str, JsonValue]): Values of the config by dotted name.
    systems (List[str]): The systems that are run with these embeddings, in the order of
        the table; all of them if the file names none.
    seeds (List[int]): The seeds; those of the experiment if the file names none.
    published (str): The column of the paper's table to show beside; "" for none.
    """

    tok2vec: Optional[File] = None
    overrides: Values = {}
    systems: Annotated[List[str], Field(min_length=1)] = []
    seeds: Seeds = []
    published: Literal["", "BERT", "unfreeze", "freeze"] = ""


class Experiment(Table):
    """What is compared.

    title (str): The title of the report.
    data (Data): The corpora.
    baseline (str): The system that the others are compared with.
    seeds (List[int]): The seeds.
    overrides (Dict[str, JsonValue]): Values of every config by dotted name.
    systems (Dict[str, System]): The systems by name.
    embeddings (Dict[str, Embeddings]): The embeddings by name.
    path (Path): The file.
    text (str): What stands in it.
    """

    title: Annotated[Text, AfterValidator(plain)]
    data: Data
    baseline: str
    seeds: Seeds
    overrides: Values = {}
    systems: Annotated[Dict[Name, System], Field(min_length=1)]
    embeddings: Annotated[Dict[Name, Embeddings], Field(min_length=1)]
    # not of the file's content
    path: Path = Field(Path(), exclude=True)
    text: str = Field("", exclude=True)

    @model_validator(mode="after")
    def _check_names(self) -> "Experiment":
        names = list(self.systems)
        expected = f"Expected one of {', '.join(names)}"
        if self.baseline not in names:
            raise refuse("baseline", self.baseline, expected)
        for name, block in self.embeddings.items():
            for unknown in set(block.systems) - set(names):
                raise refuse(f"embeddings.{name}.systems", unknown, expected)
            block.systems = [x for x in names if x in (block.systems or names)]
            block.seeds = block.seeds or self.seeds
        return self

    @property
    def targets(self) -> List[str]:
        """RETURNS (List[str]): The names of the columns of the targets, the most
        important first: those of means, if there are any."""
        return [*self.data.mean_columns, *self.data.target_columns]


def read_experiment(path: Path) -> Experiment:
    """Read and check an experiment file; not whether the files are there that it names.

    path (Path): The YAML file.
    RETURNS (Experiment): What it says.
    RAISES (MoeeError): M501 for a file that can't be read, M502 for a wrong value.
    """
    text, content = read_yaml(path)
    try:
        experiment = Experiment.model_validate(content)
    except ValidationError as error:
        raise _explain(path, error) from None
    experiment.path, experiment.text = path, text
    return experiment


def _explain(path: Path, error: ValidationError) -> MoeeError:
    """The first problem, where it stands."""
    first = error.errors(include_url=False)[0]
    context = first.get("ctx", {})
    # "[key]" says that it is the key, not its value, that is wrong
    place = [str(x) for x in first["loc"] if x != "[key]"]
    place += [context["key"]] if "key" in context else []
    is_missing = first["type"] == "missing"
    found = None if is_missing else context.get("found", first["input"])
    message = first["msg"].removeprefix("Value error, ")
    return MoeeError(
        "M502",
        file=path,
        key=".".join(place) or "(the whole file)",
        found="nothing" if found is None else SHORT.repr(found),
        expected=message[:1].upper() + message[1:],
    )
