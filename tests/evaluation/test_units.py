"""Sentences by themselves, and whole docs."""

from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span

from spacy_moee.errors import MoeeError
from spacy_moee.evaluation.units import DOCS, SENTENCES, Units, read_units

NLP = spacy.blank("en")
TAGS = ["O", "B-X", "I-X", "B-Y"]


def make(sentences: List[List[str]], spaces: Any = None) -> Doc:
    """A doc with sentence starts, from the tags of its sentences."""
    tags = [tag for sentence in sentences for tag in sentence]
    words = [f"w{i}" for i in range(len(tags))]
    starts: List[Any] = [i == 0 for sentence in sentences for i in range(len(sentence))]
    return Doc(NLP.vocab, words=words, spaces=spaces, ents=tags, sent_starts=starts)


def save(path: Path, docs: List[Doc]) -> Path:
    DocBin(docs=docs).to_disk(path)
    return path


def shapes(units: Units) -> List[Any]:
    return [
        ([t.text for t in eg.y], [(e.start, e.end, e.label_) for e in eg.y.ents])
        for eg in units.examples
    ]


Sentence = st.lists(st.sampled_from(TAGS), min_size=1, max_size=5).map(
    lambda tags: [
        tag if tag != "I-X" or (i and tags[i - 1] in ("B-X", "I-X")) else "B-X"
        for i, tag in enumerate(tags)
    ]
)


@given(st.lists(st.lists(Sentence, min_size=1, max_size=4), min_size=1, max_size=4))
def test_sentences_are_those_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, corpus: List[List[List[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("units")
    path = save(folder / "a.spacy", [make(doc) for doc in corpus])
    by_sentence = read_units(NLP, path, SENTENCES)
    alone = [make([tags]) for doc in corpus for tags in doc]
    entities = [[(e.start, e.end, e.label_) for e in doc.ents] for doc in alone]
    assert [found for _, found in shapes(by_sentence)] == entities
    assert [len(eg.x) for eg in by_sentence.examples] == [*map(len, alone)]
    numbers = [i for i, doc in enumerate(corpus) for _ in doc]
    assert by_sentence.docs.tolist() == numbers
    whole = read_units(NLP, path, DOCS)
    words = [text for texts, _ in shapes(whole) for text in texts]
    assert words == [text for texts, _ in shapes(by_sentence) for text in texts]
    for example in [*by_sentence.examples, *whole.examples]:
        assert [t.text for t in example.x] == [t.text for t in example.y]
        # what a pipeline sees has no sentence starts
        assert len(example.x) < 2 or not example.x.has_annotation("SENT_START")
    has_articles = len(corpus) > 1 and any(len(doc) > 1 for doc in corpus)
    assert by_sentence.has_articles == whole.has_articles == has_articles
    counts = [[len(eg.y), len(eg.y.ents)] for eg in by_sentence.examples]
    sums = by_sentence.sum_by_article(counts).tolist()
    of_docs = [[len(eg.y), len(eg.y.ents)] for eg in whole.examples]
    assert sums == (of_docs if has_articles else counts)


def test_a_text_is_tokenized_as_a_whole_doc_is(tmp_path: Path) -> None:
    words = "Ada's left . Bo stays .".split()
    starts: List[Any] = [True, False, False, True, False, False]
    doc = Doc(NLP.vocab, words=words, sent_starts=starts, spaces=[True] * 6)
    path = save(tmp_path / "a.spacy", [doc, doc])
    first, second, *_ = read_units(NLP, path, SENTENCES).examples
    assert [t.text for t in first.x] == ["Ada", "'s", "left", "."]
    assert [t.text for t in first.y] == words[:3]
    assert [t.text for t in second.x] == words[3:]
    whole = read_units(NLP, path, DOCS).examples[0]
    assert [t.text for t in whole.x] == ["Ada", "'s", *words[1:]]


def test_no_entity_is_cut(tmp_path: Path) -> None:
    doc = make([["O", "O"], ["O", "O"]])
    doc.set_ents([Span(doc, 1, 3, "X")])
    path = save(tmp_path / "a.spacy", [doc, doc])
    units = read_units(NLP, path, SENTENCES)
    assert [len(eg.y) for eg in units.examples] == [4, 4]
    assert [len(eg.y.ents) for eg in units.examples] == [1, 1]
    assert not units.has_articles
    assert numpy.array_equal(units.docs, [0, 1])


def test_docs_without_sentence_starts(tmp_path: Path) -> None:
    plain = Doc(NLP.vocab, words=["a", "b"], ents=["O", "B-X"])
    path = save(tmp_path / "a.spacy", [make([["O"], ["O"]]), plain])
    assert len(read_units(NLP, path).examples) == 2
    assert len(read_units(NLP, path, DOCS).examples) == 2
    with pytest.raises(MoeeError, match="by sentences: doc 1, with 2 tokens") as error:
        read_units(NLP, path, SENTENCES)
    assert error.value.code == "M719"
