"""What a saved encoder's config may say, and how large it may be."""

import pytest
import torch

pytest.importorskip("spacy_transformers")

from transformers import BertConfig  # noqa: E402

from spacy_moee.embeddings.encoder_config import (  # noqa: E402
    KINDS,
    LARGEST,
    Budget,
    n_bytes,
    read_config,
)
from spacy_moee.errors import MoeeError  # noqa: E402

SMALL = {"model_type": "bert", "hidden_size": 16, "num_attention_heads": 2}


@pytest.mark.parametrize("kind", ["bert", "deberta-v2", "distilbert", "modernbert"])
def test_the_kinds_that_people_use(kind: str) -> None:
    """All that a config says is what it said before."""
    config = read_config({"model_type": kind}, n_weights=100)
    again = read_config(config.to_dict(), n_weights=100)
    assert again.to_dict() == config.to_dict()
    assert type(again) is type(config)


def test_kinds_that_fetch_or_compile() -> None:
    for kind in ("layoutlmv2", "mra", "yoso", "detr", "timm_wrapper", "rag"):
        assert kind not in KINDS
        with pytest.raises(MoeeError, match=f"M260.*{kind}"):
            read_config({"model_type": kind}, n_weights=100)


def test_unknown_values_have_no_effect() -> None:
    """`num_labels` would make a table of a billion names."""
    config = read_config({**SMALL, "num_labels": 10**9, "more": 1}, n_weights=40)
    assert isinstance(config, BertConfig) and config.hidden_size == 16
    assert config.num_labels == 2 and not hasattr(config, "more")


@pytest.mark.parametrize(
    "changes",
    [
        {"num_hidden_layers": 41},
        {"model_type": "albert", "num_hidden_groups": 41},
        {"model_type": "t5", "num_decoder_layers": 41},
        {"model_type": "distilbert", "n_layers": 41},
        {"vocab_size": LARGEST + 1},
        {"max_position_embeddings": -(10**9)},
    ],
)
def test_sizes_that_the_weights_do_not_explain(changes: dict) -> None:
    with pytest.raises(MoeeError, match="M260.*for 40 weights"):
        read_config({**SMALL, **changes}, n_weights=40)


@pytest.mark.parametrize(
    "values",
    [
        {"auto_map": {}},
        {"label2id": {"a": [{"trust_remote_code": True}]}},
        {"pruned_heads": {"attn_implementation": "x"}},
    ],
)
def test_what_could_run_code_wherever_it_stands(values: dict) -> None:
    with pytest.raises(MoeeError, match="M260.*could run other code"):
        read_config({**SMALL, **values}, n_weights=40)


def test_budget() -> None:
    with Budget(10):
        for _ in range(1000):
            torch.empty(1)
    with pytest.raises(MoeeError, match="M260.*more than its 10 weights"):
        with Budget(10), torch.device("meta"):
            while True:
                torch.nn.Linear(2, 2)
    # it ends with the block
    for _ in range(2000):
        torch.empty(1)


def test_bytes_are_counted_once() -> None:
    one, two = torch.nn.Linear(10, 10, bias=False), torch.nn.Linear(10, 10, bias=False)
    two.weight = one.weight
    assert n_bytes(torch.nn.Sequential(one, two)) == 400
