"""Which file is read, and where it goes."""

from pathlib import Path
from typing import Dict, Iterable, List, Tuple

from spacy.tokens import Doc, DocBin

from ..errors import MoeeError
from ..files import write_all

# The standard release of CoNLL-2003 keeps its splits apart by the ending alone
SPLIT_ENDINGS = (".train", ".dev", ".test", ".testa", ".testb", ".testc")
ENDINGS = (
    *(".txt", ".tsv", ".tab", ".conll", ".ner", ".bio", ".iob", ".iob1", ".iob2"),
    *(".bioes", ".iobes", ".bilou", *SPLIT_ENDINGS),
)


def plan_outputs(source: Path, target: Path) -> List[Tuple[Path, Path]]:
    """Decide which files are read and where each one goes; nothing is written.

    source (Path): A column file, or a folder that is searched with its subfolders
        for files with one of `ENDINGS`.
    target (Path): A `.spacy` file (for one source file), or a folder.
    RETURNS (List[Tuple[Path, Path]]): Pairs of a column file and a `.spacy` file.
    RAISES (MoeeError): M301 no source, M310 no column file in it, M312 unusable
        target.
    """
    if not source.exists():
        raise MoeeError("M301", file=source)
    is_file = target.suffix == ".spacy" and not target.is_dir()
    if not source.is_dir():
        output = target if is_file else target / _output_name(source)
        plan = [(source, output)]
    elif is_file:
        reason = "it names one file, and the input is a folder"
        raise MoeeError("M312", file=target, reason=reason)
    else:
        files = sorted(path for path in source.rglob("*") if _is_column_file(path))
        if not files:
            raise MoeeError("M310", file=source, endings=", ".join(ENDINGS))
        relative = [path.relative_to(source) for path in files]
        outputs = [target / path.parent / _output_name(path) for path in relative]
        plan = list(zip(files, outputs, strict=True))
    _check_outputs(plan, target)
    return plan


def _output_name(path: Path) -> str:
    return f"{path.name if path.suffix in SPLIT_ENDINGS else path.stem}.spacy"


def _is_column_file(path: Path) -> bool:
    return (
        path.suffix.lower() in ENDINGS
        and not path.name.startswith(".")
        and path.is_file()
    )


def _check_outputs(plan: List[Tuple[Path, Path]], target: Path) -> None:
    taken: Dict[Path, Path] = {}
    for source, output in plan:
        if output in taken:
            reason = f"both '{taken[output]}' and '{source}' would be written to it"
            raise MoeeError("M312", file=output, reason=reason)
        taken[output] = source
        if output.is_dir() or (output.exists() and output.samefile(source)):
            reason = "it is a folder" if output.is_dir() else "it is the input itself"
            raise MoeeError("M312", file=output, reason=reason)
        blocker = next(p for p in output.parents if p.exists())
        if not blocker.is_dir():
            reason = f"'{blocker}' is a file, not a folder"
            raise MoeeError("M312", file=output, reason=reason)


def write_docs(outputs: Iterable[Tuple[Path, Iterable[Doc]]]) -> None:
    """Write `.spacy` files: all of them, or on an error none.

    outputs (Iterable[Tuple[Path, Iterable[Doc]]]): File and docs. Missing folders
        are made.
    RAISES (MoeeError): M313 when a file can't be written.
    """
    packed = [(path, DocBin(docs=docs).to_bytes()) for path, docs in outputs]
    try:
        write_all(packed)
    except OSError as err:
        file, reason = err.filename, err.strerror
        raise MoeeError("M313", verb="write", file=file, reason=reason) from err
