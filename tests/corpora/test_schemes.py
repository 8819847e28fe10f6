"""Entities are kept whatever scheme and spelling they came in."""

from typing import List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_moee.corpora.schemes import PREFIXES, describe_reading
from spacy_moee.errors import MoeeError

from .util import SpanT, convert, get_spans, read_like_conlleval, to_standard

SentT = Tuple[List[str], List[SpanT]]

WORDS = st.text(
    st.sampled_from("abZ09.,-#é\u00a0\u2003\u2028\x85\u200b日\U0001f600"), min_size=1
).filter(lambda word: not word.isspace())
LABELS = st.sampled_from(["PER", "LOC", "A-B", "cell_line"])
# first, last, single, inside
LETTERS = {"bioes": "BESI", "bilou": "BLUI", "bmes": "BESM", "bmewo": "BEWM"}
FORMS = {
    "prefix": ["{letter}-{label}", "{letter}_{label}"],
    "suffix": ["{label}-{letter}", "{label}_{letter}"],
}


@st.composite
def sentences(draw) -> SentT:
    words: List[str] = []
    spans: List[SpanT] = []
    for _ in range(draw(st.integers(1, 5))):
        chunk = draw(st.lists(WORDS, min_size=1, max_size=4))
        label = draw(st.none() | LABELS)
        if label is not None:
            spans.append((len(words), len(words) + len(chunk), label))
        words += chunk
    return words, spans


def render_tags(length: int, spans: List[SpanT], scheme: str) -> List[str]:
    """Write spans in a scheme, from its definition."""
    first, last, single, inside = tuple(LETTERS.get(scheme, "BIBI"))
    tags = ["O"] * length
    for start, end, label in spans:
        for i in range(start, end):
            tags[i] = f"{inside}-{label}"
        follows = any(e == start and name == label for _, e, name in spans)
        precedes = any(s == end and name == label for s, _, name in spans)
        if scheme.startswith("ioe"):
            if scheme == "ioe2" or precedes:
                tags[end - 1] = f"E-{label}"
            continue
        if scheme != "io" and (scheme != "iob1" or follows):
            tags[start] = f"{first}-{label}"
        if scheme in LETTERS:
            tags[end - 1] = f"{single if end - start == 1 else last}-{label}"
    return tags


def render_file(
    docs: List[List[SentT]], scheme: str, delimiter: str, end: str, docstart: str
) -> str:
    lines = []
    for doc in docs:
        lines += [docstart, ""] if docstart else []
        for words, spans in doc:
            tags = render_tags(len(words), spans, scheme)
            lines += [
                delimiter.join([word, "NN", tag])
                for word, tag in zip(words, tags, strict=True)
            ]
            lines.append("")
    return end.join(lines)


def merge(spans: List[SpanT]) -> List[SpanT]:
    """IO can't tell two neighbours of one type apart."""
    merged: List[SpanT] = []
    for start, end, label in spans:
        if merged and merged[-1][1:] == (start, label):
            merged[-1] = (merged[-1][0], end, label)
        else:
            merged.append((start, end, label))
    return merged


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    docs=st.lists(
        st.lists(sentences(), min_size=1, max_size=3), min_size=1, max_size=3
    ),
    scheme=st.sampled_from(
        ["iob1", "iob2", "ioe1", "ioe2", "bioes", "bilou", "bmes", "bmewo"]
    ),
    told=st.booleans(),
    delimiter=st.sampled_from(["\t", " ", "   ", " \t"]),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.sampled_from(["", "\ufeff"]),
    docstart=st.sampled_from(
        ["-DOCSTART- -X- O O", "-DOCSTART- -X- -X- O", "-DOCSTART-\tO", "-DOCSTART-"]
    ),
)
def test_round_trip(tmp_path, docs, scheme, told, delimiter, end, bom, docstart):
    text = bom + render_file(docs, scheme, delimiter, end, docstart)
    options = {"scheme": scheme if told else "auto"}
    found = convert(tmp_path, text, **options)
    flat = [sentence for doc in docs for sentence in doc]
    assert [([t.text for t in d], get_spans(d)) for d in found.docs] == flat
    assert found.sentences == len(flat)
    assert found.tokens == sum(len(words) for words, _ in flat)
    assert sum(found.entities.values()) == sum(len(spans) for _, spans in flat)
    assert found.illegal == []
    articles = convert(tmp_path, text, group="document", **options).docs
    assert len(articles) == len(docs)
    for article, doc in zip(articles, docs, strict=True):
        assert [len(sent) for sent in article.sents] == [len(w) for w, _ in doc]
        assert [
            (ent.start - ent.sent.start, ent.end - ent.sent.start, ent.label_)
            for ent in article.ents
        ] == [span for _, spans in doc for span in spans]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(sentences(), min_size=1, max_size=4),
    scheme=st.sampled_from(list(PREFIXES)),
    told=st.booleans(),
    affix=st.sampled_from(list(FORMS)),
    form=st.integers(0, 1),
)
def test_every_scheme_in_every_form(tmp_path, rows, scheme, told, affix, form):
    lines = []
    for words, spans in rows:
        tags = render_tags(len(words), spans, scheme)
        for word, tag in zip(words, tags, strict=True):
            letter, dash, label = tag.partition("-")
            written = FORMS[affix][form].format(letter=letter, label=label)
            lines.append(f"{word}\t{written if dash else tag}")
        lines.append("")
    options = {"scheme": scheme, "affix": affix} if told else {}
    try:
        found = convert(tmp_path, "\n".join(lines), **options)
    except MoeeError as err:
        # what can be read in two ways is never guessed
        assert err.code == "M322" and not told
        return
    expected = [merge(spans) if scheme == "io" else spans for _, spans in rows]
    assert [get_spans(doc) for doc in found.docs] == expected
    assert found.illegal == []
    if told:
        assert found.scheme == scheme


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(sentences(), min_size=1, max_size=4))
def test_types_without_a_letter(tmp_path, rows):
    lines = []
    for words, spans in rows:
        tags = render_tags(len(words), spans, "io")
        each = [
            f"{w}\t{t.removeprefix('I-')}" for w, t in zip(words, tags, strict=True)
        ]
        lines += [*each, ""]
    found = convert(tmp_path, "\n".join(lines), scheme="io")
    assert [get_spans(doc) for doc in found.docs] == [merge(spans) for _, spans in rows]


@st.composite
def any_tags(draw) -> List[List[str]]:
    """Tags of one scheme's letters, in any order."""
    letters = st.sampled_from(draw(st.sampled_from(list(PREFIXES.values()))))
    tags = st.builds("{}-{}".format, letters, st.sampled_from("XY")) | st.just("O")
    return draw(st.lists(st.lists(tags, min_size=1, max_size=7), min_size=1))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(any_tags())
def test_illegal_sequences_are_read_like_conlleval(tmp_path, rows):
    text = "\n\n".join("\n".join(f"w {tag}" for tag in row) for row in rows)
    found = convert(tmp_path, text)
    letters = {tag[0] for row in rows for tag in row} - {"O"}
    is_ioe = "E" in letters and letters <= {"I", "E"}
    expected = rows if is_ioe else [list(map(to_standard, row)) for row in rows]
    assert found.scheme.startswith("ioe") == is_ioe
    assert [get_spans(doc) for doc in found.docs] == list(
        map(read_like_conlleval, expected)
    )


@pytest.mark.parametrize(
    "tags,scheme,illegal",
    [
        ("O O", "iob2", 0),
        ("- -", "iob2", 0),
        ("B-X I-X B-X", "iob2", 0),
        ("I-X O I-X", "iob1", 0),
        ("I-X B-X I-Y", "iob1", 0),
        ("B-X I-X O I-X O B-Y", "iob2", 1),
        ("I-X O I-Y O B-X O I-X", "iob1", 1),
        ("B-X O", "iob2", 0),
        ("S-X O", "bioes", 0),
        ("U-X O", "bilou", 0),
        ("B-X O S-X E-X", "bioes", 2),
        ("B-X L-X B-X", "bilou", 1),
        ("B-X E-Y I-X", "bioes", 3),
        ("S-X - E-X", "bioes", 0),
        ("I-X E-X E-X", "ioe2", 0),
        ("I-X E-X I-X O", "ioe1", 0),
        ("I-X I-X O I-Y E-Y E-Y", "ioe2", 1),
        ("E-X O E-X", "ioe2", 0),
        ("B-X M-X E-X S-X", "bmes", 0),
        ("M-X E-X O", "bmes", 1),
        ("B-X E-X W-X", "bmewo", 0),
        ("W-X M-X", "bmewo", 2),
        ("Xy Yz Xy O", "io", 0),
    ],
)
def test_scheme_is_detected_and_illegal_transitions_counted(
    tmp_path, tags, scheme, illegal
):
    found = convert(tmp_path, "".join(f"w {tag}\n" for tag in tags.split()))
    assert (found.scheme, len(found.illegal)) == (scheme, illegal)


def test_illegal_lines_name_the_later_token(tmp_path):
    found = convert(tmp_path, "\na B-X\nb O\nc S-X\nd B-X\n\n")
    assert found.illegal == [3, 5]


def test_told_scheme_counts_in_that_scheme(tmp_path):
    text = "a B-X\nb O\nc I-X\n"
    assert convert(tmp_path, text, scheme="iob1").illegal == [1]
    assert convert(tmp_path, text, scheme="iob2").illegal == [3]
    assert len(convert(tmp_path, text, scheme="bioes").illegal) == 3
    assert convert(tmp_path, "a I-X\nb O\n", scheme="ioe1").illegal == []
    assert convert(tmp_path, "a I-X\nb O\n", scheme="ioe2").illegal == [2]
    # what was given stands, although no letter is BIOES alone
    found = convert(tmp_path, "a I-X\nb E-X\nc E-X\n", scheme="bioes")
    assert found.entities == {"X": 1} and found.illegal == [1, 3]


@pytest.mark.parametrize(
    "tags", ["S-X L-X", "M-X I-X", "S-X W-X", "E-X U-X", "I-X B-X M-X", "L-X M-X"]
)
def test_no_scheme_has_these_letters_together(tmp_path, tags):
    text = "".join(f"w {tag}\n" for tag in tags.split())
    with pytest.raises(MoeeError, match="M308.*, line [23]: .* on line [12]"):
        convert(tmp_path, text)


def test_the_reading_is_told():
    assert "an entity ends after E" in describe_reading("ioe2")
    assert describe_reading("bioes").startswith("with S as B and E as I, and then")
    assert describe_reading("bmes").startswith("with S as B and M and E as I, ")
    assert describe_reading("iob1").startswith("as conlleval.pl reads IOB")
