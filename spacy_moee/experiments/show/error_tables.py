"""Rows -> what goes wrong on a target: kinds of errors, what is confused with what, and
the names that are wrong most often. All numbers are means of the seeds."""

from collections import defaultdict
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ...evaluation.pairs import BORDERS, BOTH, CORRECT, KINDS, MISSED, SPURIOUS, TYPE
from ..run.records import Record
from .notes import why_no_score
from .summary import Row

TITLES = {
    CORRECT: "Right",
    TYPE: "Wrong type",
    BORDERS: "Wrong borders",
    BOTH: "Both wrong",
    MISSED: "Missed",
    SPURIOUS: "Spurious",
}
# names of a list
SHOWN = 10
NOTHING = "nothing"


class KindRow(NamedTuple):
    """A system in the table of kinds.

    system (str): Its name.
    is_baseline (bool): Whether the others are compared with it.
    cells (List[str]): The number of entities of each kind.
    shares (Dict[str, float]): The same as widths of a bar, in percent of that of the
        system with the most.
    """

    system: str
    is_baseline: bool
    cells: List[str]
    shares: Dict[str, float]


class Cell(NamedTuple):
    """A cell of a confusion matrix.

    text (str): The number; empty for none.
    shade (int): How many it is of the most frequent confusion, in percent.
    is_right (bool): Whether both types are the same.
    """

    text: str
    shade: int
    is_right: bool


class Matrix(NamedTuple):
    """What is confused with what. columns (List[str]): What is predicted. rows
    (List[Tuple[str, List[Cell]]]): What is annotated, and the cells."""

    columns: List[str]
    rows: List[Tuple[str, List[Cell]]]


class NameRow(NamedTuple):
    """A name in a list.

    text (str): The name.
    label (str): Its type.
    annotated (str): What is annotated there.
    number (str): How often.
    seeds (str): With how many seeds, such as "2 of 3 seeds"; empty if there is one.
    context (List[Dict[str, str]]): A sentence, in pieces.
    """

    text: str
    label: str
    annotated: str
    number: str
    seeds: str
    context: List[Dict[str, str]]


class Names(NamedTuple):
    """A list of names. rows (List[NameRow]): The most frequent ones. sum (str): How
    many entities they are. total (str): How many there are with all other names."""

    rows: List[NameRow]
    sum: str
    total: str


class SystemErrors(NamedTuple):
    """What goes wrong with a system.

    system (str): Its name.
    is_baseline (bool): Whether the others are compared with it.
    matrix (Matrix): What is confused with what.
    false (Names): What is predicted and wrong.
    missed (Names): What is not found.
    """

    system: str
    is_baseline: bool
    matrix: Matrix
    false: Names
    missed: Names


class TargetErrors(NamedTuple):
    """What goes wrong on a target. kinds (List[KindRow]): A row for each system.
    systems (List[SystemErrors]): More of each."""

    kinds: List[KindRow]
    systems: List[SystemErrors]


def show_errors(
    rows: Sequence[Row], baseline: str, target: str
) -> Optional[TargetErrors]:
    """Lay out what goes wrong on a target.

    rows (Sequence[Row]): The rows of one embeddings.
    baseline (str): The baseline's name.
    target (str): The name of the target.
    RETURNS (Optional[TargetErrors]): It; None if no system has a score there.
    """
    found = {
        row.system: [result["scores"][target]["errors"] for result in row.results]
        for row in rows
        if row.results and not why_no_score(row.results, target)
    }
    if not found:
        return None
    means = {name: _mean_kinds(errors) for name, errors in found.items()}
    most = max(1.0, *(sum(kinds.values()) for kinds in means.values()))
    kinds = [
        KindRow(
            name,
            name == baseline,
            [_write(counts[kind], len(found[name])) for kind in KINDS],
            {kind: 100 * counts[kind] / most for kind in KINDS},
        )
        for name, counts in means.items()
    ]
    systems = [
        SystemErrors(
            name,
            name == baseline,
            _matrix(errors),
            _names(errors, "false", (TYPE, BORDERS, BOTH, SPURIOUS)),
            _names(errors, "missed", (MISSED,)),
        )
        for name, errors in found.items()
    ]
    return TargetErrors(kinds, systems)


def _mean_kinds(errors: List[Record]) -> Dict[str, float]:
    return {kind: sum(x["kinds"][kind] for x in errors) / len(errors) for kind in KINDS}


def _write(number: float, n_seeds: int) -> str:
    """A number of entities; of several seeds it is a mean."""
    return f"{number:,.0f}" if n_seeds == 1 else f"{number:,.1f}"


def _matrix(errors: List[Record]) -> Matrix:
    """What is annotated stands in the rows; what is nothing comes last."""
    sums: Dict[Any, float] = defaultdict(float)
    for pair in (pair for x in errors for pair in x["confusion"]):
        sums[pair["gold"], pair["predicted"]] += pair["number"] / len(errors)
    labels = sorted({x for pair in sums for x in pair if x is not None})
    wrong = [number for (gold, predicted), number in sums.items() if gold != predicted]
    most = max(wrong, default=0.0) or 1.0
    order = [*labels, None]
    rows = []
    for gold in order:
        cells = [
            Cell(
                _write(sums[gold, x], len(errors)) if sums[gold, x] else "",
                0 if gold == x else round(100 * sums[gold, x] / most),
                gold == x,
            )
            for x in order
        ]
        rows.append((NOTHING if gold is None else gold, cells))
    return Matrix([*labels, NOTHING], rows)


def _names(errors: List[Record], side: str, kinds: Sequence[str]) -> Names:
    """The names of all seeds. Each of them kept its most frequent ones."""
    found: Dict[Any, List[Record]] = defaultdict(list)
    for name in (name for x in errors for name in x[side]):
        found[name["text"], name["label"], name["kind"], name["gold"]].append(name)
    n = len(errors)
    sums = {k: sum(x["number"] for x in names) / n for k, names in found.items()}
    # equal ones stay in the order of the texts
    shown = sorted(sums, key=lambda key: -sums[key])[:SHOWN]
    rows = [
        NameRow(
            text=found[key][0]["text"],
            label=found[key][0]["label"],
            annotated=_say(found[key][0]),
            number=_write(sums[key], n),
            seeds=f"{len(found[key])} of {n} seeds" if n > 1 else "",
            context=found[key][0]["context"],
        )
        for key in shown
    ]
    total = sum(_mean_kinds(errors)[kind] for kind in kinds)
    return Names(rows, _write(sum(sums[x] for x in shown), n), _write(total, n))


def _say(name: Record) -> str:
    """What is annotated where a name is wrong."""
    if name["kind"] == SPURIOUS:
        return NOTHING
    has_borders = name["kind"] in (BORDERS, BOTH)
    return f"{name['gold']}, other borders" if has_borders else name["gold"]
