"""Which lines are tokens, and which are not. The formats are those of CoNLL-U, UNER,
GermEval, HIPE, MultiCoNER and OntoNotes; the sentences are invented."""

import re
from typing import List, Optional, Tuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from spacy_moee.corpora.columns import Columns, read_columns
from spacy_moee.corpora.headers import find_header
from spacy_moee.corpora.options import Options
from spacy_moee.errors import MoeeError

from .util import convert, write

RowT = Tuple[str, str]


def read(folder, text: str, **options) -> Columns:
    return read_columns(write(folder, text), Options(**options))


def get_words(columns: Columns) -> List[List[str]]:
    return [sentence.words for sentence in columns.sentences]


def get_tags(columns: Columns) -> List[List[str]]:
    return [sentence.tags for sentence in columns.sentences]


def get_documents(columns: Columns) -> List[int]:
    return [sentence.document for sentence in columns.sentences]


UNER = """\
# newdoc id = mail-1
# sent_id = mail-1-0001
# text = Ada likes Bonn
1\tAda\tB-PER\t-\tzoe
2\tlikes\tO\t-\t-
3\tBonn\tB-LOC\t-\tzoe

# sent_id = mail-1-0002
# text = 1 O
1\t1\tO\t-\t-
2\tO\tO\t-\t-

# newdoc id = mail-2
# sent_id = mail-2-0001
# text = Hi
1\tHi\tO\t-\t-
"""


def test_uner(tmp_path):
    for text in (UNER, UNER.replace("\tO\t-\t-", "\tO")):
        found = read(tmp_path, text)
        assert get_words(found) == [["Ada", "likes", "Bonn"], ["1", "O"], ["Hi"]]
        assert get_tags(found) == [["B-PER", "O", "B-LOC"], ["O", "O"], ["O"]]
        assert len(set(get_documents(found)[:2])) == 1
        assert get_documents(found)[2] > get_documents(found)[0]
        assert "Comment lines: 8." in found.notes
        assert found.notes[0].startswith("Token in column 1, tag in column 2")
    assert found.sentences[1].line == 10 and found.sentences[1].line_of(1) == 11


GERMEVAL = (
    "#\thttp://de.example.org/a\t[2009-10-17]\t\n"
    "1\tUniversit\u00e4t\tB-ORG\tO\n2\tBonn\tI-ORG\tB-LOC\n\n"
    "#\thttp://de.example.org/a\t[2009-10-17]\t\n1\tJa\tO\tO\n\n"
    "#\tzeitung.example vom 08.07.2005\t[2005-07-08]\t\n1\tUlm\tB-LOC\tO\n\n"
)


def test_germeval(tmp_path):
    found = read(tmp_path, GERMEVAL)
    assert get_words(found) == [["Universit\u00e4t", "Bonn"], ["Ja"], ["Ulm"]]
    assert get_tags(found) == [["B-ORG", "I-ORG"], ["O"], ["B-LOC"]]
    first, second, third = get_documents(found)
    assert first == second < third
    nested = read(tmp_path, GERMEVAL, tag_column=3)
    assert get_tags(nested)[0] == ["O", "B-LOC"]
    assert get_words(nested) == get_words(found)


HIPE = """\
TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\tNE-FINE-LIT\tNEL-LIT\tMISC
# hipe2022:language = en
# hipe2022:document_type = newspaper
# hipe2022:document_id = a1
Ada\tB-pers\t_\tB-pers.ind\tQ1\tNoSpaceAfter
.\tO\t_\tO\t_\tLED0.00|EndOfSentence
# segment_iiif_link = https://example.org/1
In\tO\t_\tO\t_\t_
# segment_iiif_link = https://example.org/2
#\tO\t_\tO\t_\t_
Bonn\tB-loc\t_\tB-loc.adm\tQ2\t_

# hipe2022:document_id = a2
Ja\t_\t_\t_\t_\t_
"""


def test_hipe(tmp_path):
    found = read(tmp_path, HIPE)
    assert get_words(found) == [["Ada", "."], ["In", "#", "Bonn"], ["Ja"]]
    assert get_tags(found) == [["B-pers", "O"], ["O", "O", "B-loc"], ["_"]]
    first, second, third = get_documents(found)
    assert first == second < third
    assert found.notes == [
        "Token in column 0, tag in column 1, as the header says.",
        "Comment lines: 6.",
    ]
    # a comment stands inside of the second sentence
    assert [found.sentences[1].line_of(i) for i in range(3)] == [8, 10, 11]
    fine = read(tmp_path, HIPE, tag_column=3)
    assert get_tags(fine)[0] == ["B-pers.ind", "O"]


MULTICONER = """\
# id 5a3 domain=en
the _ _ O
wicked _ _ B-VisualWork

# id 5a4 domain=en
# _ _ O
#tag _ _ B-Group
"""


def test_multiconer(tmp_path):
    found = read(tmp_path, MULTICONER)
    assert get_words(found) == [["the", "wicked"], ["#", "#tag"]]
    assert get_documents(found) == [0, 0]
    assert read(tmp_path, "# id 5a3\tdomain=en\n\na\tO\n").sentences[0].words == ["a"]


@pytest.mark.parametrize(
    "opening,named",
    [
        ("# newdoc", False),
        ("# newdoc id = b", False),
        ("#newdoc", False),
        ("#begin document (b); part 000", False),
        ("-DOCSTART- -X- O", False),
        ("# document_id = b", True),
        ("# doc_id = b", True),
        ("# docid: b", True),
        ("# doc = b", True),
        ("# article_id = b", True),
        ("# DOCUMENT_ID=b", True),
        ("# hipe2022:document_id = b\t\t", True),
        ("#\thttps://example.org/b\t[2010-07-04]", True),
    ],
)
def test_what_opens_a_document(tmp_path, opening, named):
    text = f"# document_id = a\nx\tO\n\n{opening}\ny\tO\n{opening}\nz\tO\n"
    first, second, third = get_documents(read(tmp_path, text))
    assert first < second
    # some files repeat the name above each sentence of the document
    assert (second == third) == named


@pytest.mark.parametrize(
    "comment",
    [
        "# document_type = news",
        "# text = document_id",
        "# newpar id = 3",
        "# documents of 1996",
        "# doc_title = On Bonn",
        "#end document",
        "# global.columns = ID FORM UPOS",
    ],
)
def test_what_opens_none(tmp_path, comment):
    found = read(tmp_path, f"x\tO\n\n{comment}\ny\tO\n")
    assert get_documents(found) == [0, 0] and get_words(found) == [["x"], ["y"]]


@pytest.mark.parametrize(
    "text,words",
    [
        ("#\tO\n", ["#"]),
        ("# O\n", ["#"]),
        ("#hashtag O\n#1 O\n", ["#hashtag", "#1"]),
        ("# NN O\n", ["#"]),
        ("We O\n# B-X\n1 I-X\n", ["We", "#", "1"]),
        ("#\tprize\n1\tprize\nis\tO\n", ["#", "1"]),
        ("#id\tO\n#text\tO\n#newdoc\tO\n#doc=1\tO\n", ["#id", "#text", "#newdoc"]),
        ("# x\tO\nNew York\tO\n", ["# x", "New York"]),
        ("#\tprize\na\tplace\nb\tO\n", ["#", "a", "b"]),
        ("a PER_B\n# PER_I\n\n# LOC_S\n", ["a", "#"]),
        ("#\n#tag\nfoo\n", ["#", "#tag", "foo"]),
    ],
)
def test_real_tokens_stay_tokens(tmp_path, text, words):
    sentences = get_words(read(tmp_path, text))
    assert sentences[0][: len(words)] == words
    assert sum(map(len, sentences)) == len(text.split("\n")) - text.count("\n\n") - 1


@pytest.mark.parametrize(
    "text,line",
    [
        ("a\tO\n#tag\nb\tO\n", 2),  # the tag is lost
        ("#tag\nb\tO\n", 1),
        ("a O\n# b\n", 2),  # free words inside of a sentence
        ("# NN\na NN O\n\n# NN O\n", 1),  # other rows of the file have the token #
        ("# NN X O\na NN O\n", 1),  # a column too much
        ("# prize\na place\nb O\n", 1),  # a type, or a comment of one word
        ("a\tO\nNew York\n", 2),
        ("a\tplace\nb\tO\nNew York\n", 3),
        ("1\ta\tO\n2\tb\tO\nx\tc\tO\n" + "1\ta\tO\n2\tb\tO\n" * 9, 3),
    ],
)
def test_damaged_rows_are_no_comments(tmp_path, text, line):
    with pytest.raises(MoeeError, match=rf"M303.*, line {line}: found"):
        read(tmp_path, text)


def test_all_ragged_rows_are_reported(tmp_path):
    text = "a\tO\n" + "b\n" * 30 + "c\tO\n" * 40
    with pytest.raises(MoeeError) as err:
        read(tmp_path, text)
    assert "line 2: found 1 columns in 'b'; expected 2, as on line 1." in str(err.value)
    lines = "30 lines are like that: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 20 more."
    assert lines in str(err.value)
    # the first row may be the bad one
    with pytest.raises(MoeeError, match="line 1: .* as on line 2"):
        read(tmp_path, "Some title here\na\tO\nb\tO\n")


BLANK = "a\tB-X\n \tI-X\n\tO\n\n\u00a0\tO\n\nb\tO\n"


def test_blank_tokens(tmp_path):
    with pytest.raises(MoeeError, match="M304.*line 2.*3 lines are like that: 2, 3, 5"):
        read(tmp_path, BLANK)
    dropped = read(tmp_path, BLANK, blank_tokens="drop")
    assert get_words(dropped) == [["a"], ["b"]]
    assert dropped.notes == ["Blank tokens left out: 3 (lines 2, 3, 5)."]
    kept = read(tmp_path, BLANK, blank_tokens="keep")
    assert get_words(kept) == [["a", " ", " "], ["\u00a0"], ["b"]]
    assert get_tags(kept) == [["B-X", "I-X", "O"], ["O"], ["O"]]
    assert "kept as white space: 3" in kept.notes[0]
    (doc, *_) = convert(tmp_path, BLANK, blank_tokens="keep").docs
    assert [token.text for token in doc] == ["a", " ", " "] and len(doc.ents[0]) == 2
    with pytest.raises(MoeeError, match="M314"):
        convert(tmp_path, BLANK, blank_tokens="ignore")


def test_rows_that_are_no_words(tmp_path):
    text = "# sent_id = 1\n1-2\tzum\tO\n1\tzu\tO\n2\tdem\tO\n2.1\tx\tO\n3\tTor\tB-X\n"
    found = read(tmp_path, text)
    assert get_words(found) == [["zu", "dem", "Tor"]]
    assert "Rows with a number such as 1-2 or 1.1, left out: 2." in found.notes


WORDS = st.text("#aO=:-/.é\u00a0", min_size=1).filter(lambda word: not word.isspace())
ROW_TAGS = st.sampled_from(["O", "O", "B-PER", "I-PER", "B-LOC"])
COMMENTS = st.sampled_from(
    [
        "# sent_id = x-1",
        "# text = # O",
        "# id 5a3 domain=en",
        "# newdoc id = 7",
        "# hipe2022:date = 1881",
        "# document_id = a\t\t",
        "#\thttp://example.org/a\t[2010]",
        "# x.y = B-PER",
    ]
)
# of these a file must say more to be read
DOUBTFUL = st.sampled_from(["# some words", "#", "# O", "#word", "#two words"])
ENDS = st.sampled_from(["\n", "\r\n"])
BLANKS = st.sampled_from(["", " ", "\t"])


@st.composite
def files(draw, comments) -> Tuple[str, List[List[RowT]]]:
    """A file with every mix of line ends, blank lines and comments; and its rows."""
    separator = draw(st.sampled_from(["\t", " ", "  "]))
    middle = draw(st.lists(st.sampled_from(["NN", "_"]), max_size=2))
    end: Optional[str] = "\r" if draw(st.booleans()) else None
    lines, expected = [], []
    for _ in range(draw(st.integers(1, 4))):
        rows = draw(st.lists(st.tuples(WORDS, ROW_TAGS), min_size=1, max_size=4))
        lines += draw(st.lists(comments, max_size=3))
        lines += [separator.join([word, *middle, tag]) for word, tag in rows]
        lines += draw(
            st.lists(st.sampled_from(["", " ", "\t"]), min_size=1, max_size=2)
        )
        expected.append(rows)
    return "".join(line + (end or draw(ENDS)) for line in lines), expected


def get_rows(columns: Columns) -> List[List[RowT]]:
    return [list(zip(s.words, s.tags, strict=True)) for s in columns.sentences]


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files(COMMENTS))
def test_no_token_is_lost_between_comments(tmp_path, file):
    text, expected = file
    assert get_rows(read(tmp_path, text)) == expected


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files(COMMENTS | DOUBTFUL))
def test_what_is_doubtful_is_refused_or_read_right(tmp_path, file):
    text, expected = file
    words = [row for rows in expected for row in rows]
    try:
        found = read(tmp_path, text)
    except MoeeError as err:
        assert err.code in ("M303", "M304", "M321")
        return
    # `# O` may be a token
    found_words = [row for rows in get_rows(found) for row in rows]
    assume("# O" not in text)
    assert found_words == words


def test_comments_above_tokens_that_are_all_hashes(tmp_path):
    text = "# some words\n# some words\n#\tNN\tO\n"
    assert get_rows(read(tmp_path, text)) == [[("#", "O")]]


LINES = st.text("#\t  -_OBIEPR12.a=:/[]", max_size=12) | st.sampled_from(
    ["Word\tTag", "# Word Tag", "-DOCSTART- -X- O", "1-2\ta\tO", "", "a O", "1\ta\tO"]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=8), st.sampled_from(["error", "keep", "drop"]))
def test_every_line_is_accounted_for(tmp_path, lines, blank_tokens):
    """Any text is refused, or each of its lines is a token, a blank line, or something
    that is counted in the notes."""
    try:
        found = read(tmp_path, "\n".join(lines), blank_tokens=blank_tokens)
    except MoeeError as err:
        assert err.code in ("M303", "M304", "M305", "M321", "M323")
        return
    words = [(s.line_of(i), w) for s in found.sentences for i, w in enumerate(s.words)]
    tokens = dict(words)
    assert len(tokens) == len(words)
    assert all(word.strip() in lines[line - 1] for line, word in words)
    header = find_header(lines)
    no_rows = [
        text
        for line, text in enumerate(lines, 1)
        if line not in tokens
        and text.strip(" \t")
        and not re.match("-+DOCSTART-+", text)
        and not (header and text == header.text)
    ]
    counts = [re.search(r": (\d+)( \(lines [^)]*\))?\.$", note) for note in found.notes]
    n_kept = sum(not word.strip() for word in tokens.values())
    assert sum(int(match[1]) for match in counts if match) == len(no_rows) + n_kept
