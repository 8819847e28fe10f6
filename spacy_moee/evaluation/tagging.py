"""What a pipeline finds in docs that nobody has annotated."""

from collections import Counter, defaultdict
from typing import Counter as CounterT
from typing import Dict, Iterable, List, NamedTuple, Sequence

import srsly
from spacy.tokens import Doc, DocBin

from ..extensions import get_score

HEADER = ["Entities", "Number", "Most frequent"]
# of a score
DECIMALS = 4
# what is shown of each type, and of each entity
SHOWN, WIDTH = 3, 30


class Found(NamedTuple):
    """Entities of a type. number (int): How many. examples (List[str]): The most
    frequent of them."""

    number: int
    examples: List[str]


def to_docbin(docs: Iterable[Doc]) -> bytes:
    """Write docs as a .spacy file. RETURNS (bytes): Its content."""
    return DocBin(docs=docs).to_bytes()


def to_jsonl(docs: Iterable[Doc]) -> bytes:
    """Write docs as Prodigy reads and writes them: a line for each, with its text and
    the characters where entities start and end, and the score of each that has one.

    docs (Iterable[Doc]): The docs.
    RETURNS (bytes): The content of a .jsonl file.
    """
    lines = []
    for doc in docs:
        spans = []
        for ent in doc.ents:
            span = {"start": ent.start_char, "end": ent.end_char, "label": ent.label_}
            if (score := get_score(ent)) is not None:
                span["score"] = round(score, DECIMALS)
            spans.append(span)
        lines.append(srsly.json_dumps({"text": doc.text, "spans": spans}) + "\n")
    return "".join(lines).encode("utf8")


def summarize(docs: Iterable[Doc]) -> Dict[str, Found]:
    """Count the entities of docs.

    docs (Iterable[Doc]): The docs.
    RETURNS (Dict[str, Found]): By type, the most frequent one first.
    """
    texts: Dict[str, CounterT[str]] = defaultdict(Counter)
    for doc in docs:
        for ent in doc.ents:
            texts[ent.label_][" ".join(ent.text.split())] += 1
    found = {
        label: Found(counts.total(), [text for text, _ in counts.most_common(SHOWN)])
        for label, counts in texts.items()
    }
    order = sorted(found, key=lambda label: (-found[label].number, label))
    return {label: found[label] for label in order}


def summary_rows(found: Dict[str, Found]) -> List[Sequence[str]]:
    """Lay a summary out.

    found (Dict[str, Found]): What `summarize` returned.
    RETURNS (List[Sequence[str]]): Rows under `HEADER`.
    """
    return [
        (label, f"{of_type.number:,}", ", ".join(map(_shorten, of_type.examples)))
        for label, of_type in found.items()
    ]


def _shorten(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}\u2026"
