"""An experiment file: systems x embeddings x seeds, and the data."""

import json
import reprlib
from pathlib import Path
from typing import Annotated, Any, Dict, List, Literal, Optional

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ...errors import MoeeError
from ...insight.metrics_table import plain
from .yaml_file import read_yaml

# what the targets' scores stand beside, in results and tables
SOURCE, MEAN = "source", "mean"
# the end of a key that names the column file of a target
NCRFPP = ".ncrfpp"
# shows what was found, and of a long text or list its beginning
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 100


def _refuse(key: str, found: Any, expected: str) -> PydanticCustomError:
    """An error about a key of the table that is checked."""
    context = {"key": key, "found": found, "expected": expected}
    return PydanticCustomError("table", "{expected}", context)


def _check_name(name: str) -> str:
    if not name or name != plain(name):
        raise ValueError("a name should be printable characters in one line")
    return name


def _check_target(name: str) -> str:
    if name.lower() in (SOURCE, MEAN):
        raise ValueError(f"'{name}' is the name of another column")
    if name.endswith(NCRFPP):
        raise ValueError(f"a name should not end in {NCRFPP}")
    return _check_name(name)


def _check_values(values: Dict[str, JsonValue]) -> Dict[str, JsonValue]:
    for name, value in values.items():
        if "." not in name:
            expected = "Expected a dotted name, such as training.max_epochs"
            raise _refuse(name, value, expected)
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            raise _refuse(name, value, "Numbers should be finite") from None
    return values


def _check_unique(values: List[Any]) -> List[Any]:
    if len({*values}) < len(values):
        raise ValueError("no value should stand there twice")
    return values


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
File = Annotated[Path, Field(strict=False)]
Name = Annotated[str, AfterValidator(_check_name)]
# what numpy's random numbers take
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Seeds = Annotated[List[Seed], Field(min_length=1), AfterValidator(_check_unique)]
Values = Annotated[Dict[str, JsonValue], AfterValidator(_check_values)]


class _Table(BaseModel):
    """A mapping of the file, which has these keys and no other."""

    model_config = ConfigDict(strict=True)

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, value: Any) -> Any:
        known = [name for name, x in cls.model_fields.items() if not x.exclude]
        for key in value if isinstance(value, dict) else ():
            if key not in known:
                expected = f"No such key; there are {', '.join(known)}"
                raise _refuse(str(key), value[key], expected)
        return value


class System(_Table):
    """A row of the table.

    config (Path): A training config.
    overrides (Dict[str, JsonValue]): Values of it by dotted name.
    """

    config: File
    overrides: Values = {}


class Embeddings(_Table):
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


class Target(_Table):
    """A corpus of another domain, which is only tested.

    path (Path): The `.spacy` file.
    types (Optional[List[str]]): The only types that are scored; None for all.
    ncrfpp (Optional[Path]): The column file that the corpus was converted from, to
        count as NCRF++ does, too; None if this is not wanted.
    """

    path: File
    types: Optional[
        Annotated[List[Text], Field(min_length=1), AfterValidator(_check_unique)]
    ] = None
    ncrfpp: Optional[File] = None


class Data(_Table):
    """The corpora.

    train (Path): The `.spacy` file that is learned from.
    dev (Path): The one that the best epoch is chosen by.
    test (Path): A test set of the same domain.
    targets (Dict[str, Target]): Other test sets, by name.
    """

    train: File
    dev: File
    test: File
    targets: Annotated[
        Dict[Annotated[str, AfterValidator(_check_target)], Target],
        Field(min_length=1),
    ]

    @property
    def files(self) -> Dict[str, Path]:
        """RETURNS (Dict[str, Path]): All files, by the keys that name them."""
        gold = {
            f"targets.{name}{NCRFPP}": target.ncrfpp
            for name, target in self.targets.items()
            if target.ncrfpp is not None
        }
        return {**self.corpora, **gold}

    @property
    def corpora(self) -> Dict[str, Path]:
        """RETURNS (Dict[str, Path]): The `.spacy` files, by the same keys."""
        targets = {f"targets.{k}": target.path for k, target in self.targets.items()}
        return {"train": self.train, "dev": self.dev, "test": self.test, **targets}


class Experiment(_Table):
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
            raise _refuse("baseline", self.baseline, expected)
        for name, block in self.embeddings.items():
            for unknown in set(block.systems) - set(names):
                raise _refuse(f"embeddings.{name}.systems", unknown, expected)
            block.systems = [x for x in names if x in (block.systems or names)]
            block.seeds = block.seeds or self.seeds
        return self

    @property
    def targets(self) -> List[str]:
        """RETURNS (List[str]): The names of the columns of the targets, the most
        important first: that of the mean, if there are several targets."""
        names = list(self.data.targets)
        return [MEAN, *names] if len(names) > 1 else names


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
