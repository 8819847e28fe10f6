"""A saved encoder: the same when it is read again, and nothing else is."""

import io
import os
from pathlib import Path
from typing import Any, Dict

import numpy
import pytest
import srsly
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("spacy_transformers")

from spacy_transformers.layers.hf_shim import HFShim  # noqa: E402
from transformers import (  # noqa: E402
    AutoConfig,
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertModel,
)

from spacy_moee.embeddings import saved_encoder  # noqa: E402
from spacy_moee.embeddings.encoder_config import UNSAFE  # noqa: E402
from spacy_moee.embeddings.saved_encoder import (  # noqa: E402
    read_encoder,
    write_encoder,
)
from spacy_moee.errors import MoeeError  # noqa: E402

from .encoder_util import ENCODERS, make_bert  # noqa: E402
from .hostile import NEW, OLD, set_trap  # noqa: E402
from .test_transformer import make_docs, make_layer  # noqa: E402


@pytest.fixture(scope="module", params=sorted(ENCODERS))
def encoder(request, tmp_path_factory) -> str:
    return ENCODERS[request.param](tmp_path_factory.mktemp("saved") / request.param)


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> str:
    return make_bert(tmp_path_factory.mktemp("saved") / "bert")


def parts_of(layer: Any) -> Dict[str, Any]:
    return write_encoder(layer.layers[0].layers[0].shims[0]._hfmodel)


def old_bytes(layer: Any) -> bytes:
    """What this package saved before: through spacy-transformers."""
    return HFShim.to_bytes(layer.layers[0].layers[0].shims[0])


def read(layer: Any, data: bytes) -> Any:
    layer.layers[0].layers[0].shims[0].from_bytes(data)
    return layer


def assert_same(first: Any, second: Any) -> None:
    docs = make_docs()
    for one, other in zip(first.predict(docs), second.predict(docs), strict=True):
        numpy.testing.assert_array_equal(one, other)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(words=st.lists(st.text(max_size=8), max_size=6))
def test_the_tokenizer_is_the_same(encoder, words) -> None:
    original = AutoTokenizer.from_pretrained(encoder, add_prefix_space=True)
    layer = make_layer(encoder)
    again = read_encoder(parts_of(layer)).tokenizer
    for special in (True, False):
        options = {"is_split_into_words": True, "add_special_tokens": special}
        one, other = original(words, **options), again(words, **options)
        assert one["input_ids"] == other["input_ids"]
        assert one.word_ids() == other.word_ids()
    for name in ("pad_token_id", "model_max_length", "is_fast"):
        assert getattr(original, name) == getattr(again, name)


def test_what_the_version_before_saved_is_read(encoder) -> None:
    layer = make_layer(encoder)
    data = old_bytes(layer)
    assert_same(read(make_layer(encoder), data), layer)
    # and saved in the new form
    again = read(make_layer(encoder), data)
    assert srsly.msgpack_loads(again.layers[0].layers[0].shims[0].to_bytes())["format"]


def test_before_it_is_loaded(bert) -> None:
    from spacy_moee.embeddings.transformer import build_transformer_embed_v1

    layer = build_transformer_embed_v1(bert, window=64, overlap=16)
    for data in (layer.to_bytes(), None):
        shim: Any = layer.layers[0].layers[0].shims[0]
        shim.from_bytes(HFShim.to_bytes(shim) if data is None else shim.to_bytes())
        assert shim._hfmodel.transformer is None
    with pytest.raises(MoeeError, match="M262"):
        layer.predict(make_docs())
    layer.initialize(X=make_docs())
    # a file without an encoder takes it away
    empty = build_transformer_embed_v1(bert, window=64, overlap=16).layers[0]
    read(layer, empty.layers[0].shims[0].to_bytes())
    with pytest.raises(MoeeError, match="M262"):
        layer.predict(make_docs())


def test_the_width_is_that_of_the_encoder(bert) -> None:
    """A file can name another one, which would take memory for each token."""
    layer = make_layer(bert)
    layer.set_dim("nO", 10**9, force=True)
    assert {vectors.shape[1] for vectors in layer.predict(make_docs())} == {16}


def test_tied_weights_are_saved_once(bert) -> None:
    layer = make_layer(bert)
    network = layer.layers[0].transformer
    first, second = network.encoder.layer[0], network.encoder.layer[1]
    plain = len(parts_of(layer)["weights"])
    second.output.dense.weight = first.output.dense.weight
    assert len(parts_of(layer)["weights"]) < plain
    # BERT's own class ties nothing, so that this one can't be built again
    with pytest.raises(MoeeError, match="M260.*lacks encoder.layer.1.output.dense"):
        read_encoder(parts_of(layer))


def test_it_is_no_pickle(bert) -> None:
    parts = parts_of(make_layer(bert))
    assert not parts["weights"].startswith((b"PK\x03\x04", b"\x80"))


@pytest.mark.parametrize("name", OLD)
def test_hostile_files_of_the_version_before(name: str, bert, tmp_path) -> None:
    layer = make_layer(bert)
    msg = srsly.msgpack_loads(old_bytes(layer))
    OLD[name](msg)
    refuse(layer, msg, tmp_path)


@pytest.mark.parametrize("name", NEW)
def test_hostile_files(name: str, bert, tmp_path) -> None:
    layer = make_layer(bert)
    msg = dict(parts_of(layer))
    NEW[name](msg)
    refuse(layer, msg, tmp_path)


def refuse(layer: Any, msg: Any, folder: Path) -> None:
    expected = layer.predict(make_docs())
    places = [Path("/tmp/moee-escaped.txt"), Path("/escaped.txt")]
    with pytest.raises(MoeeError, match="M260"):
        read(layer, srsly.msgpack_dumps(msg))
    assert not os.listdir(folder) and not any(path.exists() for path in places)
    # and the layer is as it was
    for one, other in zip(expected, layer.predict(make_docs()), strict=True):
        numpy.testing.assert_array_equal(one, other)


def test_a_pickle_is_not_run(bert, tmp_path) -> None:
    layer = make_layer(bert)
    msg = srsly.msgpack_loads(old_bytes(layer))
    set_trap(tmp_path / "run")(msg)
    refuse(layer, msg, tmp_path)
    assert not (tmp_path / "run").exists()
    # the trap works
    torch.load(io.BytesIO(msg["state"]), weights_only=False)
    assert (tmp_path / "run").exists()


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_weights_that_are_not_finite(value: str, bert) -> None:
    layer = make_layer(bert)
    with torch.no_grad():
        layer.layers[0].transformer.pooler.dense.weight[0, 0] = float(value)
    with pytest.raises(MoeeError, match="M260.*pooler.dense.weight.*not finite"):
        read_encoder(parts_of(layer))


@pytest.mark.parametrize("old", [True, False])
def test_a_weight_that_is_not_there(old: bool, bert) -> None:
    """It was random before."""
    layer = make_layer(bert)
    network = layer.layers[0].transformer
    del network.encoder.layer[2].output.dense.bias
    network.encoder.layer[2].output.dense.register_parameter("bias", None)
    shim = layer.layers[0].layers[0].shims[0]
    data = HFShim.to_bytes(shim) if old else shim.to_bytes()
    with pytest.raises(
        MoeeError, match="M260.*lacks encoder.layer.2.output.dense.bias"
    ):
        read(make_layer(bert), data)


def test_a_weight_of_another_shape(bert) -> None:
    msg = parts_of(make_layer(bert))
    msg["config"] = {**msg["config"], "vocab_size": 5}
    with pytest.raises(MoeeError, match="M260.*word_embeddings.weight has the shape"):
        read_encoder(msg)


def test_constants_of_older_releases_are_let_be(bert) -> None:
    layer = make_layer(bert)
    msg = srsly.msgpack_loads(old_bytes(layer))
    state = torch.load(io.BytesIO(msg["state"]), weights_only=True)
    state["embeddings.position_ids"] = torch.arange(64).unsqueeze(0)
    data = io.BytesIO()
    torch.save(state, data)
    msg["state"] = data.getvalue()
    assert_same(read(make_layer(bert), srsly.msgpack_dumps(msg)), layer)


def test_dropout_and_other_values_of_the_config_stay(tmp_path) -> None:
    layer = make_layer(make_bert(tmp_path / "bert", dropout=0.37))
    found = read_encoder(parts_of(layer)).transformer
    assert isinstance(found, BertModel) and isinstance(found.config, BertConfig)
    assert found.config.hidden_dropout_prob == 0.37
    assert not found.training


TINY = {
    **{"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2},
    **{"intermediate_size": 24, "vocab_size": 50, "pad_token_id": 0},
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "kind",
    [
        *("albert", "deberta", "deberta-v2", "distilbert", "electra", "mpnet"),
        *("modernbert", "roformer", "xlm-roberta"),
    ],
)
def test_other_kinds_of_encoders(kind: str) -> None:
    config = AutoConfig.for_model(kind, **TINY)
    network = AutoModel.from_config(config).eval()
    parts = {**config.to_dict(), "_attn_implementation_autoset": True}
    parts = {k: v for k, v in parts.items() if k not in UNSAFE}
    again = saved_encoder._build(parts, saved_encoder._untied(network))
    assert type(again) is type(network) and not again.training
    ids = torch.arange(12).reshape(2, 6) + 3
    with torch.no_grad():
        one = network(input_ids=ids).last_hidden_state
        other = again(input_ids=ids).last_hidden_state
    numpy.testing.assert_array_equal(one.numpy(), other.numpy())
