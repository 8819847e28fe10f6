"""What is said of corpora."""

from collections import Counter
from typing import Any, Dict, Iterable, List

import pytest

from spacy_moee.insight.findings import (
    Finding,
    judge_annotation,
    judge_case,
    judge_corpora,
    judge_labels,
    judge_types,
    judge_words,
    type_rows,
)
from spacy_moee.insight.statistics import HIDDEN, Cases, Statistics, Words


def make(name: str, **values: Any) -> Statistics:
    types = Counter(values.pop("types", {"PER": 60}))
    return Statistics(name, types=types, **{"docs": 10, "tokens": 90, **values})


def by_level(findings: Iterable[Finding]) -> Dict[str, List[str]]:
    levels: Dict[str, List[str]] = {"good": [], "info": [], "warn": [], "fail": []}
    for level, text in findings:
        levels[level].append(text)
    return levels


def test_overlap() -> None:
    train = make("train", texts=["a", "b c", "d"])
    dev = make("dev", texts=["b c", "a", "a", "e", "f"], docs=5)
    (warning,) = by_level(judge_corpora(train, dev))["warn"]
    assert "3 (60.0 %)" in warning and "'b c'" in warning
    found = by_level(judge_corpora(train, make("dev", texts=["e"])))
    assert found["warn"] == [] and len(found["good"]) == 1
    assert found["info"] == ["train: 10 docs, 90 tokens", "dev: 10 docs, 90 tokens"]


def test_long_docs() -> None:
    train = make("train", lengths=[10_000, 10_001, 20_000])
    (warning,) = by_level(judge_corpora(train, make("dev")))["warn"]
    assert "Docs of train with more than 10,000 tokens: 2, up to 20,000" in warning


def test_types() -> None:
    train = make("train", types={"PER": 50, "LOC": 49, "ORG": 200}, without=3)
    dev = make("dev", types={"PER": 5, "MISC": 1, "LOC": 2})
    rows = [["ORG", "200", "0"], ["PER", "50", "5"], ["LOC", "49", "2"]]
    assert type_rows(train, dev) == [*rows, ["MISC", "0", "1"]]
    found = by_level(judge_types(train, dev, few=50))
    assert [text.split(".")[0] for text in found["warn"]] == [
        "Fewer than 50 entities in train: LOC (49)",
        "In dev and not in train: MISC",
        "In train and not in dev: ORG",
    ]
    assert "Without an entity: 3 of 10 docs of train" in found["info"]
    assert by_level(judge_types(train, train, few=10))["warn"] == []
    assert len(by_level(judge_types(train, train, few=10))["good"]) == 2


def test_nothing_to_choose_an_epoch_by() -> None:
    found = by_level(judge_types(make("train"), make("dev", types={}), few=1))
    assert any("dev has no entity" in text for text in found["warn"])


def test_annotation() -> None:
    found = by_level(judge_annotation(make("train"), make("dev")))
    assert found["warn"] == [] and len(found["good"]) == 6
    train = make("train", missing=3, cases={HIDDEN: Cases(4, ["'a' (X)", "'b' (X)"])})
    found = by_level(judge_annotation(train, make("dev")))
    assert len(found["good"]) == 4
    missing, hidden = found["warn"]
    assert "3 of train" in missing and "dev" not in missing
    assert hidden.startswith("Entities of train that are whole in no window")
    assert ": 4, first 'a' (X), 'b' (X). They train nothing" in hidden


@pytest.mark.parametrize("lower, warned", [(0, False), (2, False), (3, True)])
def test_case(lower: int, warned: bool) -> None:
    dev = make("dev", cased=10, lower=lower, upper=1)
    found = by_level(judge_case(make("train", cased=10), dev))
    assert bool(found["warn"]) == warned
    assert f"Docs of dev: {10 * lower}.0 % in lower case" in found["info"][1]
    nothing = by_level(judge_case(make("train"), make("dev")))
    assert not nothing["warn"]


def test_labels() -> None:
    train = make("train", types={"PER": 1, "B": 1, "A": 1})
    for described, level, what in (
        (False, "warn", "learns each when it meets it"),
        (True, "fail", "Training stops"),
    ):
        (finding,) = judge_labels(train, "ner", ["PER", "LOC"], described)
        assert finding.level == level and what in finding.text
        assert "'ner' does not know: A, B." in finding.text
        assert judge_labels(train, "ner", ["A", "B", "PER"], described) == []


def test_words() -> None:
    counts = Counter({"the": 89, "Xy": 10, "Z": 1})
    assert judge_words(Words(counts, Counter(), 0)).level == "good"
    few = judge_words(Words(counts, Counter({"Z": 1}), 0))
    assert few.level == "info"
    assert "1 of 100 tokens of train (1.0 %), 1 of 3 distinct words" in few.text
    many = judge_words(Words(counts, Counter({"Xy": 10, "Z": 1}), 0))
    assert many.level == "warn" and "most often 'Xy', 'Z'" in many.text
    lower = judge_words(Words(counts, Counter({"Xy": 10}), 10))
    assert lower.level == "warn" and 'attr = "LOWER"' in lower.text
