"""Copies in half precision."""

import os
import tempfile
from pathlib import Path
from typing import List

import numpy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spacy_moee.embeddings.fasttext import file as fasttext_file
from spacy_moee.embeddings.fasttext import prune as fasttext_prune
from spacy_moee.embeddings.fasttext.file import FastTextFile
from spacy_moee.embeddings.fasttext.prune import write_pruned
from spacy_moee.errors import MoeeError

from .util import write_fasttext

fasttext = pytest.importorskip("fasttext")

WORDS = ["ada", "</s>", "London", "日本", "é", "naïve", "😀a", "a"]
LABELS = ["__label__a", "__label__b"]
UNSEEN = ["", " ", "Ada", "日本語", "</s", "adaadaada", "👩‍👩‍👧", "a\nb"]


def half_vectors(path: Path, words: List[str], kept: List[str]) -> numpy.ndarray:
    """From fastText's own rows, rounded: their mean without the rows left out."""
    model = fasttext.load_model(str(path))
    table = model.get_input_matrix().astype("float16").astype("float64")
    vectors = numpy.zeros((len(words), table.shape[1]))
    for vector, word in zip(vectors, words, strict=True):
        rows = model.get_subwords(word)[1]
        if word in WORDS and word not in kept:
            rows = rows[1:]
        if len(rows):
            vector[:] = table[rows].mean(axis=0)
    return vectors


@settings(max_examples=40)
@given(
    kept=st.lists(st.sampled_from(WORDS)),
    ngrams=st.sampled_from([(3, 6, 50), (1, 2, 9), (0, 0, 0)]),
    model=st.sampled_from(["skipgram", "supervised"]),
    version=st.sampled_from([11, 12]),
    chunk=st.sampled_from([1, 3, 2**13]),
    block=st.sampled_from([1, 100, 2**21]),
    labels=st.sampled_from([[], LABELS]),
)
@example([], (0, 0, 0), "skipgram", 12, 1, 1, [])
def test_kept_and_pruned_words(
    kept, ngrams, model, version, chunk, block, labels
) -> None:
    minn, maxn, bucket = ngrams
    sizes = {"minn": minn, "maxn": maxn, "bucket": bucket, "dim": 5}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(fasttext_file, "ROWS", chunk)
        patch.setattr(fasttext_prune, "BLOCK", block)
        path, target = Path(folder) / "model.bin", Path(folder) / "copy"
        write_fasttext(
            path, WORDS, model=model, labels=labels, version=version, **sizes
        )
        write_pruned(FastTextFile(path), target, iter([*kept, "unknown", *LABELS]))
        small = FastTextFile(target)
        assert small.n_words == len(set(kept))
        words = [*WORDS, *UNSEEN, *(labels if bucket else [])]
        expected = half_vectors(path, words, kept)
        numpy.testing.assert_allclose(small.vectors(words), expected, atol=1e-6)
        is_known = [word in kept or word in labels for word in words]
        assert small.known(words).tolist() == is_known


def test_all_words(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS, dim=30)
    model = FastTextFile(path)
    write_pruned(model, tmp_path / "copy", None)
    small = FastTextFile(tmp_path / "copy")
    words = [*WORDS, *UNSEEN]
    error = numpy.abs(small.vectors(words) - model.vectors(words)).max()
    assert 0 < error <= numpy.abs(model.matrix).max() * 2.0**-11
    # half of the input matrix, and the dictionary
    smaller = (len(WORDS) + 50) * 30 * 2 + len(WORDS) * 30 * 4 + 17
    assert (tmp_path / "copy").stat().st_size == path.stat().st_size - smaller
    assert small.fingerprint != model.fingerprint


def test_copy_of_a_copy_and_over_itself(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS)
    model = FastTextFile(path)
    before = model.vectors(WORDS)
    write_pruned(model, path, ["ada", "é"])
    # what is open stays as it was
    numpy.testing.assert_array_equal(model.vectors(WORDS), before)
    write_pruned(FastTextFile(path), tmp_path / "again", None)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["again", "model.bin"]


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, -70000.0])
def test_values_that_do_not_fit(tmp_path: Path, value: float) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS)
    place = FastTextFile(path).layout.matrix + (3 * 8 + 2) * 4
    with path.open("r+b") as file:
        file.seek(place)
        file.write(numpy.float32(value).tobytes())
    with pytest.raises(MoeeError, match=f"row 3 holds {value}") as caught:
        write_pruned(FastTextFile(path), tmp_path / "copy", None)
    assert caught.value.code == "M215"
    assert os.listdir(tmp_path) == ["model.bin"]


def test_nothing_is_half_written(tmp_path: Path, monkeypatch) -> None:
    model = FastTextFile(write_fasttext(tmp_path / "model.bin", WORDS))
    with pytest.raises(MoeeError, match="M216.*copy.*File exists"):
        write_pruned(model, tmp_path / "model.bin" / "copy", None)
    (tmp_path / "copy").write_text("before")

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(MoeeError, match="M216.*No space left"):
        write_pruned(model, tmp_path / "copy", None)
    assert (tmp_path / "copy").read_text() == "before"
    assert sorted(os.listdir(tmp_path)) == ["copy", "model.bin"]
