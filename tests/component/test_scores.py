"""How sure the component is of an entity: against an enumeration of all sequences of
tags, and where it is written."""

from itertools import product
from typing import Any, Dict, List, Optional

import numpy
import pytest
import torch
from numpy.testing import assert_allclose
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.util import load_model

from spacy_moee.errors import MoeeError
from spacy_moee.scheme import iob2_scheme
from spacy_moee.scheme import spans as read_spans

from .util import (
    get_ents,
    get_module,
    get_ner,
    initialize,
    make_nlp,
    make_random_docs,
    make_texts,
    make_trained,
)

KEY = "moee_ner"


def get_scores(doc: Doc) -> Dict[tuple, float]:
    group = doc.spans[KEY]
    scores = group.attrs["scores"].tolist()
    places = [(span.start, span.end, span.label_) for span in group]
    return dict(zip(places, scores, strict=True))


def enumerate_scores(
    nlp: Language, doc: Doc, outside: Optional[List[int]] = None
) -> Dict[tuple, float]:
    """The probability of every entity of a short doc, by all sequences of tags."""
    (batch,) = get_ner(nlp).model.predict([doc]).batches
    emissions = batch.outputs.emissions[0].double()
    network = get_module(nlp)
    crf, labels = network.recognition_crf, get_ner(nlp).labels
    legal = iob2_scheme(len(labels)).legal
    scores, entities = [], []
    for path in product(range(emissions.shape[1]), repeat=len(doc)):
        moves = [*zip((-1, *path), path, strict=False)]
        if network.constrained and not all(legal[a, b] for a, b in moves):
            continue
        if any(path[i] for i in outside or ()):
            continue
        score = sum(emissions[i, tag] for i, tag in enumerate(path))
        if crf is not None:
            score = score + crf.start_transitions[path[0]].double()
            score = score + crf.end_transitions[path[-1]].double()
            score = score + sum(crf.transitions[a, b].double() for a, b in moves[1:])
        scores.append(score)
        found = zip(*(x.tolist() for x in read_spans(numpy.array(path))), strict=True)
        entities.append([(start, end, labels[label]) for start, end, label in found])
    summed: Dict[tuple, float] = {}
    for probability, spans in zip(
        torch.stack(scores).softmax(dim=0).tolist(), entities, strict=True
    ):
        for span in spans:
            summed[span] = summed.get(span, 0.0) + probability
    return summed


@pytest.mark.parametrize("constrained", [True, False])
@pytest.mark.parametrize("crf", [True, False])
def test_equals_enumeration(crf: bool, constrained: bool) -> None:
    nlp = make_nlp(crf=crf, constrained=constrained)
    optimizer, examples = initialize(nlp)
    for _ in range(12):
        nlp.update(examples, sgd=optimizer)
    n_entities = 0
    for doc in make_random_docs(nlp, 40, seed=3):
        doc = Doc(nlp.vocab, words=[token.text for token in doc[:5]])
        wanted = enumerate_scores(nlp, doc) if len(doc) else {}
        found = get_scores(nlp(doc))
        assert [*found] == get_ents(doc)
        for entity, score in found.items():
            if not any(token.is_space for token in doc):
                assert_allclose(score, wanted[entity], atol=1e-6)
                n_entities += 1
    assert n_entities > 5


def test_preset_tokens_are_fixed(nlp: Language) -> None:
    doc = nlp.make_doc("Anna met Bo Li")
    doc.set_ents([Span(doc, 3, 4, label="LOC")], default="missing")
    wanted = enumerate_scores(nlp, nlp.make_doc("Anna met Bo Li"), outside=[3])
    doc = nlp(doc)
    assert get_ents(doc)[-1] == (3, 4, "LOC")
    found = get_scores(doc)
    assert len(found) == len(doc.ents) - 1 > 0
    for entity, score in found.items():
        assert_allclose(score, wanted[entity], atol=1e-6)
    scores = [ent._.moee_score for ent in doc.ents]
    assert scores[:-1] == [*found.values()] and scores[-1] is None


def test_nothing_is_computed_unless_asked_for(nlp: Language) -> None:
    get_ner(nlp).scores_key = None
    doc = nlp(make_texts(1)[0])
    assert doc.ents and not doc.spans and not doc.user_data
    assert {ent._.moee_score for ent in doc.ents} == {None}
    assert {ent._.moee_detection for ent in doc.ents} == {None}
    assert doc._.moee_gates is doc[0]._.moee_gates is None
    assert nlp("").ents == ()


def test_an_empty_doc_has_an_empty_group(nlp: Language) -> None:
    doc = nlp("")
    assert len(doc.spans[KEY]) == len(doc.spans[KEY].attrs["scores"]) == 0
    empty, full = nlp.pipe(["", make_texts(1)[0]])
    assert len(empty.spans[KEY]) == 0 and len(full.spans[KEY]) == len(full.ents)


def test_entities_with_scores_survive(nlp: Language, tmp_path: Any) -> None:
    get_ner(nlp).gates = True
    texts = make_texts(8)
    serial = [*nlp.pipe(texts)]
    stored = DocBin(docs=serial, store_user_data=True)
    loaded = [*DocBin().from_bytes(stored.to_bytes()).get_docs(nlp.vocab)]
    parallel = [*nlp.pipe(texts, n_process=2, batch_size=3)]
    copied = [Doc(nlp.vocab).from_bytes(doc.to_bytes()) for doc in serial]
    for docs in (loaded, parallel, copied):
        for doc, other in zip(serial, docs, strict=True):
            scores = [ent._.moee_score for ent in other.ents]
            assert scores == [ent._.moee_score for ent in doc.ents]
            assert None not in scores
            assert [ent._.moee_detection for ent in other.ents] == [
                ent._.moee_detection for ent in doc.ents
            ]
            assert other._.moee_gates.labels == ["O", *get_ner(nlp).labels]
            assert other._.moee_gates.weights.dtype == "float32"
            assert_allclose(other._.moee_gates.weights, doc._.moee_gates.weights)
            assert other[0]._.moee_gates == doc[0]._.moee_gates


def test_gates_of_a_doc_longer_than_a_window(nlp: Language) -> None:
    ner = get_ner(nlp)
    ner.gates = True
    text = " ".join(make_texts(40))
    nlp = make_nlp(segments={"max_length": 20, "overlap": 6}).from_bytes(nlp.to_bytes())
    get_ner(nlp).gates = True
    doc = nlp(text)
    labels, weights = doc._.moee_gates
    assert labels == ["O", *ner.labels] and weights.shape == (len(doc), len(labels))
    assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    (wanted,) = get_ner(nlp).predict([nlp.make_doc(text)], ["gates"])
    assert_allclose(weights, wanted.gates)
    assert doc[5]._.moee_gates == dict(zip(labels, weights[5].tolist(), strict=True))
    # of other tokens there is nothing
    assert doc[2:9].as_doc(copy_user_data=True)._.moee_gates is None


def test_a_threshold_drops_entities(nlp: Language) -> None:
    ner, texts = get_ner(nlp), make_texts(20, seed=2)
    every = [*nlp.pipe(texts)]
    scores = sorted(ent._.moee_score for doc in every for ent in doc.ents)
    ner.threshold = scores[len(scores) // 2]
    some = [*nlp.pipe(texts)]
    kept = [
        [get_ents(doc)[i] for i, ent in enumerate(doc.ents) if is_sure(ent, ner)]
        for doc in every
    ]
    assert [get_ents(doc) for doc in some] == kept
    assert [[*get_scores(doc)] for doc in some] == kept
    assert 0 < sum(map(len, kept)) < len(scores)
    ner.scores_key = None
    assert [get_ents(doc) for doc in nlp.pipe(texts)] == kept
    # tokens of dropped entities are known to be in none
    assert all(token.ent_iob_ for doc in some for token in doc)


def is_certain(ent: Span) -> bool:
    return ent._.moee_score == 1


def is_sure(ent: Span, ner: Any) -> bool:
    return ent._.moee_score >= ner.threshold


def test_a_threshold_is_set_at_load(nlp: Language, tmp_path: Any) -> None:
    nlp.to_disk(tmp_path)
    assert "threshold" not in get_ner(nlp).cfg
    for value in (0.0, 1.0):
        config = {"components.moee_ner.threshold": value}
        loaded = load_model(tmp_path, config=config)
        assert get_ner(loaded).threshold == value
        found = [ent for doc in loaded.pipe(make_texts(8)) for ent in doc.ents]
        assert found or value
        assert value == 0 or all(map(is_certain, found))


@pytest.mark.parametrize("value", [-0.1, 1.5])
def test_a_threshold_that_cannot_be(value: float) -> None:
    nlp = Language()
    with pytest.raises(MoeeError, match=r"\[M013\].*threshold of 'moee_ner'"):
        nlp.add_pipe("moee_ner", config={"threshold": value})


def test_what_a_doc_had_stays_if_it_is_read_again(nlp: Language) -> None:
    doc = nlp(make_texts(1)[0])
    before = get_scores(doc)
    doc = nlp(doc)
    assert before and get_scores(doc) == before
    doc.ents = doc.ents[1:]
    assert len(get_scores(nlp(doc))) == len(before)


def test_other_groups_are_not_taken_for_scores(nlp: Language) -> None:
    doc = nlp.make_doc("Anna lives in Oslo")
    group = [Span(doc, 0, 1, label="PER")]
    doc.spans["sc"] = group
    doc.spans["sc"].attrs["scores"] = numpy.ones(1)
    doc.ents = group
    assert doc.ents[0]._.moee_score is None


def test_an_entity_linker_changes_nothing(nlp: Language) -> None:
    doc = nlp(make_texts(1)[0])
    scores = [ent._.moee_score for ent in doc.ents]
    for token in doc:
        token.ent_kb_id_ = "Q1"
    assert doc.ents[0].kb_id_ == "Q1"
    assert [ent._.moee_score for ent in doc.ents] == scores


def test_detection_is_sure_of_what_is_an_entity(nlp: Language) -> None:
    docs = [*nlp.pipe(make_texts(8))]
    found = [ent._.moee_detection for doc in docs for ent in doc.ents]
    assert found and all(0.5 < score <= 1 for score in found)
    nlp = make_nlp(detection=False)
    initialize(nlp)
    doc = nlp(make_texts(1)[0])
    assert "detection" not in doc.spans[KEY].attrs
    assert {ent._.moee_detection for ent in doc.ents} <= {None}


def test_the_settings_are_declared() -> None:
    meta = Language.get_factory_meta("moee_ner")
    assert {"doc.spans", "span._.moee_score", "doc._.moee_gates"} <= {*meta.assigns}
    assert meta.default_config["scores_key"] == KEY
    assert make_trained().analyze_pipes()["summary"]["moee_ner"]["assigns"]
