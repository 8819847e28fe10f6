"""What else might be said of a doc, against all sequences of tags, one by one."""

import random
from collections import defaultdict
from itertools import product

import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span

from spacy_moee.errors import MoeeError
from spacy_moee.models.confidence import find_distribution
from spacy_moee.models.memory import DocumentMemory
from spacy_moee.models.segments import make_doc_segments, make_sentence_segments
from spacy_moee.scheme import Notation, tag_names
from spacy_moee.scheme import spans as read_spans

from .families import make_nlp as make_family
from .util import (
    get_ents,
    get_module,
    get_ner,
    make_nlp,
    make_random_docs,
    make_texts,
    make_trained,
    train,
)

MODELS = {
    "moee": {},
    "illegal": {"constrained": False},
    "softmax": {"crf": False},
    "illegal_softmax": {"crf": False, "constrained": False},
}
# short enough to enumerate, and with entities of several tokens
SENTENCES = ["Bo Li met Anna .", "York Dan Frost .", "It rains .", "York"]
TOLERANCE = {"atol": 1e-9, "rtol": 1e-9}


@pytest.fixture(scope="module", params=[*MODELS, "concept", "generated"])
def family(request, tmp_path_factory):
    """A pipeline that is trained too little to be sure."""
    if request.param not in MODELS:
        return make_family(request.param, tmp_path_factory.mktemp("family"))
    nlp = make_nlp(**MODELS[request.param])
    train(nlp, steps=12)
    return nlp


def enumerate_tags(nlp, doc, preset=()):
    """The probability of each sequence of tags of a doc that is read at once."""
    ner = get_ner(nlp)
    scores = ner.model.predict([doc])
    (batch,) = scores.batches
    (start, moves, end), emissions, notation = find_distribution(scores.network, batch)
    start, moves, end, emissions = (
        part.detach().double().numpy() for part in (start, moves, end, emissions[0])
    )
    paths = numpy.array([*product(range(len(start)), repeat=len(doc))])
    totals = start[paths[:, 0]] + end[paths[:, -1]]
    for i, tags in enumerate(paths.T):
        totals += emissions[i, tags]
        if i:
            totals += moves[paths[:, i - 1], tags]
        if i in preset:
            totals[tags > 0] = -numpy.inf
    shares = numpy.exp(totals - totals.max())
    there = totals > -numpy.inf
    found = (shares[there] / shares.sum()).tolist()
    if notation is Notation.BIOES:
        outer = [0, *(tag for i in (1, 3) for tag in (i, i + 1, i + 1, i))]
        paths = numpy.take(outer, paths)
    return dict(zip(map(tuple, paths[there].tolist()), found, strict=True))


def enumerate_entities(nlp, shares):
    """The probability of each entity: that of all sequences that are read with it."""
    labels, found = get_ner(nlp).labels, defaultdict(float)
    for path, share in shares.items():
        for start, end, label in zip(*read_spans(numpy.array(path)), strict=True):
            found[int(start), int(end), labels[label]] += share
    return found


def check(nlp, doc, found, k, preset=()):
    """Compare with all sequences."""
    shares = enumerate_tags(nlp, doc, preset)
    names = tag_names(get_ner(nlp).labels)
    by_name = {tuple(names[tag] for tag in path): p for path, p in shares.items()}
    (sentence,) = found.sentences
    assert (sentence.start, sentence.end) == (0, len(doc))
    wanted = sorted(by_name.values(), reverse=True)[:k]
    readings = sentence.readings
    numpy.testing.assert_allclose(
        [x.probability for x in readings], wanted, **TOLERANCE
    )
    own = [by_name[tuple(reading.tags)] for reading in readings]
    numpy.testing.assert_allclose(own, wanted, **TOLERANCE)
    every = enumerate_entities(nlp, shares)
    for start, end, label, probability, candidates, outside in found.entities:
        assert probability == pytest.approx(every[start, end, label], abs=1e-9)
        around = {
            place: p
            for place, p in every.items()
            if place[0] < end and start < place[1] and place != (start, end, label)
        }
        wanted = sorted((p for p in around.values() if p > 0), reverse=True)[:k]
        values = [candidate.probability for candidate in candidates]
        numpy.testing.assert_allclose(values, wanted, **TOLERANCE)
        own = [around[candidate[:3]] for candidate in candidates]
        numpy.testing.assert_allclose(own, wanted, **TOLERANCE)
        free = sum(p for path, p in shares.items() if not any(path[start:end]))
        assert outside == pytest.approx(free, abs=1e-9)


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("k", [1, 5])
def test_equals_enumeration(family, text, k):
    doc = family(text)
    found = get_ner(family).alternatives(doc, k)
    assert [entity[:3] for entity in found.entities] == get_ents(doc)
    check(family, family.make_doc(text), found, k)


@pytest.mark.parametrize("text", ["York met York .", "Bo Li Anna bo"])
def test_what_the_doc_says_elsewhere_counts(family, text, monkeypatch):
    ner, plain = get_ner(family), family(text)
    before = enumerate_tags(family, plain)
    monkeypatch.setitem(ner.model.attrs, "memory", DocumentMemory(0.9, 0))
    doc = family(text)
    shares = enumerate_tags(family, doc)
    assert max(abs(shares[path] - p) for path, p in before.items()) > 1e-4
    found = ner.alternatives(doc)
    assert [entity[:3] for entity in found.entities] == get_ents(doc)
    check(family, doc, found, 5)
    scores = [ent._.moee_score for ent in doc.ents]
    assert [x.probability for x in found.entities] == pytest.approx(scores, abs=1e-6)
    best = max(shares, key=shares.__getitem__)
    (row,) = ner.predict([family.make_doc(text)])
    assert row.tags.tolist() == [*best]


def test_all_sequences(family):
    doc = family("Bo Li .")
    found = get_ner(family).alternatives(doc, 1000)
    check(family, family.make_doc("Bo Li ."), found, 1000)
    total = sum(reading.probability for reading in found.sentences[0].readings)
    assert total == pytest.approx(1)


def test_a_doc_that_is_not_read_yet(family):
    for text in make_texts(12, seed=1):
        read = get_ner(family).alternatives(family(text))
        assert get_ner(family).alternatives(family.make_doc(text)) == read


def test_probabilities_are_the_scores(family):
    for text in make_texts(12, seed=1):
        doc = family(text)
        found = get_ner(family).alternatives(doc)
        for ent, entity in zip(doc.ents, found.entities, strict=True):
            assert entity.probability == pytest.approx(ent._.moee_score, abs=1e-6)


def test_marginals_are_those_of_all_sequences(family):
    doc = family.make_doc("Bo Li .")
    (found,) = get_ner(family).predict([doc], ["marginals"])
    wanted = numpy.zeros((3, len(tag_names(get_ner(family).labels))))
    for path, share in enumerate_tags(family, doc).items():
        wanted[range(3), path] += share
    numpy.testing.assert_allclose(found.marginals, wanted, atol=1e-6)


def test_the_first_reading_is_what_the_component_finds(nlp):
    for text in make_texts(20, seed=1):
        doc = nlp(text)
        for sentence in get_ner(nlp).alternatives(doc).sentences:
            tags = sentence.readings[0].tags
            assert tags == [
                f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type else "O"
                for t in doc[sentence.start : sentence.end]
            ]


def test_nothing_is_changed(nlp):
    for doc in (nlp("Anna met Bo Li ."), nlp.make_doc("Anna met Bo Li .")):
        before, weights = doc.to_bytes(), get_ner(nlp).to_bytes()
        get_ner(nlp).alternatives(doc)
        assert doc.to_bytes() == before
        assert get_ner(nlp).to_bytes() == weights


def make_preset(nlp):
    """A doc with an entity of another component, and a blocked token."""
    doc = nlp.make_doc("Dan Frost met Anna in Rome .")
    doc.set_ents([Span(doc, 5, 6, "LOC")], blocked=[doc[0:1]], default="unmodified")
    return doc


def test_presets_stay(nlp):
    ner, doc = get_ner(nlp), make_preset(nlp)
    found = ner.alternatives(doc, 5)
    check(nlp, make_preset(nlp), found, 5, preset=[0, 5])
    own = [entity[:3] for entity in found.entities]
    assert ner.alternatives(ner(doc), 5) == found
    assert get_ents(doc) == [*own, (5, 6, "LOC")]
    # read again, which changes nothing
    assert ner.alternatives(ner(doc), 5) == found


def test_entities_of_a_later_component_are_presets(nlp):
    doc = nlp("Dan Frost met Anna .")
    found = get_ner(nlp).alternatives(doc)
    assert [entity[:3] for entity in found.entities] == [(0, 2, "PER"), (3, 4, "PER")]
    doc.set_ents([Span(doc, 0, 2, "ORG")], default="unmodified")
    found = get_ner(nlp).alternatives(doc)
    check(nlp, nlp.make_doc("Dan Frost met Anna ."), found, 5, preset=[0, 1])
    assert [entity[:3] for entity in found.entities] == [(3, 4, "PER")]


def test_an_entity_that_got_linked_is_still_its_own(nlp):
    doc = nlp("Anna met Bo Li .")
    found = get_ner(nlp).alternatives(doc)
    doc.ents = [Span(doc, e.start, e.end, e.label, kb_id="Q1") for e in doc.ents]
    assert get_ner(nlp).alternatives(doc) == found


def test_own_entities_are_known_after_a_doc_bin(nlp):
    doc = nlp("Anna met Bo Li in Rome .")
    (again,) = DocBin(docs=[doc], store_user_data=True).get_docs(nlp.vocab)
    found = get_ner(nlp).alternatives(doc)
    assert found.entities
    assert get_ner(nlp).alternatives(again) == found


def test_without_scores_all_of_its_labels_are_its_own(nlp):
    found = get_ner(nlp).alternatives(nlp("Anna met Bo Li in Rome ."))
    get_ner(nlp).scores_key = None
    doc = nlp("Anna met Bo Li in Rome .")
    assert not doc.spans
    assert get_ner(nlp).alternatives(doc) == found
    doc.set_ents([Span(doc, 5, 6, "GPE")], default="unmodified")
    entities = get_ner(nlp).alternatives(doc).entities
    assert [entity[:3] for entity in entities] == [(0, 1, "PER"), (2, 4, "PER")]


def test_with_a_threshold_those_that_are_left(nlp):
    text = "Anna met Bo Li in York ."
    scores = sorted(ent._.moee_score for ent in nlp(text).ents)
    get_ner(nlp).threshold = scores[1]
    doc = nlp(text)
    found = get_ner(nlp).alternatives(doc)
    assert len(doc.ents) == len(scores) - 1
    assert [entity[:3] for entity in found.entities] == get_ents(doc)


def test_spans_have_no_white_space_at_their_edges(nlp):
    words = ["\n", "Bo", " ", "Li", "\n", "lives", "in", "\t", "Rome", "\n\n"]
    for n in range(1, len(words) + 1):
        doc = Doc(nlp.vocab, words=words[:n], ents=None)
        found = get_ner(nlp).alternatives(doc, 400)
        assert get_ner(nlp).alternatives(nlp(doc), 400) == found
        for entity in found.entities:
            spans = [entity, *entity.candidates]
            assert len({span[:3] for span in spans}) == len(spans)
            for span in spans:
                assert not doc[span.start].is_space
                assert not doc[span.end - 1].is_space


def test_white_space_is_added_up(nlp):
    doc = Doc(nlp.vocab, words=["Bo", "Li", "\n", "met"])
    found = get_ner(nlp).alternatives(doc, 400)
    every = enumerate_entities(nlp, enumerate_tags(nlp, doc))
    wanted = defaultdict(float)
    for (start, end, label), probability in every.items():
        start, end = (start + (start == 2), end - (end == 3))
        if start < end and start < 2:
            wanted[start, end, label] += probability
    (entity,) = found.entities
    spans = {entity[:3]: entity.probability}
    spans |= {candidate[:3]: candidate.probability for candidate in entity.candidates}
    assert spans == pytest.approx(wanted, abs=1e-9)


def test_windows_of_a_long_sentence():
    nlp = make_nlp(segments={"max_length": 8, "overlap": 4})
    train(nlp)
    doc = nlp("Anna met Bo Li in Rome and in New York and in Hong Kong .")
    found = get_ner(nlp).alternatives(doc, 3)
    places = [(sentence.start, sentence.end) for sentence in found.sentences]
    assert places == [(0, 8), (4, 12), (8, 15)]
    for sentence in found.sentences:
        assert all(
            len(reading.tags) == sentence.end - sentence.start
            for reading in sentence.readings
        )
    for ent, entity in zip(doc.ents, found.entities, strict=True):
        assert (ent.start, ent.end, ent.label_) == entity[:3]
        assert entity.probability == pytest.approx(ent._.moee_score, abs=1e-6)


def test_an_entity_that_no_window_shows_has_no_candidates(nlp):
    get_ner(nlp).model.attrs["segments"] = make_sentence_segments(2, 1)
    doc = nlp(" ".join(make_texts(8)))
    found = get_ner(nlp).alternatives(doc)
    assert [entity[:3] for entity in found.entities] == get_ents(doc)
    unscored = [ent._.moee_score is None for ent in doc.ents]
    assert any(unscored)
    assert [entity.probability is None for entity in found.entities] == unscored
    for entity in found.entities:
        if entity.probability is None:
            assert (entity.candidates, entity.outside) == ([], None)


@pytest.fixture(scope="module")
def shared():
    return make_trained()


@given(
    seed=st.integers(0, 2**16),
    length=st.sampled_from([2, 3, 5, 8, 256]),
    by_sentence=st.booleans(),
    constrained=st.booleans(),
)
@settings(max_examples=25)
def test_random_docs(shared, seed, length, by_sentence, constrained):
    ner, rng = get_ner(shared), random.Random(seed)
    make_segments = make_sentence_segments if by_sentence else make_doc_segments
    ner.model.attrs["segments"] = make_segments(length, rng.randint(0, length // 2))
    get_module(shared).constrained = constrained
    (doc,) = make_random_docs(shared, 1, seed)
    for token in doc:
        token.is_sent_start = rng.random() < 0.2
    words = [token for token in doc if not token.is_space and rng.random() < 0.1]
    labels = [rng.choice(["PER", "LOC", "GPE"]) for _ in words]
    presets = [Span(doc, t.i, t.i + 1, x) for t, x in zip(words, labels, strict=True)]
    doc.set_ents(presets, default="missing")
    found = ner.alternatives(doc, 3)
    # all of it is there once it is read
    assert ner.alternatives(ner(doc), 3) == found
    fixed = {span.start for span in presets}
    own = [(e.start, e.end, e.label_) for e in doc.ents if e.start not in fixed]
    assert [entity[:3] for entity in found.entities] == own
    for start, end, readings in found.sentences:
        assert 1 <= len(readings) <= 3
        assert sum(reading.probability for reading in readings) <= 1 + 1e-9
        for reading in readings:
            assert len(reading.tags) == end - start
            there = [i - start for i in fixed if start <= i < end]
            assert all(reading.tags[i] == "O" for i in there)
    for start, end, label, probability, candidates, outside in found.entities:
        if not any(token.is_space for token in doc):
            score = Span(doc, start, end, label)._.moee_score
            assert probability == (score and pytest.approx(score, abs=1e-6))
        if probability is None:
            continue
        values = [candidate.probability for candidate in candidates]
        assert values == sorted(values, reverse=True)
        # neither can be there beside the entity
        assert probability + max([outside, *values]) <= 1 + 1e-9


def test_sentences_are_read_apart(nlp):
    nlp.add_pipe("sentencizer", first=True)
    doc = nlp("Anna met Bo Li . It rains .")
    found = get_ner(nlp).alternatives(doc)
    places = [(sentence.start, sentence.end) for sentence in found.sentences]
    assert places == [(0, 5), (5, 8)]
    alone = get_ner(nlp).alternatives(nlp("It rains ."))
    again = found.sentences[1].readings
    for one, other in zip(again, alone.sentences[0].readings, strict=True):
        assert one.tags == other.tags
        assert one.probability == pytest.approx(other.probability, rel=1e-4)


def test_an_empty_doc(nlp):
    assert get_ner(nlp).alternatives(nlp.make_doc("")) == ([], [])
    assert get_ner(nlp).alternatives(nlp("")) == ([], [])


@pytest.mark.parametrize("k", [0, -1, 1.5, "5", None])
def test_k_that_cannot_be(nlp, k):
    for text in ("Anna .", ""):
        with pytest.raises(MoeeError, match=r"\[M022\]"):
            get_ner(nlp).alternatives(nlp.make_doc(text), k)


def test_k_of_numpy(nlp):
    doc = nlp("Anna .")
    found = get_ner(nlp).alternatives(doc, numpy.int64(2))
    assert found == get_ner(nlp).alternatives(doc, 2)


def test_without_a_network():
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("moee_ner")
    with pytest.raises(MoeeError, match=r"\[M101\]"):
        ner.alternatives(nlp.make_doc("Anna ."))  # type: ignore[attr-defined]


def test_results_are_plain(nlp):
    found = get_ner(nlp).alternatives(nlp("Anna met Bo Li ."))
    for value in (*found.sentences[0][:2], *found.entities[0][:3]):
        assert type(value) in (int, str)
    assert type(found.sentences[0].readings[0].probability) is float
    assert type(found.sentences[0].readings[0].tags[0]) is str
    assert [*map(type, found.entities[0].candidates[0])] == [int, int, str, float]
