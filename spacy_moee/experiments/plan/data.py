"""The corpora of an experiment file, and what is scored on them."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, NamedTuple, Optional

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ...evaluation.units import DOCS, SENTENCES, UnitsT
from .values import File, Table, Text, check_name, check_unique, refuse

# what the targets' scores stand beside, in results and tables
SOURCE, MEAN = "source", "mean"
# the end of a key that names the column file of a target
NCRFPP = ".ncrfpp"
# the ends of names of what is read in further units
MARKS: Dict[UnitsT, str] = {DOCS: " (docs)", SENTENCES: " (sentences)"}


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _check_target(name: str) -> str:
    if name.lower() in (SOURCE, MEAN):
        raise ValueError(f"'{name}' is the name of another column")
    if name.endswith(NCRFPP):
        raise ValueError(f"a name should not end in {NCRFPP}")
    return _check_mean(name)


def _check_mean(name: str) -> str:
    for mark in MARKS.values():
        if name.endswith(mark):
            raise ValueError(f"a name should not end in '{mark}'")
    return check_name(name)


Units = Annotated[
    List[UnitsT],
    BeforeValidator(_as_list),
    Field(min_length=1),
    AfterValidator(check_unique),
]


class Reading(NamedTuple):
    """How a corpus is read and scored: what a column shows.

    input (str): The key of the corpus.
    units (UnitsT): What is read at once.
    types (Optional[List[str]]): The only types that are scored; None for all.
    gold_types (bool): Whether they are those of the corpus.
    ncrfpp (Optional[str]): The key of the column file; None for none.
    """

    input: str
    units: UnitsT = DOCS
    types: Optional[List[str]] = None
    gold_types: bool = False
    ncrfpp: Optional[str] = None


class Target(Table):
    """A corpus of another domain, which is only tested.

    path (Path): The `.spacy` file.
    types (Optional[List[str]]): The only types that are scored; None for all.
    gold_types (bool): Whether only the types are scored that the file is annotated
        with.
    units (List[UnitsT]): What is read at once; what the data has if this is empty.
    ncrfpp (Optional[Path]): The column file that the corpus was converted from, to
        count as NCRF++ does, too; None if this is not wanted.
    """

    path: File
    types: Optional[
        Annotated[List[Text], Field(min_length=1), AfterValidator(check_unique)]
    ] = None
    gold_types: bool = False
    units: Units = []
    ncrfpp: Optional[File] = None

    @model_validator(mode="after")
    def _check_types(self) -> "Target":
        if self.gold_types and self.types:
            expected = "Expected types or gold_types, not both"
            raise refuse("gold_types", True, expected)
        return self


class Data(Table):
    """The corpora.

    train (Path): The `.spacy` file that is learned from.
    dev (Path): The one that the best epoch is chosen by.
    test (Path): A test set of the same domain.
    units (List[UnitsT]): How the test set and the targets are read: in each of these
        units, the most important ones first.
    targets (Dict[str, Target]): Other test sets, by name.
    means (Dict[str, List[str]]): The targets whose mean F1 is shown, by the mean's
        name; empty for that of all.
    """

    train: File
    dev: File
    test: File
    units: Units = [DOCS]
    targets: Annotated[
        Dict[Annotated[str, AfterValidator(_check_target)], Target],
        Field(min_length=1),
    ]
    means: Dict[
        Annotated[str, AfterValidator(_check_mean)],
        Annotated[List[str], Field(min_length=1), AfterValidator(check_unique)],
    ] = {}

    @model_validator(mode="after")
    def _check_means(self) -> "Data":
        names = ", ".join(self.targets)
        for mean, parts in self.means.items():
            if mean in self.targets or mean.lower() == SOURCE:
                raise refuse(f"means.{mean}", mean, "It is the name of another column")
            for unknown in (part for part in parts if part not in self.targets):
                raise refuse(f"means.{mean}", unknown, f"Expected some of {names}")
        return self

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

    @property
    def source_columns(self) -> Dict[str, Reading]:
        """RETURNS (Dict[str, Reading]): How the source is read, by the names of
        columns."""
        return _in_units(SOURCE, Reading("test"), self.units)

    @property
    def target_columns(self) -> Dict[str, Reading]:
        """RETURNS (Dict[str, Reading]): How the targets are read, by the names of
        columns: those of the targets, with further units in brackets."""
        columns: Dict[str, Reading] = {}
        for name, target in self.targets.items():
            key = f"targets.{name}"
            gold = None if target.ncrfpp is None else f"{key}{NCRFPP}"
            reading = Reading(key, DOCS, target.types, target.gold_types, gold)
            columns |= _in_units(name, reading, target.units or self.units)
        return columns

    @property
    def mean_columns(self) -> Dict[str, List[str]]:
        """RETURNS (Dict[str, List[str]]): The columns of each mean, by the names of
        columns. A target that is not read in some units counts there as it is read.
        There is no mean of one target, unless the file names it."""
        means = self.means
        if not means and len(self.targets) > 1:
            means = {MEAN: list(self.targets)}
        columns = self.target_columns
        found = {}
        for mean, parts in means.items():
            found[mean] = list(parts)
            for mark in MARKS.values():
                marked = [f"{x}{mark}" if f"{x}{mark}" in columns else x for x in parts]
                if marked != found[mean]:
                    found[f"{mean}{mark}"] = marked
        return found


def _in_units(name: str, reading: Reading, units: List[UnitsT]) -> Dict[str, Reading]:
    first, *rest = units
    marked = {f"{name}{MARKS[x]}": reading._replace(units=x) for x in rest}
    return {name: reading._replace(units=first), **marked}
