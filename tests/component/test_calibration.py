"""A component that is calibrated: what changes, what stays, what is saved."""

from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
from numpy import ndarray
from spacy.language import Language

from spacy_moee.errors import MoeeError

from .util import (
    get_ner,
    get_weights,
    initialize,
    make_examples,
    make_nlp,
    make_random_docs,
    predict_texts,
)


def scores_of(nlp: Language) -> ndarray:
    docs = nlp.pipe(make_random_docs(nlp, 40))
    parts: List[Any] = [doc.spans["moee_ner"].attrs["scores"] for doc in docs]
    return numpy.concatenate(parts)


def test_scores_change_and_entities_stay(nlp: Language) -> None:
    before, entities = scores_of(nlp), predict_texts(nlp)
    assert len(before) > 20 and (before > 0.5).any()
    get_ner(nlp).temperature = 4.0
    after = scores_of(nlp)
    assert len(after) == len(before)
    sure = before > 0.9
    assert (after[sure] < before[sure]).all()
    assert predict_texts(nlp) == entities
    get_ner(nlp).temperature = 1.0
    assert scores_of(nlp).tolist() == before.tolist()


def test_threshold_is_that_of_calibrated_scores(nlp: Language) -> None:
    ner = get_ner(nlp)
    ner.temperature = 2.0
    docs = make_random_docs(nlp, 40)
    scores = scores_of(nlp)
    ner.threshold = float(numpy.median(scores))
    kept = [len(doc.ents) for doc in nlp.pipe(docs)]
    assert sum(kept) == (scores >= ner.threshold).sum()


def test_read_gives_the_scores_of_a_temperature(nlp: Language) -> None:
    ner = get_ner(nlp)
    ner.temperature = 3.0
    docs = make_random_docs(nlp, 40)
    at = ner.read(docs)
    for temperature in (1.0, 3.0):
        ner.temperature = temperature
        found = at(["scores"], temperature)
        for read, predicted in zip(found, ner.predict(docs), strict=True):
            assert read.tags.tolist() == predicted.tags.tolist()
            assert read.scores.tolist() == predicted.scores.tolist()


def test_it_is_saved(nlp: Language, tmp_path: Path) -> None:
    assert get_ner(nlp).temperature == 1.0
    plain = nlp.to_bytes()
    get_ner(nlp).temperature = 1.75
    expected = scores_of(nlp).tolist()
    nlp.to_disk(tmp_path)
    for loaded in (spacy.load(tmp_path), make_nlp().from_bytes(nlp.to_bytes())):
        assert get_ner(loaded).temperature == 1.75
        assert scores_of(loaded).tolist() == expected
    # what is loaded counts
    assert get_ner(nlp.from_bytes(plain)).temperature == 1.0


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan"), "1", None])
def test_what_is_no_temperature(nlp: Language, value: Any) -> None:
    ner = get_ner(nlp)
    ner.temperature = 2.0
    with pytest.raises(MoeeError, match="M024.*temperature above 0"):
        ner.temperature = value
    assert ner.temperature == 2.0


@pytest.mark.parametrize("saved", [None, 2.0, {}, {"temperature": 0}, {"slope": 1.0}])
def test_what_is_saved_is_checked(nlp: Language, saved: Any) -> None:
    ner = get_ner(nlp)
    ner.temperature = 2.0
    damaged = get_ner(nlp.from_bytes(nlp.to_bytes()))
    damaged.cfg["calibration"] = saved
    data, weights = damaged.to_bytes(), get_weights(nlp)
    ner.cfg["calibration"] = {"temperature": 2.0}
    with pytest.raises(MoeeError, match=r"M005.*M024"):
        ner.from_bytes(data)
    assert ner.temperature == 2.0 and get_weights(nlp) == weights


def test_a_new_network_is_not_calibrated(nlp: Language) -> None:
    get_ner(nlp).temperature = 2.0
    initialize(nlp)
    assert get_ner(nlp).temperature == 1.0


def test_learning_and_new_types_keep_it(nlp: Language) -> None:
    ner = get_ner(nlp)
    ner.temperature = 2.0
    nlp.update(make_examples(nlp), sgd=nlp.resume_training())
    ner.add_label("NEW")
    assert ner.temperature == 2.0


def test_alternatives_are_calibrated(nlp: Language) -> None:
    ner, text = get_ner(nlp), "Anna lives in New York ."
    before = ner.alternatives(nlp(text))
    ner.temperature = 3.0
    doc = nlp(text)
    found = ner.alternatives(doc)
    scores = doc.spans["moee_ner"].attrs["scores"].tolist()
    assert len(scores) == 2
    assert [x.probability for x in found.entities] == pytest.approx(scores, rel=1e-5)
    readings = [x.sentences[0].readings for x in (before, found)]
    assert readings[0][0].tags == readings[1][0].tags
    assert readings[1][0].probability < readings[0][0].probability
