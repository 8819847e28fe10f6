"""`spacy moee fasttext`."""

import sys
from pathlib import Path
from typing import Any, Dict, get_args

import pytest
import spacy
from spacy.cli import app
from spacy.tokens import Doc, DocBin
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.cli import fasttext as command
from spacy_moee.embeddings.fasttext.train import RETRIES

CONFIGS = Path(__file__).parents[2] / "configs"
SMALL = ["--dim", 10]


def run(*args: object):
    return CliRunner().invoke(app, ["moee", "fasttext", *map(str, args)])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus" / "a.spacy"
    path.parent.mkdir()
    doc = Doc(spacy.blank("en").vocab, words=["Ada", "met", "Byron", "."])
    DocBin(docs=[doc] * 10).to_disk(path)
    return path


def test_says_what_was_learned(corpus: Path, tmp_path: Path, capfd) -> None:
    fasttext = pytest.importorskip("fasttext")
    output = tmp_path / "a.bin"
    for source in (corpus, corpus.parent):
        result = run(source, output, *SMALL)
        assert result.exit_code == 0, result.output
        # it may be wrapped
        assert f"4 words, 10 dimensions: {output}" in " ".join(result.output.split())
    # fastText writes past Python
    assert capfd.readouterr() == ("", "")
    assert "ada" in fasttext.load_model(str(output)).get_words()


def test_help_says_how_often_it_is_tried() -> None:
    (option,) = [x for x in get_args(command.Lr)[1:] if hasattr(x, "help")]
    assert f"up to {RETRIES} times" in option.help


def test_options(corpus: Path, tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    values: Dict[str, Any] = {
        "dim": 7,
        "epoch": 3,
        "minn": 2,
        "maxn": 4,
        "bucket": 2**21,
        "thread": 2,
    }
    args = [arg for name, value in values.items() for arg in (f"--{name}", value)]
    args += ["--no-lowercase", "--min-count", 2, "--lr", 0.01]
    result = run(corpus, tmp_path / "a.bin", *args)
    assert result.exit_code == 0, result.output
    model = fasttext.load_model(str(tmp_path / "a.bin"))
    assert "Ada" in model.get_words()
    saved = model.f.getArgs()
    names = set(values) - {"thread"}
    assert {n: getattr(saved, n) for n in names} == {n: values[n] for n in names}
    assert saved.minCount == 2


def test_settings_that_a_model_does_not_hold(
    corpus: Path, tmp_path: Path, monkeypatch
) -> None:
    fasttext = pytest.importorskip("fasttext")
    seen: dict = {}

    def train_unsupervised(*args, **kwargs):
        seen.update(kwargs)
        raise RuntimeError

    monkeypatch.setattr(fasttext, "train_unsupervised", train_unsupervised)
    run(corpus, tmp_path / "a.bin", *SMALL, "--thread", 2, "--lr", 0.16)
    assert (seen["thread"], seen["lr"]) == (2, 0.01)


@pytest.mark.parametrize(
    "args, message",
    [
        pytest.param(["--min-count", 99], "[M232]", id="rare"),
        pytest.param(["--lr", 1e30, "--epoch", 100], "[M233]", id="rate"),
    ],
)
def test_errors(corpus: Path, tmp_path: Path, args: list, message: str) -> None:
    pytest.importorskip("fasttext")
    result = run(corpus, tmp_path / "a.bin", *SMALL, *args)
    assert result.exit_code == 1
    assert message in result.output and "Traceback" not in result.output
    assert not (tmp_path / "a.bin").exists()


def test_missing_package_is_one_clear_line(
    corpus: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "fasttext", None)
    result = run(corpus, tmp_path / "a.bin")
    assert result.exit_code == 1
    assert "[M230]" in result.output
    assert 'pip install "spacy-moee[fasttext]"' in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "args",
    # fastText ends the process for some of these
    [["--bucket", 0], ["--dim", 0], ["--thread", 0], ["--minn", 5, "--maxn", 3]],
    ids=str,
)
def test_bad_options(corpus: Path, tmp_path: Path, args: list) -> None:
    result = run(corpus, tmp_path / "a.bin", *args)
    assert result.exit_code == 2
    assert str(args[0]) in result.output


@pytest.mark.parametrize(
    "name, output, args, message",
    [
        ("fasttext_frozen", "vectors/fasttext.bin", [], "words, 10 dim"),
        ("fasttext_frozen", "vectors/other.bin", [], "path is vectors/fasttext.bin"),
        ("fasttext_frozen", "vectors/fasttext.bin", ["--no-lowercase"], "lowercase is"),
        ("sample", "vectors/fasttext.bin", [], "@vectors is spacy.Vectors.v1"),
    ],
)
def test_config_that_would_not_use_them(
    corpus: Path, tmp_path: Path, monkeypatch, name, output, args, message
) -> None:
    pytest.importorskip("fasttext")
    monkeypatch.chdir(tmp_path)
    result = run(corpus, output, *SMALL, *args, "--config", CONFIGS / f"{name}.cfg")
    assert message in result.output
    is_good = message.startswith("words")
    assert (result.exit_code == 0) == is_good == Path(output).exists()
    assert ("[M234]" in result.output) != is_good
