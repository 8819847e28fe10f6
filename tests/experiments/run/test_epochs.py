"""Reading how far a training is, while it goes on."""

from pathlib import Path

import pytest
import srsly

from spacy_moee.experiments.run.epochs import best_epoch, dev_f1, read_epochs


def make_row(epoch, step, f1, score):
    return {"epoch": epoch, "step": step, "scores": {"ents_f": f1}, "score": score}


ROWS = [
    make_row(0, 0, None, 0.0),
    make_row(1, 439, 0.8957, 0.8957),
    make_row(2, 878, 0.8957, 0.8957),
    make_row(3, 1317, 0.9, 0.8800),
]


def test_best_epoch_is_the_one_that_spacy_keeps(tmp_path: Path):
    """The later one of equals, by the score that spaCy compares."""
    srsly.write_jsonl(tmp_path / "log", ROWS)
    rows = read_epochs(tmp_path / "log")
    assert rows == ROWS and best_epoch(rows) == 2
    assert [*map(dev_f1, rows)] == pytest.approx([0, 89.57, 89.57, 90])
    assert best_epoch([]) == -1


def test_line_that_is_being_written(tmp_path: Path):
    log = tmp_path / "log"
    assert read_epochs(log) == []
    srsly.write_jsonl(log, ROWS[:2])
    text = log.read_text("utf8")
    for size in range(len(text)):
        log.write_text(text[:size], "utf8")
        assert read_epochs(log) == ROWS[: text[:size].count("\n")]


@pytest.mark.parametrize("text", ["{\n", "3\n", "{}\n", '{"epoch": "x"}\n', "\x00\n"])
def test_no_log(tmp_path: Path, text: str):
    (tmp_path / "log").write_text(text, "utf8")
    assert read_epochs(tmp_path / "log") == []
