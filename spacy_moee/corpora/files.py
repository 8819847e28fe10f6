"""The files to read, and the `.spacy` files to write."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Dict, Iterable, List, Sequence, Tuple

from spacy.tokens import Doc, DocBin

from ..errors import MoeeError, os_errors
from ..files import write_all
from .detect import is_corpus
from .text import list_some

# the splits of the standard release of CoNLL-2003 differ in their endings only
SPLIT_ENDINGS = (".train", ".dev", ".test", ".testa", ".testb", ".testc")
ENDINGS = (
    *(".txt", ".tsv", ".tab", ".conll", ".ner", ".bio", ".iob", ".iob1", ".iob2"),
    *(".bioes", ".iobes", ".bilou", *SPLIT_ENDINGS),
    *(".jsonl", ".ndjson", ".json", ".conllu", ".csv", ".spacy"),
)
# a folder with .ann files is one corpus of brat, with all texts in it
BRAT_ENDINGS = (".ann", ".txt")


def plan_outputs(
    source: Path,
    target: Path,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> List[Tuple[Path, Path]]:
    """Decide which files to read and where to write each one; nothing is written.

    source (Path): A file, or a folder that is searched with its subfolders, but for
        hidden files. A folder with .ann files is one corpus of brat.
    target (Path): A `.spacy` file (for one source file), or a folder.
    include (Sequence[str]): Patterns of files to read, such as "*/train.*", on their
        paths in the folder; by default, those with one of `ENDINGS`.
    exclude (Sequence[str]): Patterns of files to leave out of these.
    RETURNS (List[Tuple[Path, Path]]): Pairs of an input and a `.spacy` file.
    RAISES (MoeeError): M301 without a source, M310 if it has no file to read, M312 for
        an unusable target, M325 for patterns that match no file, or that are given
        with a file.
    """
    if not source.exists():
        raise MoeeError("M301", file=source)
    is_file = target.suffix == ".spacy" and not target.is_dir()
    if not source.is_dir():
        if include or exclude:
            raise MoeeError("M325", reason=f"'{source}' is a file, not a folder")
        chosen = [Path()]
    else:
        chosen = _choose(source, target, include, exclude)
    if is_file and chosen != [Path()]:
        reason = "it names one file, and the input is a folder"
        raise MoeeError("M312", file=target, reason=reason)
    inputs = [source / path for path in chosen]
    plan = [(path, target) for path in inputs]
    if not is_file:
        folders = [target / path.parent for path in chosen]
        pairs = zip(inputs, folders, strict=True)
        plan = [(path, folder / _output_name(path)) for path, folder in pairs]
    _check_outputs(plan)
    return plan


def find_unread(source: Path, plan: Sequence[Tuple[Path, Path]]) -> List[Path]:
    """Find the files of a folder that a plan neither reads nor writes.

    source (Path): The folder; for a file the result is empty.
    plan (Sequence[Tuple[Path, Path]]): What `plan_outputs` returned.
    RETURNS (List[Path]): Their paths in the folder, without hidden files.
    """
    if not source.is_dir():
        return []
    known = {path.resolve() for pair in plan for path in pair}
    corpora = {path.resolve() for path, _ in plan if path.is_dir()}
    unread = []
    for path in _list_files(source):
        full = (source / path).resolve()
        is_part = path.suffix in BRAT_ENDINGS and not corpora.isdisjoint(full.parents)
        if full not in known and not is_part:
            unread.append(path)
    return unread


def _list_files(folder: Path) -> List[Path]:
    """List the files in a folder, without hidden ones and those in hidden folders."""
    paths = (path.relative_to(folder) for path in sorted(folder.rglob("*")))
    return [
        path
        for path in paths
        if not any(part.startswith(".") for part in path.parts)
        and (folder / path).is_file()
    ]


def _choose(
    folder: Path, target: Path, include: Sequence[str], exclude: Sequence[str]
) -> List[Path]:
    """Choose the files and corpora of brat to read, as paths in the folder."""
    files = _list_files(folder)
    corpora = _find_brat(files)
    found = _choose_brat(corpora, include, exclude)
    parts = {path for members in corpora.values() for path in members}
    for path in files:
        if path in parts or _matches(path, exclude):
            continue
        if _matches(path, include) if include else _is_input(folder, path, target):
            found.append(path)
    if not found and (include or exclude):
        names = list_some(path.as_posix() for path in files) or "none"
        reason = f"they match no file of '{folder}', whose files are: {names}"
        raise MoeeError("M325", reason=reason)
    if not found:
        raise MoeeError("M310", file=folder, endings=", ".join(ENDINGS))
    return sorted(found)


def _is_input(folder: Path, path: Path, target: Path) -> bool:
    ending = path.suffix.lower()
    if ending == ".spacy":
        # a second run of the same command finds the output of the first one
        outputs = target.resolve()
        is_inside = folder.resolve() in (outputs, *outputs.parents)
        return not is_inside or outputs not in (folder / path).resolve().parents
    return ending in ENDINGS and is_corpus(folder / path)


def _find_brat(files: Sequence[Path]) -> Dict[Path, List[Path]]:
    """Find the topmost folders with .ann files, and the .txt and .ann files in each."""
    folders = {path.parent for path in files if path.suffix == ".ann"}
    tops = sorted(path for path in folders if folders.isdisjoint(path.parents))
    members = [path for path in files if path.suffix in BRAT_ENDINGS]
    return {top: [path for path in members if top in path.parents] for top in tops}


def _choose_brat(
    corpora: Dict[Path, List[Path]], include: Sequence[str], exclude: Sequence[str]
) -> List[Path]:
    """Choose the corpora of brat to read, each as a whole."""
    found = []
    for folder, members in corpora.items():
        left_out = [path for path in members if _matches(path, exclude)]
        is_wanted = not include or any(_matches(p, include) for p in [folder, *members])
        if _matches(folder, exclude) or len(left_out) == len(members) or not is_wanted:
            continue
        if left_out:
            reason = f"'{folder}' is a corpus of brat, which is read as a whole"
            raise MoeeError("M325", reason=reason)
        found.append(folder)
    return found


def _matches(path: Path, patterns: Sequence[str]) -> bool:
    """Whether a path matches one of some patterns. In these * also stands for folders,
    and **/ also for no folder."""
    name = path.as_posix()
    every = [*patterns, *(p[3:] for p in patterns if p.startswith("**/"))]
    return any(fnmatchcase(name, pattern) for pattern in every)


def _output_name(path: Path) -> str:
    is_whole = path.suffix in SPLIT_ENDINGS or path.is_dir()
    return f"{path.resolve().name if is_whole else path.stem}.spacy"


def _check_outputs(plan: List[Tuple[Path, Path]]) -> None:
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
    """Write `.spacy` files: all of them, or none if there is an error.

    outputs (Iterable[Tuple[Path, Iterable[Doc]]]): Files and their docs. Missing
        folders are created.
    RAISES (MoeeError): M313, if a file can't be written.
    """
    packed = [(path, DocBin(docs=docs).to_bytes()) for path, docs in outputs]
    with os_errors("M313", verb="write"):
        write_all(packed)
