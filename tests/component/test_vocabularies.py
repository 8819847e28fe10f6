"""Docs of another vocabulary: the right entities, or an error with a code."""

from typing import Any, Dict, List

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vectors import Vectors
from spacy.vocab import Vocab

from spacy_moee.errors import MoeeError

from .util import TINY, get_ents, get_ner, get_weights, make_nlp, make_texts, train

STATIC = {"@architectures": "spacy_moee.StaticEmbed.v1"}
CHARACTERS = {"@architectures": "spacy_moee.CharacterCNN.v1", "width": 16}
DISTINCT = {"@architectures": "spacy_moee.DistinctWords.v1"}
EMBEDDINGS: Dict[str, Any] = {
    "hashes": TINY["tok2vec"],
    "vectors": STATIC,
    "lower": {**STATIC, "attr": "LOWER"},
    "characters": CHARACTERS,
    "distinct vectors": {**DISTINCT, "embed": STATIC},
    "distinct characters": {**DISTINCT, "embed": CHARACTERS},
    "spacy vectors": {**TINY["tok2vec"], "include_static_vectors": True},
}
ANY = list(EMBEDDINGS)
SENTENCES = [text.split() for text in make_texts(8)]


def set_vectors(vocab: Vocab, sign: int = 1) -> Vocab:
    words = sorted({word.lower() for text in make_texts() for word in text.split()})
    words += [word.title() for word in words]
    table = numpy.random.default_rng(0).normal(size=(len(words), 8)).astype("f")
    vocab.vectors = Vectors(strings=vocab.strings, data=sign * table, keys=words)
    return vocab


def make_vocab(sign: int = 1) -> Vocab:
    return set_vectors(spacy.blank("en").vocab, sign)


def make_trained(kind: str) -> Language:
    nlp = make_nlp(tok2vec=EMBEDDINGS[kind])
    set_vectors(nlp.vocab)
    train(nlp, steps=15)
    return nlp


def predict(nlp: Language, docs: List[Doc]) -> List[Any]:
    ner = get_ner(nlp)
    ner.set_annotations(docs, ner.predict(docs))
    return list(map(get_ents, docs))


def alternate(first: Vocab, second: Vocab, extra: bool = False) -> List[Doc]:
    """With words that only one of them knows."""
    pairs = enumerate(SENTENCES)
    return [
        Doc((first, second)[i % 2], words=[*words, *[f"unseen{i}"] * extra])
        for i, words in pairs
    ]


@pytest.mark.parametrize("kind", ANY)
def test_a_vocabulary_with_the_same_vectors(kind: str) -> None:
    nlp = make_trained(kind)
    for extra in (False, True):
        expected = predict(nlp, alternate(nlp.vocab, nlp.vocab, extra))
        assert any(expected)
        other = make_vocab()
        assert predict(nlp, alternate(other, other, extra)) == expected
        assert predict(nlp, alternate(nlp.vocab, other, extra)) == expected
        docs = alternate(nlp.vocab, other, extra)
        assert list(map(get_ents, nlp.pipe(docs, batch_size=3))) == expected


@pytest.mark.parametrize("kind", ["vectors", "distinct vectors", "spacy vectors"])
def test_each_doc_has_the_vectors_of_its_own(kind: str) -> None:
    nlp = make_trained(kind)
    other = make_vocab(-1)
    expected = [predict(nlp, [doc])[0] for doc in alternate(nlp.vocab, other)]
    assert expected != predict(nlp, alternate(nlp.vocab, nlp.vocab))
    assert predict(nlp, alternate(nlp.vocab, other)) == expected


CODES = {
    "hashes": "M010.*NORM, PREFIX, SHAPE, SUFFIX",
    "vectors": "M203",
    "lower": "M010.*does not set LOWER,",
    "distinct vectors": "M203",
    "spacy vectors": "M010",
}


@pytest.mark.parametrize("kind", ANY)
def test_a_vocabulary_of_no_language(kind: str) -> None:
    """All its words look the same."""
    nlp = make_trained(kind)
    expected = predict(nlp, alternate(nlp.vocab, nlp.vocab))
    docs = alternate(nlp.vocab, Vocab())
    if kind not in CODES:
        assert predict(nlp, docs) == expected
        return
    with pytest.raises(MoeeError, match=CODES[kind]):
        predict(nlp, docs)
    weights = get_weights(nlp)
    with pytest.raises(MoeeError, match=CODES[kind]):
        nlp.update([Example(doc, doc) for doc in docs[1::2]], sgd=nlp.resume_training())
    assert get_weights(nlp) == weights
    # under a handler that does not raise, the others survive
    handled: List[Any] = []
    add: Any = handled.append
    nlp.set_error_handler(lambda *args: add(args))
    assert list(map(get_ents, nlp.pipe(docs))) == expected[::2]
    assert [doc for _, _, (doc,), _ in handled] == docs[1::2]


def test_vectors_of_a_vocabulary_of_no_language() -> None:
    """Nothing else of it is read."""
    nlp = make_trained("vectors")
    expected = predict(nlp, alternate(nlp.vocab, nlp.vocab))
    other = set_vectors(Vocab())
    assert predict(nlp, alternate(nlp.vocab, other)) == expected


@pytest.mark.parametrize("kind", ANY)
def test_learning_from_several_vocabularies(kind: str) -> None:
    nlp = make_trained(kind)
    docs = alternate(nlp.vocab, make_vocab(), True)
    weights = get_weights(nlp)
    with pytest.raises(MoeeError, match="M009.*8 docs .* 2 vocabularies"):
        nlp.update([Example(doc, doc) for doc in docs], sgd=nlp.resume_training())
    assert get_weights(nlp) == weights


def test_initialization() -> None:
    nlp = make_nlp()
    ner = get_ner(nlp)
    for vocab, code in ((make_vocab(), "M009"), (Vocab(), "M010")):
        docs = alternate(vocab, nlp.vocab if code == "M009" else vocab)
        with pytest.raises(MoeeError, match=code):
            ner.initialize(
                lambda docs=docs: [Example(doc, doc) for doc in docs], labels=["PER"]
            )
