"""Gold that can't be predicted as it is: said once, and not learned."""

import warnings
from typing import Any, Dict, List, Tuple

import pytest
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.models.segments import make_sentence_segments

from .util import get_ner, initialize, make_example, make_nlp, make_trained

Row = Tuple[List[str], int, int]
ROWS: Dict[str, Row] = {
    "after": (["In", "NAME", "\n", "it", "rained"], 1, 3),
    "before": (["In", " ", "NAME", "it", "rained"], 1, 3),
    "around": (["In", " ", "NAME", "\t", "it", "rained"], 1, 4),
    "within": (["In", "NAME", " ", "City", "it", "rained"], 1, 4),
}
NAMES = {"Anna": "PER", "London": "LOC", "Bonn": "LOC"}


def make_rows(nlp: Language, row: Row) -> List[Example]:
    words, start, end = row
    examples = []
    for name, label in NAMES.items():
        filled = [word.replace("NAME", name) for word in words]
        gold = Doc(nlp.vocab, words=filled)
        gold.ents = [Span(gold, start, end, label=label)]
        examples.append(Example(Doc(nlp.vocab, words=filled), gold))
    return examples


@pytest.mark.parametrize("kind", ROWS)
def test_white_space_at_edges_costs_nothing(kind: str) -> None:
    """It did: it was taught, and cut off what was predicted."""
    nlp = make_nlp()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        optimizer = nlp.initialize(lambda: make_rows(nlp, ROWS[kind]))
        optimizer.learn_rate = 0.02
        for _ in range(40):
            nlp.update(make_rows(nlp, ROWS[kind]), sgd=optimizer)
        scores = nlp.evaluate(make_rows(nlp, ROWS[kind]))
    assert scores["ents_f"] == scores["ents_per_type"]["LOC"]["f"] == 1.0
    expected = [] if kind == "within" else ["[MW02] 3 gold entities"]
    assert [str(w.message)[: len("[MW02] 3 gold entities")] for w in caught] == expected


def test_an_entity_of_white_space_is_no_entity() -> None:
    nlp = make_trained()
    row = ROWS["after"][0], 2, 3
    with pytest.warns(UserWarning, match=r"\[MW03\] 3 gold entities.*'\\n'"):
        nlp.update(make_rows(nlp, row))
    scores = nlp.evaluate(make_rows(nlp, row))
    assert scores["ents_r"] is None or scores["ents_f"] == 0.0


def crossing(nlp: Language) -> Example:
    tags = ["B-PER", "I-PER", "O", "O"]
    example = make_example(nlp, ["Bo", "Li", "sings", "."], tags)
    for token in example.x:
        token.is_sent_start = token.i in (0, 1)
    return example


def misaligned(nlp: Language) -> Example:
    gold = Doc(nlp.vocab, words=["Bo", "Li", "'s"], spaces=[True, False, False])
    gold.ents = [Span(gold, 0, 2, label="PER")]
    return Example(Doc(nlp.vocab, words=["Bo", "Li's"]), gold)


def spaced(nlp: Language) -> Example:
    return make_example(nlp, ["Bo", " ", "sings"], ["B-PER", "I-PER", "O"])


@pytest.mark.parametrize(
    "make, code, text",
    [
        (crossing, "MW01", "Bo Li"),
        (spaced, "MW02", "Bo  "),
        (misaligned, "MW04", "Bo Li"),
    ],
)
def test_initialize_counts_the_whole_corpus_once(
    make: Any, code: str, text: str
) -> None:
    nlp = make_nlp()
    optimizer, good = initialize(nlp)
    examples = [*good, *(make(nlp) for _ in range(7))]
    with pytest.warns(UserWarning, match=rf"\[{code}\] 7 gold .*'{text}'.*'moee_ner'"):
        optimizer = nlp.initialize(lambda: examples)
    # said before: warnings are errors here
    for _ in range(2):
        nlp.update([make(nlp)], sgd=optimizer)


def test_an_update_says_it_of_what_was_not_seen_before() -> None:
    nlp = make_trained()
    # each sentence by itself
    get_ner(nlp).model.attrs["segments"] = make_sentence_segments(most_sentences=1)
    with pytest.warns(UserWarning, match=r"\[MW02\] 2 gold entities"):
        nlp.update([spaced(nlp), spaced(nlp)])
    nlp.update([spaced(nlp)])
    with pytest.warns(UserWarning, match=r"\[MW01\] 1 gold entities"):
        nlp.update([spaced(nlp), crossing(nlp)])


def test_the_given_docs_stay_as_they_are() -> None:
    nlp = make_trained()
    example = spaced(nlp)
    with pytest.warns(UserWarning, match="MW02"):
        nlp.update([example])
    nlp.evaluate([example])
    assert [(e.start, e.end) for e in example.reference.ents] == [(0, 2)]


def test_a_saved_pipeline_carries_no_faults() -> None:
    nlp = make_trained()
    with pytest.warns(UserWarning, match="MW02"):
        nlp.update([spaced(nlp)])
    again = make_nlp().from_bytes(nlp.to_bytes())
    with pytest.warns(UserWarning, match="MW02"):
        again.update([spaced(again)])
