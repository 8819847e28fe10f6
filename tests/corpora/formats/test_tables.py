"""CSV with a header."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.errors import MoeeError

from .util import SETTINGS, convert, get_ents, write

GMB = """Sentence #,Word,POS,Tag
Sentence: 1,Ada,NNP,B-per
,King,NNP,I-per
,"1,000",CD,O
,\"\"\"\",``,O
Sentence: 2,went,VBD,O
,to,TO,O
,Bonn,NNP,B-geo
"""


def words(found):
    return [[token.text for token in doc] for doc in found.docs]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_sentence_is_named_in_its_first_row(tmp_path, line_end):
    found = convert(write(tmp_path, GMB.replace("\n", line_end), "data.csv"))
    assert found.format == "csv"
    assert words(found) == [["Ada", "King", "1,000", '"'], ["went", "to", "Bonn"]]
    ents = [get_ents(doc) for doc in found.docs]
    assert ents == [[("Ada King", "per")], [("Bonn", "geo")]]
    assert all(doc.has_unknown_spaces for doc in found.docs)


def test_the_sentence_is_named_in_every_row(tmp_path):
    text = (
        "doc_id;sentence_idx;word;pos;ner\n"
        "a;1;Ada;NNP;B-per\na;1;went;VB;O\na;2;Bonn;NNP;B-geo\nb;2;so;RB;O\n"
    )
    found = convert(write(tmp_path, text, "data.csv"))
    assert words(found) == [["Ada", "went"], ["Bonn"], ["so"]]
    found = convert(write(tmp_path, text, "data.csv"), group="document")
    assert words(found) == [["Ada", "went", "Bonn"], ["so"]]


def test_blank_rows_end_sentences(tmp_path):
    text = "Token,Tag,,\nAda,B-per,,\nwent,O,,\n,,,\n\nBonn,,,\n"
    found = convert(write(tmp_path, text, "data.csv"))
    assert words(found) == [["Ada", "went"], ["Bonn"]]
    # an empty tag is a missing one
    assert [t.ent_iob_ for t in found.docs[1]] == [""]


def test_without_tags_nothing_is_annotated(tmp_path):
    found = convert(write(tmp_path, "word,pos\nAda,NNP\n", "data.csv"))
    assert words(found) == [["Ada"]] and found.scheme == ""
    assert not found.docs[0].has_annotation("ENT_IOB")


@pytest.mark.parametrize(
    "code,line,text",
    [
        ("M343", None, "Ada,B-PER\nwent,O\n"),
        ("M343", None, "text,label\nAda went,news\n"),
        ("M343", None, ""),
        ("M344", 3, "word,tag\nAda,O\nwent\n"),
        ("M344", 3, "word,tag\nAda,O\na,b,O\n"),
        ("M333", 3, "word,tag\nAda,O\n,O\n"),
        ("M344", 3, 'word,tag\nAda,O\n",O\nwent,O\n",O\n'),
        ("M344", 3, 'word,tag\nAda,O\n",O\nwent,O\nto,O\n'),
        ("M344", 3, 'word,tag\nAda,O\n"a"b,O\nwent,O\nto,O\n'),
        ("M344", 2, f"word,tag\n{'a' * 200_000},O\n"),
    ],
)
def test_bad_tables(tmp_path, code, line, text):
    path = write(tmp_path, text, "data.csv")
    with pytest.raises(MoeeError, match=code) as err:
        convert(path)
    assert (f"{path}, line {line}:" in str(err.value)) == (line is not None)


CELLS = st.text(
    st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1
).filter(str.strip)
TAGS = st.sampled_from(["O", "B-PER", "B-LOC"])


@SETTINGS
@given(
    st.lists(
        st.lists(st.tuples(CELLS, TAGS), min_size=1, max_size=5), min_size=1, max_size=3
    ),
    st.sampled_from(",;|"),
    st.sampled_from(["first", "every", "blank"]),
)
def test_round_trip(tmp_path, rows, delimiter, style):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["Sentence #", "Word", "Tag"])
    for number, sentence in enumerate(rows):
        for i, (word, tag) in enumerate(sentence):
            is_named = style == "every" or (style == "first" and i == 0)
            writer.writerow([f"Sentence: {number}" if is_named else "", word, tag])
        if style == "blank":
            writer.writerow([])
    found = convert(write(tmp_path, out.getvalue(), "data.csv"), scheme="iob2")
    assert [[(t.text, t.ent_type_) for t in doc] for doc in found.docs] == [
        [(word, tag[2:]) for word, tag in sentence] for sentence in rows
    ]
