"""The Concept Tagger and the Robust Sequence Tagger under `moee_ner`: types that are
described, and new ones at run time."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.vectors import Vectors
from thinc.api import Config

from spacy_moee.errors import MoeeError

from ..marks import slow
from .test_labels import check_code
from .util import (
    TINY,
    get_all,
    get_ents,
    get_gradients,
    get_module,
    get_ner,
    get_weights,
    initialize,
    make_example,
    make_examples,
    make_random_docs,
    make_tagged,
    make_texts,
    predict_texts,
    train,
)

SYSTEMS = ["Concept", "Robust"]
WIDTH = 12
TOK2VEC = {
    "@architectures": "spacy.MultiHashEmbed.v2",
    "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
    "include_static_vectors": False,
    **TINY["tok2vec"],
}
DESCRIBED = ["location", "person", "organization", "miscellaneous"]
EXAMPLES = ["france", "russia", "quigley", "samokhalova"]


def set_vectors(nlp: Language, width: int = WIDTH) -> None:
    """Random vectors; that of "town" is nearly that of "location"."""
    words = [*DESCRIBED, *EXAMPLES, "product", "town", "village"]
    table = numpy.random.default_rng(0).normal(size=(len(words), width))
    for near in ("town", "village"):
        table[words.index(near)] = table[words.index("location")] + 0.01
    nlp.vocab.vectors = Vectors(data=table.astype("float32"), keys=words)


def make_nlp(system: str, **model: Any) -> Language:
    nlp = spacy.blank("en")
    set_vectors(nlp)
    config = {
        "@architectures": f"spacy_moee.{system}Tagger.v1",
        "hidden_width": 16,
        "depth": 1,
        "tok2vec": TOK2VEC,
        **model,
    }
    nlp.add_pipe("moee_ner", config={"model": config})
    return nlp


@lru_cache
def trained_bytes(system: str, merge: str) -> bytes:
    nlp = make_nlp(system, merge=merge)
    train(nlp, steps=60)
    return nlp.to_bytes()


def make_trained(system: str, merge: str = "max_prob") -> Language:
    return make_nlp(system, merge=merge).from_bytes(trained_bytes(system, merge))


def score(nlp: Language, texts: List[str]) -> List[numpy.ndarray]:
    """The scores of O, B and I, shape [tokens, types, 3] for each text."""
    model = get_ner(nlp).model
    batches = [model.predict([nlp.make_doc(text)]).batches for text in texts]
    return [batch.outputs.emissions[0].numpy() for (batch,) in batches]


def copies(nlp: Language, system: str, folder: Path, **model: Any) -> List[Language]:
    nlp.to_disk(folder)
    return [
        spacy.load(folder),
        make_nlp(system, **model).from_bytes(nlp.to_bytes()),
        spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes()),
        pickle.loads(pickle.dumps(nlp)),
        copy.deepcopy(nlp),
    ]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("merge", ["max_prob", *slow("overwrite")])
def test_overfitting_IO(system: str, merge: str, tmp_path: Path) -> None:
    nlp = make_nlp(system, merge=merge)
    initialize(nlp)
    constants = {n: b.clone() for n, b in get_module(nlp).named_buffers()}
    losses = train(nlp, steps=60)
    scores = nlp.evaluate(make_examples(nlp))
    assert (scores["ents_p"], scores["ents_r"], scores["ents_f"]) == (1.0, 1.0, 1.0)
    assert set(losses) == {"moee_ner", "moee_ner_recognition"}
    assert losses["moee_ner"] == pytest.approx(losses["moee_ner_recognition"])
    for name, buffer in get_module(nlp).named_buffers():
        assert numpy.array_equal(buffer, constants[name]), name

    expected = predict_texts(nlp)
    assert any(ents for _, _, ents in expected)
    for other in copies(nlp, system, tmp_path, merge=merge):
        assert predict_texts(other) == expected
        assert get_ner(other).labels == ("LOC", "PER")
    texts = make_texts(40, seed=1)
    for batch_size in (1, 7, 1000):
        assert get_all(nlp.pipe(texts, batch_size=batch_size)) == expected


@pytest.mark.parametrize("system", SYSTEMS)
def test_gradients_reach_everything(system: str) -> None:
    nlp = make_nlp(system)
    _, examples = initialize(nlp)
    no_step: Any = False
    nlp.update(examples, sgd=no_step)
    found = get_gradients(nlp)
    parameters = dict(get_module(nlp).named_parameters())
    embeddings = {name for name in found if isinstance(name, tuple)}
    assert parameters.keys() == found.keys() - embeddings
    assert embeddings


def test_order_of_the_types() -> None:
    """Outputs follow the labels, `overwrite` follows the descriptions."""
    nlp = make_nlp("Robust", merge="overwrite")
    labels = ["MISC", "PRODUCT", "LOC", "TOWN", "PER"]
    with pytest.warns(UserWarning, match=r"\[MW12\].*'MISC'"):
        get_ner(nlp).initialize(lambda: make_examples(nlp), labels=labels)
    network = get_module(nlp)
    get: Any = nlp.vocab.get_vector
    assert network.rank.argsort().tolist() == [2, 4, 0, 1, 3]
    texts = ["miscellaneous", "product", "location", "town", "person"]
    vectors = numpy.stack([get(text) for text in texts])
    assert numpy.array_equal(network.descriptions, vectors)
    # "english" and "eu-wide" have no vector here, and two types have no example
    assert network.is_example.tolist() == [
        [False, False], [False, False], [True, True], [False, False], [True, True]
    ]  # fmt: skip
    assert numpy.array_equal(network.examples[2, 1], get("russia"))
    assert numpy.array_equal(network.examples[4, 0], get("quigley"))
    # the order outlives a config file
    config = Config().from_str(nlp.config.to_str())
    for model in (nlp.config, config):
        texts = model["components"]["moee_ner"]["model"]["descriptions"]
        assert list(texts) == ["LOC", "PER", "ORG", "MISC"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_new_type_is_found_without_training(system: str, tmp_path: Path) -> None:
    nlp = make_trained(system, "overwrite")
    ner, texts = get_ner(nlp), make_texts(40, seed=1)
    before, scores = predict_texts(nlp), score(nlp, texts)
    told = {"examples": ["France", "Russia", "far off"]} if system == "Robust" else {}
    assert ner.add_label("TOWN", description="product", **told) == 1
    others = score(nlp, texts)
    assert ner.add_label("TOWN", description="town") == 0 == ner.add_label("TOWN")
    assert ner.labels == ("LOC", "PER", "TOWN") == tuple(nlp.pipe_labels["moee_ner"])
    assert "TOWN" in nlp.vocab.strings
    for old, new in zip(scores, score(nlp, texts), strict=True):
        assert numpy.allclose(new[:, :2], old, atol=1e-4)
        assert numpy.allclose(new[:, 2], old[:, 0], atol=0.5)
    for old, new in zip(others, score(nlp, texts), strict=True):
        assert numpy.allclose(new[:, :2], old[:, :2], atol=1e-4)
        assert abs(new[:, 2] - old[:, 2]).max() > 0.1
    # the new type comes last, and takes what is like a place
    after = predict_texts(nlp)
    renamed = {"LOC": "TOWN", "PER": "PER"}
    for (_, _, old), (_, _, new) in zip(before, after, strict=True):
        assert new == [(start, end, renamed[label]) for start, end, label in old]
    for other in copies(nlp, system, tmp_path, merge="overwrite"):
        assert predict_texts(other) == after
        assert get_ner(other).labels == ("LOC", "PER", "TOWN")
    # and once more, on what was loaded
    other = spacy.load(tmp_path)
    get_ner(other).add_label("VILLAGE", description="village")
    assert {e.label_ for t in texts for e in other(t).ents} == {"VILLAGE", "PER"}


def test_new_type_is_merged_by_how_sure_it_is() -> None:
    nlp = make_trained("Concept")
    before = predict_texts(nlp)
    get_ner(nlp).add_label("TOWN", description="town")
    for (_, _, old), (_, _, new) in zip(before, predict_texts(nlp), strict=True):
        assert [ent for ent in old if ent[2] == "PER"] == [
            ent for ent in new if ent[2] == "PER"
        ]
        assert len(old) <= len(new)


@pytest.mark.parametrize("system", SYSTEMS)
def test_new_type_can_be_learned(system: str) -> None:
    nlp = make_trained(system)
    get_ner(nlp).add_label("PRODUCT")
    bought = [
        make_example(
            nlp, ["Eva", "bought", "a", name], ["B-PER", "O", "O", "B-PRODUCT"]
        )
        for name in ("Zoomer", "Blip")
    ]
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.02
    for _ in range(60):
        nlp.update([*bought, *make_examples(nlp)], sgd=optimizer)
    scores = nlp.evaluate([*bought, *make_examples(nlp)])
    assert scores["ents_f"] == 1.0
    assert set(scores["ents_per_type"]) == {"LOC", "PER", "PRODUCT"}


def test_description_is_kept_for_initialization() -> None:
    nlp = make_nlp("Robust")
    ner = get_ner(nlp)
    assert ner.add_label("PER", description="town", examples=["quigley"]) == 1
    for other in (nlp, copy.deepcopy(nlp), pickle.loads(pickle.dumps(nlp))):
        initialize(other)
        network = get_module(other)
        get: Any = nlp.vocab.get_vector
        assert get_ner(other).labels == ("PER", "LOC")
        assert numpy.array_equal(network.descriptions[0], get("town"))
        assert network.is_example.tolist() == [[True, False], [True, True]]
    # the defaults are nobody's to change
    initialize(make_nlp("Robust"))
    fresh = get_ner(make_nlp("Robust")).model.attrs
    assert fresh["descriptions"]["PER"] == "person"
    assert fresh["examples"]["PER"] == ["quigley", "samokhalova"]


def check_unchanged(nlp: Language, code: str, label: str, **told: Any) -> MoeeError:
    ner = get_ner(nlp)
    labels, weights = ner.labels, get_weights(nlp)
    with pytest.raises(MoeeError) as error:
        ner.add_label(label, **told)
    check_code(error, code, *([label] if code != "M105" else []))
    assert ner.labels == labels
    assert get_weights(nlp) == weights
    return error.value


@pytest.mark.parametrize("built", [False, True])
def test_what_a_model_does_not_read(built: bool) -> None:
    nlp = make_trained("Concept") if built else make_nlp("Concept")
    check_unchanged(nlp, "M106", "NEW", examples=["x"])
    other = spacy.blank("en")
    other.add_pipe("moee_ner", config={"model": TINY})
    if built:
        initialize(other)
    check_unchanged(other, "M106", "NEW", description="new")
    check_unchanged(other, "M106", "NEW", examples=["new"])


def test_new_type_needs_the_vectors_of_training() -> None:
    nlp = make_trained("Robust")
    expected = predict_texts(nlp)
    nlp.vocab.vectors = Vectors()
    check_unchanged(nlp, "M105", "NEW", description="product")
    set_vectors(nlp, WIDTH + 1)
    with pytest.raises(MoeeError, match=rf"\[M203\].*{WIDTH + 1}.*{WIDTH}"):
        get_ner(nlp).add_label("NEW", description="product")
    assert predict_texts(nlp) == expected


def test_types_are_described_anew(tmp_path: Path) -> None:
    """Of a trained pipeline: what was called a town, is called a place again."""
    nlp = make_trained("Robust")
    ner, expected = get_ner(nlp), predict_texts(nlp)
    before = get_weights(nlp)
    assert ner.add_label("LOC", description="product", examples=["quigley"]) == 0
    assert predict_texts(nlp) != expected
    for other in copies(nlp, "Robust", tmp_path):
        assert predict_texts(other) == predict_texts(nlp)
    assert ner.labels == ("LOC", "PER")
    ner.add_label("LOC", description="location", examples=["france", "russia"])
    assert predict_texts(nlp) == expected and get_weights(nlp) == before


def test_gradients_that_wait_stay() -> None:
    nlp = make_trained("Concept")
    no_step: Any = False
    nlp.update(make_examples(nlp), sgd=no_step)
    before = get_gradients(nlp)
    get_ner(nlp).add_label("TOWN", description="town")
    after = get_gradients(nlp)
    assert before.keys() == after.keys() and len(before) > 8
    assert all(numpy.array_equal(after[name], before[name]) for name in before)


@pytest.mark.filterwarnings("error")
def test_vectors_of_the_same_width_that_are_others() -> None:
    nlp = make_trained("Concept")
    ner = get_ner(nlp)
    # as those that are carried along in half precision
    nlp.vocab.vectors.data = nlp.vocab.vectors.data.astype("float16").astype("float32")
    ner.add_label("TOWN", description="town")
    nlp.vocab.vectors.data = numpy.roll(nlp.vocab.vectors.data, 1, axis=0)
    with pytest.warns(UserWarning, match=r"\[MW13\].*'person' of 'PER'"):
        ner.add_label("NEW", description="product")


def test_merge_can_be_changed_when_it_is_loaded(tmp_path: Path) -> None:
    nlp = make_trained("Concept")
    get_ner(nlp).add_label("TOWN", description="town")
    nlp.to_disk(tmp_path)
    change = {"components": {"moee_ner": {"model": {"merge": "overwrite"}}}}
    other = spacy.load(tmp_path, config=change)
    merges = [get_module(x).merge for x in (nlp, other)]
    assert merges == ["max_prob", "overwrite"]
    # a network of other sizes is another one
    change = {"components": {"moee_ner": {"model": {"hidden_width": 17}}}}
    with pytest.raises(MoeeError, match=r"\[M102\].*weight_ih_l0 is") as error:
        spacy.load(tmp_path, config=change)
    assert len(str(error.value)) < 700


def test_vocabulary_of_another_pipeline() -> None:
    nlp, other = make_trained("Concept"), spacy.blank("en")
    set_vectors(other, WIDTH + 1)
    with pytest.warns(UserWarning, match="W113"):
        other.add_pipe("moee_ner", source=nlp)
    ner = get_ner(other)
    # trained with the first one's vectors, initialized with the second one's
    ner.add_label("TOWN", description="town")
    other.initialize(lambda: make_examples(other))
    ner.add_label("VILLAGE", description="village")
    assert get_module(other).descriptions.shape == (4, WIDTH + 1)


def test_labels_stay_when_initialization_fails() -> None:
    nlp = make_trained("Concept")
    ner = get_ner(nlp)
    nlp.vocab.vectors = Vectors()
    example = make_example(nlp, ["Zoomer"], ["B-PRODUCT"])
    with pytest.raises(MoeeError, match="M105"):
        ner.initialize(lambda: [example], nlp=nlp)
    assert ner.labels == ("LOC", "PER")
    make_nlp("Concept").from_bytes(nlp.to_bytes())


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_vectors(system: str) -> None:
    nlp = make_nlp(system)
    nlp.vocab.vectors = Vectors()
    with pytest.raises(MoeeError) as error:
        initialize(nlp)
    check_code(error, "M105", "'en'", "spacy moee vectors")


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("word", ["location", "village"])
def test_descriptions_that_are_not_finite(system: str, word: str) -> None:
    """What a type is described with is checked, when it is described."""
    nlp = make_nlp(system)
    nlp.vocab.vectors.data[nlp.vocab.vectors.find(key=word), 0] = numpy.inf
    if word == "location":
        with pytest.raises(MoeeError, match="M246.*'location'.* 1 of "):
            initialize(nlp)
        return
    initialize(nlp)
    check_unchanged(nlp, "M246", "village", description=word)


def test_description_without_a_vector() -> None:
    nlp = make_trained("Concept")
    with pytest.warns(UserWarning, match=r"\[MW11\].*'zzz yyy'.*'NEW'"):
        get_ner(nlp).add_label("NEW", description="zzz yyy")


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "argument, value",
    [("hidden_width", 0), ("depth", -1), ("dropout", 1.0), ("merge", "vote")],
)
def test_bad_arguments(system: str, argument: str, value: Any) -> None:
    with pytest.raises(MoeeError) as error:
        make_nlp(system, **{argument: value})
    check_code(error, "M103", argument, str(value), f"spacy_moee.{system}Tagger.v1")


def learn_document(nlp: Language) -> None:
    """Sentences after each other, without sentence starts."""
    words, tags = (list(chain(*rows)) for rows in zip(*make_tagged(), strict=True))
    examples = [make_example(nlp, words, tags), *make_examples(nlp)]
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.02
    for _ in range(20):
        nlp.update(examples, sgd=optimizer)


@pytest.mark.parametrize("system", SYSTEMS)
def test_odd_docs(system: str) -> None:
    """Empty ones, white space, preset entities, and one longer than a window."""
    nlp = make_trained(system)
    learn_document(nlp)
    docs = make_random_docs(nlp, 30)
    words = [word for text in make_texts(120) for word in text.split()]
    docs.append(Doc(nlp.vocab, words=words))
    preset = Doc(nlp.vocab, words="Anna lives in New York .".split())
    preset.set_ents([Span(preset, 3, 4, label="X")], default="missing")
    docs.append(preset)
    expected = [get_all([nlp(doc.copy())])[0] for doc in docs]
    assert get_all(nlp.pipe([doc.copy() for doc in docs], batch_size=9)) == expected
    ents = get_ents(nlp(preset))
    assert (0, 1, "PER") in ents and (3, 4, "X") in ents
    found = get_ents(nlp(docs[-2].copy()))
    assert len(words) > 600 and len(found) > 100


@pytest.mark.parametrize("system", SYSTEMS)
def test_threads(system: str) -> None:
    nlp, texts = make_trained(system), make_texts(100, seed=2)
    expected = get_all(nlp.pipe(texts))
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda i: get_all(nlp.pipe(texts, batch_size=1 + i)), range(8))
        assert all(docs == expected for docs in found)


def test_listener() -> None:
    config = make_nlp("Concept").config.copy()
    config["components"]["tok2vec"] = {
        "factory": "tok2vec",
        "model": {
            "@architectures": "spacy.HashEmbedCNN.v2",
            "width": 24, "depth": 1, "embed_size": 300, "window_size": 1,
            "maxout_pieces": 2, "subword_features": True, "pretrained_vectors": None,
        },
    }  # fmt: skip
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 24}
    config["components"]["moee_ner"]["model"]["tok2vec"] = listener
    config["nlp"]["pipeline"] = ["tok2vec", "moee_ner"]
    nlp = spacy.blank("en").from_config(config)
    set_vectors(nlp)
    initialize(nlp)
    before = get_weights(nlp, "tok2vec")
    train(nlp, steps=60)
    assert get_weights(nlp, "tok2vec") != before
    assert nlp.evaluate(make_examples(nlp))["ents_f"] == 1.0
