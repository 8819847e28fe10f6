"""What a corpus holds."""

from collections import Counter
from typing import List, Optional, Set, Union

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.attrs import LOWER, ORTH
from spacy.cli.debug_data import _compile_gold
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vectors import Vectors

from spacy_moee.insight.statistics import (
    CROSSING,
    HIDDEN,
    MISALIGNED,
    PUNCT,
    SPACE,
    Cases,
    collect,
    count_words,
)
from spacy_moee.models.segments import make_doc_segments, make_sentence_segments

NLP = spacy.blank("en")


def make(
    words: List[str],
    ents: Optional[List[str]] = None,
    starts: Optional[List[Union[bool, int, None]]] = None,
) -> Example:
    """Gold tokens that the pipeline keeps."""
    gold = Doc(NLP.vocab, words=words, ents=ents, sent_starts=starts)
    return Example(Doc(NLP.vocab, words=words), gold)


def make_text(text: str, *ents: tuple) -> Example:
    """A text that the tokenizer cuts, and gold with tokens of its own."""
    words = text.split()
    spaces = [True] * (len(words) - 1) + [False]
    gold = Doc(NLP.vocab, words=words, spaces=spaces)
    gold.set_ents([Span(gold, *ent) for ent in ents], default="outside")
    return Example(NLP.make_doc(text), gold)


def test_sizes() -> None:
    examples = [
        make(["Ada", "left"], ["B-PER", "O"]),
        make(["It", "rains", "\n"], ["O", "", ""]),
        make([]),
    ]
    found = collect("train", examples)
    assert (found.docs, found.tokens, found.lengths) == (3, 5, [2, 3, 0])
    assert (found.missing, found.without) == (1, 2)
    assert found.types == {"PER": 1}
    assert found.texts[0].split() == ["Ada", "left"]


def test_case() -> None:
    texts = ["ada left", "ADA LEFT", "Ada left", "1995 !", "ada 1995", "ß", "中国"]
    found = collect("train", [make(text.split()) for text in texts])
    assert (found.cased, found.lower, found.upper) == (5, 3, 1)


def test_edges() -> None:
    examples = [
        make([" ", "Ada", "."], ["B-PER", "I-PER", "O"]),
        make(["Ada", "\n"], ["B-PER", "I-PER"]),
        make(["Yahoo", "!"], ["B-ORG", "I-ORG"]),
        make(['"', "X", '"'], ["B-MISC", "I-MISC", "I-MISC"]),
        make(["U.S.", "F.C."], ["B-LOC", "B-ORG"]),
    ]
    found = collect("train", examples)
    assert found.get_cases(SPACE) == Cases(2, ["'Ada' (PER)", "'Ada' (PER)"])
    first = ["'Yahoo !' (ORG)", "'\" X \"' (MISC)"]
    assert found.get_cases(PUNCT) == Cases(2, first)


def test_sentence_starts() -> None:
    ents = ["B-PER", "I-PER", "I-PER", "B-LOC"]
    crossing = make(["Ada", "von", "Byron", "Oslo"], ents, [True, False, True, True])
    unknown = make(["Ada", "von", "Byron", "Oslo"], ents, [True, None, None, True])
    found = collect("train", [crossing, unknown])
    assert found.get_cases(CROSSING) == Cases(1, ["'Ada von Byron' (PER)"])


def test_windows() -> None:
    # windows 0 to 4, 3 to 7, 6 to 10
    words = [f"w{i}" for i in range(10)]
    doc = make(words, None)
    gold = doc.reference
    spans = [(0, 2), (3, 4), (4, 7), (7, 10)]
    gold.set_ents([Span(gold, *s, label="X") for s in spans], default="outside")
    cut = make_doc_segments(max_length=4, overlap=1)
    assert collect("train", [doc], [cut]).get_cases(HIDDEN) == Cases()
    gold.set_ents([Span(gold, 2, 5, label="X")], default="outside")
    found = collect("train", [doc], [cut]).get_cases(HIDDEN)
    assert found == Cases(1, ["'w2 w3 w4' (X)"])
    # cut where the pipeline's sentences start, not where those of the gold do
    gold.set_ents([Span(gold, 0, 2, label="X")], default="outside")
    doc.predicted[1].is_sent_start = True
    cut = make_sentence_segments()
    assert collect("train", [doc], [cut]).get_cases(HIDDEN).count == 1


def test_alignment() -> None:
    examples = [
        # the tokenizer makes more tokens, or fewer
        make_text("Ada's town", (0, 1, "PER")),
        make_text("a U.S.-based town", (1, 2, "LOC")),
        make_text("e.g . this", (0, 1, "X"), (2, 3, "Y")),
        make_text("in New York-London", (1, 2, "LOC")),
    ]
    gold = Doc(NLP.vocab, words=["New", "York", "based"], spaces=[True, False, False])
    gold.set_ents([Span(gold, 0, 2, "LOC")])
    found = collect("train", [*examples, Example(NLP.make_doc("New Yorkbased"), gold)])
    first = "'New York' (LOC) in the tokens ['New', 'Yorkbased']"
    assert found.get_cases(MISALIGNED) == Cases(1, [first])
    assert sum(found.types.values()) == 6


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Ada", "left", "\n", "Oslo", "."]),
            st.sampled_from(["", "O", "B-X", "I-X", "B-Y"]),
            st.sampled_from([True, False, None]),
        ),
        max_size=8,
    )
)
def test_counts_are_those_of_spacys_debug_data(tokens: List[tuple]) -> None:
    words, tags, starts = ([t[i] for t in tokens] for i in range(3))
    try:
        example = make(words, tags if words else None, starts if words else None)
        assert example.reference.ents is not None
    except ValueError:
        return  # I without B, which stops spaCy itself
    theirs = _compile_gold([example], ["ner"], NLP, make_proj=True)
    found = collect("train", [example])
    expected = Counter(theirs["ner"])
    missing: Set[int] = {i for i, t in enumerate(example.reference) if not t.ent_iob}
    expected.pop("-", None)
    assert found.types == expected
    assert found.missing == sum(not example.reference[i].is_space for i in missing)
    assert bool(found.get_cases(SPACE).count) == bool(theirs["ws_ents"])
    assert bool(found.get_cases(CROSSING).count) == bool(theirs["boundary_cross_ents"])


@pytest.mark.parametrize(
    "attr, unknown", [(ORTH, {"Ada": 2, "x": 1}), (LOWER, {"x": 1})]
)
def test_words(attr: int, unknown: dict) -> None:
    table = numpy.ones((3, 2), dtype="float32")
    vectors = Vectors(data=table, keys=["ada", "left", "Oslo"])
    docs = [NLP.make_doc("Ada left\n\nAda"), NLP.make_doc("x left")]

    def keys_of(doc: Doc) -> numpy.ndarray:
        return doc.to_array([attr]).reshape(len(doc), 1)

    words = count_words(docs, keys_of, vectors)
    assert words.counts == {"Ada": 2, "left": 2, "x": 1}
    assert dict(words.unknown) == unknown
    assert words.in_lower_case == (2 if attr == ORTH else 0)
