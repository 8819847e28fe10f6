"""`python -m spacy moee convert`: annotated files to `.spacy`."""

from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Dict,
    List,
    Mapping,
    NoReturn,
    Optional,
    Tuple,
)

import typer
from typer import Argument, Option
from wasabi import msg

from ..corpora.options import (
    AffixT,
    BlankTokensT,
    FormatT,
    GroupT,
    OffsetsT,
    Options,
    SchemeT,
    make_vocab,
)
from ..errors import MoeeError
from . import app, fail, show_error, show_warning
from .notices import show_notices

if TYPE_CHECKING:
    from ..corpora.convert import Converted

# fmt: off
Source = Annotated[Path, Argument(metavar="INPUT", help="File or folder")]
Target = Annotated[Path, Argument(metavar="OUTPUT", help="A .spacy file, or a folder")]
Format = Annotated[FormatT, Option("--format", "-f", metavar="FORMAT", help="Format of the files: columns, prodigy, doccano, label-studio, brat, huggingface (tokens and tags), conllu, csv, spacy; text or jsonl for texts without annotation")]  # noqa: E501
Scheme = Annotated[SchemeT, Option("--scheme", "-s", help="Tagging scheme")]
Affix = Annotated[AffixT, Option("--affix", help="Position of the letter in a tag: prefix as in B-PER, suffix as in PER-B")]  # noqa: E501
Label = Annotated[str, Option("--type", metavar="TYPE", help="Entity type for tags that are a letter only, such as Disease for B, I, O")]  # noqa: E501
Outside = Annotated[List[str], Option("--outside-tag", metavar="TAG", help="A tag that stands for O, such as - or _ (by default, these are missing tags). Repeatable")]  # noqa: E501
Types = Annotated[str, Option("--types", "-t", metavar="OLD=NEW,...", help="New names for entity types, such as person=PER,place=LOC. OLD= drops a type")]  # noqa: E501
Group = Annotated[GroupT, Option("--group", "-g", help="What becomes one doc. Documents start at DOCSTART lines, '# newdoc' and the like; in a file without any, each sentence is one")]  # noqa: E501
TokenColumn = Annotated[Optional[int], Option("--token-column", help="Column of the token, from 0, or from -1 at the end  [default: from a header or token numbers, else 0]")]  # noqa: E501
TagColumn = Annotated[Optional[int], Option("--tag-column", help="Column of the tag, likewise  [default: the same, else -1; none in a file of one column]")]  # noqa: E501
BlankTokens = Annotated[BlankTokensT, Option("--blank-tokens", help="What to do with rows without a token")]  # noqa: E501
TagNames = Annotated[str, Option("--tag-names", metavar="TAG,...", help="Names of tags that are numbers (Hugging Face), in their order, such as O,B-PER,I-PER")]  # noqa: E501
Offsets = Annotated[OffsetsT, Option("--offsets", help="Unit of character offsets. It matters behind emoji, which are two UTF-16 units")]  # noqa: E501
Include = Annotated[List[str], Option("--include", metavar="GLOB", help="Of a folder, read the files with a matching path, such as '*/train.*', whatever their extension. Repeatable")]  # noqa: E501
Exclude = Annotated[List[str], Option("--exclude", metavar="GLOB", help="Of a folder, leave out the files with a matching path. Repeatable")]  # noqa: E501
Encoding = Annotated[str, Option("--encoding", "-e", help="Encoding of the files")]
Lang = Annotated[str, Option("--lang", "-l", help="Language of the vocabulary, and of the tokenizer for texts with character offsets")]  # noqa: E501
# fmt: on


@app.command("convert")
def convert_cli(
    input_path: Source,
    output_path: Target,
    format: Format = "auto",
    scheme: Scheme = "auto",
    affix: Affix = "auto",
    label: Label = "",
    outside: Outside = [],  # noqa: B006
    types: Types = "",
    group: Group = "sentence",
    token_column: TokenColumn = None,
    tag_column: TagColumn = None,
    blank_tokens: BlankTokens = "error",
    tag_names: TagNames = "",
    offsets: Offsets = "auto",
    include: Include = [],  # noqa: B006
    exclude: Exclude = [],  # noqa: B006
    encoding: Encoding = "utf-8",
    lang: Lang = "en",
) -> None:
    """
    Convert annotated texts to .spacy files for training and evaluation: column
    files (one token per line, a blank line after each sentence), exports of
    Prodigy, doccano, Label Studio and brat, token data sets of Hugging Face,
    CoNLL-U, CSV with a header, and .spacy files themselves.

    The format is detected, and so are the scheme and the form of the tags
    (B-PER, PER_B, PER, ...); illegal sequences are read as conlleval reads them.
    Texts with character offsets are tokenized (--lang); spans that are not whole
    tokens are listed, and their tokens get no annotation. Texts without annotation
    become docs without entity annotation. A folder is searched, subfolders
    included; one with .ann files is one corpus of brat. Either every file is
    converted, or none is written.
    """
    from ..corpora.convert import parse_types
    from ..corpora.files import plan_outputs
    from ..corpora.text import check_encoding

    hint = "--types"
    try:
        renamed = parse_types(types)
        hint = "--encoding"
        check_encoding(encoding)
        hint = "--lang"
        vocab = make_vocab(lang)
    except (MoeeError, ImportError) as err:
        raise typer.BadParameter(str(err), param_hint=hint) from None
    options = Options(
        format=format,
        scheme=scheme,
        affix=affix,
        label=label,
        outside=outside,
        types=renamed,
        group=group,
        token_column=token_column,
        tag_column=tag_column,
        blank_tokens=blank_tokens,
        tag_names=[tag.strip() for tag in tag_names.split(",") if tag.strip()],
        offsets=offsets,
        encoding=encoding,
        vocab=vocab,
    )
    plan = plan_outputs(input_path, output_path, include, exclude)
    convert(input_path, plan, options)


def convert(input_path: Path, plan: List[Tuple[Path, Path]], options: Options) -> None:
    """Read all files, write all files, and report on them."""
    import tqdm

    from ..corpora.convert import convert_file
    from ..corpora.files import find_unread, write_docs
    from ..corpora.text import list_some

    results: Dict[Path, Converted] = {}
    errors: List[MoeeError] = []
    # disable=None shows the bar on terminals only
    hidden = True if len(plan) == 1 else None
    for source, output in tqdm.tqdm(plan, unit="file", leave=False, disable=hidden):
        try:
            results[output] = convert_file(source, options)
        except MoeeError as err:
            errors.append(err)
    if errors:
        fail_all(errors, len(plan))
    write_docs((output, result.docs) for output, result in results.items())
    for output, result in results.items():
        report(result, output, options)
    warn_of_unused(options.types, list(results.values()))
    unread = find_unread(input_path, plan)
    if unread:
        names = list_some((path.as_posix() for path in unread), 20)
        msg.info(f"{len(unread):,} files of the folder were not read: {names}")


def fail_all(errors: List[MoeeError], n_files: int) -> NoReturn:
    """Print the error of each file, and exit with code 1."""
    if n_files == 1:
        fail(errors[0])
    for error in errors:
        show_error(error)
    typer.secho(
        f"{len(errors):,} of {n_files:,} files can't be read, so none was written. "
        f"Correct these files, or leave them out with --exclude.",
        fg="red",
        err=True,
    )
    raise typer.Exit(1)


def report(result: "Converted", output: Path, options: Options) -> None:
    """Print the counts of one file, and warn of possible mistakes."""
    how = "detected" if options.scheme == "auto" else "as given"
    form = [] if result.format == "columns" else [result.format]
    if result.scheme:
        form.append(f"{result.scheme.upper()} ({how})")
    msg.info(f"{result.path}: {', '.join(form) or 'no tags'}")
    msg.text(f"{result.sentences:,} {result.what}, {result.tokens:,} tokens")
    if any(doc.has_annotation("ENT_IOB") for doc in result.docs):
        msg.text(list_counts("entities", result.entities))
    else:
        msg.text("The docs have no entity annotation.")
    if result.dropped:
        msg.text(list_counts("dropped entities", result.dropped))
    if result.missing:
        msg.text(list_counts("missing tags", result.missing))
        msg.text("If one of these stands for O, give it with --outside-tag.")
    for note in result.notes:
        msg.text(note)
    show_notices(result.notices)
    warn_of_sequences(result)
    warn_of_lengths(result, options.group)
    msg.good(f"Generated output file ({len(result.docs):,} documents): {output}")


def list_counts(what: str, counts: Dict[str, int]) -> str:
    each = ", ".join(f"{name} {n:,}" for name, n in sorted(counts.items()))
    return f"{sum(counts.values()):,} {what}: {each or 'none'}"


def warn_of_sequences(result: "Converted") -> None:
    """Say how the entities were read, if there are several ways."""
    from ..corpora.schemes import PREFIXES, describe_reading

    if not result.scheme:
        return
    reading = describe_reading(result.scheme)
    if result.illegal:
        show_warning(
            "MW31",
            count=len(result.illegal),
            scheme=result.scheme.upper(),
            line=result.illegal[0],
            reading=reading,
        )
    elif "E" in PREFIXES[result.scheme] or "L" in PREFIXES[result.scheme]:
        msg.text(f"Entities were read {reading}.")


def warn_of_lengths(result: "Converted", group: str) -> None:
    from ..corpora.convert import LONG_DOCUMENT, LONG_SENTENCE

    tokens, line = result.longest
    if result.n_long:
        what = f"{result.n_long:,} of {result.sentences:,} sentences have more than "
        what += f"{LONG_SENTENCE} tokens, the longest (line {line}) {tokens:,}"
        if result.sentences == 1:
            what = f"The whole file is one sentence of {tokens:,} tokens"
        show_warning("MW33", what=what, limit=LONG_SENTENCE)
    longest = max(map(len, result.docs))
    is_grouped = group == "document" and len(result.docs) < result.sentences
    if is_grouped and longest > LONG_DOCUMENT:
        show_warning("MW34", docs=f"{len(result.docs):,}", tokens=f"{longest:,}")


def warn_of_unused(types: Mapping[str, str], results: List["Converted"]) -> None:
    """Name the types that --types renames, but no file has."""
    found = {label for result in results for label in result.source_types}
    unused = sorted(set(types) - found)
    if unused:
        expected = ", ".join(sorted(found)) or "no type"
        show_warning("MW32", unused=", ".join(unused), found=expected)
