"""The committed sample corpus: what it promises, and that it can be made again."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SAMPLE = Path(__file__).resolve().parents[1] / "assets" / "sample"
SIZES = {"source/train": 1800, "source/dev": 400, "source/test": 400}
SIZES["target/test"] = 500
FILES = tuple(SIZES)
SOURCE, TARGET = FILES[:3], "target/test"
TYPES = {"PER", "LOC", "ORG", "MISC"}
KEPT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def read(name, folder=SAMPLE):
    """Sentences of one file: lists of (token, tag)."""
    separator = " " if name == TARGET else "\t"
    text = (folder / f"{name}.txt").read_text(encoding="utf8")
    sentences = []
    for block in text.rstrip("\n").split("\n\n"):
        rows = [tuple(line.split(separator)) for line in block.split("\n")]
        assert all(len(row) == 2 and all(row) for row in rows), block
        if rows != [("-DOCSTART-", "O")]:
            sentences.append(rows)
    return sentences


def mentions(sentences):
    """(type, text) of every mention, in both schemes."""
    found = []
    for sentence in sentences:
        for token, tag in sentence:
            if tag[0] in "BS":
                found.append([tag[2:], token])
            elif tag != "O":
                assert found[-1][0] == tag[2:]
                found[-1][1] += " " + token
    return [tuple(mention) for mention in found]


def texts(*names):
    """Distinct mentions in lower case."""
    return {text.lower() for name in names for _, text in mentions(read(name))}


def follows(scheme, before, tag):
    """Whether one tag may come after another."""
    prefix, label = tag[0], tag[2:]
    inside = scheme == "BIOES" and before[0] in "BI"
    if scheme == "IOB2":
        return prefix in "BO" or (before[0] in "BI" and before[2:] == label)
    return (prefix in "IE" and before[2:] == label) if inside else prefix in "BOS"


def test_regenerated_files_are_identical(tmp_path):
    command = [sys.executable, str(SAMPLE / "generate.py"), str(tmp_path)]
    subprocess.run(command, check=True, env={**KEPT, "PYTHONHASHSEED": "7"})
    for name in FILES:
        made = (tmp_path / f"{name}.txt").read_bytes()
        assert made == (SAMPLE / f"{name}.txt").read_bytes(), name


def test_files_are_small_and_plain():
    paths = [SAMPLE / f"{name}.txt" for name in FILES]
    assert sum(path.stat().st_size for path in paths) < 1_500_000
    for path in paths:
        data = path.read_bytes()
        assert data.isascii() and b"\r" not in data
        assert data.endswith(b"\n") and not data.endswith(b"\n\n")


@pytest.mark.parametrize("name", FILES)
def test_size_and_types(name):
    sentences = read(name)
    assert len(sentences) == SIZES[name]
    counts = Counter(label for label, _ in mentions(sentences))
    assert set(counts) == TYPES
    assert min(counts.values()) >= 60


@pytest.mark.parametrize("name", FILES)
def test_readme_states_the_counts(name):
    sentences = read(name)
    counts = Counter(label for label, _ in mentions(sentences))
    row = [f"`{name}.txt`", f"{sum(map(len, sentences)):,}"]
    row.append(" / ".join(str(counts[t]) for t in ("ORG", "LOC", "PER", "MISC")))
    lines = (SAMPLE / "README.md").read_text(encoding="utf8").splitlines()
    assert any(all(cell in line for cell in row) for line in lines), row


@pytest.mark.parametrize("name", FILES)
def test_tags_are_legal(name):
    scheme = "BIOES" if name == TARGET else "IOB2"
    allowed = {"O"} | {f"{p}-{t}" for p in set(scheme) & set("BIES") for t in TYPES}
    if scheme == "IOB2":
        allowed = {"O"} | {f"{p}-{t}" for p in "BI" for t in TYPES}
    for sentence in read(name):
        tags = [tag for _, tag in sentence]
        assert set(tags) <= allowed
        for before, tag in zip(["O", *tags], [*tags, "O"], strict=True):
            assert follows(scheme, before, tag), sentence


def test_domains_share_no_mention():
    assert not texts(*SOURCE) & texts(TARGET)


def test_domains_share_few_name_tokens():
    source = {token for text in texts(*SOURCE) for token in text.split()}
    target = {token for text in texts(TARGET) for token in text.split()}
    assert len(source & target) / len(target) < 0.15


@pytest.mark.parametrize(
    "name, low, high",
    [(name, 0.15, 0.27) for name in SOURCE] + [(TARGET, 0.24, 0.32)],
)
def test_share_of_sentences_without_entities(name, low, high):
    sentences = read(name)
    plain = [s for s in sentences if all(tag == "O" for _, tag in s)]
    assert low < len(plain) / len(sentences) < high


@pytest.mark.parametrize("name", ["source/dev", "source/test"])
def test_many_names_are_new_after_training(name):
    known = texts("source/train")
    found = [text.lower() for _, text in mentions(read(name))]
    assert 0.3 < sum(text not in known for text in found) / len(found) < 0.55


def test_some_names_have_several_types():
    types = {}
    for label, text in mentions(read("source/train")):
        types.setdefault(text, set()).add(label)
    assert sum(len(labels) > 1 for labels in types.values()) >= 10


@pytest.mark.parametrize("domain, least", [("newswire", 150), ("scitech", 110)])
def test_number_of_frames(domain, least):
    path = SAMPLE / "generator" / f"frames_{domain}.txt"
    lines = path.read_text(encoding="utf8").splitlines()
    frames = [line for line in lines if line and line[:2] not in ("= ", "# ")]
    assert len(set(frames)) == len(frames)
    assert len(frames) >= least


def test_no_sentence_twice():
    everything = [tuple(token for token, _ in s) for name in FILES for s in read(name)]
    assert len(set(everything)) == len(everything)


@pytest.mark.parametrize("name", FILES)
def test_punctuation_stands_alone(name):
    for sentence in read(name):
        for token, _ in sentence:
            assert len(token) == 1 or token[-1] not in ',;:?!"()', sentence
            assert not set(token) & set("{}[]<>|"), sentence
