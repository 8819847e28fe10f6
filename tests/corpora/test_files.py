"""Which files are read and written, and what an error leaves behind."""

import os

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Corpus

from spacy_moee.corpora.files import find_unread, plan_outputs, write_docs
from spacy_moee.errors import MoeeError

from .util import NLP, convert, write


def test_plan_keeps_the_layout_of_folders(tmp_path):
    names = ["a.txt", "sub/b.conll", "sub/eng.testa", "sub/eng.testb"]
    for name in [*names, ".hidden.txt", "notes.md"]:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    source, target = tmp_path / "in", tmp_path / "out"
    outputs = ["a", "sub/b", "sub/eng.testa", "sub/eng.testb"]
    assert plan_outputs(source, target) == [
        (source / name, target / f"{output}.spacy")
        for name, output in zip(names, outputs, strict=True)
    ]
    file = source / "a.txt"
    assert plan_outputs(file, target) == [(file, target / "a.spacy")]
    assert plan_outputs(file, target / "x.spacy") == [(file, target / "x.spacy")]
    assert not target.exists()


def make_files(folder, *names) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a O\n")


def plan_names(folder, **options):
    plan = plan_outputs(folder, folder / "out", **options)
    return [source.relative_to(folder).as_posix() for source, _ in plan]


def test_files_are_chosen_by_patterns(tmp_path):
    names = ["train.txt", "a/train.txt", "a/b/dev.txt", "a/eng.data", "README.md"]
    make_files(tmp_path, *names)
    text = ["a/b/dev.txt", "a/train.txt", "train.txt"]
    assert plan_names(tmp_path) == text
    assert plan_names(tmp_path, include=["*.data"]) == ["a/eng.data"]
    assert plan_names(tmp_path, include=["train.txt"]) == ["train.txt"]
    assert plan_names(tmp_path, include=["**/train.txt"]) == text[1:]
    assert plan_names(tmp_path, include=["a/*", "*.md"]) == [
        "README.md",
        "a/b/dev.txt",
        "a/eng.data",
        "a/train.txt",
    ]
    assert plan_names(tmp_path, exclude=["a/*"]) == ["train.txt"]
    assert plan_names(tmp_path, exclude=["*/dev.txt", "train.txt"]) == text[1:2]
    assert plan_names(tmp_path, include=["a/*"], exclude=["*.data"]) == text[:2]
    with pytest.raises(MoeeError, match="M325.*README.md, a/b/dev.txt"):
        plan_names(tmp_path, exclude=["*"])
    with pytest.raises(MoeeError, match="M325"):
        plan_names(tmp_path, include=["*.xml"])
    with pytest.raises(MoeeError, match="M325.*is a file"):
        plan_outputs(tmp_path / "train.txt", tmp_path, ["*"], [])


def test_what_is_not_read_is_known(tmp_path):
    hidden = [".git/a.txt", ".ipynb_checkpoints/train-checkpoint.txt", ".b.txt"]
    make_files(tmp_path, "a.txt", "sub/notes.json", "README", *hidden)
    (tmp_path / "sub" / "notes.json").write_text('{"a": 1}')
    plan = plan_outputs(tmp_path, tmp_path / "out")
    assert plan == [(tmp_path / "a.txt", tmp_path / "out" / "a.spacy")]
    make_files(tmp_path, "out/a.spacy")
    unread = [path.as_posix() for path in find_unread(tmp_path, plan)]
    assert unread == ["README", "sub/notes.json"]
    assert find_unread(tmp_path / "a.txt", plan) == []


def test_files_of_all_formats_are_found_and_other_data_is_not(tmp_path):
    text, table = '{"text": "Ada"}', "word,tag\nAda,O\n"
    corpora = {"a.jsonl": text, "b.json": f"[{text}]", "c.csv": table, "d.conllu": ""}
    # what is broken is reported
    corpora |= {"e.ndjson": "{", "f.json": "["}
    others = {"dataset_info.json": "{}", "g.json": '{"loss": 3}', "h.csv": "a,b\n1,2\n"}
    for name, content in {**corpora, **others}.items():
        (tmp_path / name).write_text(content)
    assert plan_names(tmp_path) == list(corpora)
    plan = plan_outputs(tmp_path, tmp_path / "out")
    unread = [path.as_posix() for path in find_unread(tmp_path, plan)]
    assert unread == list(others)
    assert plan_names(tmp_path, include=["g.*"]) == ["g.json"]


def test_a_second_run_does_not_read_what_the_first_one_wrote(tmp_path):
    make_files(tmp_path, "in/a.txt", "in/out/a.spacy", "in/a.spacy", "in/b.spacy")
    source = tmp_path / "in"

    def names(target):
        plan = plan_outputs(source, target, exclude=["a.spacy"])
        return [path.relative_to(source).as_posix() for path, _ in plan]

    assert names(tmp_path / "out") == ["a.txt", "b.spacy", "out/a.spacy"]
    assert names(source / "out") == ["a.txt", "b.spacy"]
    assert names(source) == ["a.txt"]
    assert names(tmp_path) == ["a.txt", "b.spacy", "out/a.spacy"]


def test_a_folder_with_ann_files_is_one_corpus(tmp_path):
    parts = ["a.ann", "a.txt", "deep/b.ann", "deep/b.txt", "README.txt"]
    for split in ("train", "sub/dev.v1"):
        make_files(tmp_path / "in", *(f"{split}/{name}" for name in parts))
    make_files(tmp_path / "in", "c.txt", "train/annotation.conf", "train/x.jsonl")
    source, target = tmp_path / "in", tmp_path / "out"

    def plan(**options):
        found = plan_outputs(source, target, **options)
        return [
            (read.relative_to(source).as_posix(), made.relative_to(target).as_posix())
            for read, made in found
        ]

    everything = [
        ("c.txt", "c.spacy"),
        ("sub/dev.v1", "sub/dev.v1.spacy"),
        ("train", "train.spacy"),
        ("train/x.jsonl", "train/x.spacy"),
    ]
    assert plan() == everything
    assert plan(include=["train/*"], exclude=["*.jsonl"])[0] == everything[2]
    assert plan(exclude=["train", "*.jsonl"]) == everything[:2]
    assert plan(exclude=["*.ann", "*/*.txt", "*.jsonl"]) == everything[:1]
    with pytest.raises(MoeeError, match="M325.*'sub/dev.v1'.*as a whole"):
        plan(exclude=["*README.txt"])
    unread = find_unread(source, plan_outputs(source, target))
    assert [path.as_posix() for path in unread] == ["train/annotation.conf"]
    # the corpus itself, and one of its texts
    train = source / "train"
    make_files(train, "only.ann", "only.txt")
    (train / "x.jsonl").unlink()
    assert plan_outputs(train, target) == [(train, target / "train.spacy")]
    file = target / "x.spacy"
    assert plan_outputs(train, file) == [(train, file)]
    assert plan_outputs(train / "a.ann", target)[0][1] == target / "a.spacy"
    with pytest.raises(MoeeError, match="M312"):
        plan_outputs(source, file)


def test_unusable_outputs(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    with pytest.raises(MoeeError, match="M310"):
        plan_outputs(source, tmp_path / "out")
    file = write(source, "a O\n", "a.txt")
    clash = {"file for a folder": (source, tmp_path / "x.spacy")}
    clash["folder is a file"] = (file, file)
    write(source, "a O\n", "b.spacy")
    clash["output is the input"] = (source / "b.spacy", source)
    for args in clash.values():
        with pytest.raises(MoeeError, match="M312"):
            plan_outputs(*args)
    write(source, "a O\n", "a.conll")
    with pytest.raises(MoeeError, match="M312.*a.conll.*a.txt"):
        plan_outputs(source, tmp_path / "out")


def test_written_docs_keep_gold_tokens(tmp_path):
    text = "-DOCSTART- O\n\ncan't B-X\n\u00a0b I-X\n\nc -\n"
    found = convert(tmp_path, text, group="document")
    path = tmp_path / "new" / "x.spacy"
    write_docs([(path, found.docs)])
    (doc,) = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    assert doc.has_unknown_spaces
    assert [token.ent_iob_ for token in doc] == ["B", "I", ""]
    assert [len(sent) for sent in doc.sents] == [2, 1]
    (example,) = Corpus(path)(spacy.blank("en"))
    assert [token.text for token in example.predicted] == ["can't", "\u00a0b", "c"]
    assert [p.name for p in path.parent.iterdir()] == ["x.spacy"]


def test_nothing_is_written_when_one_file_fails(tmp_path, monkeypatch):
    doc = Doc(NLP.vocab, words=["a"])
    doc.ents = [Span(doc, 0, 1, "X")]
    old = write(tmp_path, "old", "a.spacy")

    def fill_disk(descriptor: int) -> None:
        if "b.spacy" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fill_disk)
    with pytest.raises(MoeeError, match="M313.*b.spacy.*No space left"):
        write_docs([(old, [doc]), (tmp_path / "b.spacy", [doc])])
    assert [path.name for path in tmp_path.iterdir()] == ["a.spacy"]
    assert old.read_text() == "old"
