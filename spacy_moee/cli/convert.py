"""`python -m spacy moee convert`: column files to `.spacy`."""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Dict, Iterable

import typer
from typer import Argument, Option
from wasabi import msg

from ..errors import WARNINGS, MoeeError
from . import app, fail

if TYPE_CHECKING:
    from ..corpora.convert import Converted


class Scheme(str, Enum):
    auto = "auto"
    iob1 = "iob1"
    iob2 = "iob2"
    bioes = "bioes"
    bilou = "bilou"


class Group(str, Enum):
    sentence = "sentence"
    document = "document"


# fmt: off
Source = Annotated[Path, Argument(metavar="INPUT", help="Column file or folder")]
Target = Annotated[Path, Argument(metavar="OUTPUT", help="A .spacy file, or a folder")]
SchemeOpt = Annotated[Scheme, Option("--scheme", "-s", help="Tagging scheme")]
GroupOpt = Annotated[Group, Option("--group", "-g", help="What becomes one doc. Documents start at DOCSTART lines")]  # noqa: E501
Types = Annotated[str, Option("--types", "-t", metavar="OLD=NEW,...", help="New names for entity types, such as person=PER,place=LOC")]  # noqa: E501
TokenColumn = Annotated[int, Option("--token-column", help="Column of the token, from 0, or from -1 at the end")]  # noqa: E501
TagColumn = Annotated[int, Option("--tag-column", help="Column of the tag, from 0, or from -1 at the end")]  # noqa: E501
Lang = Annotated[str, Option("--lang", "-l", help="Language of the blank vocabulary")]
# fmt: on


@app.command("convert")
def convert_cli(
    input_path: Source,
    output_path: Target,
    scheme: SchemeOpt = Scheme.auto,
    group: GroupOpt = Group.sentence,
    types: Types = "",
    token_column: TokenColumn = 0,
    tag_column: TagColumn = -1,
    lang: Lang = "en",
) -> None:
    """
    Convert column files (one token a line) to .spacy files for training and
    evaluation. IOB1, IOB2, BIOES and BILOU are told apart by reading the whole
    file, and illegal sequences are read the way conlleval reads them. A folder
    is searched, subfolders included, for files that end in .txt, .conll, .tsv,
    .iob, .bio and the like. Either every file is converted, or none is written.
    """
    from ..corpora.convert import parse_types

    try:
        renamed = parse_types(types)
    except MoeeError as err:
        raise typer.BadParameter(str(err), param_hint="--types") from None
    try:
        convert(
            input_path,
            output_path,
            scheme=scheme.value,
            group=group.value,
            types=renamed,
            token_column=token_column,
            tag_column=tag_column,
            lang=lang,
        )
    except MoeeError as err:
        fail(err)


def convert(
    input_path: Path,
    output_path: Path,
    *,
    scheme: str,
    group: str,
    types: Dict[str, str],
    token_column: int,
    tag_column: int,
    lang: str,
) -> None:
    """Read every file, then write every file, then say what was read."""
    import spacy
    import tqdm

    from ..corpora.convert import convert_file
    from ..corpora.files import plan_outputs, write_docs

    try:
        vocab = spacy.blank(lang).vocab
    except ImportError as err:
        raise typer.BadParameter(str(err), param_hint="--lang") from None
    plan = plan_outputs(input_path, output_path)
    sources = [source for source, _ in plan]
    outputs = [output for _, output in plan]
    # disable=None shows the bar on terminals only
    hidden = True if len(sources) == 1 else None
    results = [
        convert_file(
            source,
            scheme=scheme,
            group=group,
            types=types,
            token_column=token_column,
            tag_column=tag_column,
            vocab=vocab,
        )
        for source in tqdm.tqdm(sources, unit="file", leave=False, disable=hidden)
    ]
    write_docs(
        (path, result.docs) for path, result in zip(outputs, results, strict=True)
    )
    for result, path in zip(results, outputs, strict=True):
        report(result, path, was_told=scheme != "auto")
    warn_of_unused(types, results)


def report(result: "Converted", output: Path, was_told: bool) -> None:
    """Print the counts of one file."""
    how = "as told" if was_told else "detected"
    n_entities = sum(result.entities.values())
    per_type = [f"{label} {n:,}" for label, n in sorted(result.entities.items())]
    msg.info(f"{result.path}: {result.scheme.upper()} ({how})")
    msg.text(f"{result.sentences:,} sentences, {result.tokens:,} tokens")
    msg.text(f"{n_entities:,} entities: {', '.join(per_type) or 'none'}")
    if result.illegal:
        show_warning(
            "MW31",
            count=len(result.illegal),
            scheme=result.scheme.upper(),
            line=result.illegal[0],
        )
    msg.good(f"Generated output file ({len(result.docs):,} documents): {output}")


def warn_of_unused(types: Dict[str, str], results: Iterable["Converted"]) -> None:
    """Name the types that --types renames and no file holds."""
    found = {label for result in results for label in result.source_types}
    unused = sorted(set(types) - found)
    if unused:
        expected = ", ".join(sorted(found)) or "no type"
        show_warning("MW32", unused=", ".join(unused), found=expected)


def show_warning(code: str, **values: object) -> None:
    msg.warn(f"[{code}] {WARNINGS[code].format(**values)}")
