"""The component among others: config, listeners, training loop, sourcing."""

from pathlib import Path
from typing import Any, List

import pytest
import spacy
import srsly
from spacy import registry
from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.training.loop import train as train_loop
from spacy.util import load_model_from_config
from thinc.api import Config

from .util import (
    TINY,
    get_all,
    get_ents,
    get_ner,
    get_weights,
    make_examples,
    make_nlp,
    make_texts,
    make_trained,
    predict_texts,
    train,
)

LISTENING = """
[nlp]
lang = "en"
pipeline = ["tok2vec","tagger","moee_ner"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
width = 24
depth = 1
embed_size = 300
window_size = 1
maxout_pieces = 2
subword_features = true
pretrained_vectors = null

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 24

[components.moee_ner]
factory = "moee_ner"

[components.moee_ner.model]
@architectures = "spacy_moee.MoEETagger.v1"
hidden_width = 16
depth = 1
expert_width = 8

[components.moee_ner.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 24

[training]
max_steps = 2
eval_frequency = 1

[corpora]

[corpora.train]
@readers = "tests.moee_examples"

[corpora.dev]
@readers = "tests.moee_examples"
"""


class Examples:
    def __call__(self, nlp: Language) -> Any:
        examples = make_examples(nlp, 8)
        for example in examples:
            for token in example.y:
                token.tag_ = "NN" if token.ent_type else "XX"
        return iter(examples)


@registry.readers("tests.moee_examples")
def make_reader() -> Examples:
    return Examples()


def make_listening(**nlp_config: Any) -> Language:
    config = Config().from_str(LISTENING)
    config["nlp"].update(nlp_config)
    return load_model_from_config(config, auto_fill=True)


def test_default_config() -> None:
    nlp = spacy.blank("en")
    ner: Any = nlp.add_pipe("moee_ner")
    config = nlp.config["components"]["moee_ner"]
    model = config["model"]
    assert config["factory"] == "moee_ner"
    assert config["scorer"] == {"@scorers": "spacy_moee.moee_ner_scorer.v1"}
    assert model["@architectures"] == "spacy_moee.MoEETagger.v1"
    assert model["segments"]["@misc"] == "spacy_moee.sentence_segments.v1"
    assert model["tok2vec"]["@architectures"] == "spacy.MultiHashEmbed.v2"
    assert model["tok2vec"]["attrs"] == ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
    assert model["tok2vec"]["include_static_vectors"] is False
    assert (ner.name, ner.is_trainable) == ("moee_ner", True)
    assert ner.tok2vec is ner.model.get_ref("tok2vec")


def test_factory_is_that_of_ner() -> None:
    """The same score weights, so that both compare in one table, and more than the same
    assignments."""
    nlp = make_nlp()
    ours = Language.get_factory_meta("moee_ner")
    ner = Language.get_factory_meta("ner")
    assert [*ours.assigns][:3] == [*ner.assigns]
    assert ours.requires == ner.requires == []
    assert ours.default_score_weights == ner.default_score_weights
    assert nlp.config["training"]["score_weights"] == {
        "ents_f": 1.0,
        "ents_p": 0.0,
        "ents_r": 0.0,
        "ents_per_type": None,
    }


def test_analyze_pipes(nlp: Language) -> None:
    nlp.add_pipe("merge_entities")
    analysis: Any = nlp.analyze_pipes()
    assert analysis["problems"] == {"moee_ner": [], "merge_entities": []}
    assigns = analysis["summary"]["moee_ner"]["assigns"]
    assert assigns[:3] == ["doc.ents", "token.ent_iob", "token.ent_type"]
    assert "doc.spans" in assigns


def test_config_round_trip(nlp: Language) -> None:
    text = nlp.config.to_str()
    assert srsly.json_loads(srsly.json_dumps(nlp.config)) == nlp.config
    other = spacy.blank("en").from_config(Config().from_str(text, interpolate=False))
    assert other.config == nlp.config
    other.from_bytes(nlp.to_bytes())
    assert predict_texts(other) == predict_texts(nlp)
    assert nlp.config.to_str() == text


def test_cfg_is_jsonable(nlp: Language) -> None:
    cfg = get_ner(nlp).cfg
    assert srsly.json_loads(srsly.json_dumps(cfg)) == cfg == {"labels": ["LOC", "PER"]}


def test_two_in_one_pipeline() -> None:
    nlp = make_trained()
    nlp.add_pipe("moee_ner", name="other", config={"model": TINY}, first=True)
    get_ner(nlp, "other").add_label("THING")
    get_ner(nlp, "other").initialize(lambda: make_examples(nlp))
    assert nlp.pipe_names == ["other", "moee_ner"]
    assert get_ner(nlp, "other").labels == ("THING", "LOC", "PER")
    assert predict_texts(nlp) == predict_texts(make_trained())


def test_source(nlp: Language, tmp_path: Path) -> None:
    expected = predict_texts(nlp)
    other = spacy.blank("en")
    other.add_pipe("moee_ner", name="mine", source=nlp)
    assert get_ner(other, "mine").name == "mine"
    assert predict_texts(other) == expected
    other.to_disk(tmp_path)
    assert predict_texts(spacy.load(tmp_path)) == expected
    config = {
        "nlp": {"lang": "en", "pipeline": ["moee_ner"]},
        "components": {"moee_ner": {"source": str(tmp_path), "component": "mine"}},
    }
    sourced = load_model_from_config(config, auto_fill=True)
    assert predict_texts(sourced) == expected


def test_resume_training(nlp: Language) -> None:
    optimizer = nlp.resume_training()
    before = get_weights(nlp)
    nlp.update(make_examples(nlp), sgd=optimizer)
    assert get_weights(nlp) != before
    assert get_ner(nlp).labels == ("LOC", "PER")


def test_use_params(nlp: Language) -> None:
    """The averages of the optimizer reach the network."""
    expected = get_weights(nlp)
    optimizer = nlp.create_optimizer()
    optimizer.averages = {}
    for _ in range(3):
        nlp.update(make_examples(nlp), sgd=optimizer)
    current = get_weights(nlp)
    with nlp.use_params(optimizer.averages):
        averaged = get_weights(nlp)
    assert len({expected, current, averaged}) == 3
    assert get_weights(nlp) == current


def test_annotating_components(nlp: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    nlp.add_pipe("sentencizer", first=True)
    ner = get_ner(nlp)
    seen: List[bool] = []
    get_loss = ner.get_loss

    def look(examples: Any, scores: Any) -> Any:
        seen.extend(eg.predicted.has_annotation("SENT_START") for eg in examples)
        return get_loss(examples, scores)

    monkeypatch.setattr(ner, "get_loss", look)
    nlp.update(make_examples(nlp, 2))
    nlp.update(make_examples(nlp, 2), annotates=["sentencizer"])
    assert seen == [False, False, True, True]


def test_annotates_itself(nlp: Language) -> None:
    """A later component can learn from our entities."""
    seen: List[Any] = []

    class Later:
        def update(self, examples: Any, **kwargs: Any) -> None:
            seen.extend(get_ents(eg.predicted) for eg in examples)

        def __call__(self, doc: Any) -> Any:
            return doc

    Language.factory("tests_later", func=lambda nlp, name: Later())
    nlp.add_pipe("tests_later")
    nlp.update(make_examples(nlp, 2), annotates=["moee_ner"])
    assert [bool(ents) for ents in seen] == [True, True]


@pytest.mark.parametrize("frozen", [[], ["moee_ner"], ["tok2vec", "tagger"]])
def test_training_loop(frozen: List[str], tmp_path: Path) -> None:
    nlp = make_listening()
    nlp.add_pipe("sentencizer", first=True)
    nlp.initialize(lambda: list(Examples()(nlp)))
    nlp.config["training"]["frozen_components"] = frozen
    annotating = ["sentencizer"] + (["tok2vec"] if "tok2vec" in frozen else [])
    nlp.config["training"]["annotating_components"] = annotating
    before = {name: get_weights(nlp, name) for name in nlp.pipe_names[1:]}
    trained, _ = train_loop(nlp, tmp_path)
    for name in before:
        assert (get_weights(trained, name) == before[name]) == (name in frozen), name
    for folder in ("model-best", "model-last"):
        scores = srsly.read_json(tmp_path / folder / "meta.json")["performance"]
        assert {"ents_f", "ents_p", "ents_r", "ents_per_type"} <= set(scores)
        assert ("moee_ner_loss" in scores) == ("moee_ner" not in frozen)
    assert get_all([spacy.load(tmp_path / "model-last")("Anna")])


def test_listener_is_found() -> None:
    nlp = make_listening()
    ner, tok2vec = get_ner(nlp), get_ner(nlp, "tok2vec")
    assert tok2vec.listening_components == ["tagger", "moee_ner"]
    assert isinstance(ner.tok2vec, Tok2VecListener)
    assert ner.model.layers[0] is ner.tok2vec


@pytest.mark.parametrize(
    "pipeline", [["tok2vec", "tagger", "moee_ner"], ["tok2vec", "moee_ner", "tagger"]]
)
def test_listener_learns(pipeline: List[str], tmp_path: Path) -> None:
    nlp = make_listening(pipeline=pipeline)
    examples = list(Examples()(nlp))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.02
    before = get_weights(nlp, "tok2vec")
    for _ in range(40):
        nlp.update(examples, sgd=optimizer, drop=0.1)
    assert get_weights(nlp, "tok2vec") != before
    scores = nlp.evaluate(examples)
    assert (scores["ents_f"], scores["tag_acc"]) == (1.0, 1.0)
    expected = predict_texts(nlp)
    nlp.to_disk(tmp_path)
    assert predict_texts(spacy.load(tmp_path)) == expected
    texts = ["", *make_texts(6), " ", ""]
    one_by_one = get_all(nlp(text) for text in texts)
    assert get_all(nlp.pipe(texts, batch_size=3)) == one_by_one

    nlp.replace_listeners("tok2vec", "moee_ner", ["model.tok2vec"])
    ner = get_ner(nlp)
    assert not any(isinstance(node, Tok2VecListener) for node in ner.model.walk())
    model = nlp.config["components"]["moee_ner"]["model"]
    assert model["tok2vec"]["@architectures"] == "spacy.HashEmbedCNN.v2"
    assert predict_texts(nlp) == expected
    nlp.to_disk(tmp_path / "replaced")
    assert predict_texts(spacy.load(tmp_path / "replaced")) == expected
    nlp.update(examples)


def test_listener_gets_the_whole_gradient() -> None:
    """Alone before a shared tok2vec, or with its own: the same gradient."""
    nlp = make_listening(pipeline=["tok2vec", "moee_ner"])
    examples = list(Examples()(nlp))
    nlp.initialize(lambda: examples)
    gradients: List[Any] = []
    no_step: Any = False
    for _ in range(2):
        nlp.update(examples, sgd=no_step)
        owner = get_ner(nlp, "tok2vec" if not gradients else "moee_ner").model
        nodes = list(owner.walk())
        gradients.append(
            [
                float(abs(node.get_grad(name)).sum())
                for node in nodes
                for name in node.grad_names
                if node.has_grad(name)
            ]
        )
        if len(gradients) == 1:
            nlp.replace_listeners("tok2vec", "moee_ner", ["model.tok2vec"])
            for node in get_ner(nlp).model.walk():
                for name in node.grad_names:
                    if node.has_grad(name):
                        node.get_grad(name).fill(0)
    assert len(gradients[0]) > 4
    assert gradients[1] == pytest.approx(gradients[0], rel=1e-4)


def test_missing_gold_does_not_starve_the_others() -> None:
    """The shared tok2vec and the tagger learn from docs without entities."""
    nlp = make_listening()
    examples = list(Examples()(nlp))
    nlp.initialize(lambda: examples)
    for example in examples:
        example.y.set_ents([], default="missing")
    before = {name: get_weights(nlp, name) for name in ("tok2vec", "tagger")}
    for _ in range(2):  # the tagger's output layer begins with zeros
        assert nlp.update(examples)["moee_ner"] == 0.0
    assert all(get_weights(nlp, name) != data for name, data in before.items())


def test_rename_pipe(nlp: Language) -> None:
    nlp.rename_pipe("moee_ner", "names")
    assert get_ner(nlp, "names").name == "names"
    assert get_ents(nlp("Anna lives in Rome .")) == [(0, 1, "PER"), (3, 4, "LOC")]


def test_training_after_loading(tmp_path: Path) -> None:
    """A loaded pipeline goes on as the one in memory does."""
    runs = []
    for reload in (False, True):
        nlp = make_nlp()
        train(nlp, steps=3)
        if reload:
            nlp.to_disk(tmp_path)
            nlp = spacy.load(tmp_path)
        losses = nlp.update(make_examples(nlp), sgd=nlp.create_optimizer())
        runs.append((losses, get_ner(nlp).to_bytes(exclude=["vocab"])))
    assert runs[0] == runs[1]
