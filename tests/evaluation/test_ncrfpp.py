"""Counting as NCRF++ does, against its routine as its authors describe it."""

from collections import Counter
from typing import Any, Dict, List, Tuple

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.evaluation import conlleval
from spacy_moee.evaluation.counts import Counts, sum_counts
from spacy_moee.evaluation.ncrfpp import (
    Entity,
    count_entities,
    find_entities,
    predicted_entities,
)

TAGS = ["O"] + [f"{prefix}-{label}" for prefix in "BIES" for label in ("X", "YY")]
Sentence = st.lists(st.sampled_from(TAGS), max_size=9)
# an entity of a legal sequence, or a token outside
Piece = st.tuples(st.sampled_from(["", "X", "YY"]), st.integers(1, 4))
Legal = st.lists(Piece, max_size=5)


def describe(tags: List[str]) -> List[str]:
    """The routine as it is described: texts such as "[3,5]X", and "[3]X" for an S, and
    for what the end of the sentence closes."""
    found, index = [], 0
    while index < len(tags):
        letter, _, label = tags[index].partition("-")
        if letter == "S":
            found.append(f"[{index}]{label}")
        if letter != "B":
            index += 1
            continue
        # to the next B, S or E of whatever type; I and O do not matter
        stops = [i for i in range(index + 1, len(tags)) if tags[i][0] in "BSE"]
        if not stops:
            found.append(f"[{index}]{label}")
            break
        end = stops[0] if tags[stops[0]][0] == "E" else stops[0] - 1
        found.append(f"[{index},{end}]{label}")
        index = end + 1
    return found


def write(entities: List[Entity]) -> List[str]:
    return [f"[{','.join(map(str, x.place))}]{x.label}" for x in entities]


def spell(pieces: List[Tuple[str, int]]) -> Tuple[List[str], List[Tuple[int, int]]]:
    """BIOES tags of entities, and their first and last tokens."""
    tags: List[str] = []
    places = []
    for label, n in pieces:
        letters = "O" * n if not label else "S" if n == 1 else f"B{'I' * (n - 2)}E"
        if label:
            places.append((len(tags), len(tags) + n - 1))
        tags += [f"{x}-{label}" if label else "O" for x in letters]
    return tags, places


@given(Sentence)
def test_entities_are_those_of_the_routine(tags: List[str]) -> None:
    assert write(find_entities(tags)) == describe(tags)


@pytest.mark.parametrize(
    "tags, expected",
    [
        ("S-X B-X I-X E-X", ["[0]X", "[1,3]X"]),
        # the end has the type of the beginning, whatever lies between
        ("B-X O I-Y S-Y", ["[0,2]X", "[3]Y"]),
        ("B-X O O E-Y", ["[0,3]X"]),
        ("B-X B-Y E-Y", ["[0,0]X", "[1,2]Y"]),
        # an I or an E that nothing opens is no entity
        ("I-X E-X O", []),
        ("S-X E-X", ["[0]X"]),
        # where the sentence ends, only the first token is left
        ("O B-X I-X I-X", ["[1]X"]),
        ("", []),
    ],
)
def test_rule(tags: str, expected: List[str]) -> None:
    assert write(find_entities(tags.split())) == expected


def test_tokens_are_counted_from_the_first_of_the_doc() -> None:
    tags = "S-X B-X E-X B-X".split()
    assert write(find_entities(tags, 10)) == ["[10]X", "[11,12]X", "[13]X"]


@given(Legal)
def test_legal_tags_are_read_as_conlleval_does(pieces: List[Tuple[str, int]]) -> None:
    tags, places = spell(pieces)
    found = find_entities(tags)
    assert [(x.place[0], x.place[-1]) for x in found] == places
    assert all((len(x.place) == 1) == (x.place[0] == x.place[-1]) for x in found)
    same = conlleval.count_entities([tags], [tags])
    assert count_entities([found], [found]) == same


@given(st.lists(st.tuples(Sentence, Sentence), max_size=4))
def test_counts_are_those_of_sets(pairs: List[Tuple[List[str], List[str]]]) -> None:
    gold = [find_entities(one) for one, _ in pairs]
    predicted = [find_entities(two) for _, two in pairs]
    expected: Dict[str, Any] = {}
    sides = [(set(describe(one)), set(describe(two))) for one, two in pairs]
    for one, two in sides:
        for i, found in enumerate((one & two, two, one)):
            for label, n in Counter(x.partition("]")[2] for x in found).items():
                expected.setdefault(label, [0, 0, 0])[i] += n
    found = count_entities(gold, predicted)
    assert found == {k: Counts(*n) for k, n in sorted(expected.items())}
    sums = [sum(map(len, x)) for x in zip(*sides, strict=True)] if sides else [0, 0]
    assert list(sum_counts(found))[:0:-1] == sums


def test_a_broken_entity_is_no_single_token() -> None:
    """Nothing that is predicted is equal to [0,0]."""
    gold = [find_entities(["B-X", "B-X", "E-X"])]
    predicted = [find_entities(["S-X", "B-X", "E-X"])]
    assert count_entities(gold, predicted) == {"X": Counts(1, 2, 2)}
    assert conlleval.count_entities(
        [["B-X", "B-X", "E-X"]], [["S-X", "B-X", "E-X"]]
    ) == {"X": Counts(2, 2, 2)}


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError):
        count_entities([[]], [])


def test_predicted_entities_lie_on_the_tokens_of_the_gold_doc() -> None:
    vocab = spacy.blank("en").vocab
    gold = Doc(vocab, words=["New York", "did", "n't", "sleep"])
    gold.set_ents([])
    words = ["New", "York", "did", "n't", "sleep"]
    doc = Doc(vocab, words=words)
    doc.ents = [Span(doc, 0, 2, "LOC"), Span(doc, 3, 5, "PER")]
    example = Example(doc, gold)
    assert predicted_entities(example) == [
        Entity("LOC", (0,)),
        Entity("PER", (2, 3)),
    ]
