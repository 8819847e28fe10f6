"""Texts without annotation."""

import pytest

from spacy_moee.corpora.detect import detect_format
from spacy_moee.errors import MoeeError

from .util import kinds, read, write

PROSE = "Gab raised money\non StartEngine.\r\n \n\nAndrew Torba said so.\n"


def get_texts(found):
    assert not any(doc.has_annotation("ENT_IOB") for doc in found.docs)
    return [doc.text for doc in found.docs]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_paragraphs_or_lines_or_the_whole_file(tmp_path, line_end):
    path = write(tmp_path, PROSE.replace("\r", "").replace("\n", line_end), "a.txt")
    assert detect_format(path) == "text"
    assert get_texts(read(path)) == [
        "Gab raised money\non StartEngine.",
        "Andrew Torba said so.",
    ]
    (whole,) = get_texts(read(path, group="document"))
    assert whole.startswith("Gab") and whole.endswith("said so.")
    lines = write(tmp_path, f"It rains today.{line_end}Nobody cares. ", "b.txt")
    assert get_texts(read(lines)) == ["It rains today.", "Nobody cares."]


def test_places_are_lines(tmp_path):
    path = write(tmp_path, f"{PROSE}{'a' * 1_000_001} b", "a.txt")
    with pytest.raises(MoeeError, match="M339.*line 5"):
        read(path, "text")


def test_jsonl_with_texts_only(tmp_path):
    labels = [{}, {"meta": {"id": 3}}, {"label": "SPORTS"}, {"labels": ["a", "b"]}]
    path = write(tmp_path, [{"text": "Ada went", **label} for label in labels])
    assert detect_format(path) == "jsonl"
    assert get_texts(read(path)) == ["Ada went"] * 4
    found = read(write(tmp_path, [{"text": ""}, {"text": "a"}]))
    assert kinds(found) == ["empty"] and get_texts(found) == ["a"]


def test_annotation_behind_the_beginning_is_not_overlooked(tmp_path):
    plain = [{"text": "word " * 2000}] * 10
    path = write(tmp_path, [*plain, {"text": "Ada", "spans": []}])
    assert detect_format(path) == "jsonl"
    with pytest.raises(MoeeError, match="M349.*line 11.*prodigy"):
        read(path)
