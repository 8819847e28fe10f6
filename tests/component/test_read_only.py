"""A pipeline in memory that can't be written, such as what Ray's processes share."""

import pickle
from pathlib import Path
from typing import Any, List

import pytest
from thinc.api import fix_random_seed

from ..marks import slow
from .families import ENCODERS, FAMILIES, make_nlp, predict
from .util import make_examples


def share(value: Any) -> Any:
    """What another process gets: its arrays lie outside of the pickle."""
    buffers: List[pickle.PickleBuffer] = []
    data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    assert buffers
    return pickle.loads(data, buffers=[bytes(buffer.raw()) for buffer in buffers])


@pytest.mark.filterwarnings("ignore:.MW12")
@pytest.mark.parametrize("family", [*FAMILIES, *slow(*ENCODERS)])
def test_predicts_and_learns(family: str, tmp_path: Path) -> None:
    if family in ENCODERS:
        pytest.importorskip("spacy_transformers")
    nlp = make_nlp(family, tmp_path)
    shared = share(nlp)
    for ours, expected in zip(predict(shared), predict(nlp), strict=True):
        assert ours["ents"] == expected["ents"]
        assert ours["scores"] == pytest.approx(expected["scores"], abs=1e-4)
    losses = []
    for pipeline in (nlp, shared):
        fix_random_seed(0)
        optimizer, examples = pipeline.create_optimizer(), make_examples(pipeline)
        for _ in range(3):
            losses.append(pipeline.update(examples, sgd=optimizer)["moee_ner"])
    assert losses[:3] == pytest.approx(losses[3:], rel=1e-3)
    assert losses[0] != losses[2]
