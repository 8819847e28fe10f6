"""A run from its first process to the result, with real processes."""

import json
import shutil
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
import srsly
from spacy.tokens import Doc, DocBin, Span

from spacy_moee.errors import MoeeError
from spacy_moee.experiments.plan.experiment import read_experiment
from spacy_moee.experiments.plan.grid import Run, make_runs
from spacy_moee.experiments.plan.inputs import TRAINED
from spacy_moee.experiments.run import job
from spacy_moee.experiments.run.job import EPOCHS, Job, is_trained, read_result
from tests.experiments.util import (
    OTHER,
    TARGET,
    make_content,
    make_result,
    write_content,
)


def first_run(folder: Path) -> Run:
    content = make_content(folder)
    return make_runs(read_experiment(write_content(folder / "e.yml", content)))[0]


def finish(run: Run, folder: Path) -> Job:
    one = Job(run, folder, -1)
    end = time.monotonic() + 300
    while not one.is_over():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return one


def write_other_tokens(path: Path) -> None:
    """A test set of running text, of which spaCy's tokenizer makes other tokens."""
    words = ["Ada", "Byron", "left", "London.", "He", "did", "n't."]
    doc = Doc(spacy.blank("en").vocab, words=words, spaces=[True] * len(words))
    doc.ents = [Span(doc, 0, 2, label="PER"), Span(doc, 3, 4, label="LOC")]
    DocBin(docs=[doc]).to_disk(path)


@pytest.mark.slow
def test_only_what_changed_is_done_again(tmp_path: Path) -> None:
    run, folder = first_run(tmp_path), tmp_path / "run"
    assert finish(run, folder).step == "evaluate"
    result = read_result(folder)
    assert result is not None and result["data"] == run.data
    assert result["device"] == "CPU" and result["config"] == run.setup
    trained = (folder / "train.log").stat().st_mtime_ns

    write_other_tokens(tmp_path / f"{TARGET}.spacy")
    run = first_run(tmp_path)
    finish(run, folder)
    again = read_result(folder)
    assert again is not None and again["data"] == run.data != result["data"]
    assert again["scores"][TARGET]["counts"][2] == 2
    assert again["scores"]["source"]["counts"] == result["scores"]["source"]["counts"]
    assert (folder / "train.log").stat().st_mtime_ns == trained

    # while it was trained, so its training is not what the key says
    (tmp_path / "train.spacy").write_bytes((tmp_path / f"{TARGET}.spacy").read_bytes())
    (folder / "result.json").unlink()
    last = finish(run, folder)
    assert last.log.name == "evaluate.log" and read_result(folder) is None
    assert "[M507]" in last.log.read_text("utf8") and not (folder / TRAINED).exists()


class FakeChild:
    """A process that ends at once, and leaves what the test wants."""

    code = 0
    left: Dict[str, Any] = {}

    def __init__(self, arguments: Any, log: Path, usage: Path) -> None:
        log.write_text(f"{log.stem}\n", encoding="utf8")
        (log.parent / "model-best").mkdir(exist_ok=True)
        for name, content in self.left.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (log.parent / name).write_text(text, encoding="utf8")

    def poll(self) -> int:
        return self.code

    def close(self) -> None:
        pass


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    result = make_result(OTHER, 0)
    scores = {name: result[name] for name in ("scores", "dev_f1")}
    left = {"train.json": {"seconds": 60, "peak_mb": None}, "scores.json": scores}
    monkeypatch.setattr(FakeChild, "left", left)
    monkeypatch.setattr(job, "Child", FakeChild)


def steps(run: Run, folder: Path) -> List[str]:
    """What is done: the training, its test, or both."""
    for log in folder.glob("*.log"):
        log.unlink()
    one = Job(run, folder, -1)
    while not one.is_over():
        pass
    return sorted(log.stem for log in folder.glob("*.log"))


def test_training_is_kept_unless_it_is_damaged(tmp_path: Path, fake: None) -> None:
    run, folder = first_run(tmp_path), tmp_path / "run"
    assert steps(run, folder) == ["evaluate", "train"]
    result = read_result(folder)
    assert result is not None and result["minutes"] == 1 and result["peak_mb"] is None
    assert steps(run, folder) == ["evaluate"]
    trained = (folder / TRAINED).read_text("utf8")
    for damaged in ("", trained[:-2], trained.replace('"epochs"', '"epoch"')):
        (folder / TRAINED).write_text(damaged)
        with pytest.raises(MoeeError, match=f"M512.*{TRAINED}"):
            is_trained(folder)
        assert steps(run, folder) == ["evaluate", "train"]
        assert (folder / TRAINED).read_text("utf8") == trained
    shutil.rmtree(folder / "model-best")
    assert steps(run, folder) == ["evaluate", "train"]


@pytest.mark.parametrize("name", ["train.json", "scores.json"])
def test_files_that_a_process_did_not_finish(
    tmp_path: Path, fake: None, name: str
) -> None:
    for content in ("{", "[]", '{"seconds": "long"}', '{"seconds": NaN}'):
        FakeChild.left[name] = content
        with pytest.raises(MoeeError, match=f"M512.*{name}"):
            steps(first_run(tmp_path), tmp_path / "run")
        shutil.rmtree(tmp_path / "run")


@pytest.mark.parametrize("code, reason", [(1, "train"), (-9, "signal 9 (SIGKILL)")])
def test_why_a_process_ended(
    tmp_path: Path,
    fake: None,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    reason: str,
) -> None:
    monkeypatch.setattr(FakeChild, "code", code)
    one = Job(first_run(tmp_path), tmp_path / "run", -1)
    assert one.is_over()
    failure = one.explain()
    assert reason in failure.reason and failure.is_early
    assert failure.log == tmp_path / "run" / "train.log"
    assert one.explain("something else").reason == "something else"
    # a row of the untrained model, and one of the first epoch
    for rows, is_early in ((1, True), (2, False)):
        lines = [{"epoch": i, "step": i, "scores": {}, "score": 0} for i in range(rows)]
        srsly.write_jsonl(tmp_path / "run" / EPOCHS, lines)
        assert one.explain().is_early == is_early


def test_code_that_changed_meanwhile(
    tmp_path: Path, fake: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child would run other code than the key says."""
    run = first_run(tmp_path)
    monkeypatch.setattr(job, "code_hash", lambda: "other")
    with pytest.raises(MoeeError, match=f"M514.*{run.code}.*other"):
        Job(run, tmp_path / "run", -1)
