"""Test sets: those of the corpus that is trained on, and those of other domains."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Dict, Sequence

from .corpus import check_corpus

# the source and the target of a corpus
SOURCE, TARGET = "source", "target"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of benchmarks that read several domains.

    parser (ArgumentParser): The parser.
    """
    for name in ("corpus", "domains"):
        parser.add_argument(f"--{name}", type=Path, metavar="FOLDER", required=True)


def find_test_sets(args: Namespace, parts: Sequence[str]) -> Dict[str, Path]:
    """Find the test sets.

    args (Namespace): The options that `add_arguments` added.
    parts (Sequence[str]): Those of the corpus: `SOURCE`, or `TARGET`, too.
    RETURNS (Dict[str, Path]): These, and the files of the other domains by name.
    RAISES (SystemExit): For a file that is missing, or a folder without domains.
    """
    check_corpus(args.corpus, [f"{part}/test" for part in parts])
    files = {part: args.corpus / part / "test.spacy" for part in parts}
    domains = {path.stem: path for path in sorted(args.domains.glob("*.spacy"))}
    if not domains:
        raise SystemExit(f"✘ --domains {args.domains}: no .spacy file in this folder")
    return files | domains
