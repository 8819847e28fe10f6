"""Formats are told apart, and no damaged column file is taken for prose."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.corpora.detect import HEAD, detect_format
from spacy_moee.errors import MoeeError

from .formats.util import NLP, SETTINGS, write

CONLLU = "# sent_id = 1\n1\tAda\tAda\tPROPN\t_\t_\t0\troot\t_\tname=B-PER\n"
GMB = "Sentence #,Word,POS,Tag\nSentence: 1,Ada,NNP,B-per\n,went,VB,O\n"


@pytest.mark.parametrize("name", ["a", "a.txt", "a.data"])
@pytest.mark.parametrize(
    "format,text",
    [
        ("columns", "Ada B-PER\nwent O\n\nhome O\n"),
        ("columns", "Ada\tB-PER\nwent\tO\n"),
        ("columns", "NASA\torganization\nwon\tO\n"),
        ("columns", "NASA organization\nwon O\n30th event\nanniversary event\n"),
        ("columns", "-DOCSTART- -X- O O\n\nAda NNP\n"),
        ("columns", "Ada\nwent\nto\nBonn\n.\n\nHe\nleft\n.\n"),
        ("columns", "1\tAda\tB-PER\tO\n2\tin\tO\tO\n"),
        ("columns", "#\thttp://example.org/a\t[2010-07-04]\t\n1\tAda\tB-PER\tO\n"),
        ("columns", "EU\tB-ORG\rrejects\tO\r"),
        ("columns", "[ O\n{ O\n} O\n] O\n"),
        ("columns", "Ada PER_B\ncame -\n"),
        ("columns", "ataxia\tB\n-\tI\n"),
        # damaged, and column files all the same
        ("columns", "Ada B-PER\nwent to O\nBonn\nB-LOC\nand O\nback O\n"),
        ("columns", "Ada B-PER\n O\nsaid that\nhe O\nwent O\n"),
        ("columns", "New York\nwent\nto\nBonn\nand\nback\n"),
        ("columns", "Ada O\nwent\n"),
        ("columns", "Ada Q-PER\n"),
        ("columns", "Ada B-\n"),
        ("columns", "Ada ?\n"),
        ("columns", ""),
        ("columns", " \n\n"),
        ("text", "Ada went to Bonn. She and I\nliked it there.\n\nThen O came."),
        ("text", "Ada went."),
        ("text", "Ada went home.\nBob stayed there!"),
        ("text", "Ada went home and slept\nBob stayed there until noon"),
        ("text", "- Ada went to Bonn\n- She came back\n- He did not"),
        ("text", "\tAn indented paragraph,\nof two lines.\n\tAnother one ends."),
        ("text", "東京は日本の首都です。\n大阪は、大きな町です。\n"),
        ("text", "word " * HEAD),
        ("conllu", CONLLU),
        ("conllu", CONLLU.replace("name=B-PER", "_")),
        ("csv", GMB),
        ("csv", "token;ner\nAda;B-PER\n"),
        ("prodigy", '{"text": "Ada", "spans": []}\n'),
        ("doccano", '{"text": "Ada", "label": []}\n'),
        ("label-studio", '[{"data": {"text": "Ada"}, "annotations": []}]'),
        ("huggingface", '{"tokens": ["Ada"], "ner_tags": [1]}'),
        ("huggingface", '{"words": ["Ada"]}'),
        ("jsonl", '{"text": "Ada"}'),
        # an export as JSON may begin with what nobody has annotated
        ("doccano", '{"text": "Ada"}\n{"text": "Ada", "label": []}\n'),
    ],
)
def test_content_tells(tmp_path, name, format, text):
    assert detect_format(write(tmp_path, text, name)) == format
    assert detect_format(write(tmp_path, f"\ufeff{text}", name)) == format


@pytest.mark.parametrize(
    "name,format,text",
    [
        ("a.conll", "columns", "Hello world again\n"),
        ("a.tsv", "columns", "Hello\n"),
        ("a.csv", "csv", "Ada went to Bonn.\n"),
        ("a.csv", "csv", "Word\tTag\nAda\tB-PER\n"),
        ("a.tsv", "columns", "Word\tTag\nAda\tB-PER\n"),
        ("a.conllu", "conllu", "Ada went\n"),
        ("a.spacy", "spacy", "no such thing"),
        ("a.jsonl", "jsonl", ""),
    ],
)
def test_names_tell(tmp_path, name, format, text):
    assert detect_format(write(tmp_path, text, name)) == format


def test_spacy_files_under_another_name(tmp_path):
    from spacy.tokens import DocBin

    data = DocBin(docs=[NLP("Ada went")]).to_bytes()
    assert detect_format(write(tmp_path, data, "a.txt")) == "spacy"


@pytest.mark.parametrize(
    "name,text,reason",
    [
        ("a.txt", "Angela Merkel\nAda Lovelace\nGrace Hopper\n", "lines have 2"),
        ("a.txt", "Ada B-PER\nto us O\n" + "a b c\nd e f g\n" * 2, "first 6"),
        ("a.txt", "<?xml version='1.0'?>\n<a>Ada went</a>", "XML"),
        ("a.html", "<!doctype html>\n<p>Ada went", "XML"),
        ("a.json", '{"sentence": "Ada", "id": 3}', "its objects have id, sentence"),
        ("a.json", "[{}]", "its objects have no key"),
    ],
)
def test_what_can_not_be_told(tmp_path, name, text, reason):
    with pytest.raises(MoeeError, match=f"M330.*{reason}.*columns, prodigy.*--format"):
        detect_format(write(tmp_path, text, name))


def test_files_that_can_not_be_read(tmp_path):
    with pytest.raises(MoeeError, match="M301"):
        detect_format(tmp_path / "nothing.txt")
    with pytest.raises(MoeeError, match="M330.*folder without .ann"):
        detect_format(tmp_path)
    with pytest.raises(MoeeError, match="M302"):
        detect_format(write(tmp_path, "Ada went".encode("utf-16"), "a.txt"))
    with pytest.raises(MoeeError, match="M332.*line 1"):
        detect_format(write(tmp_path, '{"text": "Ada', "a.jsonl"))


def test_only_the_beginning_is_read(tmp_path, monkeypatch):
    line = json.dumps({"text": "Ada \u00e9\U0001f680", "label": [[0, 3, "PER"]]})
    path = write(tmp_path, f"{line}\n" * 10_000 + "\xff", "a.jsonl")
    monkeypatch.setattr("spacy_moee.corpora.detect.read_text", None)
    assert detect_format(path) == "doccano"
    # whatever character the beginning ends in
    for shift in range(4):
        prose = "x" * shift + "\U0001f680 went home \nAnd back \n" * 9_000
        assert detect_format(write(tmp_path, prose, "a.txt")) == "text"


def test_a_first_object_may_be_long(tmp_path):
    long = {"text": "word " * HEAD, "spans": []}
    for name in ("a.jsonl", "a.json"):
        assert detect_format(write(tmp_path, [long, {"text": "a"}], name)) == "prodigy"


WORDS = st.text("abcXYZ.,-'é", min_size=1, max_size=8)
TAGS = st.sampled_from(["O", "O", "O", "B-PER", "I-PER", "B-LOC", "S-ORG", "E-ORG"])
DAMAGE = st.sampled_from(["", " ", "{w}", "{w} {w}", "{w} {w} {w} {t}", "{t}", "\t{t}"])


@SETTINGS
@given(st.lists(st.tuples(WORDS, TAGS), min_size=4, max_size=30), st.data())
def test_damaged_column_files_stay_column_files(tmp_path, rows, data):
    separator = data.draw(st.sampled_from([" ", "\t", " NN ", "   "]))
    lines = [f"{word}{separator}{tag}" for word, tag in rows]
    n_damaged = data.draw(st.integers(0, (len(lines) - 1) // 3))
    for _ in range(n_damaged):
        at = data.draw(st.integers(0, len(lines) - 1))
        word, tag = rows[at]
        lines[at] = data.draw(DAMAGE).format(w=word, t=tag)
    path = write(tmp_path, "\n".join(lines), "a.txt")
    assert detect_format(path) == "columns"
