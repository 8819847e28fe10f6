"""The optimizer of a training is told of its scores."""

import io
import json
import logging
from pathlib import Path
from typing import Any, Dict, List

import numpy
import pytest
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import logger, registry
from thinc.api import Config

from spacy_moee.errors import MoeeError
from spacy_moee.training.optimizers import make_rmsprop
from spacy_moee.training.scores import make_score_logger

from .util import make_config

NAME = "spacy_moee.ScoreLogger.v1"
RMSPROP = "spacy_moee.RMSprop.v1"


def configure(folder: Path, switch_score: Any = 0.5, **optimizer: Any) -> Config:
    """A training that reaches a score of 1 after some epochs, and logs to a file."""
    config = make_config(folder, [1, 2, 3, 1])
    inner = {"@loggers": "spacy_moee.JsonlLogger.v1", "path": str(folder / "log.jsonl")}
    config["training"]["logger"] = {"@loggers": NAME, "logger": inner}
    values = {"learn_rate": 0.02, "switch_score": switch_score, **optimizer}
    config["training"]["optimizer"] = {"@optimizers": RMSPROP, **values}
    config["training"]["patience"] = 1000
    config["initialize"]["after_init"]["max_epochs"] = 12
    return config


def run(config: Config) -> List[Dict[str, Any]]:
    """Train, and read the log."""
    train(init_nlp(config), stdout=io.StringIO())
    path = Path(config["training"]["logger"]["logger"]["path"])
    return [json.loads(line) for line in path.read_text("utf8").splitlines()]


def find_switch(text: str) -> int:
    """The step at which the log says that the optimizer switches; -1 for none."""
    found = [line for line in text.splitlines() if "on with SGD" in line]
    assert len(found) <= 1
    return int(found[0].split("Step ")[1].split(":")[0]) if found else -1


@pytest.fixture()
def log(caplog: pytest.LogCaptureFixture, monkeypatch: Any) -> Any:
    monkeypatch.setattr(logger, "propagate", True)
    caplog.set_level(logging.INFO, logger="spacy")
    return caplog


def test_switch(tmp_path: Path, log: Any) -> None:
    """Up to it nothing changes, then everything. The same seed gives the same."""
    never = run(configure(tmp_path / "never", None))
    assert find_switch(log.text) == -1
    log.clear()
    lines = run(configure(tmp_path / "once"))
    step = find_switch(log.text)
    above = [line["step"] for line in lines if line["score"] > 0.5]
    assert 0 < step == above[0] < lines[-1]["step"]
    for line, other in zip(lines, never, strict=True):
        same = line["losses"] == other["losses"]
        assert line["step"] == other["step"] and same == (line["step"] <= step)
    again = run(configure(tmp_path / "again"))
    assert [x["losses"] for x in again] == [x["losses"] for x in lines]
    assert "is above 0.5; on with SGD at a rate of 0.015" in log.text


def test_score_at_the_first_step(tmp_path: Path, log: Any) -> None:
    """As soon as there is one: a pipeline that is trained further may begin high."""
    config = configure(tmp_path)
    trained, _ = train(init_nlp(config), stdout=io.StringIO())
    trained.to_disk(tmp_path / "first")
    log.clear()
    config["training"]["optimizer"]["switch_score"] = 0.0
    config["components"] = {"moee_ner": {"source": str(tmp_path / "first")}}
    lines = run(config)
    assert lines[0]["score"] > 0 and find_switch(log.text) == 0


def test_another_optimizer(tmp_path: Path) -> None:
    config = configure(tmp_path)
    kept = init_nlp(config)
    train(kept, stdout=io.StringIO())
    # the first pipeline still has its optimizer, which is not this training's
    config["training"]["optimizer"] = {"@optimizers": "Adam.v1"}
    nlp = init_nlp(config)
    with pytest.raises(MoeeError, match="M620.*'Adam.v1'.*RMSprop.v1"):
        train(nlp, stdout=io.StringIO())


def test_no_logger_for_scores(tmp_path: Path, log: Any) -> None:
    config = configure(tmp_path, 0.0)
    config["training"]["logger"] = {"@loggers": "spacy.ConsoleLogger.v3"}
    nlp = init_nlp(config)
    with pytest.warns(UserWarning, match="MW81"):
        train(nlp, stdout=io.StringIO())
    assert find_switch(log.text) == -1


def test_another_logger_sees_all() -> None:
    seen: List[Any] = []

    def inner(nlp: Any, stdout: Any, stderr: Any) -> Any:
        return seen.append, lambda: seen.append("end")

    optimizer: Any = make_rmsprop(switch_score=0.5)
    setup = make_score_logger(inner)
    log_step, finish = setup(Language(), io.StringIO(), io.StringIO())
    info = {"step": 3, "score": numpy.float64(0.6)}
    log_step(None)
    assert not optimizer.is_sgd
    log_step(info)
    assert optimizer.is_sgd
    finish()
    assert seen == [None, info, "end"]


def test_console_is_the_default() -> None:
    optimizer = make_rmsprop()
    output = io.StringIO()
    make_score_logger()(Language(), output, io.StringIO())
    assert "SCORE" in output.getvalue() and optimizer


def test_registered() -> None:
    assert registry.loggers.get(NAME) is make_score_logger
