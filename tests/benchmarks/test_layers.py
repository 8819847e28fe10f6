"""What single layers of an encoder know; the figures are no test."""

import numpy
import pytest
import torch
from numpy.testing import assert_allclose

from benchmarks import layers
from spacy_moee.embeddings.transformer import build_transformer_embed_v1

from ..component.util import make_trained
from ..embeddings.encoder_util import make_bert
from .test_documents import write
from .util import keys_of


def test_each_layer_is_that_of_the_embeddings(tmp_path):
    encoder = make_bert(tmp_path / "encoder", n_positions=256)
    nlp = make_trained()
    path = write(tmp_path / "docs.spacy", nlp, n=8, size=4)
    words = layers.read(path, layers.find_layers(encoder), 10**6)
    assert len(words.layers) == 4
    docs = [example.predicted for example in layers.read_examples(nlp, path)]
    for number, states in enumerate(words.layers):
        model = build_transformer_embed_v1(encoder, layers=[number])
        model.initialize()
        assert_allclose(states, numpy.concatenate(model.predict(docs)), atol=1e-5)
    assert {*words.types} == {"", *(ent.label_ for ent in read_entities(nlp, path))}


def read_entities(nlp, path):
    return [ent for eg in layers.read_examples(nlp, path) for ent in eg.reference.ents]


def test_f1_is_that_of_the_words_in_entities_of_known_types():
    gold = numpy.array(["", "A", "B", "", "A"])
    found = numpy.array(["C", "A", "A", "B", ""])
    # of three words of entities one is found; C is dropped
    assert layers.score(found, gold) == pytest.approx(200 / (3 + 3))


def test_a_classifier_learns_what_states_say():
    torch.manual_seed(1)
    gold = torch.randint(3, (20_000,))
    states = torch.eye(3)[gold] * 3 + torch.randn(20_000, 3) * 0.1
    found = layers.fit(states, gold, 3)(states).argmax(1)
    assert (found == gold).float().mean() > 0.99


def test_table(tmp_path, capsys):
    nlp = make_trained()
    for name in ("corpus/source/train", "corpus/source/test", "domains/letters"):
        write(tmp_path / f"{name}.spacy", nlp, n=8, size=4)
    encoder = make_bert(tmp_path / "encoder", n_positions=256)
    arguments = layers.make_arguments().parse_args(
        ["--corpus", str(tmp_path / "corpus"), "--domains", str(tmp_path / "domains")]
        + ["--encoder", encoder, "--mean", "1:2", "0:3"]
    )
    layers.main(arguments)
    output = capsys.readouterr().out
    assert "letters" in output
    rows = ["0", "1", "2", "3", "1_2", "0_3"]
    assert keys_of(output) == [f"layers_{row}" for row in rows]
