"""A pipeline that gets a new type while others use it: components that share its
encoder, and threads that predict."""

import threading
from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
from spacy.language import Language

from spacy_moee.models.readout import read_out

from .test_new_types import make_new
from .test_pipeline import Examples, make_listening
from .util import TINY, get_all, get_ner, get_weights, make_texts, make_trained


def make_shared() -> Language:
    nlp = make_listening()
    examples = list(Examples()(nlp))
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(5):
        nlp.update(examples, sgd=optimizer)
    # a listener that has trained expects its encoder to do so, too
    return make_listening().from_bytes(nlp.to_bytes())


def make_mixed(nlp: Language) -> List[Any]:
    examples = [*Examples()(nlp), *make_new(nlp, 6)]
    for example in examples:
        for token in example.y:
            token.tag_ = "NN" if token.ent_type else "XX"
    return examples


def read_tags(nlp: Language, name: str = "tagger") -> List[numpy.ndarray]:
    """The scores of another component that listens."""
    docs = list(nlp.pipe(make_texts(10, seed=1), disable=["moee_ner", name]))
    return [scores.copy() for scores in get_ner(nlp, name).model.predict(docs)]


def check_listeners(nlp: Language, listeners: Any) -> None:
    upstream = get_ner(nlp, "tok2vec")
    assert upstream.listening_components == ["tagger", "moee_ner"]
    assert upstream.listener_map == listeners
    assert get_ner(nlp).model.layers[0] is listeners["moee_ner"][0]


@pytest.mark.parametrize("way", ["add_label", "update"])
def test_what_listens_is_not_disturbed(way: str) -> None:
    nlp = make_shared()
    weights = {name: get_weights(nlp, name) for name in ("tok2vec", "tagger")}
    listeners = {k: [*v] for k, v in get_ner(nlp, "tok2vec").listener_map.items()}
    before = read_tags(nlp)
    if way == "add_label":
        get_ner(nlp).add_label("PRODUCT")
    else:
        examples = make_mixed(nlp)
        frozen = ["tok2vec", "tagger"]
        with pytest.warns(UserWarning, match=r"\[MW05\]"):
            nlp.update(examples, exclude=frozen, annotates=["tok2vec"])
        nlp.update(examples, exclude=frozen, annotates=["tok2vec"])
    assert get_ner(nlp).labels == ("LOC", "PER", "PRODUCT")
    check_listeners(nlp, listeners)
    assert {name: get_weights(nlp, name) for name in weights} == weights
    for old, new in zip(before, read_tags(nlp), strict=True):
        assert numpy.array_equal(old, new)


def test_all_learn_in_the_update_that_grows(tmp_path: Path) -> None:
    """The shared encoder gets the gradient of all of its listeners."""
    nlp = make_shared()
    listeners = {k: [*v] for k, v in get_ner(nlp, "tok2vec").listener_map.items()}
    optimizer, examples = nlp.resume_training(), make_mixed(nlp)
    # the first update of what is loaded does not reach spaCy's tok2vec
    nlp.update(list(Examples()(nlp)), sgd=optimizer)
    weights = {name: get_weights(nlp, name) for name in nlp.pipe_names}
    optimizer.learn_rate = 0.02
    with pytest.warns(UserWarning, match=r"\[MW05\]"):
        nlp.update(examples, sgd=optimizer)
    for name, before in weights.items():
        assert get_weights(nlp, name) != before, name
    check_listeners(nlp, listeners)
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    scores = nlp.evaluate(examples)
    assert (scores["ents_f"], scores["tag_acc"]) == (1.0, 1.0)
    nlp.to_disk(tmp_path)
    assert get_all(spacy.load(tmp_path).pipe(make_texts())) == get_all(
        nlp.pipe(make_texts())
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_shared_transformer(tmp_path: Path) -> None:
    pytest.importorskip("spacy_transformers")
    from ..embeddings.encoder_util import make_bert

    nlp = spacy.blank("en")
    name = make_bert(tmp_path / "bert", n_positions=256, dropout=0.0)
    nlp.add_pipe("transformer", config={"model": {"name": name}})
    listener = {
        "@architectures": "spacy-transformers.TransformerListener.v1",
        "grad_factor": 1.0,
        "pooling": {"@layers": "reduce_first.v1"},
    }
    block = {"@architectures": "spacy.Tagger.v2", "tok2vec": listener}
    nlp.add_pipe("tagger", config={"model": block})
    nlp.add_pipe("moee_ner", config={"model": {**TINY, "tok2vec": listener}})
    examples = list(Examples()(nlp))
    nlp.initialize(lambda: examples)
    nlp.update(examples)
    shared = get_ner(nlp, "transformer")
    listeners = {name: [*found] for name, found in shared.listener_map.items()}
    docs = list(nlp.pipe(make_texts(6)))
    before = [doc.to_array(["TAG"]).tolist() for doc in docs]
    frozen = ["transformer", "tagger"]
    weights = {name: get_weights(nlp, name) for name in frozen}
    with pytest.warns(UserWarning, match=r"\[MW05\]"):
        nlp.update(make_mixed(nlp), exclude=frozen, annotates=["transformer"])
    assert get_ner(nlp).labels == ("LOC", "PER", "PRODUCT")
    assert {name: get_weights(nlp, name) for name in frozen} == weights
    assert shared.listener_map == listeners
    docs = list(nlp.pipe(make_texts(6)))
    assert [doc.to_array(["TAG"]).tolist() for doc in docs] == before
    nlp.update(make_mixed(nlp))
    assert all(get_weights(nlp, name) != weights[name] for name in frozen)


def test_threads_predict_while_it_grows() -> None:
    """None of them reads half of the old network and half of the new."""
    nlp = make_trained()
    ner, texts = get_ner(nlp), make_texts(8, seed=1)
    expected = get_all(nlp.pipe(texts))
    errors: List[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                assert get_all(nlp.pipe(texts)) == expected
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for i in range(15):
        ner.add_label(f"T{i}")
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(ner.labels) == 17


def test_a_prediction_that_has_begun_ends_as_it_began(
    nlp: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, at the worst moment."""
    ner = get_ner(nlp)
    docs = [nlp.make_doc(text) for text in make_texts(4)]
    expected = [row.marginals for row in ner.predict(docs, ["marginals"])]

    def grow_before(*args: Any) -> Any:
        monkeypatch.undo()
        ner.add_label("PRODUCT")
        return read_out(*args)

    monkeypatch.setattr("spacy_moee.component.read_out", grow_before)
    found = ner.predict(docs, ["marginals"])
    for row, values in zip(found, expected, strict=True):
        assert numpy.array_equal(row.marginals, values)
    ner.set_annotations(docs, found)
    assert ner.labels == ("LOC", "PER", "PRODUCT")
