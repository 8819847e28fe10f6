"""Gold tags against spaCy's alignment, spans against a conlleval reading."""

from typing import List, Optional, Tuple

import numpy
import pytest
import spacy
from hypothesis import assume, given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span, Token
from spacy.training import Example

from spacy_moee import tags as T
from spacy_moee.errors import MoeeError
from spacy_moee.scheme import MISSING, OUTSIDE, iob2_scheme

LABELS = ("LOC", "PER")
NUMBERS = {label: i for i, label in enumerate(LABELS)}
NAMES = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
VOCAB = spacy.blank("en").vocab
WORDS = st.sampled_from(["New", "York", "a", "b.c", " ", "\n", "x" * 9])
SLOTS = st.sampled_from(["O", "missing", "blocked", "LOC", "PER"])


def write_tags(doc: Doc, tags: numpy.ndarray) -> None:
    T.set_entities(doc, [*filter(None, T.read_entities(doc, tags, LABELS))])


def make_doc(rows: List[Tuple[str, str]], spaces: Optional[List[bool]] = None) -> Doc:
    doc = Doc(VOCAB, words=[word for word, _ in rows], spaces=spaces)
    kinds: dict = {"O": [], "missing": [], "blocked": []}
    entities: List[Span] = []
    for i, (_, slot) in enumerate(rows):
        if slot in kinds:
            kinds[slot].append(doc[i : i + 1])
        elif entities and entities[-1].label_ == slot and entities[-1].end == i:
            entities[-1] = Span(doc, entities[-1].start, i + 1, label=slot)
        else:
            entities.append(Span(doc, i, i + 1, label=slot))
    doc.set_ents(
        entities,
        outside=kinds["O"],
        missing=kinds["missing"],
        blocked=kinds["blocked"],
    )
    return doc


def is_blocked(token: Token) -> bool:
    return token.ent_iob_ == "B" and not token.ent_type_


def oracle(example: Example) -> List[int]:
    """spaCy's own alignment, as numbers; and what is blocked is O."""
    numbers = []
    for i, tag in enumerate(example.get_aligned_ner()):
        gold = [example.reference[j] for j in example.alignment.x2y[i].tolist()]
        if tag in (None, "-"):
            blocked = gold and all(is_blocked(token) for token in gold)
            numbers.append(OUTSIDE if blocked else MISSING)
        elif tag == "O":
            numbers.append(OUTSIDE)
        else:
            begins = "B" if tag[0] in "BU" else "I"
            numbers.append(NAMES.index(f"{begins}-{tag[2:]}"))
    return numbers


def tags_of(example: Example) -> List[int]:
    return T.read_gold(example, NUMBERS, "ner").tags.tolist()


@given(st.lists(st.tuples(WORDS, SLOTS), min_size=1, max_size=12))
def test_gold_of_the_same_tokens(rows) -> None:
    reference = make_doc(rows)
    predicted = Doc(VOCAB, words=[word for word, _ in rows])
    # spaCy drops or keeps an entity with white space at its edges by its spacing
    assume(all(ent.text == ent.text.strip() for ent in reference.ents))
    example = Example(predicted, reference)
    assert tags_of(example) == oracle(example)


@given(st.lists(st.tuples(st.sampled_from(["ab", "cd", "e"]), SLOTS), min_size=1))
def test_gold_of_other_tokens(rows) -> None:
    reference = make_doc(rows, spaces=[False] * len(rows))
    text = reference.text
    predicted = Doc(
        VOCAB,
        words=[text[i : i + 3] for i in range(0, len(text), 3)],
        spaces=[False] * len(range(0, len(text), 3)),
    )
    example = Example(predicted, reference)
    assert tags_of(example) == oracle(example)


@given(st.lists(st.tuples(WORDS, SLOTS), min_size=1, max_size=12), st.booleans())
def test_white_space_at_edges_is_left_out(rows, same) -> None:
    """What is learned of an entity is what would be predicted."""
    reference = make_doc(rows)
    words = [word for word, _ in rows]
    predicted = Doc(VOCAB, words=words if same else ["x", *words[1:]])
    tags, faults, _ = T.read_gold(Example(reference.copy(), reference), NUMBERS, "ner")
    whole: List[tuple] = []
    cut: List[str] = []
    blank: List[str] = []
    for ent in reference.ents:
        tokens = [token.i for token in ent if not token.is_space]
        span = (tokens[0], tokens[-1] + 1, ent.label_) if tokens else None
        if span != (ent.start, ent.end, ent.label_):
            (cut if span else blank).append(ent.text)
        if span:
            whole.append(span)
    assert faults.get("MW02", []) == cut
    assert faults.get("MW03", []) == blank
    found = zip(*T.spans(numpy.maximum(tags, 0)), strict=True)
    spans = [(int(a), int(b), LABELS[int(label)]) for a, b, label in found]
    assert {*whole} <= {*spans}
    # an entity that is learned is an entity that is predicted
    if not (tags < 0).any():
        write_tags(predicted, tags)
        assert [(e.start, e.end, e.label_) for e in predicted.ents] == spans


@given(st.lists(st.tuples(WORDS, SLOTS), min_size=1, max_size=12))
def test_trimmed_entities(rows) -> None:
    doc = make_doc(rows)
    before = [(t.ent_iob, t.ent_type_) for t in doc]
    trimmed = T.trim_entities(doc)
    expected = []
    for ent in doc.ents:
        tokens = [token.i for token in ent if not token.is_space]
        if tokens:
            expected.append((tokens[0], tokens[-1] + 1, ent.label_))
    assert [(e.start, e.end, e.label_) for e in trimmed.ents] == expected
    for token in trimmed:
        if not any(a <= token.i < b for a, b, _ in expected):
            inside = any(e.start <= token.i < e.end for e in doc.ents)
            assert token.ent_iob == (2 if inside else doc[token.i].ent_iob)
    assert before == [(t.ent_iob, t.ent_type_) for t in doc]


def test_entities_that_end_within_a_token_are_named() -> None:
    reference = Doc(
        VOCAB, words=["New", "York", "-", "based"], spaces=[True] + [False] * 3
    )
    reference.ents = [Span(reference, 0, 2, label="LOC")]
    predicted = Doc(VOCAB, words=["New", "York-based"], spaces=[True, False])
    tags, faults, _ = T.read_gold(Example(predicted, reference), NUMBERS, "ner")
    assert faults == {"MW04": ["New York"]}
    assert -1 in tags.tolist()


def test_doc_without_annotation_is_missing() -> None:
    doc = Doc(VOCAB, words=["a", " "])
    assert tags_of(Example(doc, doc)) == [-1, -1]


def test_unknown_type() -> None:
    doc = Doc(VOCAB, words=["a"])
    doc.ents = [Span(doc, 0, 1, label="FOOD")]
    with pytest.raises(MoeeError, match="FOOD") as error:
        T.read_gold(Example(Doc(VOCAB, words=["a"]), doc), NUMBERS, "ner")
    assert error.value.code == "M002"


def conlleval(tags: List[int]) -> List[Tuple[int, int, int]]:
    """Entities by the rule of conlleval, tag by tag."""
    found: List[Tuple[int, int, int]] = []
    previous = "O"
    for i, name in enumerate([*(NAMES[tag] for tag in tags), "O"]):
        opens = name != "O" and (name[0] == "B" or name[2:] != previous[2:])
        if previous != "O" and (name == "O" or opens):
            found[-1] = (found[-1][0], i, found[-1][2])
        if opens:
            found.append((i, -1, LABELS.index(name[2:])))
        previous = name
    return found


@given(st.lists(st.integers(0, 4), max_size=12))
def test_spans_are_those_of_conlleval(tags) -> None:
    found = zip(*T.spans(numpy.array(tags, dtype="int64")), strict=True)
    assert [tuple(map(int, span)) for span in found] == conlleval(tags)


def test_scheme() -> None:
    scheme = iob2_scheme(2)
    assert scheme.category.tolist() == [0, 1, 1, 2, 2]
    assert scheme.boundary.tolist() == [0, 1, 2, 1, 2]
    for before, row in zip([*NAMES, "start"], scheme.legal.tolist(), strict=True):
        for after, legal in zip(NAMES, row, strict=True):
            orphan = after[0] == "I" and before[2:] != after[2:]
            assert legal == (not orphan), (before, after)


def test_set_entities_keeps_what_is_there() -> None:
    doc = Doc(VOCAB, words=["Ada", "Byron", "saw", "Paris", ",", "Rome", "and", "Ulm"])
    preset = Span(doc, 0, 2, label="QUEEN", kb_id="Q7259")
    doc.set_ents([preset], blocked=[doc[3:4]], default="missing")
    write_tags(doc, numpy.array([0, 0, 0, 0, 0, 1, 0, 1]))
    found = [(ent.text, ent.label_, ent.kb_id_) for ent in doc.ents]
    expected = [
        ("Ada Byron", "QUEEN", "Q7259"),
        ("Rome", "LOC", ""),
        ("Ulm", "LOC", ""),
    ]
    assert found == expected
    assert [token.ent_iob for token in doc] == [3, 1, 2, 3, 2, 3, 2, 3]
    assert doc[3].ent_type == 0


def test_set_entities_trims_white_space() -> None:
    doc = Doc(VOCAB, words=[" ", "New", "\n", "York", " ", "and", "\t"])
    write_tags(doc, numpy.array([1, 2, 2, 2, 2, 0, 3]))
    assert [(ent.start, ent.end, ent.label_) for ent in doc.ents] == [(1, 4, "LOC")]
