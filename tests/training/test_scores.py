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
from spacy.util import load_config, logger, registry
from thinc.api import Config

from spacy_moee.errors import MoeeError
from spacy_moee.training.optimizers import make_rmsprop
from spacy_moee.training.scores import make_score_logger
from spacy_moee.vocabulary import write_vocabulary

from .util import CONFIG, make_config, write_corpus

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
    info = {"step": 3, "score": numpy.float64(0.6), "other_scores": {}}
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


# Held-out text


def make_raw_config(folder: Path, **overrides: Any) -> Config:
    """The published recipe, made small."""
    tok2vec = "components.moee_ner.model.tok2vec.embed.*"
    texts = {"source": "Ada saw London .\nIt rains .\nAda left ."}
    texts["target"] = "A phone is out .\nIt rains in Rome ."
    values: Dict[str, Any] = {
        "components.moee_ner.model.hidden_width": 4,
        f"{tok2vec}.words.width": 5,
        f"{tok2vec}.characters.width": 4,
        "paths.train": str(write_corpus(folder / "train.spacy", [1, 2, 3, 1])),
        "paths.dev": str(write_corpus(folder / "dev.spacy", [1])),
        "paths.vectors": None,
        "paths.labels": "none.json",
        "paths.vocabulary": str(folder / "words.jsonl"),
        "training.max_steps": 4,
        "training.eval_frequency": 2,
        "training.patience": 100,
        **overrides,
    }
    for domain, text in texts.items():
        file = folder / f"{domain}.txt"
        file.write_text(text, encoding="utf8")
        values[f"paths.raw_{domain}"] = str(file)
    words = {word for text in texts.values() for word in text.split()}
    write_vocabulary(folder / "words.jsonl", dict.fromkeys(words - {"phone"}, 5))
    return load_config(CONFIG.with_name("jia.cfg"), overrides=values)


def configure_held_out(folder: Path, **changes: Any) -> Config:
    """A training on raw text, which measures other raw text."""
    config = make_raw_config(folder)
    text = ["It rains in London .", "Ada left .", "A phone is out ."]
    (folder / "held.txt").write_text("\n".join(text), encoding="utf8")
    inner = {"@loggers": "spacy_moee.JsonlLogger.v1", "path": str(folder / "log.jsonl")}
    held = {"source": str(folder / "held.txt"), "target": str(folder / "held.txt")}
    block = {"@loggers": NAME, "logger": inner, **held, **changes}
    config["training"]["logger"] = block
    return config


def test_perplexity_is_logged(tmp_path: Path) -> None:
    """It changes nothing in the training."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    lines = run(configure_held_out(tmp_path / "a"))
    plain = run(configure_held_out(tmp_path / "b", source=None, target=None))
    assert len(lines) == len(plain) > 2
    for line, other in zip(lines, plain, strict=True):
        found = [line["scores"].pop(f"perplexity_{d}") for d in ("source", "target")]
        assert all(value > 1 for value in found)
        assert line["losses"] == other["losses"]
        assert line["score"] == other["score"]


def test_no_component_predicts_words(tmp_path: Path) -> None:
    model = "components.moee_ner.model"
    weights = {f"{model}.language_weight": 0.0, f"{model}.domain": "source"}
    config = make_raw_config(tmp_path, **weights)
    config["training"]["logger"]["target"] = str(tmp_path / "target.txt")
    nlp = init_nlp(config)
    with pytest.raises(MoeeError, match="M622.*moee_ner"):
        train(nlp, stdout=io.StringIO())


def test_held_out_text_that_is_not_there(tmp_path: Path) -> None:
    nlp = init_nlp(configure_held_out(tmp_path, target=str(tmp_path / "gone.txt")))
    with pytest.raises(MoeeError, match="M710.*gone.txt"):
        train(nlp, stdout=io.StringIO())
    with pytest.raises(MoeeError, match=f"M103.*limit.*{NAME}"):
        make_score_logger(limit=0)


def test_limit(tmp_path: Path, monkeypatch: Any) -> None:
    seen: List[Any] = []

    def watch(model: Any, docs: Any) -> float:
        seen.append([doc.text for doc in docs])
        return 2.0

    monkeypatch.setattr("spacy_moee.training.held_out.measure_perplexity", watch)
    lines = run(configure_held_out(tmp_path, limit=2, target=None))
    assert seen == [["It rains in London .", "Ada left ."]] * len(lines)
    assert {line["scores"]["perplexity_source"] for line in lines} == {2.0}
    assert "perplexity_target" not in lines[0]["scores"]
