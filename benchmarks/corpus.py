"""What is trained: a recipe on a converted corpus and with word vectors.

`spacy moee convert` and `spacy moee vectors` make both; so does the project, in the
folders that are the defaults here.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Dict, NamedTuple, Sequence

from spacy.util import load_config
from thinc.api import Config

from .machine import ROOT

CONFIGS = ROOT / "configs"
FILES = ("source/train", "source/dev", "target/test")
QUICK_DOCS = 96


class Recipe(NamedTuple):
    """A training config with what it runs on.

    path (Path): The config.
    corpus (Path): The folder of the .spacy files, laid out as `FILES`.
    vectors (Path): The vectors, for a config that uses some.
    changes (Dict[str, Any]): Other values in the config, by dotted name.
    """

    path: Path
    corpus: Path
    vectors: Path
    changes: Dict[str, Any]

    @property
    def train(self) -> Path:
        """RETURNS (Path): What is learned from."""
        return self.corpus / "source" / "train.spacy"

    @property
    def target(self) -> Path:
        """RETURNS (Path): The target's test set."""
        return self.corpus / "target" / "test.spacy"

    def load(self) -> Config:
        """Load the config. RETURNS (Config): It, with the paths of the corpus."""
        paths = {
            "train": self.train,
            "dev": self.corpus / "source" / "dev.spacy",
            # no such file: the labels are those of this corpus, not of an earlier one
            "labels": self.corpus / "labels" / "none.json",
            "vectors": self.vectors,
        }
        # a recipe without vectors says null
        known = {k for k, v in load_config(self.path)["paths"].items() if v is not None}
        overrides = {f"paths.{k}": str(p) for k, p in paths.items() if k in known}
        return load_config(
            self.path, overrides={**overrides, **self.changes}, interpolate=False
        )


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of benchmarks that train.

    parser (ArgumentParser): The parser.
    """
    for name, what in (
        ("corpus", "converted corpus: source/{train,dev}.spacy and target/test.spacy"),
        ("vectors", "word vectors, for a recipe that uses some"),
    ):
        parser.add_argument(
            f"--{name}",
            type=Path,
            default=Path(name),
            metavar="DIR",
            help=f"{what} (default: {name})",
        )
    parser.add_argument("--quick", action="store_true", help="a small slice: no result")


def find_recipe(args: Namespace, name: str, changes: Dict[str, Any]) -> Recipe:
    """Find a recipe, and see that its corpus is there.

    args (Namespace): The options that `add_arguments` added.
    name (str): The name of a file in configs/, or the path of a `.cfg`.
    changes (Dict[str, Any]): Other values in the config, by dotted name.
    RETURNS (Recipe): The recipe.
    RAISES (SystemExit): If there is none, or for files that are missing.
    """
    path = Path(name) if name.endswith(".cfg") else CONFIGS / f"{name}.cfg"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in CONFIGS.glob("*.cfg")))
        raise SystemExit(f"✘ No recipe '{path}'. Recipes in {CONFIGS}: {known}")
    check_corpus(args.corpus, FILES)
    if args.quick:
        limits = ("corpora.train.limit", "corpora.dev.limit")
        changes = {**changes, **dict.fromkeys(limits, QUICK_DOCS)}
    return Recipe(path.resolve(), args.corpus, args.vectors, changes)


def check_corpus(folder: Path, names: Sequence[str]) -> None:
    """See that a converted corpus is there.

    folder (Path): Its folder, which `--corpus` names.
    names (Sequence[str]): The files that are needed, as in `FILES`.
    RAISES (SystemExit): For files that are missing.
    """
    files = [folder / f"{name}.spacy" for name in names]
    if missing := [str(file) for file in files if not file.is_file()]:
        problem = f"--corpus {folder} is no converted corpus (`spacy moee convert`)"
        raise SystemExit(f"✘ {problem}. Missing: {', '.join(missing)}")
