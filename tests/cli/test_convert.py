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
from spacy_moee.corpora.formats import FORMATS
from spacy_moee.corpora.options import CHOICES
from spacy_moee.corpora.schemes import PREFIXES

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


def test_choices_are_those_of_the_readers():
    assert CHOICES["format"] == ("auto", "columns", *FORMATS)
    assert CHOICES["scheme"] == ("auto", *PREFIXES)


def test_convert_a_file(tmp_path):
    source = write(tmp_path / "in.txt", SAMPLE)
    target = tmp_path / "new" / "out.spacy"
    result = invoke(source, target, "--types", "person=PER,place=LOC")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    text = squash(result.output)
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
    source = write(tmp_path / "in.conll", f"-DOCSTART-\n\n{SAMPLE}")
    options = ("--group", "document", "-s", "bioes")
    result = invoke(source, tmp_path / "out", *options)
    assert result.exit_code == 0, result.output
    assert "BIOES (as given)" in squash(result.output)
    (doc,) = read(tmp_path / "out" / "in.spacy")
    assert [len(sent) for sent in doc.sents] == [2, 2]
    write(source, SAMPLE)
    result = invoke(source, tmp_path / "out", *options)
    assert "put a line -DOCSTART- above it" in squash(result.output)
    assert len(read(tmp_path / "out" / "in.spacy")) == 2


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
    text = squash(result.output)
    assert "[MW31] 1 transitions" in text and "in BIOES, the first on line 2" in text
    assert "[MW32] --types renames Y, but the input has X" in text


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


def test_all_files_are_tried(tmp_path):
    folder = tmp_path / "in"
    write(folder / "a.txt", "a O\nb\n")
    write(folder / "good.txt", SAMPLE)
    write(folder / "sub" / "b.txt", "a Q-x\n")
    result = invoke(folder, tmp_path / "out")
    assert result.exit_code == 1 and result.stdout == ""
    assert f"[M303] {folder / 'a.txt'}, line 2:" in result.stderr
    assert f"[M306] {folder / 'sub' / 'b.txt'}, line 1:" in result.stderr
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("2 of 3 files can't be read, so none was written. ")
    assert not (tmp_path / "out").exists()
    result = invoke(
        folder, tmp_path / "out", "--exclude", "a.txt", "--exclude", "sub/*"
    )
    assert result.exit_code == 0, result.output
    assert list_files(tmp_path / "out") == ["good.spacy"]
    assert "2 files of the folder were not read: a.txt, sub/b.txt" in squash(
        result.output
    )
    result = invoke(folder, tmp_path / "two", "--include", "*good*")
    assert list_files(tmp_path / "two") == ["good.spacy"]
    result = invoke(folder / "a.txt", tmp_path / "three", "--include", "*")
    assert result.exit_code == 1 and "[M325]" in result.stderr


def test_a_type_that_can_not_be_one_is_reported_once(tmp_path):
    for name in ("a.txt", "b.txt"):
        write(tmp_path / "in" / name, "Ada B\n")
    result = invoke(tmp_path / "in", tmp_path / "out", "--type", "B-X")
    assert result.exit_code == 1 and result.stderr.count("M003") == 1
    assert "files can't be read" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_files_that_are_not_read_are_named(tmp_path):
    folder = tmp_path / "in"
    write(folder / "a.txt", SAMPLE)
    for i in range(25):
        write(folder / f"notes{i:02}.json", "{}")
    write(folder / ".hidden.json", "{}")
    text = squash(invoke(folder, tmp_path / "out").output)
    assert "25 files of the folder were not read: notes00.json, notes01.json," in text
    assert "notes19.json and 5 more" in text and "hidden" not in text
    assert "not read" not in invoke(folder / "a.txt", tmp_path / "one").output


def test_what_else_was_found_is_told(tmp_path):
    text = "# newdoc\na\tX_B\nb\tX_E\n \tO\nc\t-\nd\tY_S\n"
    source = write(tmp_path / "in.txt", text)
    options = ["--blank-tokens", "drop", "--types", "Y="]
    result = invoke(source, tmp_path / "out.spacy", *options)
    assert result.exit_code == 0, result.output
    text = squash(result.output)
    for part in [
        "1 entities: X 1 ",
        "1 dropped entities: Y 1 ",
        "1 missing tags: - 1 If one of these stands for O, give it with --outside-tag.",
        "Comment lines: 1. Blank tokens left out: 1 (lines 4). ",
        "Tags are written like PER_B. ",
        "Entities were read with S as B and E as I, and then as conlleval.pl reads IOB",
    ]:
        assert part in text
    text = squash(invoke(source, tmp_path / "o", *options, "--outside-tag", "-").output)
    assert "missing tags" not in text


def test_untyped_tags_and_other_languages(tmp_path):
    source = write(tmp_path / "in.txt", "a B\nb I\nc O\n")
    result = invoke(source, tmp_path / "out.spacy", "--lang", "ja")
    assert result.exit_code == 1 and "[M319]" in result.stderr
    options = ["--type", "Disease", "--lang", "ja"]
    result = invoke(source, tmp_path / "out.spacy", *options)
    assert result.exit_code == 0, result.output
    assert "1 entities: Disease 1" in squash(result.output)
    assert "MW33" not in result.output


def test_tokens_only(tmp_path):
    source = write(tmp_path / "in.txt", "Ada\ncame\n\nHi\n")
    result = invoke(source, tmp_path / "out.spacy")
    assert result.exit_code == 0, result.output
    text = squash(result.output)
    assert f"{source}: no tags" in text and "2 sentences, 3 tokens" in text
    assert "The docs have no entity annotation." in text and "entities" not in text
    assert not any(
        doc.has_annotation("ENT_IOB") for doc in read(tmp_path / "out.spacy")
    )


def test_encoding(tmp_path):
    source = tmp_path / "in.txt"
    source.write_bytes("Caf\u00e9 B-LOC\n".encode("cp1252"))
    result = invoke(source, tmp_path / "out.spacy")
    assert result.exit_code == 1 and "--encoding cp1252" in result.stderr
    result = invoke(source, tmp_path / "out.spacy", "--encoding", "cp1252")
    assert result.exit_code == 0, result.output
    assert read(tmp_path / "out.spacy")[0][0].text == "Caf\u00e9"


def test_giant_sentences_and_documents_are_told(tmp_path):
    source = write(tmp_path / "in.txt", "w O\n" * 11_000)
    text = squash(invoke(source, tmp_path / "out.spacy").output)
    assert "[MW33] The whole file is one sentence of 11,000 tokens." in text
    assert "blank lines between the sentences" in text and "MW34" not in text
    write(source, "-DOCSTART-\n\n" + "w O\n\n" * 11_000)
    text = squash(invoke(source, tmp_path / "out.spacy", "-g", "document").output)
    assert "[MW34] The longest of 1 documents has 11,000 tokens." in text
    source = write(tmp_path / "in.txt", "w O\n\n" + "w O\n" * 300)
    text = squash(invoke(source, tmp_path / "out.spacy", "-g", "document").output)
    part = (
        "[MW33] 1 of 2 sentences have more than 256 tokens, the longest (line 3) 300."
    )
    assert part in text and "MW34" not in text


def test_help_reads_well_in_a_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = invoke("--help")
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
    for option in ("--outside-tag", "--blank-tokens", "--include", "--encoding"):
        assert option in result.output


@pytest.mark.parametrize(
    "options,part",
    [
        (["--group", "page"], "--group"),
        (["--scheme", "bmse"], "--scheme"),
        (["--affix", "infix"], "--affix"),
        (["--blank-tokens", "ask"], "--blank-tokens"),
        (["--encoding", "klingon"], "[M317]"),
        (["--types", "MISC=O"], "[M003]"),
        (["--types", "MISC=B-X"], "[M003]"),
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
