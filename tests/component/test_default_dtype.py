"""Whatever PyTorch's default type is, networks are in single precision."""

from typing import Any, Dict, Iterator

import pytest
import torch
from spacy.language import Language
from spacy.tokens import Doc

from . import test_concept
from .util import (
    get_module,
    get_ner,
    get_weights,
    initialize,
    make_examples,
    make_nlp,
    make_trained,
    predict_texts,
    train,
)

KINDS: Dict[str, Dict[str, Any]] = {
    "paper": {},
    "plain": {"detection": False, "experts": False},
    "softmax": {"crf": False},
    "no encoder": {"depth": 0},
}


@pytest.fixture(params=["float64", "bfloat16"])
def dtype(request: Any) -> Iterator[torch.dtype]:
    yield getattr(torch, request.param)
    torch.set_default_dtype(torch.float32)


def check_single(nlp: Language) -> None:
    module = get_module(nlp)
    for tensor in (*module.parameters(), *module.buffers()):
        assert tensor.dtype in (torch.float32, torch.int64, torch.bool)


def test_a_loaded_pipeline(dtype: torch.dtype) -> None:
    trained = make_trained()
    expected, data = predict_texts(trained), trained.to_bytes()
    torch.set_default_dtype(dtype)
    assert predict_texts(trained) == expected
    loaded = make_nlp().from_bytes(data)
    check_single(loaded)
    assert predict_texts(loaded) == expected
    assert get_weights(loaded) == get_weights(trained)
    # on the way back, too
    torch.set_default_dtype(torch.float32)
    assert predict_texts(make_nlp().from_bytes(loaded.to_bytes())) == expected


@pytest.mark.parametrize("kind", list(KINDS))
def test_training(kind: str, dtype: torch.dtype) -> None:
    torch.set_default_dtype(dtype)
    nlp = make_nlp(**KINDS[kind])
    losses = train(nlp, steps=5)
    check_single(nlp)
    assert losses["moee_ner"] > 0
    doc = nlp(Doc(nlp.vocab, words=["Anna", "lives", "in", "Rome"]))
    assert len(doc) == 4
    data = nlp.to_bytes()
    expected = predict_texts(nlp)
    torch.set_default_dtype(torch.float32)
    assert predict_texts(make_nlp(**KINDS[kind]).from_bytes(data)) == expected


@pytest.mark.filterwarnings("ignore:.MW1")
@pytest.mark.parametrize("system", test_concept.SYSTEMS)
def test_described_types(system: str, dtype: torch.dtype) -> None:
    torch.set_default_dtype(dtype)
    nlp = test_concept.make_nlp(system)
    initialize(nlp)
    nlp.update(make_examples(nlp))
    get_ner(nlp).add_label("NEW", description="village")
    check_single(nlp)
    expected, data = predict_texts(nlp), nlp.to_bytes()
    torch.set_default_dtype(torch.float32)
    other = test_concept.make_nlp(system).from_bytes(data)
    assert predict_texts(other) == expected
