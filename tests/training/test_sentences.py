"""Raw texts, cut into sentences."""

from typing import Any, List

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.attrs import NORM
from spacy.tokens import Doc, Span

from spacy_moee.training.sentences import SentenceCutter, copy_words

NLP = spacy.blank("en")
# what the rule is compared with
RULE = spacy.blank("en")
RULE.add_pipe("sentencizer")
CUTTER = SentenceCutter(NLP)
PIECES = ["Ada", "don't", "U.S.", ".", "!", "...", '"', ")", "3.5", "Mr.", "💡", "a.b"]
SPACES = [" ", "", "\n", "  ", "\t", "\r\n", "\u00a0"]
BLANK = ["\n\n", "\n \t\n", "\r\n\r\n", "\n\n\n\n"]


@st.composite
def texts(draw) -> List[str]:
    """Paragraphs."""
    pieces = st.tuples(st.sampled_from(PIECES), st.sampled_from(SPACES))
    parts = draw(st.lists(st.lists(pieces, max_size=12), max_size=4))
    return ["".join(word + space for word, space in part) for part in parts]


def cut(text: str) -> List[str]:
    return [doc.text for doc in CUTTER.cut_text(text)]


@given(texts(), st.sampled_from(BLANK))
def test_sentences_are_those_of_the_rule(paragraphs: List[str], blank: str) -> None:
    docs = list(CUTTER.cut_text(blank.join(paragraphs)))
    expected = [
        sentence
        for paragraph in paragraphs
        if paragraph.strip()
        for sentence in RULE(" ".join(paragraph.split())).sents
    ]
    assert [doc.text for doc in docs] == [sentence.text for sentence in expected]
    for doc, sentence in zip(docs, expected, strict=True):
        assert [t.text for t in doc] == [t.text for t in sentence]
        assert [t.norm_ for t in doc] == [t.norm_ for t in sentence]
        assert doc.vocab is NLP.vocab and not any(t.is_space for t in doc)


def test_sentences() -> None:
    text = "A headline\n\nMr. Lee left.  He\ncame back!\r\n\r\n\t\nSo what? He said ..."
    expected = ["A headline", "Mr. Lee left.", "He came back!", "So what?"]
    assert cut(text) == [*expected, "He said ..."]


@pytest.mark.parametrize("text", ["", " ", "\n", "\n\n", "\u00a0\n \n\t"])
def test_white_space_is_no_sentence(text: str) -> None:
    assert cut(text) == []
    assert list(CUTTER.cut_annotated(NLP.make_doc(text))) == []


def test_a_text_may_be_longer_than_spacy_allows() -> None:
    nlp = spacy.blank("en")
    nlp.max_length = 10
    docs = list(SentenceCutter(nlp).cut_text("Ada left London. She went on."))
    assert [len(doc) for doc in docs] == [4, 4]


@pytest.mark.parametrize("spaces", [None, [True, True, False, False, True, False]])
def test_a_doc_keeps_its_sentences(spaces) -> None:
    words = ["Ada", "left", "London", ".", "So", "what"]
    starts: List[Any] = [True, False, True, False, False, False]
    doc = Doc(NLP.vocab, words=words, spaces=spaces, sent_starts=starts)
    found = list(CUTTER.cut_annotated(doc))
    assert [[t.text for t in x] for x in found] == [words[:2], words[2:]]
    assert all(x.has_unknown_spaces == (spaces is None) for x in found)


def test_a_doc_without_sentences_is_cut() -> None:
    text = "Ada left London. She did n't look\n\nback."
    doc = NLP.make_doc(text)
    assert [x.text for x in CUTTER.cut_annotated(doc)] == cut(text)
    words = ["Ada", "don't", ".", "\n\n", "Is", "it", "?"]
    doc = Doc(NLP.vocab, words=words)
    found = [[t.text for t in x] for x in CUTTER.cut_annotated(doc)]
    assert found == [["Ada", "don't", "."], ["Is", "it", "?"]]


def test_no_annotation_comes_along() -> None:
    for spaces in (None, [True, True, False, False]):
        words = ["Ada", "left", "London", "."]
        doc = Doc(NLP.vocab, words=words, spaces=spaces, tags=["X"] * 4)
        doc.ents = [Span(doc, 0, 1, label="PER")]
        doc.spans["sc"] = [Span(doc, 2, 3, label="LOC")]
        doc.cats["a"] = 1.0
        for starts in (False, True):
            if starts:
                doc[0].is_sent_start = True
                doc[3].is_sent_start = False
            (found,) = CUTTER.cut_annotated(doc)
            for x in (found, copy_words(found), copy_words(doc)):
                assert not x.has_annotation("ENT_IOB") and not x.has_annotation("TAG")
                assert not x.has_annotation("SENT_START")
                assert not x.spans and not x.cats and not x.user_data


@given(st.lists(st.sampled_from(PIECES), max_size=8), st.booleans())
def test_a_copy_has_the_same_words(words: List[str], known: bool) -> None:
    spaces = [len(word) % 2 == 0 for word in words] if known else None
    doc = Doc(NLP.vocab, words=words, spaces=spaces)
    copy = copy_words(doc)
    assert copy is not doc and copy.text == doc.text
    assert [t.text for t in copy] == words
    assert copy.has_unknown_spaces == doc.has_unknown_spaces
    assert numpy.array_equal(copy.to_array(NORM), doc.to_array(NORM))
