"""Which files a pipeline is evaluated on, and what their results are called."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Collection, Dict, Iterable, List, NamedTuple, Sequence, Set

from ..errors import MoeeError

ENDING = ".spacy"
# what a pipeline learned from, or was chosen by
NOT_TESTS = {"train", "dev"}
WORDS = re.compile(r"[\W_]+")


class Data(NamedTuple):
    """What was found.

    files (Dict[str, Path]): The files to evaluate on, by the name of their results.
    left_out (List[Path]): Files of the folders that are no test sets.
    """

    files: Dict[str, Path]
    left_out: List[Path]


def find_data(paths: Sequence[Path], outputs: Iterable[Path] = ()) -> Data:
    """Find the files to evaluate on; nothing is read.

    paths (Sequence[Path]): .spacy files, and folders that are searched for some, with
        their subfolders. What is called train or dev there, or lies in a folder of that
        name, is left out unless it is named itself.
    outputs (Iterable[Path]): Folders of results, which are not searched.
    RETURNS (Data): The files. A name is the path from the folder that was searched,
        without a final "test"; where two are equal, folders above make the difference.
    RAISES (MoeeError): M706 for what is no .spacy file, M707 for a folder without one.
    """
    # how many parts of its path make the name of each file, and its place on the disk
    depths: Dict[Path, int] = {}
    places: Dict[Path, Path] = {}
    left_out: Dict[Path, Path] = {}
    for path in paths:
        if not path.is_dir():
            if path.suffix != ENDING or not path.is_file():
                found = "another file" if path.exists() else "nothing"
                raise MoeeError("M706", path=path, found=found)
            found_here = {path: 1}
        else:
            found_here = _search(path, outputs)
        for file, depth in found_here.items():
            place = file.resolve()
            if depth and place not in places.values():
                depths[file], places[file] = depth, place
            elif not depth:
                left_out[file] = place
    taken = set(places.values())
    names = _choose_names(depths)
    skipped = [file for file, place in left_out.items() if place not in taken]
    return Data({names[file]: file for file in depths}, skipped)


def find_inside(files: Collection[Path], places: Iterable[Path]) -> Set[Path]:
    """Find the files that lie in some places.

    files (Collection[Path]): The files to evaluate on.
    places (Iterable[Path]): Some of these files, and folders.
    RETURNS (Set[Path]): Those that are, or lie in, one of the places.
    RAISES (MoeeError): M718, for a place without such a file.
    """
    within = {path: (path.resolve(), *path.resolve().parents) for path in files}
    inside: Set[Path] = set()
    for place in places:
        found = {path for path in files if place.resolve() in within[path]}
        if not found:
            shown = ", ".join(f"'{path}'" for path in files)
            raise MoeeError("M718", place=place, found=shown)
        inside |= found
    return inside


def _search(folder: Path, outputs: Iterable[Path]) -> Dict[Path, int]:
    """The files of a folder, with the length of their paths from there; 0 for those
    that are no test sets."""
    results = {output.resolve() for output in outputs}
    depths: Dict[Path, int] = {}
    for file in sorted(folder.rglob(f"*{ENDING}")):
        is_result = results & set(file.resolve().parents)
        if file.is_file() and not file.name.startswith(".") and not is_result:
            parts = file.relative_to(folder).with_suffix("").parts
            depths[file] = 0 if any(map(_is_no_test, parts)) else len(parts)
    if not any(depths.values()):
        found = ", ".join(f"'{file}'" for file in depths) or "none at all"
        raise MoeeError("M707", folder=folder, found=found)
    return depths


def _is_no_test(part: str) -> bool:
    # eng.train, en_ewt-ud-dev
    return WORDS.split(part.lower())[-1] in NOT_TESTS


def _choose_names(depths: Dict[Path, int]) -> Dict[Path, str]:
    depths = dict(depths)
    while True:
        groups: Dict[str, List[Path]] = defaultdict(list)
        for file, depth in depths.items():
            # some file systems know no case
            groups[_name(file, depth).casefold()].append(file)
        equal = [f for files in groups.values() if len(files) > 1 for f in files]
        deeper = [f for f in equal if depths[f] < len(f.absolute().parts) - 1]
        if not deeper:
            break
        for file in deeper:
            depths[file] += 1
    names: Dict[Path, str] = {}
    taken: Set[str] = set()
    for file, depth in depths.items():
        base = name = _name(file, depth)
        number = 1
        # a/b.spacy and a-b.spacy
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        names[file] = name
    return names


def _name(file: Path, depth: int) -> str:
    parts = [*file.absolute().parts[-depth:-1], file.stem]
    if len(parts) > 1 and parts[-1].lower() == "test":
        parts.pop()
    return "-".join(parts)
