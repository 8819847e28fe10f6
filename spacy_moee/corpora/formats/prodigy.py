"""Prodigy's tasks, as `prodigy db-out` writes them (JSONL, or an array).

https://prodi.gy/docs/api-interfaces. Offsets count characters as Python does (code
points): they come from spaCy's tokens. Only answers with "accept" are read; a task
without an answer has not been answered, but may have spans all the same, and is read
as if it were accepted, as Prodigy does. In the binary interface `ner` an answer is
about the spans that were shown, and says nothing of the other tokens.
"""

from pathlib import Path
from typing import Iterator, List, Optional, Union

from ...errors import MoeeError
from .checks import check_text, make_span, refuse
from .identify import iter_known
from .items import Annotated, Notice, Options
from .records import Record

# interfaces in which a text without spans has no entities
VIEWS = ("ner_manual", "spans_manual", "relations", "blocks", "review")
KINDS = {"reject": "rejected", "ignore": "ignored"}


def read_prodigy(
    file: Path, text: str, options: Options
) -> Iterator[Union[Annotated, Notice]]:
    """Read the accepted tasks of a file.

    file (Path): Its name, for messages.
    text (str): What it holds.
    options (Options): Not needed.
    YIELDS (Union[Annotated, Notice]): Texts, and what was rejected or ignored.
    RAISES (MoeeError): M332-M334, M337, M348, M349.
    """
    for record in iter_known(file, text, "prodigy"):
        where, data = record
        content = check_text(file, where, "'text'", data.get("text"))
        answer = data.get("answer", "accept")
        if answer in ("reject", "ignore"):
            yield Notice(KINDS[answer], where, content)
        elif answer == "accept":
            yield _read_task(file, record, content)
        else:
            refuse(file, where, "'answer'", answer, "accept, reject or ignore")


def _read_task(file: Path, record: Record, text: str) -> Annotated:
    where, data = record
    spans = [] if data.get("spans") is None else data["spans"]
    if not isinstance(spans, list):
        refuse(file, where, "'spans'", spans, "a list")
    found = []
    for span in spans:
        if not isinstance(span, dict):
            refuse(file, where, "a span", span, "an object with start, end and label")
        values = (span.get(key) for key in ("start", "end", "label"))
        found.append(make_span(file, where, text, *values))
    view = data.get("_view_id", "ner_manual")
    complete = view in VIEWS and ("spans" in data or "answer" in data)
    if "label" in data or "options" in data:
        complete = complete and "spans" in data
    return Annotated(text, found, where, complete, _read_tokens(file, record, text))


def _read_tokens(file: Path, record: Record, text: str) -> Optional[List[str]]:
    """Take the tokens out of the text, where they say that they stand."""
    where, data = record
    tokens = data.get("tokens")
    if tokens is None:
        return None
    if isinstance(tokens, list) and all(isinstance(token, str) for token in tokens):
        return tokens
    if not isinstance(tokens, list) or not all(isinstance(t, dict) for t in tokens):
        refuse(file, where, "'tokens'", tokens, "a list of objects")
    words, last = [], 0
    for token in tokens:
        start, end = token.get("start"), token.get("end")
        if type(start) is not int or type(end) is not int:
            refuse(file, where, "a token", token, "an object with start and end")
        if start == end:
            # such as [CLS], which stands for no text
            continue
        if not last <= start < end <= len(text) or text[last:start].strip():
            reason = f"between the characters {last} and {start} lies no white space"
            if start < last or end > len(text) or end < start:
                reason = f"a token goes from {start} to {end}"
            raise MoeeError("M337", file=file, where=where, reason=reason)
        words.append(text[start:end])
        last = end
    if text[last:].strip():
        reason = f"nothing covers the text after character {last}"
        raise MoeeError("M337", file=file, where=where, reason=reason)
    return words
