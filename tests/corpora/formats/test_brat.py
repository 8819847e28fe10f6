"""brat's standoff files."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.corpora.detect import detect_format
from spacy_moee.errors import MoeeError

from .util import SETTINGS, get_chars, get_ents, kinds, read, texts, to_utf16, write

TEXT = "Ada Lovelace\nwent to New\nYork, and Bonn."
ANN = (
    "T1\tPER 0 12\tAda Lovelace\n"
    "T2\tLOC 21 24;25 29\tNew York\n"
    "R1\tLives Arg1:T1 Arg2:T2\n"
    "A1\tNegated E1\n"
    "N1\tReference T1 Wikidata:Q1\tAda\n"
    "*\tEquiv T1 T2\n"
    "#1\tAnnotatorNotes T1\tsure\n"
    "\n"
)


def test_folders_and_single_texts(tmp_path):
    write(tmp_path, TEXT, "a.txt")
    write(tmp_path, ANN, "a.ann")
    write(tmp_path, "Bonn", "sub/b.txt")
    write(tmp_path, "", "sub/b.ann")
    write(tmp_path, "no .ann", "c.txt")
    write(tmp_path, "[entities]", "annotation.conf")
    assert detect_format(tmp_path) == "brat"
    found = read(tmp_path)
    both = [("Ada Lovelace", "PER"), ("New\nYork", "LOC")]
    assert [get_ents(doc) for doc in found.docs] == [both, [], []]
    has_annotation = [doc.has_annotation("ENT_IOB") for doc in found.docs]
    assert has_annotation == [True, False, True]
    assert kinds(found) == []
    for name in ("a.txt", "a.ann"):
        assert detect_format(tmp_path / name) == "brat"
        assert get_ents(read(tmp_path / name).docs[0]) == both
    assert detect_format(write(tmp_path, "Ada went to Bonn.", "d.txt")) == "text"


def test_spans_in_parts_are_counted_and_not_taught_as_outside(tmp_path):
    write(tmp_path, TEXT, "a.txt")
    path = write(tmp_path, "T1\tPER 0 3;21 24\tAda New\nT2\tLOC 35 39\tBonn\n", "a.ann")
    found = read(path)
    assert found.notices == [("discontinuous", "a.ann, line 1", "Ada New", "PER")]
    (doc,) = found.docs
    assert get_ents(doc) == [("Bonn", "LOC")]
    iob = {token.text: token.ent_iob_ for token in doc}
    assert (iob["Ada"], iob["New"], iob["and"]) == ("", "", "O")


def test_a_text_that_was_changed_is_found_out(tmp_path):
    write(tmp_path, f"A {TEXT}", "a.txt")
    found = read(write(tmp_path, "T1\tPER 0 12\tAda Lovelace\n", "a.ann"))
    assert kinds(found) == ["misquoted"] and get_ents(found.docs[0]) == []


def test_windows_line_ends_count_as_two(tmp_path):
    write(tmp_path, "Ada\r\nBonn", "a.txt")
    found = read(write(tmp_path, "T1\tLOC 5 9\tBonn\r\n", "a.ann"))
    assert get_ents(found.docs[0]) == [("Bonn", "LOC")]


@pytest.mark.parametrize(
    "line",
    [
        *("T1\tPER 0\tAda", "T1\tPER a b\tAda", "T1 PER 0 3 Ada", "1\tPER 0 3\tAda"),
        *("T1\tPER -1 3\tAda", "T1\tPER 0 3;\tAda", f"T1\tPER 0 {'9' * 5000}\tAda"),
        "Ada",
    ],
    ids=lambda line: line[:20],
)
def test_lines_that_are_not_standoff(tmp_path, line):
    write(tmp_path, TEXT, "a.txt")
    path = write(tmp_path, f"T1\tPER 0 3\tAda\n{line}\n", "a.ann")
    with pytest.raises(MoeeError, match=r"M341.*a\.ann, line 2"):
        read(path)


@pytest.mark.parametrize("offsets", ["0 99", "3 3", "3 0", "21 24;0 3"])
def test_offsets_that_can_not_be(tmp_path, offsets):
    write(tmp_path, TEXT, "a.txt")
    path = write(tmp_path, f"T1\tPER {offsets}\tAda\n", "a.ann")
    with pytest.raises(MoeeError, match=r"M334.*a\.ann, line 1.*40 characters"):
        read(path)


def test_an_annotation_without_its_text(tmp_path):
    write(tmp_path, TEXT, "a.txt")
    write(tmp_path, ANN, "b.ann")
    with pytest.raises(MoeeError, match=r"M340.*b\.ann.*b\.txt"):
        read(tmp_path)


@SETTINGS
@given(st.lists(texts(), min_size=1, max_size=3), st.booleans())
def test_round_trip(tmp_path, items, in_utf16):
    folder = tmp_path / "corpus"
    shutil.rmtree(folder, ignore_errors=True)
    for number, (text, spans) in enumerate(items):
        write(folder, text, f"{number}.txt")
        lines = []
        offsets = to_utf16(text, spans) if in_utf16 else spans
        for i, (start, end, label) in enumerate(offsets):
            quote = text[spans[i][0] : spans[i][1]].replace("\n", " ")
            lines.append(f"T{i}\t{label.replace(' ', '_')} {start} {end}\t{quote}\n")
        write(folder, "".join(lines), f"{number}.ann")
    found = read(folder)
    expected = [
        (text, [(start, end, label.replace(" ", "_")) for start, end, label in spans])
        for text, spans in items
    ]
    assert [(doc.text, get_chars(doc)) for doc in found.docs] == expected
    assert kinds(found) == []
