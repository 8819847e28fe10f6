"""A run from its first process to the result, with real processes."""

import time
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_moee.experiments.experiment import read_experiment
from spacy_moee.experiments.grid import Run, make_runs
from spacy_moee.experiments.inputs import TRAINED
from spacy_moee.experiments.job import Job, read_result

from .util import make_content, write_content

pytestmark = pytest.mark.slow


def first_run(folder: Path) -> Run:
    content = make_content(folder)
    return make_runs(read_experiment(write_content(folder / "e.yml", content)))[0]


def finish(run: Run, folder: Path) -> Job:
    job = Job(run, folder, -1)
    end = time.monotonic() + 300
    while not job.is_over():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return job


def write_other_tokens(path: Path) -> None:
    """A test set of running text, of which spaCy's tokenizer makes other tokens."""
    words = ["Ada", "Byron", "left", "London.", "He", "did", "n't."]
    doc = Doc(spacy.blank("en").vocab, words=words, spaces=[True] * len(words))
    doc.ents = [Span(doc, 0, 2, label="PER"), Span(doc, 3, 4, label="LOC")]
    DocBin(docs=[doc]).to_disk(path)


def test_only_what_changed_is_done_again(tmp_path: Path) -> None:
    run, folder = first_run(tmp_path), tmp_path / "run"
    assert finish(run, folder).step == "evaluate"
    result = read_result(folder)
    assert result is not None and result["data"] == run.data
    assert result["device"] == "CPU" and result["config"] == run.key
    trained = (folder / "train.log").stat().st_mtime_ns

    write_other_tokens(tmp_path / "target.spacy")
    run = first_run(tmp_path)
    finish(run, folder)
    again = read_result(folder)
    assert again is not None and again["data"] == run.data != result["data"]
    assert again["target"]["counts"][2] == 2 and again["source"] != {}
    assert again["source"]["counts"] == result["source"]["counts"]
    assert (folder / "train.log").stat().st_mtime_ns == trained

    # while it was trained, so its training is not what the key says
    (tmp_path / "train.spacy").write_bytes((tmp_path / "target.spacy").read_bytes())
    (folder / "result.json").unlink()
    job = finish(run, folder)
    assert job.log.name == "evaluate.log" and read_result(folder) is None
    assert "[M507]" in job.log.read_text("utf8") and not (folder / TRAINED).exists()
