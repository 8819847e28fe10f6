"""A pipeline that is an ensemble: it says the mean of its members, and is a pipeline
like any other, but it does not train."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.errors import MoeeError
from spacy_moee.scheme import tag_names

from . import families
from .ensembles import join_all, make_members
from .util import get_all, get_ents, get_ner, make_examples, make_texts

TEXTS = make_texts(12, seed=4)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("members")
    for number, nlp in enumerate(make_members()):
        nlp.to_disk(folder / str(number))
    join(folder).to_disk(folder / "ensemble")
    return folder


def load(folder: Path) -> List[Language]:
    return [spacy.load(folder / str(number)) for number in range(3)]


def join(folder: Path) -> Language:
    pipelines = load(folder)
    join_all(pipelines)
    return pipelines[0]


@pytest.fixture
def nlp(saved: Path) -> Language:
    """The ensemble, which the test may change."""
    return spacy.load(saved / "ensemble")


def test_it_says_the_mean_of_its_members(saved: Path, nlp: Language) -> None:
    """Member by member, with labels by their names."""
    ner, members = get_ner(nlp), [get_ner(member) for member in load(saved)]
    assert ner.labels == ("LOC", "PER") and members[2].labels == ("PER", "LOC")
    docs = [nlp.make_doc(text) for text in TEXTS]
    scores = ner.model.predict(docs)
    tags, wanted = tag_names(ner.labels), []
    for member in members:
        names = tag_names(member.labels)
        order = [names.index(tag) for tag in tags]
        said = member.predict(docs, ["marginals"])
        wanted.append(numpy.concatenate([row.marginals[:, order] for row in said]))
    mean = numpy.mean(wanted, axis=0)
    found = numpy.zeros_like(mean)
    for batch in scores.batches:
        for row, length in enumerate(batch.lengths.tolist()):
            places = batch.tokens[row, :length].numpy()
            found[places] = batch.outputs.marginals[row, :length].exp().numpy()
    assert numpy.allclose(found, mean, atol=1e-5)
    # and the members do differ
    assert abs(wanted[0] - wanted[1]).max() > 0.01 < abs(wanted[0] - wanted[2]).max()


def test_what_is_shared_is_there_once(saved: Path) -> None:
    pipelines = load(saved)
    sizes = [len(get_ner(nlp).model.to_bytes()) for nlp in pipelines]
    joined = join_all(pipelines)
    assert joined.shared["vectors"] == ["member_1", "member_2"]
    assert joined.shared["characters_2"] == ["member_2"]
    assert len(joined.shared) == 6
    nodes = [node.name for node in joined.model.walk()]
    assert nodes.count("static_embed") == 1 and nodes.count("moee_tagger") == 3
    assert len(joined.model.to_bytes()) < sum(sizes) + 10_000
    # twice the same one costs the network alone
    first, second = load(saved)[0], load(saved)[0]
    second._path = None
    joined = join_all([first, second])
    assert {*map(len, joined.shared.values())} == {2}


def test_each_embedding_is_computed_once(nlp: Language) -> None:
    calls: List[str] = []
    for layer in get_ner(nlp).tok2vec.layers:
        spy(layer, calls)
    nlp(TEXTS[0])
    assert len(calls) == len(get_ner(nlp).tok2vec.layers) == 6


def spy(layer: Any, calls: List[str]) -> None:
    forward = layer._func

    def note(model: Any, docs: Any, is_train: bool) -> Any:
        calls.append(model.name)
        return forward(model, docs, is_train)

    layer._func = note


def read_all(nlp: Language) -> List[Any]:
    """What is written, with scores."""
    docs = [nlp(text) for text in TEXTS]
    scores = [doc.spans["moee_ner"].attrs["scores"] for doc in docs]
    return [get_all(docs), [numpy.round(row, 5).tolist() for row in scores]]


def test_a_round_trip_by_any_way(saved: Path, nlp: Language, tmp_path: Path) -> None:
    expected = read_all(join(saved))
    assert any(get_ents(nlp(text)) for text in TEXTS)
    assert read_all(nlp) == expected
    assert read_all(pickle.loads(pickle.dumps(nlp))) == expected
    from_config = type(nlp).from_config(nlp.config)
    assert read_all(from_config.from_bytes(nlp.to_bytes())) == expected
    nlp.to_disk(tmp_path)
    assert read_all(spacy.load(tmp_path)) == expected
    ner = get_ner(nlp)
    for copied in (ner.model.copy(), copy.deepcopy(ner.model)):
        ner.model = copied
        assert read_all(nlp) == expected
    # shared layers are still shared in the copy
    first, second = (ner.model.layers[i].layers[0] for i in (1, 2))
    assert first.layers[0] is second.layers[0]
    assert ner.model.to_bytes() == copied.to_bytes()


def test_into_another_pipeline(nlp: Language) -> None:
    other = spacy.blank("en", vocab=nlp.vocab)
    other.add_pipe("moee_ner", source=nlp, name="ner")
    docs = [other(text) for text in TEXTS]
    assert [*map(get_ents, docs)] == [get_ents(nlp(text)) for text in TEXTS]
    other.rename_pipe("ner", "names")
    loaded = type(other).from_config(other.config).from_bytes(other.to_bytes())
    assert [get_ents(loaded(text)) for text in TEXTS] == [*map(get_ents, docs)]


def test_threads_and_processes(nlp: Language) -> None:
    expected = get_all(nlp.pipe(TEXTS))

    def work(i: int) -> bool:
        return get_all(nlp.pipe(TEXTS, batch_size=1 + i)) == expected

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert get_all(nlp.pipe(TEXTS, n_process=2, batch_size=8)) == expected


def test_settings_at_load(saved: Path) -> None:
    block = "components.moee_ner"
    config = {f"{block}.threshold": 1.0, f"{block}.model.threads": 2}
    nlp = spacy.load(saved / "ensemble", config={**config, f"{block}.gates": True})
    doc = nlp(TEXTS[0])
    assert not doc.ents
    assert doc._.moee_gates.weights.shape == (len(doc), 3)


def test_all_that_is_said_of_a_doc(nlp: Language) -> None:
    ner, text = get_ner(nlp), TEXTS[0]
    wanted = ["gates", "detection", "marginals", "scores", "detection_scores"]
    [found] = ner.predict([nlp.make_doc(text)], wanted)
    n_tokens = len(nlp.make_doc(text))
    assert found.gates.shape == (n_tokens, 3)
    assert numpy.allclose(found.gates.sum(axis=1), 1, atol=1e-5)
    assert found.marginals.shape == (n_tokens, 5)
    assert numpy.allclose(found.marginals.sum(axis=1), 1, atol=1e-5)
    assert {*found.detection.tolist()} <= {0, 1, 2}
    doc = nlp(text)
    assert len(found.scores) == len(doc.ents) == len(found.detection_scores) > 0
    [sentence] = ner.alternatives(nlp.make_doc(text), k=3).sentences
    assert len(sentence.readings) == 3
    before = found.scores
    ner.temperature = 3.0
    [softened] = ner.predict([nlp.make_doc(text)], ["scores"])
    assert (softened.tags == found.tags).all()
    assert abs(softened.scores - before).max() > 1e-4


def test_preset_entities_and_empty_docs(nlp: Language) -> None:
    doc = nlp.make_doc("Anna lives in New York .")
    doc.set_ents([Span(doc, 0, 1, "CAT")], blocked=[Span(doc, 3, 4)])
    nlp.get_pipe("moee_ner")(doc)
    assert (0, 1, "CAT") in get_ents(doc)
    assert all(not ent.start <= 3 < ent.end for ent in doc.ents)
    assert not nlp("").ents
    assert [len(x) for x in nlp.pipe(["", TEXTS[0], ""])][::2] == [0, 0]


@pytest.mark.parametrize("way", ["update", "initialize", "nlp", "add_label"])
def test_it_does_not_train(way: str, nlp: Language) -> None:
    examples, ner = make_examples(nlp), get_ner(nlp)
    before = ner.to_bytes()
    with pytest.raises(MoeeError, match="M10[78].*make the ensemble again"):
        if way == "update":
            nlp.update(examples)
        elif way == "initialize":
            ner.initialize(lambda: examples, nlp=nlp)
        elif way == "nlp":
            nlp.initialize(lambda: examples)
        else:
            ner.add_label("PRODUCT")
    if way != "initialize":
        assert ner.to_bytes() == before
    assert ner.add_label("PER") == 0


def test_rehearsal_says_what_is_missing(nlp: Language) -> None:
    optimizer = nlp.resume_training()
    with pytest.raises(MoeeError, match="M014.*EnsembleNetwork"):
        nlp.rehearse(make_examples(nlp), sgd=optimizer)


def test_other_components_train_beside_it(nlp: Language) -> None:
    nlp.add_pipe("sentencizer", first=True)
    nlp.add_pipe("textcat").add_label("A")  # type: ignore[attr-defined]
    get_ner(nlp, "textcat").add_label("B")
    docs = [nlp.make_doc(text) for text in TEXTS[:4]]
    rows = [Example.from_dict(doc, {"cats": {"A": 1.0, "B": 0.0}}) for doc in docs]
    with nlp.select_pipes(disable=["moee_ner"]):
        optimizer = nlp.initialize(lambda: rows)
    losses = nlp.update(rows, sgd=optimizer, exclude=["moee_ner"])
    assert losses["textcat"] > 0


@pytest.mark.parametrize("labels", [[], [[0, 0], [1, 0], [0, 1]], [[0], [0], [0]]])
def test_numbers_of_labels_that_can_not_be(labels: Any, nlp: Language) -> None:
    ner = get_ner(nlp)
    expected = read_all(nlp)
    good = ner.to_bytes()
    ner.model.attrs["labels"] = labels
    damaged = ner.to_bytes()
    ner.from_bytes(good)
    with pytest.raises(MoeeError, match="M005.*M102"):
        ner.from_bytes(damaged)
    assert read_all(nlp) == expected


def test_a_shared_layer_alone() -> None:
    model = families.MOEE
    block = {"@architectures": "spacy_moee.SharedEmbed.v1", "names": ["words"]}
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", config={"model": {**model, "tok2vec": block}})
    with pytest.raises(MoeeError, match="M109.*words.*is not in an ensemble"):
        get_ner(nlp).tok2vec.predict([Doc(nlp.vocab, words=["a"])])


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"members": {}}, "M103.*members"),
        ({"threads": -1}, "M103.*threads"),
        ({"embeddings": {"words": 3}}, "M103.*embeddings.words"),
        ({"tok2vec": families.HASHES}, "M109.*'a'.*reads embeddings of its own"),
        ({"names": ["words", "more"]}, "M109.*'a'.*reads words, more.*words"),
        ({"names": []}, "M109.*'a'.*reads no embeddings"),
        ({"members": {"a": families.HASHES}}, "M109.*another kind"),
    ],
)
def test_configs_that_can_not_be(changes: Any, message: str) -> None:
    changes = {**changes}
    names = changes.pop("names", ["words"])
    shared = {"@architectures": "spacy_moee.SharedEmbed.v1", "names": names}
    shared = changes.pop("tok2vec", shared)
    block = {
        "@architectures": "spacy_moee.EnsembleTagger.v1",
        "embeddings": {"words": families.HASHES},
        "members": {"a": {**families.MOEE, "tok2vec": shared}},
        **changes,
    }
    with pytest.raises(MoeeError, match=message):
        spacy.blank("en").add_pipe("moee_ner", config={"model": block})


def test_a_memory(saved: Path) -> None:
    """What all members say on average moves with the other occurrences of a word."""
    memory = {"@misc": "spacy_moee.document_memory.v1", "weight": 1.0, "distance": 0}
    config = {"components": {"moee_ner": {"model": {"memory": memory}}}}
    text = "Anna lives in Rome . The train to Anna is late ."
    found = []
    for settings in ({}, config):
        nlp = spacy.load(saved / "ensemble", config=settings)
        [row] = get_ner(nlp).predict([nlp.make_doc(text)], ["marginals"])
        found.append(row.marginals)
    change = abs(found[0] - found[1]).max(axis=1)
    assert min(change[0], change[8]) > 1e-3
