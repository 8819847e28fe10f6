"""`spacy moee convert` as a person meets it: output, messages, exit codes."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import spacy
from spacy.cli import app as spacy_app
from spacy.tokens import DocBin
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.cli.convert import Group, Scheme
from spacy_moee.corpora.convert import GROUPS
from spacy_moee.corpora.schemes import SCHEMES

SAMPLE = "Ada S-person\ncame O\n\nNew B-place\nYork E-place\n"


def invoke(*args):
    # Through spaCy's app: an app of one command drops the name of the command
    return CliRunner().invoke(spacy_app, ["moee", "convert", *map(str, args)])


def squash(text: str) -> str:
    return " ".join(text.split())


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf8"))
    return path


def read(path: Path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def list_files(folder: Path):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_choices_are_those_of_the_package():
    assert [scheme.value for scheme in Scheme] == list(SCHEMES)
    assert [group.value for group in Group] == list(GROUPS)


def test_convert_a_file(tmp_path):
    source = write(tmp_path / "in.txt", SAMPLE)
    target = tmp_path / "new" / "out.spacy"
    result = invoke(source, target, "--types", "person=PER,place=LOC")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    text = squash(result.stdout)
    for part in [
        "BIOES (detected)",
        "2 sentences, 4 tokens",
        "2 entities: LOC 1, PER 1",
    ]:
        assert part in text
    assert "illegal" not in text
    assert f"Generated output file (2 documents): {target}" in text
    docs = read(target)
    assert [doc.ents[0].label_ for doc in docs] == ["PER", "LOC"]
    assert all(doc.has_unknown_spaces for doc in docs)


def test_convert_into_a_folder_as_one_document(tmp_path):
    source = write(tmp_path / "in.conll", SAMPLE)
    result = invoke(source, tmp_path / "out", "--group", "document", "-s", "bioes")
    assert result.exit_code == 0, result.output
    assert "BIOES (as told)" in squash(result.stdout)
    (doc,) = read(tmp_path / "out" / "in.spacy")
    assert [len(sent) for sent in doc.sents] == [2, 2]


def test_convert_a_folder(tmp_path):
    write(tmp_path / "in" / "train.txt", SAMPLE)
    write(tmp_path / "in" / "more" / "test.iob", "a I-X\n")
    result = invoke(tmp_path / "in", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert len(read(tmp_path / "out" / "train.spacy")) == 2
    assert len(read(tmp_path / "out" / "more" / "test.spacy")) == 1


def test_illegal_transitions_and_unused_types_are_told(tmp_path):
    source = write(tmp_path / "in.txt", "a S-X\nb B-X\n")
    result = invoke(source, tmp_path / "out.spacy", "--types", "Y=Z")
    assert result.exit_code == 0, result.output
    text = squash(result.stdout)
    assert "[MW31] 1 transitions" in text and "in BIOES, the first on line 2" in text
    assert "[MW32] --types renames Y, and the input holds X" in text


@pytest.mark.parametrize(
    "code,text,options",
    [
        ("M302", None, []),
        ("M303", "a NN O\nb O\n", []),
        ("M304", "a\tO\n \tO\n", []),
        ("M305", "a O\n", ["--tag-column", "5"]),
        ("M306", "a O\nb X-PER\n", []),
        ("M307", "a S-X\n", ["--scheme", "iob2"]),
        ("M308", "a S-X\nb U-X\n", []),
        ("M309", "", []),
    ],
)
@pytest.mark.parametrize("as_folder", [False, True])
def test_a_bad_file_leaves_no_output(tmp_path, code, text, options, as_folder):
    folder = tmp_path / "in"
    write(folder / "a.txt", "a O\n")
    bad = write(folder / "bad.txt", text or "")
    if text is None:
        bad.write_bytes(b"\xff O\n")
    source = folder if as_folder else bad
    target = tmp_path / "out" if as_folder else tmp_path / "out" / "bad.spacy"
    if code == "M307" and as_folder:
        write(folder / "a.txt", "a B-X\n")
    result = invoke(source, target, *options)
    assert result.exit_code == 1
    assert f"[{code}]" in result.stderr and result.stdout == ""
    named = folder / "a.txt" if code == "M305" and as_folder else bad
    assert str(named) in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_missing_input_and_unusable_output(tmp_path):
    result = invoke(tmp_path / "no.txt", tmp_path / "out.spacy")
    assert result.exit_code == 1 and "[M301]" in result.stderr
    source = write(tmp_path / "in" / "a.txt", "a O\n")
    result = invoke(source.parent, tmp_path / "out.spacy")
    assert result.exit_code == 1 and "[M312]" in result.stderr
    result = invoke(write(tmp_path / "x" / "a.json", "{}").parent, tmp_path / "out")
    assert result.exit_code == 1 and "[M310]" in result.stderr
    assert list_files(tmp_path) == ["a.json", "a.txt"]


@pytest.mark.parametrize(
    "options,part",
    [
        (["--group", "page"], "--group"),
        (["--scheme", "bmes"], "--scheme"),
        (["--types", "a"], "[M311]"),
        (["--types", "a=b,a=c"], "renamed twice"),
        (["--lang", "qqq"], "--lang"),
        (["--tag-column", "x"], "--tag-column"),
    ],
)
def test_bad_usage(tmp_path, options, part):
    source = write(tmp_path / "in.txt", "a O\n")
    result = invoke(source, tmp_path / "out.spacy", *options)
    assert result.exit_code == 2
    assert part in squash(result.stderr)
    assert list_files(tmp_path) == ["in.txt"]


@pytest.mark.slow
def test_command_line_of_spacy(tmp_path):
    if not any(e.name == "moee" for e in entry_points(group="spacy_cli")):
        pytest.skip("the package is not installed")
    source = write(tmp_path / "in.txt", SAMPLE + "x Q-x\n")
    args = ["convert", str(source), str(tmp_path / "out.spacy")]
    command = [sys.executable, "-m", "spacy", "moee", *args]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"[M306] {source}, line 6:" in done.stderr
    write(source, SAMPLE)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(read(tmp_path / "out.spacy")) == 2
