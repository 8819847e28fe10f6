"""`spacy moee prune-vectors`."""

import shutil
from pathlib import Path
from typing import Any, Dict, List
from zipfile import ZipFile

import numpy
import pytest
import spacy
import srsly
import torch
from spacy.cli import app
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vectors import Vectors
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from tests.cli.util import run_spacy
from tests.component.util import TINY, get_all, make_tagged, make_texts, train
from tests.embeddings.fasttext.util import write_fasttext

STATIC = {"@architectures": "spacy_moee.StaticEmbed.v1", "attr": "LOWER"}
TRAINED = {**STATIC, "attr": "ORTH", "trainable": True}
VOCABULARY = {"@architectures": "spacy_moee.VocabularyEmbed.v1"}
CONCEPT = {"@architectures": "spacy_moee.ConceptTagger.v1", "hidden_width": 16}
MODELS: Dict[str, Dict[str, Any]] = {
    "lower": {**TINY, "tok2vec": STATIC},
    "trained": {**TINY, "tok2vec": TRAINED},
    "vocabulary": {**TINY, "tok2vec": VOCABULARY},
    "described": {**CONCEPT, "depth": 1, "tok2vec": STATIC},
}
FORMS = sorted({word for words, _ in make_tagged() for word in words})
# what the sentences are made of, then words that no text has
WORDS = [*dict.fromkeys([*map(str.lower, FORMS), *FORMS])]
WORDS += ["person", "location", *(f"unmet{i}" for i in range(400))]


def run(*args: object):
    return CliRunner().invoke(app, ["moee", "prune-vectors", *map(str, args)])


def make_nlp(model: Dict[str, Any], steps: int = 20) -> Language:
    nlp = spacy.blank("en")
    for word in WORDS:
        nlp.vocab.strings.add(word)
    table = numpy.random.default_rng(0).normal(size=(len(WORDS), 16)).astype("float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=WORDS)
    nlp.add_pipe("moee_ner", config={"model": model})
    train(nlp, steps=steps)
    return nlp


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for name, model in MODELS.items():
        make_nlp(model).to_disk(folder / name)
    return folder


def write_texts(folder: Path) -> Path:
    """Some of the sentences in each format."""
    folder.mkdir()
    first, second, third = (make_texts(12, seed) for seed in (1, 2, 3))
    (folder / "a.txt").write_text("\n".join(first), encoding="utf8")
    srsly.write_jsonl(folder / "b.jsonl", [{"text": text} for text in second])
    vocab = spacy.blank("en").vocab
    docs = [Doc(vocab, words=text.split()) for text in third]
    DocBin(docs=docs).to_disk(folder / "c.spacy")
    return folder


def get_scores(nlp: Language, texts: List[str]) -> List[torch.Tensor]:
    docs = [nlp.make_doc(text) for text in texts]
    scores: Any = nlp.get_pipe("moee_ner").model.predict(docs)  # type: ignore
    return [o for b in scores.batches for o in b.outputs if o is not None]


@pytest.mark.parametrize("name", MODELS)
def test_predictions_stay_the_same_to_the_last_bit(
    name: str, models: Path, tmp_path: Path
) -> None:
    texts = write_texts(tmp_path / "texts")
    result = run(models / name, tmp_path / "small", texts)
    assert result.exit_code == 0, result.output
    big, small = spacy.load(models / name), spacy.load(tmp_path / "small")
    assert small.vocab.vectors.shape[0] < 60 < big.vocab.vectors.shape[0]
    assert f"Vectors: {len(WORDS):,} -> {len(small.vocab.vectors):,}, " in result.output
    assert "[MW73]" in result.output
    met = [text for seed in (1, 2, 3) for text in make_texts(12, seed)]
    assert get_all(small.pipe(met)) == get_all(big.pipe(met))
    before, after = get_scores(big, met), get_scores(small, met)
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert any(doc.ents for doc in small.pipe(met))
    # the words that it met keep theirs, all others have none
    for word in ("berlin", "unmet7"):
        kept = small.vocab.has_vector(word)
        assert kept == (word == "berlin" and name != "trained")
        vector = small.vocab[word].vector
        assert vector.tolist() == (big.vocab[word].vector * kept).tolist()
    if name == "described":
        ner: Any = small.get_pipe("moee_ner")
        assert ner.add_label("NEW", description="person location") == 1


def test_first_rows(models: Path, tmp_path: Path) -> None:
    result = run(models / "lower", tmp_path / "small", "--rows", 5)
    assert result.exit_code == 0 and "MW73" not in result.output, result.output
    vectors = spacy.load(tmp_path / "small").vocab.vectors
    assert sorted(vectors.strings[key] for key in vectors.key2row) == sorted(WORDS[:5])
    text = tmp_path / "a.txt"
    text.write_text("Unmet399 of them", encoding="utf8")
    result = run(models / "lower", tmp_path / "more", text, "--rows", 5)
    assert "33.3 % of the 3 tokens of the texts" in " ".join(result.output.split())
    assert len(spacy.load(tmp_path / "more").vocab.vectors) == 6


def test_strings(models: Path, tmp_path: Path) -> None:
    """Neither the words without a vector nor those of the texts are saved, but all
    that a doc can show."""
    text = tmp_path / "a.txt"
    text.write_text("Zzyzx met Berlin .", encoding="utf8")
    assert run(models / "lower", tmp_path / "small", text).exit_code == 0
    strings = srsly.read_json(tmp_path / "small" / "vocab" / "strings.json")
    assert {"berlin", "PER"} <= set(strings)
    assert not {"unmet7", "Zzyzx", "zzyzx"} & set(strings)
    big, small = spacy.load(models / "lower"), spacy.load(tmp_path / "small")
    texts = ["Unmet7 can't be Zzyzx , U.S.A. :-)", *make_texts(8)]
    lexical = ("text", "norm_", "lower_", "shape_", "prefix_", "suffix_")
    for ours, theirs in zip(small.pipe(texts), big.pipe(texts), strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert [getattr(a, n) for n in lexical] == [getattr(b, n) for n in lexical]
            assert a.ent_type_ in ("", "LOC", "PER")
    doc = Doc(small.vocab).from_bytes(big(texts[0]).to_bytes())
    assert doc.text == texts[0]


def test_other_components_keep_their_strings(tmp_path: Path) -> None:
    nlp = make_nlp(MODELS["lower"], steps=1)
    nlp.add_pipe("attribute_ruler").add(  # type: ignore[attr-defined]
        [[{"LOWER": "ada"}]], {"TAG": "unmet7"}
    )
    nlp.to_disk(tmp_path / "nlp")
    assert run(tmp_path / "nlp", tmp_path / "small", "--rows", 5).exit_code == 0
    small = spacy.load(tmp_path / "small")
    assert "unmet7" in small.vocab.strings
    assert small("Ada")[0].tag_ == "unmet7"


def test_output(models: Path, tmp_path: Path) -> None:
    model = shutil.copytree(models / "lower", tmp_path / "model")
    before = sorted(p.stat().st_mtime_ns for p in model.rglob("*"))
    for output in (model, model / "small", tmp_path, model / ".." / "model"):
        result = run(model, output, "--rows", 5)
        assert result.exit_code == 1 and "[M705]" in result.output
    assert sorted(p.stat().st_mtime_ns for p in model.rglob("*")) == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "precious.txt").write_text("x", encoding="utf8")
    (tmp_path / "file").write_text("x", encoding="utf8")
    for output in (tmp_path / "other", tmp_path / "file"):
        assert "[M705]" in run(model, output, "--rows", 5).output
    assert (tmp_path / "other" / "precious.txt").is_file()
    # a pipeline is replaced as a whole
    assert run(model, tmp_path / "small", "--rows", 5).exit_code == 0
    (tmp_path / "small" / "stale").write_text("x", encoding="utf8")
    assert run(model, tmp_path / "small", "--rows", 6).exit_code == 0
    assert len(spacy.load(tmp_path / "small").vocab.vectors) == 6
    assert not (tmp_path / "small" / "stale").exists()


def test_what_can_not_be_pruned(models: Path, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("zzyzx", encoding="utf8")
    path = str(write_fasttext(tmp_path / "words.bin", ["ada"]))
    block = {"@vectors": "spacy_moee.FastTextVectors.v1", "path": path}
    spacy.blank("en", config={"nlp": {"vectors": block}}).to_disk(tmp_path / "fast")
    spacy.blank("en").to_disk(tmp_path / "none")
    for code, *args in (
        ("M704", tmp_path / "absent", "OUT", "--rows", 5),
        ("M712", models / "lower", "OUT"),
        ("M710", models / "lower", "OUT", tmp_path / "absent.txt"),
        ("M713", tmp_path / "fast", "OUT", text),
        ("M714", tmp_path / "none", "OUT", text),
        ("M715", models / "lower", "OUT", text),
    ):
        output = tmp_path / "out"
        result = run(*(output if arg == "OUT" else arg for arg in args))
        assert result.exit_code == 1 and f"[{code}]" in result.output, result.output
        assert not output.exists()


@pytest.mark.slow
def test_wheel_is_small(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    words = [f"word{i}" for i in range(20_000)]
    table = numpy.random.default_rng(0).normal(size=(len(words), 50)).astype("float32")
    for word in words:
        nlp.vocab.strings.add(word)
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=words)
    nlp.add_pipe("moee_ner", config={"model": MODELS["lower"]})
    train(nlp, steps=1)
    nlp.to_disk(tmp_path / "nlp")
    text = tmp_path / "a.txt"
    text.write_text("word1 word2", encoding="utf8")
    assert run(tmp_path / "nlp", tmp_path / "small", text).exit_code == 0
    size = sum(p.stat().st_size for p in (tmp_path / "nlp").rglob("*") if p.is_file())
    (tmp_path / "out").mkdir()
    build = ("--name", "small", "--build", "wheel")
    run_spacy("package", tmp_path / "small", tmp_path / "out", *build)
    [wheel] = (tmp_path / "out").rglob("*.whl")
    with ZipFile(wheel) as archive:
        assert any(file.endswith("vocab/vectors") for file in archive.namelist())
    assert wheel.stat().st_size < 300_000 < 4_000_000 < size
