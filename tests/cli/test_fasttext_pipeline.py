"""spaCy's own commands on a pipeline with FastTextVectors, from config to package."""

from pathlib import Path
from typing import List

import numpy
import pytest
import spacy
import srsly
from thinc.api import Config

from spacy_moee.errors import MoeeError
from tests.cli.test_lifecycle import write_corpus
from tests.cli.util import call_spacy, run_spacy
from tests.component.util import make_tagged
from tests.embeddings.fasttext.util import write_fasttext

PARTIAL = """
[paths]
train = null
dev = null

[nlp]
lang = "en"
pipeline = ["ner","moee_ner"]

[nlp.vectors]
@vectors = "spacy_moee.FastTextVectors.v1"
path = "absent.bin"
embed = true

[components]

[components.ner]
factory = "ner"

[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
extra_state_tokens = false
hidden_width = 16
maxout_pieces = 1
use_upper = false

[components.ner.model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[components.ner.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 8
attrs = ["SHAPE"]
rows = [20]
include_static_vectors = true

[components.ner.model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 8
window_size = 1
maxout_pieces = 2
depth = 1

[components.moee_ner]
factory = "moee_ner"

[components.moee_ner.model]
@architectures = "spacy_moee.MoEETagger.v1"
hidden_width = 8
depth = 1
expert_width = 8

[components.moee_ner.model.tok2vec]
@architectures = "spacy_moee.StaticEmbed.v1"

[training]
max_epochs = 2
dropout = 0.1

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.02
"""
# fewer, and `debug data` complains
N_DOCS = 100


def get_tokens() -> List[str]:
    return [word for words, _ in make_tagged(N_DOCS, seed=0) for word in words]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, vectors, a config that was filled without them, a trained pipeline."""
    folder = tmp_path_factory.mktemp("fasttext")
    write_corpus(folder / "train.spacy", 0, N_DOCS)
    write_corpus(folder / "dev.spacy", 1, N_DOCS)
    (folder / "partial.cfg").write_text(PARTIAL, encoding="utf8")
    call_spacy("init", "fill-config", folder / "partial.cfg", folder / "config.cfg")
    write_fasttext(folder / "words.bin", sorted(set(get_tokens())), dim=16)
    call_spacy("train", folder / "config.cfg", "-o", folder / "model", *paths(folder))
    return folder


def paths(folder: Path, name: str = "words.bin") -> List[object]:
    corpora = ["--paths.train", folder / "train.spacy"]
    corpora += ["--paths.dev", folder / "dev.spacy"]
    return [*corpora, "--nlp.vectors.path", folder / name]


def test_fill_config(folder: Path) -> None:
    """There was no file yet."""
    vectors = Config().from_disk(folder / "config.cfg", interpolate=False)["nlp"]
    assert vectors["vectors"] == {
        "@vectors": "spacy_moee.FastTextVectors.v1",
        "path": "absent.bin",
        "lowercase": False,
        "embed": True,
        "prune": False,
        "full_hash": False,
    }


def test_debug_data(folder: Path) -> None:
    config = folder / "config.cfg"
    output = call_spacy("debug", "data", config, *paths(folder), "--verbose")
    assert "0 words in training data without vectors (0%)" in " ".join(output.split())
    # without n-grams, what the file has not is missing
    known = sorted(set(get_tokens()))[::3]
    write_fasttext(folder / "bare.bin", known, 16, minn=0, maxn=0, bucket=0)
    output = call_spacy("debug", "data", config, *paths(folder, "bare.bin"), "-V")
    missing = sum(token not in known for token in get_tokens())
    assert f"{missing} words in training data without vectors" in output
    n = len(known)
    assert f"{n} vectors ({n} unique keys, 16 dimensions)" in output


def test_absent_file(folder: Path) -> None:
    train = ("train", folder / "config.cfg", *paths(folder, "absent.bin"))
    with pytest.raises(MoeeError, match="M220") as error:
        call_spacy(*train)
    assert str(folder / "absent.bin") in str(error.value)


def test_evaluate(folder: Path) -> None:
    model = folder / "model" / "model-last"
    metrics = folder / "metrics.json"
    call_spacy("evaluate", model, folder / "dev.spacy", "--output", metrics)
    assert set(srsly.read_json(metrics)["ents_per_type"]) == {"LOC", "PER"}


def test_training_saved_a_copy(folder: Path) -> None:
    for name in ("model-best", "model-last"):
        vocab = folder / "model" / name / "vocab"
        assert srsly.read_json(vocab / "fasttext.json")["embedded"] is True
        assert (vocab / "fasttext.vectors").is_file()


def test_package(folder: Path, tmp_path: Path) -> None:
    """It names us as what it needs, and needs the .bin no more."""
    model = folder / "model" / "model-last"
    expected = spacy.load(model)("Anna lives in Lomdon .")
    args = ("--name", "moee_vectors", "--version", "1.2.3", "--build", "none")
    run_spacy("package", model, tmp_path, *args)
    package = tmp_path / "en_moee_vectors-1.2.3"
    requirements = srsly.read_json(package / "meta.json")["requirements"]
    assert any(r.startswith("spacy-moee") for r in requirements), requirements
    hidden = (folder / "words.bin").rename(folder / "hidden.bin")
    try:
        nlp = spacy.load(package / "en_moee_vectors" / package.name)
    finally:
        hidden.rename(folder / "words.bin")
    assert nlp.vocab.vectors.source.file.path.is_relative_to(package)
    doc = nlp("Anna lives in Lomdon .")
    assert [t.ent_iob_ + t.ent_type_ for t in doc] == [
        t.ent_iob_ + t.ent_type_ for t in expected
    ]
    assert "Lomdon" not in get_tokens()
    numpy.testing.assert_array_equal(doc[3].vector, expected[3].vector)
    assert doc[3].vector.any()
