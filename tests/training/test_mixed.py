"""Epochs of annotated docs and raw text."""

import gc
import random
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from spacy_moee.errors import MoeeError
from spacy_moee.training.mixed import MixedCorpus, count_share
from spacy_moee.training.readers import make_batch_mixed, make_mixed_corpus

from .test_raw import write_jsonl
from .util import write_corpus

NLP = spacy.blank("en")
BATCH = make_batch_mixed()


def make_corpus(
    folder: Path,
    n_docs: int = 25,
    n_source: int = 7,
    n_target: int = 4,
    **settings: Any,
) -> MixedCorpus:
    """A corpus of numbered docs and sentences. Returns its reader."""
    docs = []
    for i in range(n_docs):
        doc = Doc(NLP.vocab, words=["Doc", str(i), "in", "London"])
        doc.ents = [Span(doc, 3, 4, label="LOC")]
        docs.append(doc)
    folder.mkdir(parents=True, exist_ok=True)
    DocBin(docs=docs).to_disk(folder / "train.spacy")
    paths = {}
    for name, n in (("source", n_source), ("target", n_target)):
        if n:
            texts = [f"{name} {i}\n\nAnd {name} {i}" for i in range(n)]
            paths[name] = write_jsonl(folder / f"{name}.jsonl", texts)
    return make_mixed_corpus(folder / "train.spacy", **{**paths, **settings})


def read_steps(reader: Any, seed: int = 0) -> List[List[Example]]:
    random.seed(seed)
    return list(BATCH(reader(NLP)))


def texts_of(steps: List[List[Example]]) -> List[str]:
    return [example.predicted.text.strip() for step in steps for example in step]


def kinds_of(step: List[Example]) -> List[Any]:
    docs = (example.predicted for example in step)
    return [(doc._.moee_domain, doc._.moee_raw) for doc in docs]


def test_a_step_has_annotated_docs_and_raw_text(tmp_path: Path) -> None:
    steps = read_steps(make_corpus(tmp_path))
    counts = [Counter(kinds_of(step)) for step in steps]
    annotated, source, target = ("source", False), ("source", True), ("target", True)
    assert [count[annotated] for count in counts] == [10, 10, 5]
    assert [count[source] for count in counts] == [4, 5, 5]
    assert [count[target] for count in counts] == [2, 3, 3]
    for step in steps:
        kinds = kinds_of(step)
        assert kinds == sorted(kinds)
        for example in step:
            assert example.reference.has_annotation("ENT_IOB") != example.x._.moee_raw
            assert example.x is not example.y and example.y.user_data == {}


@settings(max_examples=30, deadline=None)
@given(
    n_docs=st.integers(1, 30),
    n_source=st.integers(0, 30),
    n_target=st.integers(0, 9),
    batch_size=st.integers(1, 12),
    buffer=st.integers(1, 20),
    seed=st.integers(0, 99),
)
def test_each_text_is_read_once_an_epoch(
    tmp_path_factory, n_docs, n_source, n_target, batch_size, buffer, seed
) -> None:
    folder = tmp_path_factory.mktemp("mixed")
    sizes = {"n_docs": n_docs, "n_source": n_source, "n_target": n_target}
    reader = make_corpus(folder, **sizes, batch_size=batch_size, buffer=buffer)
    expected = [f"Doc {i} in London" for i in range(n_docs)]
    for name, n in (("source", n_source), ("target", n_target)):
        expected += [f"{word}{name} {i}" for i in range(n) for word in ("", "And ")]
    for epoch in range(2):
        steps = read_steps(reader, seed + epoch)
        assert sorted(texts_of(steps)) == sorted(expected)
        assert len(steps) == reader.count_steps(NLP) == -(-n_docs // batch_size)
        # evenly spread
        for kind in {kind for step in steps for kind in kinds_of(step)}:
            counts = [kinds_of(step).count(kind) for step in steps]
            if kind[1]:
                assert max(counts) - min(counts) <= 1
            else:
                assert {*counts[:-1]} <= {batch_size}
    flat = [example.predicted.text.strip() for example in reader(NLP)]
    assert sorted(flat) == sorted(expected)


def test_the_order_is_that_of_the_seed(tmp_path: Path) -> None:
    reader = make_corpus(tmp_path)
    first, second, again = (texts_of(read_steps(reader, s)) for s in (0, 1, 0))
    assert first == again == texts_of(read_steps(make_corpus(tmp_path), 0))
    assert first != second
    random.seed(0)
    assert texts_of(list(BATCH(reader(NLP)))) == first
    assert texts_of(list(BATCH(reader(NLP)))) != first


def test_who_else_draws_numbers_does_not_change_the_order(tmp_path: Path) -> None:
    reader = make_corpus(tmp_path, n_source=50, buffer=3)
    expected = texts_of(read_steps(reader))
    random.seed(0)
    found = []
    for step in BATCH(reader(NLP)):
        found.append(step)
        random.random()
    assert texts_of(found) == expected


@given(st.integers(0, 10**7), st.integers(1, 5000))
def test_shares(n: int, n_steps: int) -> None:
    shares = [count_share(n, step, n_steps) for step in range(n_steps)]
    assert sum(shares) == n
    assert {*shares} <= {n // n_steps, -(-n // n_steps)}


@pytest.mark.parametrize(
    "sizes", [{"n_source": 0}, {"n_target": 0}, {"n_source": 0, "n_target": 0}]
)
def test_a_domain_without_raw_text(tmp_path: Path, sizes: Dict[str, int]) -> None:
    steps = read_steps(make_corpus(tmp_path, **sizes))
    found = Counter(kind for step in steps for kind in kinds_of(step))
    expected = {("source", False): 25, ("source", True): 14, ("target", True): 8}
    for name in sizes:
        del expected[name.removeprefix("n_"), True]
    assert found == expected


def test_initialization_sees_every_type_first(tmp_path: Path) -> None:
    """It reads a hundred examples of a corpus that is streamed."""
    docs = []
    for i in range(500):
        doc = Doc(NLP.vocab, words=["Ada", "left"])
        # rare ones, at the end
        doc.ents = [Span(doc, 0, 1, label=f"T{max(0, i - 420)}")]
        docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    source = write_jsonl(tmp_path / "a.jsonl", ["One. Two."] * 500)
    reader = make_mixed_corpus(tmp_path / "train.spacy", source=source)
    for _ in range(2):
        sample = list(islice(reader(NLP), 100))
        labels = {ent.label_ for eg in sample for ent in eg.reference.ents}
        assert labels == {f"T{i}" for i in range(80)}
    assert len(list(reader(NLP))) == 1500


def test_annotation_of_raw_text_reaches_no_example(tmp_path: Path) -> None:
    annotated = write_corpus(tmp_path / "train.spacy", [1, 2])
    reader = make_mixed_corpus(
        annotated, source=annotated, target=annotated, test=annotated, transductive=True
    )
    raw = [eg for eg in reader(NLP) if eg.predicted._.moee_raw]
    assert len(raw) == 9
    for example in raw:
        for doc in (example.predicted, example.reference):
            assert not doc.has_annotation("ENT_IOB") and not doc.ents
        assert example.get_aligned_ner() == [None] * len(example.predicted)


def test_the_test_text_is_read_only_if_asked_for(tmp_path: Path) -> None:
    reader = make_corpus(tmp_path, test=tmp_path / "absent.spacy", max_length=0)
    steps = read_steps(reader)
    assert reader.count_words(NLP).keys() == {"path", "source", "target"}
    test = write_corpus(tmp_path / "test.spacy", [1, 3])
    reader = make_corpus(tmp_path, test=test, transductive=True)
    more = read_steps(reader)
    added = Counter(texts_of(more)) - Counter(texts_of(steps))
    assert added == {"Ada left London .": 4}
    kinds = [kinds_of([eg]) for s in more for eg in s if eg.text.startswith("Ada")]
    assert kinds == [[("target", True)]] * 4


def test_transductive_without_a_target(tmp_path: Path) -> None:
    test = write_corpus(tmp_path / "test.spacy", [3])
    reader = make_corpus(tmp_path, n_target=0, test=[test], transductive=True)
    kinds = Counter(kind for step in read_steps(reader) for kind in kinds_of(step))
    assert kinds[("target", True)] == 3


def test_long_docs_are_left_out_or_cut(tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "train.spacy", [1, 2, 3])
    reader = make_mixed_corpus(path, max_length=9)
    assert sorted(len(eg.predicted) for eg in reader(NLP)) == [4] * 6
    docs = [Doc(NLP.vocab, words=["Ada"] * n) for n in (3, 7, 2)]
    DocBin(docs=docs).to_disk(path)
    reader = make_mixed_corpus(path, max_length=7)
    with pytest.warns(UserWarning, match="MW61.*7 of 12 tokens.*train.spacy"):
        assert sorted(len(eg.predicted) for eg in reader(NLP)) == [2, 3]
    assert len(list(make_mixed_corpus(path, max_length=0)(NLP))) == 3


@pytest.mark.parametrize(
    "lengths, found",
    [
        (None, "nothing"),
        ([], "no doc"),
        ([0], "no doc"),
        ([9, 12], "2 docs, all too long"),
        ([-2], "1 docs, all too long or of white space"),
    ],
)
def test_no_annotated_doc(tmp_path: Path, lengths, found: str) -> None:
    path = tmp_path / "train.spacy"
    if lengths is not None:
        words = [[" "] * -n if n < 0 else ["Ada"] * n for n in lengths]
        DocBin(docs=[Doc(NLP.vocab, words=x) for x in words]).to_disk(path)
    reader = make_mixed_corpus(path, max_length=9)
    for call in (reader, reader.count_steps, reader.count_words):
        with pytest.raises(MoeeError, match=f"M607.*train.spacy.*{found}"):
            call(NLP)


@pytest.mark.parametrize("name", [None, "absent", "folder", "notes.txt"])
def test_no_annotated_corpus(tmp_path: Path, name) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("Ada", encoding="utf8")
    with pytest.raises(MoeeError, match="M607.*--paths.train"):
        make_mixed_corpus(name and tmp_path / name)(NLP)


def test_a_folder_of_annotated_docs(tmp_path: Path) -> None:
    write_corpus(tmp_path / "a.spacy", [1, 1])
    write_corpus(tmp_path / "deep" / "b.spacy", [2])
    reader = make_mixed_corpus(tmp_path)
    # by sentences
    assert Counter(len(eg.predicted) for eg in reader(NLP)) == {4: 4}


def test_raw_text_that_lost_sentences(tmp_path: Path) -> None:
    reader = make_corpus(tmp_path)
    steps = BATCH(reader(NLP))
    # as if the file were another one since it was compared
    reader.raw[0].n_sentences += 1
    with pytest.raises(MoeeError, match="M610.*source.jsonl.*less than 15"):
        list(steps)


def test_raw_text_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    reader = make_corpus(tmp_path, n_docs=100, n_source=1000, buffer=20)
    steps = BATCH(reader(NLP))
    next(steps)
    gc.collect()
    docs = [x for x in gc.get_objects() if type(x) is Doc]
    # of 2,000: those in the buffer, and the examples of a step
    assert sum(doc.text.startswith(("source", "And")) for doc in docs) < 600


def test_texts_are_counted_once_for_a_pipeline(tmp_path: Path, monkeypatch) -> None:
    reader = make_corpus(tmp_path)
    calls = []
    read = MixedCorpus._read_annotated

    def watch(corpus: MixedCorpus, nlp: Language) -> List[Example]:
        calls.append(nlp)
        return read(corpus, nlp)

    monkeypatch.setattr(MixedCorpus, "_read_annotated", watch)
    for _ in range(3):
        list(reader(NLP))
        reader.count_steps(NLP)
    assert len(calls) == 1
    # with another tokenizer there may be other sentences
    other = spacy.blank("de")
    assert {eg.predicted.vocab for eg in reader(other)} == {other.vocab}
    assert len(calls) == 2
