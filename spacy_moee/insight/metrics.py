"""Evaluation files: which scores they hold, and what to call them."""

import json
import os
from pathlib import Path, PurePath
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import MoeeError

TYPES = "ents_per_type"
# bytes; an evaluation has some thousands
LARGEST = 1 << 24


class Scores(NamedTuple):
    """Scores in percent, each None where it is undefined.

    precision (Optional[float]): The precision.
    recall (Optional[float]): The recall.
    f1 (Optional[float]): F1.
    """

    precision: Optional[float]
    recall: Optional[float]
    f1: Optional[float]


class Evaluation(NamedTuple):
    """What one component of a pipeline scores on one corpus.

    name (str): What the corpus is called.
    total (Scores): The scores of all entities.
    per_type (Dict[str, Scores]): The scores of each type.
    """

    name: str
    total: Scores
    per_type: Dict[str, Scores]


def read_evaluations(paths: Sequence[Path]) -> List[Evaluation]:
    """Read what `spacy evaluate --output` wrote, with or without `--per-component`.

    paths (Sequence[Path]): JSON files, each of them once.
    RETURNS (List[Evaluation]): The evaluations, called after their files; where a file
        scores the entities of several components, an evaluation for each of them.
    RAISES (MoeeError): M401, for a file that is no evaluation of entities; M402, for
        one that can't be read.
    """
    evaluations = []
    for path, name in zip(paths, name_files(paths), strict=True):
        components = _components(path, _read(path))
        for component, scores in components.items():
            full = name if len(components) == 1 else f"{name} ({component})"
            evaluations.append(to_evaluation(path, full, scores))
    return evaluations


def to_evaluation(path: Path, name: str, scores: Dict[str, Any]) -> Evaluation:
    """Take the entity scores out of what spaCy's scorer returns.

    path (Path): Where they are from, for the message.
    name (str): What the corpus is called.
    scores (Dict[str, Any]): All scores.
    RETURNS (Evaluation): Those of entities.
    RAISES (MoeeError): M401, for values that are no scores.
    """
    return Evaluation(name, _total(path, scores), _per_type(path, scores))


def name_files(paths: Sequence[Path]) -> List[str]:
    """Name files so that no two names are equal: by the stem, and where that is not
    enough by as many folders above it as it takes.

    paths (Sequence[Path]): Different files.
    RETURNS (List[str]): Their names, in the same order.
    """
    full = [PurePath(os.path.abspath(path)) for path in paths]
    stems = [path.with_suffix("") for path in full]
    # a.json and a.txt in one folder
    whole = [p if stems.count(s) > 1 else s for p, s in zip(full, stems, strict=True)]
    return [_shortest(path.parts, [other.parts for other in whole]) for path in whole]


def _shortest(parts: Tuple[str, ...], every: Sequence[Tuple[str, ...]]) -> str:
    lengths = range(1, len(parts) + 1)
    tails = (parts[-n:] for n in lengths)
    unique = (t for t in tails if sum(other[-len(t) :] == t for other in every) < 2)
    # a name that is no UTF-8 can be shown, not written
    return os.fsencode(PurePath(*next(unique, parts))).decode("utf8", "replace")


def _read(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise MoeeError("M401", file=path, problem=f"it has {size:,} bytes")
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        reason = error.strerror or error
        raise MoeeError("M402", file=path, problem=reason) from error
    except UnicodeDecodeError as error:
        problem = f"the byte {error.start} is not UTF-8"
        raise MoeeError("M401", file=path, problem=problem) from error
    except json.JSONDecodeError as error:
        problem = f"it is not JSON: {error}"
        raise MoeeError("M401", file=path, problem=problem) from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, MoeeError):
            raise
        # numbers of thousands of digits, lists in lists in lists
        raise MoeeError("M401", file=path, problem=error) from error


def _components(path: Path, content: Any) -> Dict[str, Dict[str, Any]]:
    """The scores of each component that has scored entities."""
    found: Dict[str, Dict[str, Any]] = {}
    if isinstance(content, dict):
        parts = {"": content} if TYPES in content else content
        found = {k: v for k, v in parts.items() if isinstance(v, dict) and TYPES in v}
    if not found:
        problem = f"it has no '{TYPES}', neither of the pipeline nor of a component"
        raise MoeeError("M401", file=path, problem=problem)
    return found


def _total(path: Path, scores: Dict[str, Any]) -> Scores:
    return Scores(*(_percent(path, scores, f"ents_{name}", "") for name in "prf"))


def _per_type(path: Path, scores: Dict[str, Any]) -> Dict[str, Scores]:
    # null, if nothing was scored
    per_type = {} if scores[TYPES] is None else scores[TYPES]
    if not isinstance(per_type, dict) or not all(
        isinstance(of_type, dict) for of_type in per_type.values()
    ):
        problem = f"'{TYPES}' is no table of types and scores"
        raise MoeeError("M401", file=path, problem=problem)
    return {
        label: Scores(*(_percent(path, of_type, x, f" of {label!r}") for x in "prf"))
        for label, of_type in sorted(per_type.items())
    }


def _percent(
    path: Path, scores: Dict[str, Any], key: str, place: str
) -> Optional[float]:
    value: Any = scores.get(key)
    if key in scores and value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= 1:
        shown = repr(value)[:40] if key in scores else "missing"
        problem = f"'{key}'{place} is {shown}, and should be a share from 0 to 1"
        raise MoeeError("M401", file=path, problem=problem)
    return 100 * value
