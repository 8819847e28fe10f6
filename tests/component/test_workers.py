"""Threads and processes that share a pipeline get the serial answers."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from spacy.language import Language

from ..marks import slow
from .util import get_all, make_texts, make_trained

SCRIPT = """
import multiprocessing
import sys

import spacy
import torch


def main(path, method):
    multiprocessing.set_start_method(method)
    torch.set_num_threads(2)
    nlp = spacy.load(path)
    x = torch.rand(2000, 2000)
    (x @ x).sum()  # starts torch's own threads
    texts = [f"Anna lives in Rome and met number {i} ." for i in range(60)]

    def read(docs):
        return [(doc.text, [(e.text, e.label_) for e in doc.ents]) for doc in docs]

    serial = read(nlp.pipe(texts, batch_size=200))
    assert torch.get_num_threads() == 2
    for _ in range(2 if method == "fork" else 1):
        assert read(nlp.pipe(texts, n_process=2, batch_size=7)) == serial
    assert torch.get_num_threads() == 2
    assert any(ents for _, ents in serial)
    print("the same")


if __name__ == "__main__":
    main(*sys.argv[1:])
"""


def test_threads(nlp: Language) -> None:
    texts = make_texts(200, seed=2)
    expected = get_all(nlp.pipe(texts))

    def work(i: int) -> bool:
        if i % 2:
            return get_all(nlp.pipe(texts, batch_size=1 + i)) == expected
        return get_all(nlp(text) for text in texts) == expected

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(
            "fork",
            marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
        ),
        *slow("spawn"),
    ],
)
def test_processes(method: str, tmp_path: Path) -> None:
    """In a process of its own: if a worker hangs, it is ended."""
    make_trained().to_disk(tmp_path / "model")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf8")
    result = subprocess.run(
        [sys.executable, "-W", "ignore", script, tmp_path / "model", method],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
    )
    assert result.returncode == 0, result.stderr
    assert "the same" in result.stdout
