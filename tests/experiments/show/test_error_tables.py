"""What goes wrong with a system, over its seeds."""

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from spacy_moee.experiments.show.error_tables import Cell, show_errors
from spacy_moee.experiments.show.summary import Row
from tests.experiments.util import BASELINE, OTHER, TARGET, make_result, without_score


def make_name(text: str, number: int, **changes: Any) -> Dict[str, Any]:
    context = [{"text": text, "role": "found"}]
    name = {"text": text, "label": "PER", "kind": "type", "gold": "ORG"}
    return {**name, "number": number, "context": context, **changes}


def make_row(system: str, *errors: Dict[str, Any]) -> Row:
    results = []
    for seed, found in enumerate(errors):
        result = make_result(system, seed)
        result["scores"][TARGET]["errors"].update(found)
        results.append(result)
    return Row("hash", system, results, None, {}, [], "")


def show(*rows: Row) -> Any:
    found = show_errors(rows, BASELINE, TARGET)
    assert found is not None
    return found


def make_kinds(*numbers: int) -> Dict[str, int]:
    names = ("correct", "type", "borders", "both", "missed", "spurious")
    return dict(zip(names, numbers, strict=True))


def test_kinds_are_means_of_the_seeds() -> None:
    seeds = [{"kinds": make_kinds(4, 1, 0, 0, 2, 3)}]
    seeds += [{"kinds": make_kinds(7, 0, 0, 0, 1, 2)}]
    one, two = show(make_row(BASELINE, *seeds), make_row(OTHER, seeds[0])).kinds
    assert one.cells == ["5.5", "0.5", "0.0", "0.0", "1.5", "2.5"]
    assert two.cells == ["4", "1", "0", "0", "2", "3"]
    assert (one.system, one.is_baseline, two.is_baseline) == (BASELINE, True, False)
    # both have ten: all of the bar
    assert sum(one.shares.values()) == pytest.approx(100)
    assert sum(two.shares.values()) == pytest.approx(100)
    assert one.shares["correct"] == pytest.approx(55)
    [big] = show(make_row(OTHER, {"kinds": make_kinds(12345, 0, 0, 0, 0, 0)})).kinds
    assert big.cells[0] == "12,345"


def pair(gold: Optional[str], predicted: Optional[str], number: int) -> Dict[str, Any]:
    return {"gold": gold, "predicted": predicted, "number": number}


def test_confusion_is_a_mean_of_the_seeds() -> None:
    seeds = [
        {"confusion": [pair("PER", "PER", 9), pair("PER", "LOC", 4)]},
        {"confusion": [pair("PER", None, 1), pair(None, "PER", 2)]},
    ]
    [found] = show(make_row(OTHER, *seeds)).systems
    assert found.matrix.columns == ["LOC", "PER", "nothing"]
    # a type that is never annotated has a row, too
    assert found.matrix.rows == [
        ("LOC", [Cell("", 0, True), Cell("", 0, False), Cell("", 0, False)]),
        (
            "PER",
            [Cell("2.0", 100, False), Cell("4.5", 0, True), Cell("0.5", 25, False)],
        ),
        ("nothing", [Cell("", 0, False), Cell("1.0", 50, False), Cell("", 0, True)]),
    ]


def names_of(found: Any) -> List[Any]:
    return [(row.text, row.number, row.seeds) for row in found.rows]


def test_names_are_added_up() -> None:
    other = make_name("Ada", 1, kind="spurious", gold=None)
    seeds = [
        {"false": [make_name("Ada", 3), make_name("Bob", 3), other]},
        {"false": [make_name("Bob", 2), make_name("Eve", 1)]},
    ]
    for seed in seeds:
        seed["kinds"] = make_kinds(1, 6, 0, 0, 9, 1)  # type: ignore[assignment]
    [found] = show(make_row(OTHER, *seeds)).systems
    assert names_of(found.false) == [
        ("Bob", "2.5", "2 of 2 seeds"),
        ("Ada", "1.5", "1 of 2 seeds"),
        ("Ada", "0.5", "1 of 2 seeds"),
        ("Eve", "0.5", "1 of 2 seeds"),
    ]
    assert [row.annotated for row in found.false.rows][1:3] == ["ORG", "nothing"]
    assert (found.false.sum, found.false.total) == ("5.0", "7.0")
    assert found.missed.total == "9.0"
    [found] = show(make_row(OTHER, seeds[0])).systems
    assert names_of(found.false)[0] == ("Ada", "3", "")


def test_ten_names_are_shown() -> None:
    names = [make_name(f"n{i}", 20 - i, kind="missed") for i in range(15)]
    [found] = show(make_row(OTHER, {"missed": names})).systems
    assert [row.text for row in found.missed.rows] == [f"n{i}" for i in range(10)]
    assert found.missed.sum == "155"


@pytest.mark.parametrize(
    "kind, gold, annotated",
    [
        ("type", "ORG", "ORG"),
        ("borders", "PER", "PER, other borders"),
        ("both", "ORG", "ORG, other borders"),
        ("spurious", None, "nothing"),
    ],
)
def test_what_is_annotated(kind: str, gold: Any, annotated: str) -> None:
    names = [make_name("Ada", 1, kind=kind, gold=gold)]
    [found] = show(make_row(OTHER, {"false": names})).systems
    assert found.false.rows[0].annotated == annotated


def test_nothing_to_show(tmp_path: Path) -> None:
    unscored = [without_score(make_result(OTHER, 0), TARGET)]
    rows = [make_row(BASELINE), Row("hash", OTHER, unscored, None, {}, [], "")]
    assert show_errors(rows, BASELINE, TARGET) is None
    rows += [make_row("third", {})]
    found = show_errors(rows, BASELINE, TARGET)
    assert found is not None and [x.system for x in found.systems] == ["third"]
