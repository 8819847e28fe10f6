"""The reader of documents, against what its docs say."""

from pathlib import Path
from typing import List

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from spacy_moee.errors import MoeeError
from spacy_moee.training.documents import make_document_corpus

# tokens of each sentence of each doc
CORPORA = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=4), max_size=6)


def make_doc(lengths: List[int], first: int = 0) -> Doc:
    words = [f"w{first + i}" for i in range(sum(lengths))]
    starts: List[bool | int | None] = [
        i == 0 for length in lengths for i in range(length)
    ]
    doc = Doc(spacy.blank("en").vocab, words=words, sent_starts=starts)
    doc.ents = [Span(doc, 0, 1, "X")]
    return doc


def write(path: Path, docs: List[Doc]) -> Path:
    DocBin(docs=docs).to_disk(path / "docs.spacy")
    return path / "docs.spacy"


def read(path: Path, **settings) -> List[Example]:
    return [*make_document_corpus(path, **settings)(spacy.blank("en"))]


def words_of(examples: List[Example]) -> List[List[str]]:
    return [[token.text for token in example.predicted] for example in examples]


@given(CORPORA, st.integers(1, 3))
def test_each_sentence_and_each_document_is_read_once(tmp_path_factory, corpus, join):
    docs, n_tokens = [], 0
    for lengths in corpus:
        docs.append(make_doc(lengths, n_tokens))
        n_tokens += sum(lengths)
    expected = [[t.text for t in sent] for doc in docs for sent in doc.sents]
    group: List[Doc] = []
    for doc, lengths in zip([*docs, None], [*corpus, [0, 0]], strict=True):
        if len(lengths) > 1 or len(group) == join:
            if len(group) > 1:
                expected.append([token.text for single in group for token in single])
            group = []
        if len(lengths) == 1:
            group.append(doc)
        elif doc is not None:
            expected.append([token.text for token in doc])
    path = write(tmp_path_factory.mktemp("corpus"), docs)
    assert sorted(words_of(read(path, join=join))) == sorted(expected)


def test_documents_have_the_starts_and_entities_of_their_sentences(tmp_path):
    path = write(tmp_path, [make_doc([2, 3]), make_doc([2]), make_doc([1])])
    examples = read(path)
    assert [len(eg.predicted) for eg in examples] == [2, 3, 5, 2, 1, 3]
    assert [[len(s) for s in examples[i].predicted.sents] for i in (2, 5)] == [
        [2, 3],
        [2, 1],
    ]
    assert [[e.start for e in examples[i].reference.ents] for i in (2, 5)] == [
        [0],
        [0, 2],
    ]


def test_sentences_keep_the_spans_in_them(tmp_path):
    doc = make_doc([2, 3])
    doc.spans["incorrect"] = [Span(doc, 3, 5, "X"), Span(doc, 1, 3, "Y")]
    found = [
        [
            (span.start, span.end, span.label_)
            for span in eg.reference.spans["incorrect"]
        ]
        for eg in read(write(tmp_path, [doc]))
    ]
    assert found == [[], [(1, 3, "X")], [(3, 5, "X"), (1, 3, "Y")]]


def test_no_text_of_an_evaluation_has_sentence_starts(tmp_path):
    path = write(tmp_path, [make_doc([2, 3]), make_doc([2]), make_doc([1])])
    for example in read(path, sentence_starts=False):
        assert not any(token.is_sent_start for token in example.predicted[1:])


def test_docs_without_sentence_starts_are_sentences(tmp_path):
    doc = Doc(spacy.blank("en").vocab, words=["a", "b"])
    examples = read(write(tmp_path, [doc, doc]))
    assert [len(example.predicted) for example in examples] == [2, 2, 4]
    assert [len(sent) for sent in examples[2].predicted.sents] == [2, 2]


def test_another_tokenization_gets_the_starts_of_its_own_tokens(tmp_path):
    vocab = spacy.blank("en").vocab
    doc = Doc(vocab, ["a", "b", "."], [True, False, False], sent_starts=[1, 0, 1])
    (_, _, example) = read(write(tmp_path, [doc]))
    assert [token.text for token in example.predicted] == ["a", "b."]
    # where a sentence begins in the middle of a token, it begins with it
    assert [len(sent) for sent in example.predicted.sents] == [1, 1]


@pytest.mark.parametrize("joined", [False, True])
def test_docs_of_unknown_spaces_keep_their_tokens(tmp_path, joined):
    words = ["LONDON", "1996-08-22", "a.b", "Anglo-Dutch"]
    starts = [True, False, True, False]
    doc = Doc(spacy.blank("en").vocab, words=words, sent_starts=starts)
    assert doc.has_unknown_spaces
    docs = [doc]
    if joined:
        docs = [Doc(doc.vocab, words=words[:2]), Doc(doc.vocab, words=words[2:])]
    found = words_of(read(write(tmp_path, docs)))
    assert found == [words[:2], words[2:], words]


def test_augmenter_and_limit(tmp_path):
    def twice(nlp, example):
        yield example
        yield example

    path = write(tmp_path, [make_doc([2, 3]), make_doc([4])])
    assert len(read(path, augmenter=twice)) == 8
    assert [len(eg.predicted) for eg in read(path, limit=1)] == [2, 3, 5]


@pytest.mark.parametrize("setting", [{"join": 0}, {"limit": -1}])
def test_settings_that_can_not_be(setting):
    with pytest.raises(MoeeError, match="M103"):
        make_document_corpus(Path("a"), **setting)


def test_no_path():
    with pytest.raises(ValueError, match="E913"):
        make_document_corpus(None)
