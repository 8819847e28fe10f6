"""A doc that can't be read goes to the error handler alone, and no other with it."""

from typing import Any, Callable, List, Set

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from spacy_moee import annotations
from spacy_moee.errors import MoeeError

from .util import get_all, get_ner, make_nlp, make_texts, make_trained, train

SHARED = make_trained()


def spoil(nlp: Language, patch: pytest.MonkeyPatch, is_bad: Callable) -> List[int]:
    """Let predictions fail; returns the sizes of the batches that were tried."""
    ner = get_ner(nlp)
    predict, sizes = ner.predict, []

    def fail(docs: List[Doc]) -> Any:
        sizes.append(len(docs))
        if is_bad(docs):
            raise ValueError("no dice")
        return predict(docs)

    patch.setattr(ner, "predict", fail)
    return sizes


def collect(nlp: Language) -> List[Any]:
    """Make the pipeline keep what its handler gets."""
    handled: List[Any] = []
    add: Any = handled.append
    nlp.set_error_handler(lambda *args: add(args))
    return handled


@settings(max_examples=60)
@given(
    n_docs=st.integers(1, 20),
    bad=st.sets(st.integers(0, 19), max_size=20),
    batch_size=st.integers(1, 21),
)
def test_only_bad_docs_are_lost(n_docs: int, bad: Set[int], batch_size: int) -> None:
    texts = [f"{text} {i}" for i, text in enumerate(make_texts(n_docs))]
    bad_texts = [text for i, text in enumerate(texts) if i in bad]
    good_texts = [text for i, text in enumerate(texts) if i not in bad]
    expected = get_all(SHARED(text) for text in good_texts)
    ner = get_ner(SHARED)
    with pytest.MonkeyPatch.context() as patch:
        sizes = spoil(
            SHARED, patch, lambda docs: any(doc.text in bad_texts for doc in docs)
        )
        handled: List[Any] = []
        patch.setattr(
            ner, "error_handler", lambda *args: handled.append(args), raising=False
        )
        pairs = ((text, i) for i, text in enumerate(texts))
        found = list(SHARED.pipe(pairs, as_tuples=True, batch_size=batch_size))
    assert get_all(doc for doc, _ in found) == expected
    assert [i for _, i in found] == [i for i in range(n_docs) if i not in bad]
    assert [[doc.text for doc in args[2]] for args in handled] == [
        [text] for text in bad_texts
    ]
    for name, pipe, _, error in handled:
        assert (name, pipe, str(error)) == ("moee_ner", ner, "no dice")
    # halves of halves: at worst twice as many batches as docs
    assert len(sizes) < 2 * n_docs


def test_a_handler_that_raises_ends_the_stream(
    nlp: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(nlp, monkeypatch, lambda docs: any(doc.text == "bad" for doc in docs))
    stream = nlp.pipe(["Anna", "Eva", "bad", "Rome"], batch_size=4)
    assert [next(stream).text for _ in range(2)] == ["Anna", "Eva"]
    with pytest.raises(ValueError, match="no dice"):
        next(stream)
    with pytest.raises(ValueError, match="no dice"):
        nlp("bad")


def test_a_batch_that_is_too_large_is_halved(
    nlp: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when memory runs out: nobody is asked, and nothing is lost."""
    texts = make_texts(16)
    expected = get_all(nlp(text) for text in texts)
    sizes = spoil(nlp, monkeypatch, lambda docs: len(docs) > 4)
    assert get_all(nlp.pipe(texts, batch_size=16)) == expected
    assert sizes == [16, 8, 4, 4, 8, 4, 4]


def test_an_error_of_every_doc_ends() -> None:
    nlp = make_nlp()
    handled = collect(nlp)
    assert list(nlp.pipe(["a", "b", "c"])) == []
    assert [len(docs) for _, _, docs, _ in handled] == [1, 1, 1]
    assert {error.code for *_, error in handled} == {"M101"}
    nlp = make_nlp()
    with pytest.raises(MoeeError, match="M101"):
        list(nlp.pipe(["a", "b", "c"]))


def test_an_entity_that_cannot_be_written(
    nlp: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The docs before it are read twice, and come out the same."""
    texts = [*make_texts(5), "bad", *make_texts(5)]
    expected = get_all(nlp(text) for text in texts if text != "bad")
    write = annotations.set_entities

    def fail(doc: Doc, *args: Any) -> None:
        if doc.text == "bad":
            raise ValueError("no dice")
        write(doc, *args)

    monkeypatch.setattr(annotations, "set_entities", fail)
    handled = collect(nlp)
    assert get_all(nlp.pipe(texts)) == expected
    assert [[doc.text for doc in docs] for _, _, docs, _ in handled] == [["bad"]]


def test_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    nlp = make_nlp(
        tok2vec={
            "@architectures": "spacy.Tok2VecListener.v1",
            "width": 96,
            "upstream": "*",
        }
    )
    nlp.add_pipe("tok2vec", first=True)
    train(nlp, steps=2)
    texts = make_texts(9)
    expected = get_all(nlp(text) for text in texts)
    spoil(nlp, monkeypatch, lambda docs: any(doc.text == "bad" for doc in docs))
    handled = collect(nlp)
    assert get_all(nlp.pipe([*texts[:4], "bad", *texts[4:]])) == expected
    assert [[doc.text for doc in docs] for _, _, docs, _ in handled] == [["bad"]]


def test_processes(nlp: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = make_texts(12)
    expected = get_all(nlp(text) for text in texts)
    spoil(nlp, monkeypatch, lambda docs: any(doc.text == "bad" for doc in docs))
    ignore: Any = print
    nlp.set_error_handler(ignore)
    pairs = [(text, i) for i, text in enumerate([*texts[:5], "bad", *texts[5:]])]
    found = list(nlp.pipe(pairs, as_tuples=True, n_process=2, batch_size=4))
    assert sorted(get_all(doc for doc, _ in found)) == sorted(expected)
