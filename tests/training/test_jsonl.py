"""A line for each evaluation, at once, beside what the console shows."""

import io
import json
import math
from pathlib import Path
from typing import Any, Dict, List

import numpy
import pytest
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import registry

from spacy_moee.errors import MoeeError
from spacy_moee.training.jsonl import make_jsonl_logger

from .util import make_config

NAME = "spacy_moee.JsonlLogger.v1"
INFO = {"epoch": 1, "step": 5, "seconds": 2, "score": 0.5}
INFO |= {"other_scores": {"ents_f": 0.5}, "losses": {"moee_ner": 1.5}}


def read(path: Path) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf8").splitlines()]


def set_up(path: Path, inner: Any = None):
    def silent(nlp: Any, stdout: Any, stderr: Any) -> Any:
        return (lambda info: None), (lambda: None)

    return make_jsonl_logger(path, inner or silent)(None, io.StringIO(), io.StringIO())


@pytest.mark.parametrize("version", [None, "v1"])
def test_training(tmp_path: Path, version: Any) -> None:
    """The numbers are those of spaCy's table, and all that a logger counts is there."""
    path = tmp_path / "new" / "log.jsonl"
    config = make_config(tmp_path, [1, 2, 3, 1])
    block: Dict[str, Any] = {"@loggers": NAME, "path": str(path)}
    if version:
        block["logger"] = {"@loggers": f"spacy.ConsoleLogger.{version}"}
    config["training"]["logger"] = block
    config["initialize"]["after_init"]["max_epochs"] = 2
    nlp = init_nlp(config)
    output = io.StringIO()
    train(nlp, stdout=output)
    header, _, *rows = output.getvalue().splitlines()[-5:]
    assert header.split() == "E # LOSS MOEE_NER ENTS_F ENTS_P ENTS_R SCORE".split()
    lines = read(path)
    assert len(lines) == len(rows) == 3
    for line, row in zip(lines, rows, strict=True):
        epoch, step, loss, f1, _, _, score = map(float, row.split())
        assert (line["epoch"], line["step"]) == (epoch, step)
        assert line["losses"]["moee_ner"] == pytest.approx(loss, abs=0.006)
        assert 100 * line["scores"]["ents_f"] == pytest.approx(f1, abs=0.006)
        assert line["score"] == pytest.approx(score, abs=0.006)
        assert line["seconds"] >= 0 and "ents_per_type" not in line["scores"]


def test_each_line_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("an earlier training\n")
    log_step, finish = set_up(path)
    assert path.read_text() == ""
    for count in (1, 2):
        log_step(INFO)
        # a step without an evaluation
        log_step(None)
        assert len(read(path)) == count
    finish()


def test_numbers_that_json_does_not_know(tmp_path: Path) -> None:
    log_step, _ = set_up(tmp_path / "log.jsonl")
    losses = {"a": math.nan, "b": numpy.float32(1.5), "c": math.inf}
    scores = {"x": None, "y": {"PER": 1}, "z": numpy.float64(0.25), "text": "?"}
    log_step({**INFO, "losses": losses, "other_scores": scores, "score": math.nan})
    [line] = read(tmp_path / "log.jsonl")
    assert line["losses"] == {"a": None, "b": 1.5, "c": None}
    assert line["scores"] == {"x": None, "z": 0.25, "text": None}
    assert line["score"] is None


def test_another_logger_sees_all(tmp_path: Path) -> None:
    seen: List[Any] = []

    def inner(nlp: Any, stdout: Any, stderr: Any) -> Any:
        return seen.append, lambda: seen.append("end")

    log_step, finish = set_up(tmp_path / "log.jsonl", inner)
    log_step(None)
    log_step(INFO)
    finish()
    assert seen == [None, INFO, "end"]


def test_file_that_can_t_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MoeeError, match="M515.*file/log.jsonl"):
        set_up(tmp_path / "file" / "log.jsonl")
    log_step, _ = set_up(tmp_path / "log.jsonl")
    (tmp_path / "log.jsonl").unlink()
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(MoeeError, match="M515.*log.jsonl"):
        log_step(INFO)


def test_registered() -> None:
    assert registry.loggers.get(NAME) is make_jsonl_logger
