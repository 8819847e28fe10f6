"""`spacy moee report`."""

import errno
import json
import os
from pathlib import Path
from typing import Any, List

import pytest
import spacy
import srsly
from spacy.cli import app
from spacy.cli.evaluate import evaluate
from spacy.tokens import Doc, DocBin, Span
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401


def run(*args: object):
    return CliRunner().invoke(app, ["moee", "report", *map(str, args)])


def write_metrics(path: Path, f1: Any, **changes: Any) -> Path:
    scores = {"p": 0.5, "r": 0.25, "f": f1}
    metrics = {f"ents_{name}": value for name, value in scores.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {**metrics, "ents_per_type": {"PER": scores}, **changes}
    path.write_text(json.dumps(content), encoding="utf8")
    return path


def rows_of(output: str) -> List[List[str]]:
    """The cells of the printed table, without its head."""
    lines = output[output.index("------") :].splitlines()[1:]
    return [line.split() for line in lines if line.strip()]


def test_table(tmp_path: Path) -> None:
    files = [write_metrics(tmp_path / f"{n}.json", 0.3) for n in ("source", "target")]
    output = tmp_path / "new" / "table.md"
    result = run(*files, "--output", output)
    assert result.exit_code == 0, result.output
    assert output.read_text(encoding="utf8").splitlines() == [
        "| Corpus | Entities |     P |     R |    F1 |",
        "| ------ | -------- | ----: | ----: | ----: |",
        "| source | all      | 50.00 | 25.00 | 30.00 |",
        "|        | PER      | 50.00 | 25.00 | 30.00 |",
        "| target | all      | 50.00 | 25.00 | 30.00 |",
        "|        | PER      | 50.00 | 25.00 | 30.00 |",
    ]
    assert "target   all" in result.output


def test_two_files_of_one_name(tmp_path: Path) -> None:
    names = ["a/metrics.json", "b/metrics.json", "c/x/m.json", "d/x/m.json", "e/m.json"]
    names += ["m.txt", "m.json"]
    files = [write_metrics(tmp_path / n, i / 10) for i, n in enumerate(names)]
    result = run(*files)
    assert result.exit_code == 0, result.output
    rows = [row for row in rows_of(result.output) if row[1] == "all"]
    expected = ["a/metrics", "b/metrics", "c/x/m", "d/x/m", "e/m", "m.txt", "m.json"]
    assert [row[0] for row in rows] == expected
    assert [row[-1] for row in rows] == [f"{10 * i:.2f}" for i in range(len(names))]


def test_one_file_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_metrics(tmp_path / "a.json", 0.3)
    other = write_metrics(tmp_path / "b" / "a.json", 0.4)
    monkeypatch.chdir(tmp_path)
    result = run("a.json", file, "./b/../a.json", other)
    assert " ".join(result.output.split()).count("was given twice") == 2
    rows = [row for row in rows_of(result.output) if row[1] == "all"]
    assert [row[0] for row in rows] == [f"{tmp_path.name}/a", "b/a"]


def make_evaluation(folder: Path, annotated: bool, **options: Any) -> Path:
    """What `spacy evaluate` writes of a pipeline of two components."""
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Ada"}])
    nlp.add_pipe("sentencizer")
    nlp.to_disk(folder / "model")
    doc = Doc(nlp.vocab, words=["Ada", "left"])
    if annotated:
        doc.ents = [Span(doc, 0, 1, "PER")]
    DocBin(docs=[doc]).to_disk(folder / "data.spacy")
    paths = (folder / name for name in ("model", "data.spacy", "scores.json"))
    model, data, output = map(str, paths)
    evaluate(model, Path(data), output=Path(output), **options)
    return Path(output)


@pytest.mark.parametrize("per_component", [False, True])
def test_what_spacy_evaluate_writes(tmp_path: Path, per_component: bool) -> None:
    path = make_evaluation(tmp_path, True, per_component=per_component)
    assert rows_of(run(path).output) == [
        ["scores", "all", "100.00", "100.00", "100.00"],
        ["PER", "100.00", "100.00", "100.00"],
    ]
    path = make_evaluation(tmp_path, False, per_component=per_component)
    result = run(path, "--output", tmp_path / "table.md")
    assert "scores   all        -   -    -" in result.output
    assert "A dash is a score that is undefined" in result.output
    assert "is undefined" in (tmp_path / "table.md").read_text("utf8")


def test_several_components_find_entities(tmp_path: Path) -> None:
    file = write_metrics(tmp_path / "a.json", 0.3)
    component = srsly.read_json(file)
    tokenizer = {"token_acc": 1.0}
    both = {"tokenizer": tokenizer, "moee_ner": component, "ner": component}
    path = tmp_path / "b.json"
    srsly.write_json(path, {**both, "speed": 10.0})
    output = run(file, path).output
    names = [line for line in output.splitlines() if " all " in line]
    assert [" ".join(line.split()[:2]) for line in names] == [
        "a all",
        "b (moee_ner)",
        "b (ner)",
    ]


@pytest.mark.parametrize(
    "content, problem",
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1]", "ents_per_type"),
        (b'{"tag_acc": 1.0}', "ents_per_type"),
        (b'{"ner": {"tag_acc": 1.0}, "speed": 3}', "ents_per_type"),
        (b"\xff\xfe{\x00}\x00", "byte 0 is not UTF-8"),
        (b"[" * 100_000, "recursion"),
        (b'{"ents_per_type": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"ents_per_type": {}}' + b" " * (1 << 24), "16,777,237 bytes"),
    ],
)
def test_no_evaluation(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    result = run(path, "--output", tmp_path / "table.md")
    assert result.exit_code == 1
    assert "[M401]" in result.output and str(path) in result.output
    assert problem in result.output
    assert not (tmp_path / "table.md").exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "0.5", 50, -0.1])
def test_scores_that_are_none(tmp_path: Path, value: Any) -> None:
    path = write_metrics(tmp_path / "bad.json", value)
    result = run(path)
    assert result.exit_code == 1 and "[M401]" in result.output
    assert "'ents_f' is " in result.output and "share from 0 to 1" in result.output
    of_type = {"p": 0.5, "r": 0.5, "f": value}
    path = write_metrics(path, 0.5, ents_per_type={"PER": of_type})
    assert "[M401]" in run(path).output and "'f' of 'PER' is " in run(path).output


@pytest.mark.parametrize("per_type", [[], 1, {"PER": None}, {"PER": {"p": 0.5}}])
def test_wrong_tables_of_types(tmp_path: Path, per_type: Any) -> None:
    path = write_metrics(tmp_path / "bad.json", 0.5, ents_per_type=per_type)
    result = run(path)
    assert result.exit_code == 1 and "[M401]" in result.output


def test_signs_that_would_bend_the_table(tmp_path: Path) -> None:
    scores = {"p": 0.5, "r": 0.5, "f": 0.5}
    types = {"A\nB": scores, "C|D": scores, "\ud800\x1b[31m": scores}
    path = write_metrics(tmp_path / "x\n|y.json", 0.5, ents_per_type=types)
    output = tmp_path / "table.md"
    result = run(path, "-o", output)
    assert result.exit_code == 0, result.output
    lines = output.read_text("utf8").splitlines()
    assert len(lines) == 6 and len({len(line) for line in lines}) == 1
    assert "| x \\|y " in lines[2] and "| A B " in lines[3] and "| C\\|D " in lines[4]
    assert "\x1b[31m" not in result.output


@pytest.mark.skipif(os.name != "posix", reason="names of bytes")
def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json"))
    try:
        write_metrics(path, 0.5)
    except OSError:
        pytest.skip("the file system has no such names")
    output = tmp_path / "table.md"
    assert run(path, "-o", output).exit_code == 0
    assert "| \ufffd " in output.read_text("utf8")


def test_file_that_can_t_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = write_metrics(tmp_path / "a.json", 0.5)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    result = run(path)
    assert result.exit_code == 1
    assert "[M402]" in result.output and "Permission denied" in result.output


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_output_that_is_no_file(tmp_path: Path) -> None:
    path = write_metrics(tmp_path / "a.json", 0.5)
    os.mkfifo(tmp_path / "pipe")
    result = run(path, "-o", tmp_path / "pipe")
    assert result.exit_code == 1 and "[M403]" in result.output
    assert "not a regular file" in result.output and (tmp_path / "pipe").is_fifo()


def test_output_that_can_t_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = write_metrics(tmp_path / "a.json", 0.5)
    before = path.read_bytes()
    assert "[M404]" in run(path, "-o", path).output and path.read_bytes() == before
    assert run(path, "-o", tmp_path).exit_code == 2
    for output in (path / "table.md", tmp_path / ("x" * 300)):
        result = run(path, "-o", output)
        assert result.exit_code == 1 and "[M403]" in result.output
    table = tmp_path / "table.md"
    table.write_text("before")
    monkeypatch.setattr(os, "fsync", full)
    result = run(path, "-o", table)
    assert result.exit_code == 1 and "[M403]" in result.output
    assert "No space left" in result.output and table.read_text() == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "table.md"]


def test_a_folder_of_evaluations(tmp_path: Path) -> None:
    for name in ("target", "source"):
        write_metrics(tmp_path / "metrics" / f"{name}.json", 0.3)
    (tmp_path / "metrics" / "table.md").write_text("x", encoding="utf8")
    result = run(tmp_path / "metrics", "--output", tmp_path / "metrics" / "table.md")
    assert result.exit_code == 0, result.output
    names = [row[0] for row in rows_of(result.output) if row[1:2] == ["all"]]
    assert names == ["source", "target"]


def test_a_folder_without_one(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 1 and "M405" in result.output
