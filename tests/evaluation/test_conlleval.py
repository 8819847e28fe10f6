"""Counting entities from tags, against sets of spans that are found another way."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.evaluation.conlleval import count_entities
from spacy_moee.evaluation.counts import Counts, sum_counts

TAGS = ["O"] + [f"{prefix}-{label}" for prefix in "BIESLU" for label in ("X", "Y")]
Pairs = st.lists(st.lists(st.tuples(*[st.sampled_from(TAGS)] * 2), max_size=8))


def spans(sentence):
    """(start, end, type) of each entity: split before every start, then cut at O."""
    iob = [tag.translate({ord(a): b for a, b in zip("SUEL", "BBII", strict=True)})
           if "-" in tag else tag for tag in sentence]  # fmt: skip
    found = []
    for i, tag in enumerate(iob):
        label = tag[2:]
        continues = i > 0 and iob[i - 1][2:] == label and tag[0] == "I"
        if tag == "O" or continues:
            continue
        end = i + 1
        while end < len(iob) and iob[end] == f"I-{label}":
            end += 1
        found.append((i, end, label))
    return set(found)


def brute_force(gold, predicted):
    correct, n_predicted, n_gold = Counter(), Counter(), Counter()
    for one, two in zip(gold, predicted, strict=True):
        one, two = spans(one), spans(two)
        for counter, chosen in (
            (correct, one & two),
            (n_predicted, two),
            (n_gold, one),
        ):
            counter.update(label for _, _, label in chosen)
    return {
        label: Counts(correct[label], n_predicted[label], n_gold[label])
        for label in sorted(n_gold | n_predicted)
    }


@given(Pairs)
def test_counts_are_those_of_spans(pairs):
    gold = [[one for one, _ in sentence] for sentence in pairs]
    predicted = [[two for _, two in sentence] for sentence in pairs]
    assert count_entities(gold, predicted) == brute_force(gold, predicted)


@pytest.mark.parametrize(
    "gold,predicted,expected",
    [
        # an orphan I starts an entity
        ("O I-X I-X O", "O B-X I-X O", {"X": (1, 1, 1)}),
        ("I-X", "B-X", {"X": (1, 1, 1)}),
        # and so does an I of another type
        ("B-X I-Y", "B-X B-Y", {"X": (1, 1, 1), "Y": (1, 1, 1)}),
        ("B-X I-X", "B-X I-Y", {"X": (0, 1, 1), "Y": (0, 1, 0)}),
        # a B always does
        ("B-X B-X", "B-X I-X", {"X": (0, 1, 2)}),
        ("B-X I-X I-X", "B-X I-X O", {"X": (0, 1, 1)}),
        ("S-X B-X E-X O", "B-X B-X I-X O", {"X": (2, 2, 2)}),
        ("O O", "O O", {}),
    ],
)
def test_rule(gold, predicted, expected):
    found = count_entities([gold.split()], [predicted.split()])
    assert found == expected
    total = [sum(column) for column in zip(*expected.values(), strict=True)]
    assert list(sum_counts(found)) == (total or [0, 0, 0])


def test_entities_end_with_their_sentence():
    assert count_entities([["B-X"], ["I-X"]], [["B-X"], ["O"]]) == {"X": (1, 1, 2)}


def test_sentences_of_different_length_are_refused():
    with pytest.raises(ValueError):
        count_entities([["O"]], [["O", "O"]])
    with pytest.raises(ValueError):
        count_entities([["O"]], [])


def test_scores_are_percent_and_defined_without_entities():
    counts = Counts(1, 2, 4)
    assert (counts.precision, counts.recall) == (50.0, 25.0)
    assert counts.f1 == pytest.approx(100 / 3)
    empty = Counts(0, 0, 0)
    assert (empty.precision, empty.recall, empty.f1) == (0.0, 0.0, 0.0)
