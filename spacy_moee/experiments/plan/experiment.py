"""An experiment file: systems x embeddings x seeds, and the data."""

import math
import reprlib
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, NoReturn, Optional, Tuple

from ...errors import MoeeError
from ...insight.metrics_table import plain
from .published import COLUMNS
from .yaml_file import read_yaml

DATA = ("train", "dev", "test", "target")
VALUE = "a table of config values by dotted name, such as training.max_epochs: 3"
PLAIN = "text, a finite number, true, false, null, or a list or table of such"
# numpy's random numbers take no other
SEEDS = "from 0 to 4294967295"
# shows what was found, and of a long text or list its beginning
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 100


class System(NamedTuple):
    """A row of the table.

    config (Path): A training config.
    overrides (Dict[str, Any]): Values of it by dotted name.
    """

    config: Path
    overrides: Dict[str, Any]


class Embeddings(NamedTuple):
    """A block of the table.

    tok2vec (Optional[Path]): A training config whose token embeddings the systems
        get; None if they keep their own.
    overrides (Dict[str, Any]): Values of the config by dotted name.
    systems (List[str]): The systems that are run with these embeddings.
    seeds (List[int]): The seeds.
    published (str): The column of the paper's table to show beside; "" for none.
    """

    tok2vec: Optional[Path]
    overrides: Dict[str, Any]
    systems: List[str]
    seeds: List[int]
    published: str


class Experiment(NamedTuple):
    """What is compared.

    path (Path): The file.
    text (str): What stands in it.
    title (str): The title of the report.
    data (Dict[str, Path]): The `.spacy` files, by the names of `DATA`.
    baseline (str): The system that the others are compared with.
    overrides (Dict[str, Any]): Values of every config by dotted name.
    systems (Dict[str, System]): The systems by name.
    embeddings (Dict[str, Embeddings]): The embeddings by name.
    """

    path: Path
    text: str
    title: str
    data: Dict[str, Path]
    baseline: str
    overrides: Dict[str, Any]
    systems: Dict[str, System]
    embeddings: Dict[str, Embeddings]


def read_experiment(path: Path) -> Experiment:
    """Read and check an experiment file; not whether the files are there that it names.

    path (Path): The YAML file.
    RETURNS (Experiment): What it says.
    RAISES (MoeeError): M501 for a file that can't be read, M502 for a wrong value.
    """
    text, content = read_yaml(path)
    top = _Table(path, "", content)
    top.check_keys(*Experiment._fields[2:], "seeds")
    systems = {name: _system(table) for name, table in top.tables("systems")}
    data = top.table("data")
    data.check_keys(*DATA)
    seeds = top.seeds("seeds", None)
    names = list(systems)
    return Experiment(
        path,
        text,
        plain(top.text("title")),
        {name: data.file(name) for name in DATA},
        top.choice("baseline", names),
        top.values("overrides"),
        systems,
        {n: _embeddings(t, names, seeds) for n, t in top.tables("embeddings")},
    )


def _system(table: "_Table") -> System:
    table.check_keys(*System._fields)
    return System(table.file("config"), table.values("overrides"))


def _embeddings(table: "_Table", systems: List[str], seeds: List[int]) -> Embeddings:
    table.check_keys(*Embeddings._fields)
    return Embeddings(
        table.file("tok2vec") if "tok2vec" in table.content else None,
        table.values("overrides"),
        table.choices("systems", systems),
        table.seeds("seeds", seeds),
        table.choice("published", ["", *COLUMNS], ""),
    )


class _Table:
    """A mapping of the file, which knows where it stands."""

    def __init__(self, path: Path, where: str, content: Any) -> None:
        self.path = path
        self.where = where
        if not isinstance(content, dict) or not all(
            isinstance(k, str) for k in content
        ):
            self.refuse("", content, "a table of keys and values")
        self.content: Dict[str, Any] = content

    def refuse(self, key: str, found: Any, expected: str) -> NoReturn:
        name = ".".join(filter(None, [self.where, key])) or "(the whole file)"
        shown = "nothing" if found is None else SHORT.repr(found)
        raise MoeeError(
            "M502", file=self.path, key=name, found=shown, expected=expected
        )

    def check_keys(self, *known: str) -> None:
        for key in self.content:
            if key not in known:
                self.refuse(key, self.content[key], f"no such key; {', '.join(known)}")

    def text(self, key: str) -> str:
        value = self.content.get(key)
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, value, "a text")
        return str(value)

    def file(self, key: str) -> Path:
        return Path(self.text(key))

    def table(self, key: str) -> "_Table":
        return _Table(
            self.path, f"{self.where}.{key}".strip("."), self.content.get(key)
        )

    def tables(self, key: str) -> List[Tuple[str, "_Table"]]:
        outer = self.table(key)
        if not outer.content:
            self.refuse(key, outer.content, "at least one")
        for name in outer.content:
            if not name or name != plain(name):
                outer.refuse("", name, "a name of printable characters in one line")
        return [(name, outer.table(name)) for name in outer.content]

    def values(self, key: str) -> Dict[str, Any]:
        value = self.content.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, value, VALUE)
        for name, part in value.items():
            if not isinstance(name, str) or "." not in name:
                self.refuse(key, name, VALUE)
            if not _is_plain(part):
                self.refuse(f"{key}.{name}", part, PLAIN)
        return dict(value)

    def choice(self, key: str, known: List[str], default: Optional[str] = None) -> str:
        value = self.content.get(key, default)
        if value not in known:
            self.refuse(key, value, f"one of {', '.join(filter(None, known))}")
        return str(value)

    def choices(self, key: str, known: List[str]) -> List[str]:
        value = self.content.get(key, known)
        are_known = isinstance(value, list) and all(x in known for x in value)
        if not are_known or not value:
            self.refuse(key, value, f"a list of some of {', '.join(known)}")
        # in the order of the table
        return [name for name in known if name in value]

    def seeds(self, key: str, default: Optional[List[int]]) -> List[int]:
        value = self.content.get(key, default)
        numbers = isinstance(value, list) and all(type(x) is int for x in value)
        if (
            not numbers
            or not value
            or len({*value}) < len(value)
            or not all(0 <= seed < 2**32 for seed in value)
        ):
            self.refuse(key, value, f"a list of different whole numbers {SEEDS}")
        return list(value)


def _is_plain(value: Any) -> bool:
    """Whether a config can hold a value: YAML also has dates, sets and bytes."""
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (bool, int, str))
