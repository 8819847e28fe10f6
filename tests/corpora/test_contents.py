"""What is the same for files of all formats."""

from pathlib import Path

import pytest

from spacy_moee.errors import MoeeError

from .formats.util import convert, kinds, write

ROCKET = "\U0001f680 Ada went to Bonn"


def write_blank_tokens(folder: Path, name: str) -> Path:
    words, tags = (
        ["Ada", "", "King", " ", "\u00a0"],
        ["B-PER", "I-PER", "I-PER", "O", "O"],
    )
    if name == "a.jsonl":
        records = [{"tokens": words, "ner_tags": tags}, {"tokens": [" "]}]
        return write(folder, records, name)
    rows = [f"{word},{tag}" for word, tag in zip(words, tags, strict=True)]
    return write(folder, "\n".join(["word,tag", *rows, "", ",O"]), name)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_blank_tokens_are_refused_kept_or_dropped(tmp_path, name):
    path = write_blank_tokens(tmp_path, name)
    lines = "lines 1, 1, 1, 2" if name == "a.jsonl" else "lines 3, 5, 6, 8"
    with pytest.raises(MoeeError, match=f"M333.*in all 4: {lines}.*--blank-tokens"):
        convert(path)
    found = convert(path, blank_tokens="drop")
    assert [[t.text for t in doc] for doc in found.docs] == [["Ada", "King"]]
    assert found.entities == {"PER": 1} and found.notes == [
        f"4 blank tokens left out: {lines}."
    ]
    found = convert(path, blank_tokens="keep")
    assert [t.text for t in found.docs[0]] == ["Ada", " ", "King", " ", "\u00a0"]
    assert len(found.docs) == 2 and found.entities == {"PER": 1}


def test_counts_of_texts(tmp_path):
    spans = [[0, 3, "person"], [12, 16, "place"], [12, 15, "place"]]
    records = [{"text": "Ada went to Bonn.", "label": spans}, {"text": "Ada went"}]
    types = {"person": "PER", "place": ""}
    found = convert(write(tmp_path, records), types=types)
    assert (found.format, found.what, found.scheme) == ("doccano", "texts", "")
    assert (found.sentences, found.tokens, found.illegal) == (2, 7, [])
    assert found.entities == {"PER": 1} and found.dropped == {"place": 2}
    assert found.source_types == ["person", "place"]
    assert found.notes == ["1 of them have no entity annotation."]
    assert kinds(found.notices) == []


def test_nothing_is_left(tmp_path):
    tasks = [{"text": "a", "answer": "reject"}] * 2
    tasks.append({"text": " ", "answer": "accept"})
    with pytest.raises(MoeeError, match="M331.*2 answered with reject, 1 blank texts"):
        convert(write(tmp_path, tasks))
    for name in ("a.jsonl", "a.json"):
        with pytest.raises(MoeeError, match="M331.*it is empty"):
            convert(write(tmp_path, "", name))


def test_labels_that_can_not_be_types(tmp_path):
    path = write(tmp_path, [{"text": "Ada went", "label": [[0, 3, "B-PER"]]}])
    with pytest.raises(MoeeError, match="M336.*data.jsonl, line 1.*'B-PER'"):
        convert(path)
    assert convert(path, types={"B-PER": "PER"}).entities == {"PER": 1}
    with pytest.raises(MoeeError, match="M336.*'O'"):
        convert(path, types={"B-PER": "O"})


@pytest.mark.parametrize(
    "spans,offsets,note",
    [
        ([[3, 6, "PER"]], "auto", None),
        ([[2, 5, "PER"]], "auto", "Python's.*: 1 this way, 0 as JavaScript's"),
        ([[2, 5, "PER"]], "code-points", "Python's.*: 1 this way, 0 as JavaScript's"),
        ([[2, 6, "PER"]], "auto", None),
    ],
)
def test_the_unit_of_offsets_is_told_when_it_is_unusual(tmp_path, spans, offsets, note):
    import re

    path = write(tmp_path, [{"text": ROCKET, "label": spans}])
    notes = convert(path, offsets=offsets).notes
    assert [bool(re.search(note or "", text)) for text in notes] == [True] * bool(note)


@pytest.mark.parametrize(
    "argument,value", [("format", "xml"), ("offsets", "bytes"), ("group", "page")]
)
def test_unknown_choices(tmp_path, argument, value):
    path = write(tmp_path, [{"text": "Ada"}])
    with pytest.raises(MoeeError, match=f"M314.*{argument} is '{value}'"):
        convert(path, **{argument: value})


def test_columns_are_read_as_told(tmp_path):
    path = write(tmp_path, "Ada went to Bonn and\nsaw New York there today\n", "a.txt")
    assert convert(path).format == "text"
    with pytest.raises(MoeeError, match="M30"):
        convert(path, tag_column=1, format="columns")
    path = write(tmp_path, "Ada\n", "a.txt")
    assert convert(path, token_column=0).format == "columns"


def test_encodings(tmp_path):
    record = '{"text": "Zoë went", "label": [[0, 3, "PER"]]}'
    for encoding in ("utf-16", "cp1252"):
        path = write(tmp_path, record.encode(encoding), "a.jsonl")
        with pytest.raises(MoeeError, match="M302"):
            convert(path)
        assert convert(path, encoding=encoding).docs[0].ents[0].text == "Zoë"
