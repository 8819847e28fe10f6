"""What goes wrong, by hand and against the counts."""

from typing import Any, List, Optional

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.evaluation.counts import spacy_counts, sum_counts
from spacy_moee.evaluation.error_analysis import ErrorAnalysis, Name, analyse_errors
from spacy_moee.evaluation.pairs import KINDS
from tests.evaluation.test_pairs import annotations, parse

NLP = spacy.blank("en")
WORDS = "Ada Byron of London met Charles Babbage at King 's College .".split()


def make_doc(words: Any, entities: Any, **options: Any) -> Doc:
    doc = Doc(NLP.vocab, words=list(words), **options)
    doc.set_ents([Span(doc, x.start, x.end, x.label) for x in entities])
    return doc


def make_example(gold: str, predicted: str, words: Any = WORDS) -> Example:
    return Example(make_doc(words, parse(predicted)), make_doc(words, parse(gold)))


def shown(names: List[Name]) -> List[Any]:
    return [name[:5] for name in names]


def text_of(name: Name) -> str:
    """Its sentence, with [what is predicted] and <what is annotated>."""
    signs = {"": "{}", "found": "[{}]", "gold": "<{}>", "agreed": "[<{}>]"}
    return "".join(signs[piece.role].format(piece.text) for piece in name.context)


def test_names_and_confusion() -> None:
    found = analyse_errors(
        [
            make_example("PER 0 2,LOC 3 4,PER 5 7,ORG 8 11", "PER 0 2,ORG 3 4,PER 6 7"),
            make_example("PER 0 2,ORG 8 11", "PER 0 1,LOC 8 9,LOC 3 4"),
            make_example("LOC 3 4,ORG 8 11", "ORG 3 4"),
        ]
    )
    assert found.kinds == {
        **{"correct": 1, "type": 2, "borders": 2, "both": 1},
        **{"missed": 2, "spurious": 1},
    }
    assert found.confusion == {
        ("PER", "PER"): 3,
        ("LOC", "ORG"): 2,
        ("ORG", None): 2,
        ("ORG", "LOC"): 1,
        (None, "LOC"): 1,
    }
    assert shown(found.false) == [
        ("London", "ORG", "type", "LOC", 2),
        ("Babbage", "PER", "borders", "PER", 1),
        ("Ada", "PER", "borders", "PER", 1),
        ("London", "LOC", "spurious", None, 1),
        ("King", "LOC", "both", "ORG", 1),
    ]
    assert shown(found.missed) == [("King 's College", "ORG", "missed", "ORG", 2)]
    assert [text_of(name) for name in found.false] == [
        "Ada Byron of [<London>] met Charles Babbage at King 's College .",
        "Ada Byron of London met <Charles >[<Babbage>] at King 's College .",
        "[<Ada>]< Byron> of London met Charles Babbage at King 's College .",
        "Ada Byron of [London] met Charles Babbage at King 's College .",
        "Ada Byron of London met Charles Babbage at [<King>]< 's College> .",
    ]
    context = "Ada Byron of London met Charles Babbage at <King 's College> ."
    assert text_of(found.missed[0]) == context


def test_lists_are_bounded() -> None:
    words = [f"w{i}" for i in range(9)]
    # the fourth is the most frequent one
    texts = [words, words[3:4], words[3:4], words[5:6]]
    examples = [
        make_example("", ",".join(f"PER {i} {i + 1}" for i in range(len(text))), text)
        for text in texts
    ]
    found = analyse_errors(examples, kept=3)
    assert [(x.text, x.number) for x in found.false] == [
        ("w3", 3),
        ("w5", 2),
        ("w0", 1),
    ]
    assert found.kinds["spurious"] == 12 and found.missed == []


def test_nothing() -> None:
    nothing = ErrorAnalysis(dict.fromkeys(KINDS, 0), {}, [], [])
    assert analyse_errors([]) == nothing
    bare = Doc(NLP.vocab, words=WORDS)
    predicted = make_doc(WORDS, parse("PER 0 2"))
    # nobody has annotated it
    assert analyse_errors([Example(predicted, bare)]) == nothing
    assert analyse_errors([make_example("", "")]) == nothing


@given(st.lists(st.tuples(annotations(), annotations()), max_size=3), st.booleans())
def test_kinds_add_up_to_the_counts(texts: Any, is_partial: bool) -> None:
    examples = []
    for gold, predicted in texts:
        words = [f"w{i % 7}" for i in range(30)]
        reference = make_doc(words, gold)
        if is_partial:
            unknown = [reference[20:25]] if all(x.end <= 20 for x in gold) else []
            reference.set_ents([], missing=unknown, default="unmodified")
        examples.append(Example(make_doc(words, predicted), reference))
    found = analyse_errors(examples, kept=1000)
    kinds = found.kinds
    total = sum_counts(spacy_counts(examples))
    predicted, gold = (
        sum(n for kind, n in kinds.items() if kind != other)
        for other in ("missed", "spurious")
    )
    assert (kinds["correct"], predicted, gold) == total
    assert sum(found.confusion.values()) == sum(kinds.values())
    assert sum(x.number for x in found.false) == predicted - total.correct
    assert sum(x.number for x in found.missed) == kinds["missed"]


def test_other_tokens() -> None:
    """Two predicted entities lie in one gold token: the second one is wrong."""
    reference = make_doc(["London-Paris", "train"], parse("LOC 0 1"))
    words, spaces = ["London", "-", "Paris", "train"], [False, False, True, False]
    predicted = make_doc(words, parse("LOC 0 1,LOC 2 3"), spaces=spaces)
    example = Example(predicted, reference)
    found = analyse_errors([example])
    assert found.kinds["correct"] == found.kinds["spurious"] == 1
    assert sum_counts(spacy_counts([example])) == (1, 2, 1)
    assert shown(found.false) == [("London-Paris", "LOC", "spurious", None, 1)]


def contexts(words: Any, gold: str, predicted: str = "", **options: Any) -> List[str]:
    reference = make_doc(words, parse(gold), **options)
    example = Example(make_doc(words, parse(predicted), **options), reference)
    found = analyse_errors([example])
    return [text_of(name) for name in [*found.false, *found.missed]]


def test_sentence_of_a_doc() -> None:
    starts = [i in (0, 5) for i in range(len(WORDS))]
    text = "<Charles Babbage> at King 's College ."
    assert contexts(WORDS, "PER 5 7", sent_starts=starts) == [text]
    assert contexts(WORDS, "LOC 3 4", sent_starts=starts) == [
        "Ada Byron of <London> met"
    ]
    # an entity that crosses the start of a sentence
    assert contexts(WORDS, "LOC 3 6", sent_starts=starts) == [
        "Ada Byron of <London met Charles> Babbage at King 's College ."
    ]


@pytest.mark.parametrize("n", [0, 1, 5, 20, 21, 22, 23, 24, 300])
def test_long_sentences_are_cut(n: int) -> None:
    words = [*(f"a{i:04d}" for i in range(n)), "Ada", *(f"b{i:04d}" for i in range(n))]
    [text] = contexts(words, f"PER {n} {n + 1}")
    if n <= 20:
        assert text == " ".join(words).replace("Ada", "<Ada>")
        return
    before, after = text.split(" <Ada> ")
    # whole words, as many as fit
    assert before == " ".join(["\u2026", *words[n - 20 : n][before.count("a") * -1 :]])
    assert after == " ".join([*words[n + 1 :][: after.count("b")], "\u2026"])
    assert (
        len(before) <= 122
        and len(after) <= 122
        and min(map(len, (before, after))) > 110
    )


def test_long_entities_and_words() -> None:
    [text] = contexts(["x" * 500], "PER 0 1")
    assert text == f"<{'x' * 50}\u2026{'x' * 50}>"
    [text] = contexts(["y" * 500, "Ada", "z" * 500], "PER 1 2")
    assert len(text) < 300 and " <Ada> " in text and text.count("\u2026") == 2


def test_white_space_and_scripts() -> None:
    # a line break, a null, Persian with a zero-width non-joiner
    words = ["Ada", "\n\n", "left\x00", "\u0645\u06cc\u200c\u0631\u0648\u062f"]
    spaces = [True, False, True, False]
    assert contexts(words, "PER 0 1", "PER 3 4", spaces=spaces) == [
        f"Ada left [{words[3]}]",
        f"<Ada> left {words[3]}",
    ]


def gold_of(found: ErrorAnalysis) -> List[Optional[str]]:
    return [name.gold for name in found.false]


def test_white_space_at_the_edges_of_gold() -> None:
    words = ["Ada", "\n", "left"]
    reference, predicted = (make_doc(words, parse(x)) for x in ("PER 0 2", "ORG 0 1"))
    found = analyse_errors([Example(predicted, reference)])
    assert found.kinds["type"] == 1 and gold_of(found) == ["PER"]
