"""What is measured by sentences and by articles; the figures are no test."""

import re
from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from thinc.api import Model

from benchmarks import documents, kept_vectors
from benchmarks.kept_vectors import keep_vectors
from spacy_moee.evaluation.units import DOCS, SENTENCES

from ..component.util import make_tagged, make_trained
from .util import keys_of


def write(path: Path, nlp: Language, n: int, size: int, seed: int = 0) -> Path:
    """Docs of so many sentences each."""
    tagged = make_tagged(n, seed)
    docs = []
    for i in range(0, n, size):
        part = tagged[i : i + size]
        words = [word for sentence, _ in part for word in sentence]
        tags = [tag for _, row in part for tag in row]
        starts: List[Any] = [
            j == 0 for sentence, _ in part for j in range(len(sentence))
        ]
        docs.append(Doc(nlp.vocab, words=words, ents=tags, sent_starts=starts))
    path.parent.mkdir(parents=True, exist_ok=True)
    DocBin(docs=docs).to_disk(path)
    return path


def test_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    nlp = make_trained()
    nlp.to_disk(tmp_path / "model")
    for name in ("source", "target"):
        write(tmp_path / name / "test.spacy", nlp, 12, 3)
    write(tmp_path / "domains" / "news.spacy", nlp, 12, 4, 1)
    write(tmp_path / "domains" / "tweets.spacy", nlp, 12, 1, 2)
    models = [f"{name}={tmp_path / 'model'}" for name in ("a", "a", "b")]
    folders = ["--corpus", str(tmp_path), "--domains", str(tmp_path / "domains")]
    parser = documents.make_arguments()
    documents.main(parser.parse_args(["--models", *models, *folders, "--speed"]))
    output = capsys.readouterr().out
    assert keys_of(output) == ["a_mean", "b_mean"]
    lines = output.splitlines()
    measured = [line for line in lines if re.search(r"model: \w+, articles", line)]
    assert len(measured) == 3 * 4
    assert [("articles -" in line) for line in measured[:4]] == [False] * 3 + [True]
    header = ["source", "target", "mean", "news", "tweets"]
    heads = [line.split() for line in lines if line.split()[1:] == header]
    assert [head[0] for head in heads] == ["articles", "sentences"]
    # the same pipelines
    rows = [line.split() for line in lines if line.startswith("mean ")]
    assert [row[1] for row in rows] == ["+0.00"]
    assert "words/s" in output


def test_each_threshold_is_a_system(tmp_path: Path) -> None:
    make_trained().to_disk(tmp_path / "model")
    systems = documents.read_systems([f"a={tmp_path / 'model'}"], [0.0, 1.0])
    assert list(systems) == ["a 0", "a 1"]
    doc = make_trained().make_doc("Anna lives in Rome .")
    found = [next(x.load())(doc.copy()).ents for x in systems.values()]
    assert found[0] and not found[1]


@pytest.mark.parametrize(
    "words", [["--models", "a"], ["--models", "a=b", "--baseline", "c"]]
)
def test_what_can_not_be(words: List[str]) -> None:
    folders = ["--corpus", "corpus", "--domains", "domains"]
    with pytest.raises(SystemExit, match=words[-2]):
        documents.main(documents.make_arguments().parse_args([*words, *folders]))


def test_folders_without_test_sets(tmp_path: Path) -> None:
    folders = ["--corpus", str(tmp_path), "--domains", str(tmp_path / "domains")]
    parser = documents.make_arguments()
    args = parser.parse_args(["--models", "a=b", *folders])
    with pytest.raises(SystemExit, match="--corpus.*Missing: .*source.*target"):
        documents.main(args)
    for name in ("source", "target"):
        write(tmp_path / name / "test.spacy", make_trained(), 2, 1)
    with pytest.raises(SystemExit, match="--domains.*domains: no .spacy file"):
        documents.main(args)


def test_articles_are_the_unit_of_the_bootstrap(tmp_path: Path) -> None:
    nlp = make_trained()
    path = write(tmp_path / "a.spacy", nlp, 12, 3)
    by_sentence = documents.measure(nlp, path, SENTENCES)
    whole = documents.measure(nlp, path, DOCS)
    assert by_sentence.counts.shape == whole.counts.shape == (4, 3)
    assert numpy.array_equal(by_sentence.counts[:, 2], whole.counts[:, 2])
    assert documents.measure(nlp, write(path, nlp, 12, 1), DOCS).counts.shape[0] == 12


def test_types_that_a_file_lacks_are_dropped(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": x} for x in ("Eva", "Anna")])
    ruler.add_patterns([{"label": "ANIMAL", "pattern": "in"}])
    path = write(tmp_path / "a.spacy", nlp, 20, 4)
    correct, predicted, gold = documents.measure(nlp, path, DOCS).counts.sum(axis=0)
    assert 0 < correct == predicted < gold


def test_what_an_encoder_says_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: List[int] = []

    def forward(model: Model, docs: List[Doc], is_train: bool) -> Any:
        calls.append(len(docs))
        return [numpy.full((len(doc), 2), len(doc), dtype="f") for doc in docs], None

    def make(version: int) -> Any:
        embed: Model = Model("encoder", forward, attrs={"version": version})
        embed.shims.append(kept_shim)
        frozen: Model = Model(
            kept_vectors.FROZEN,
            lambda model, docs, is_train: model.layers[0](docs, is_train),
            layers=[embed],
        )
        nlp = spacy.blank("en")
        pipe = type("Pipe", (), {"model": frozen, "__call__": lambda self, doc: doc})()
        monkeypatch.setattr(type(nlp), "pipeline", [("x", pipe)])
        return nlp, frozen

    class Shim:
        def to_bytes(self) -> bytes:
            return b"weights"

    kept_shim: Any = Shim()
    kept: Any = {}
    for version, expected in ((0, [1, 1]), (0, [1, 1]), (1, [1, 1, 2])):
        nlp, frozen = make(version)
        keep_vectors(nlp, kept)
        one, two = (Doc(nlp.vocab, words=words) for words in (["a"], ["a", "b"]))
        if not calls:
            frozen.predict([one])
            frozen.predict([two])
        found = frozen.predict([one, two])
        assert [x.tolist() for x in found] == [[[1, 1]], [[2, 2], [2, 2]]]
        assert calls == expected
