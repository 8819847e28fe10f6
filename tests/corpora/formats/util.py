import json
from pathlib import Path
from typing import Any, Iterable, List, Tuple, Union

import spacy
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from spacy.tokens import Doc

from spacy_moee.corpora.convert import Converted, convert_file
from spacy_moee.corpora.detect import detect_format
from spacy_moee.corpora.formats import FORMATS, read_format
from spacy_moee.corpora.formats.items import Annotated, Notice
from spacy_moee.corpora.options import Options
from spacy_moee.corpora.spans import Texts, make_docs

NLP = spacy.blank("en")
SpanT = Tuple[int, int, str]

SETTINGS = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# an emoji, a flag of two characters, a letter with a combining accent, no space
WORDS = st.sampled_from(
    [
        "Ada",
        "Bonn",
        "went",
        "\U0001f680",
        "\U0001f1e9\U0001f1ea",
        "e\u0301t\u00e9",
        "日本",
    ]
)
GAPS = st.sampled_from([" ", "  ", "\n", " \n ", "\u00a0"])
LABELS = st.sampled_from(["PER", "LOC", "Organization name", "日本"])


@st.composite
def texts(draw) -> Tuple[str, List[SpanT]]:
    """A text, and spans of whole tokens that do not overlap, in code points."""
    text, borders = draw(st.sampled_from(["", " ", "\n"])), []
    for word in draw(st.lists(WORDS, min_size=1, max_size=8)):
        borders.append((len(text), len(text) + len(word)))
        text += word + draw(GAPS)
    spans, at = [], 0
    while at < len(borders):
        length, label = draw(st.integers(1, 3)), draw(st.none() | LABELS)
        if label is not None and at + length <= len(borders):
            spans.append((borders[at][0], borders[at + length - 1][1], label))
        at += length
    return text, spans


def to_utf16(text: str, spans: Iterable[SpanT]) -> List[SpanT]:
    """Offsets as JavaScript counts them, by Python's own codec."""

    def convert(offset: int) -> int:
        return len(text[:offset].encode("utf-16-le")) // 2

    return [(convert(start), convert(end), label) for start, end, label in spans]


def write(folder: Path, content: Any, name: str = "data.jsonl") -> Path:
    """Write a file: bytes, text, or objects as JSONL or, by its name, as JSON."""
    path = folder / name
    if not isinstance(content, (bytes, str)):
        is_lines = isinstance(content, list) and path.suffix == ".jsonl"
        content = (
            "\n".join(map(json.dumps, content)) if is_lines else json.dumps(content)
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf8") if isinstance(content, str) else content)
    return path


def read(path: Path, format: str = "", **options: Any) -> Texts:
    """Read a file of texts with spans into docs."""
    format = format or detect_format(path)
    known = Options(vocab=NLP.vocab, **options)
    items = list(read_format(path, format, known))
    texts = [item for item in items if isinstance(item, Annotated)]
    found = make_docs(texts, path, known, FORMATS[format].unit)
    notices = [item for item in items if isinstance(item, Notice)]
    return found._replace(notices=notices + found.notices)


def get_ents(doc: Doc) -> List[Tuple[str, str]]:
    return [(ent.text, ent.label_) for ent in doc.ents]


def get_chars(doc: Doc) -> List[SpanT]:
    return [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]


def kinds(notices: Union[List[Notice], Texts]) -> List[str]:
    found = notices.notices if isinstance(notices, Texts) else notices
    return [notice.kind for notice in found]


def convert(path: Path, **options: Any) -> Converted:
    return convert_file(path, Options(vocab=NLP.vocab, **options))
