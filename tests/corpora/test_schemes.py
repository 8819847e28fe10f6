"""Entities are kept whatever scheme and spelling they came in."""

from typing import List, Optional, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .util import SpanT, convert, get_spans

SentT = Tuple[List[str], List[SpanT]]

WORDS = st.text(
    st.sampled_from("abZ09.,-#é\u00a0\u2003\u2028\x85\u200b日\U0001f600"), min_size=1
).filter(lambda word: not word.isspace())
LABELS = st.sampled_from(["PER", "LOC", "A-B", "MISC"])
TAGS = st.builds("{}-{}".format, st.sampled_from("BIES"), st.sampled_from("XY"))


@st.composite
def sentences(draw) -> SentT:
    words, spans = [], []
    for _ in range(draw(st.integers(1, 5))):
        chunk = draw(st.lists(WORDS, min_size=1, max_size=4))
        label = draw(st.none() | LABELS)
        if label is not None:
            spans.append((len(words), len(words) + len(chunk), label))
        words += chunk
    return words, spans


def render_tags(length: int, spans: List[SpanT], scheme: str) -> List[str]:
    """Write spans in a scheme, from its definition."""
    tags = ["O"] * length
    for start, end, label in spans:
        for i in range(start, end):
            tags[i] = f"I-{label}"
        touches = any(e == start and name == label for _, e, name in spans)
        if scheme != "iob1" or touches:
            tags[start] = f"B-{label}"
        if scheme in ("bioes", "bilou"):
            last, single = ("E", "S") if scheme == "bioes" else ("L", "U")
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


def read_like_conlleval(tags: List[str]) -> List[SpanT]:
    """conlleval's startOfChunk and endOfChunk, after S -> B and E -> I."""
    spans: List[SpanT] = []
    start: Optional[int] = None
    before = ("O", "")
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, label = tag.partition("-")
        now = ({"S": "B", "E": "I"}.get(prefix, prefix), label)
        ends = before[0] in "BI" and (now[0] in "BO" or before[1] != now[1])
        starts = now[0] == "B" or (
            now[0] == "I" and (before[0] == "O" or before[1] != now[1])
        )
        if ends and start is not None:
            spans.append((start, i, before[1]))
            start = None
        start = i if starts else start
        before = now
    return spans


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    docs=st.lists(
        st.lists(sentences(), min_size=1, max_size=3), min_size=1, max_size=3
    ),
    scheme=st.sampled_from(["iob1", "iob2", "bioes", "bilou"]),
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
@given(st.lists(st.lists(st.just("O") | TAGS, min_size=1, max_size=7), min_size=1))
def test_illegal_sequences_are_read_like_conlleval(tmp_path, rows):
    text = "\n\n".join("\n".join(f"w {tag}" for tag in row) for row in rows)
    found = convert(tmp_path, text)
    assert [get_spans(doc) for doc in found.docs] == list(
        map(read_like_conlleval, rows)
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
