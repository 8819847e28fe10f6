"""Prodigy's tasks, as `prodigy db-out` writes them (JSONL, or an array).

https://prodi.gy/docs/api-interfaces. Offsets count characters as Python does (code
points): they come from spaCy's tokens. Answers with "accept" are read; a task without
an answer may have spans all the same, and is read as if it were accepted, as Prodigy
does. In the binary interface `ner` an answer is about the spans that were shown, and
says nothing about the other tokens: with "reject" they are no entities. In any other
interface "reject" says that something is wrong with a task, but not what.
"""

from pathlib import Path
from typing import Iterator, List, Optional, Union

from ..options import Options
from .identify import iter_known
from .items import Annotated, Notice
from .places import Place
from .records import Record

# interfaces in which a text without spans has no entities
VIEWS = ("ner_manual", "spans_manual", "relations", "blocks", "review")
BINARY = "ner"
KINDS = {"reject": "rejected", "ignore": "ignored"}


def read_prodigy(
    file: Path, text: str, options: Options
) -> Iterator[Union[Annotated, Notice]]:
    """Read the tasks of a file that say something of spans.

    file (Path): The file, for messages.
    text (str): Its content.
    options (Options): Unused.
    YIELDS (Union[Annotated, Notice]): Texts, and what was rejected or ignored.
    RAISES (MoeeError): M332-M334, M337, M348, M349.
    """
    for record in iter_known(file, text, "prodigy"):
        place, data = record
        content = place.check_text("'text'", data.get("text"))
        answer = data.get("answer", "accept")
        if answer == "reject" and data.get("_view_id") == BINARY and data.get("spans"):
            yield _read_task(record, content)._replace(rejected=True)
        elif answer in ("reject", "ignore"):
            yield Notice(KINDS[answer], place.where, content)
        elif answer == "accept":
            yield _read_task(record, content)
        else:
            place.refuse("'answer'", answer, "accept, reject or ignore")


def _read_task(record: Record, text: str) -> Annotated:
    place, data = record
    items = [] if data.get("spans") is None else data["spans"]
    spans = []
    for span in place.check_list("'spans'", items, "a list"):
        if not isinstance(span, dict):
            place.refuse("a span", span, "an object with start, end and label")
        offsets = span.get("start"), span.get("end")
        spans.append(place.make_span(text, offsets, span.get("label")))
    view = data.get("_view_id", "ner_manual")
    complete = view in VIEWS and ("spans" in data or "answer" in data)
    if "label" in data or "options" in data:
        complete = complete and "spans" in data
    tokens = _read_tokens(place, data.get("tokens"), text)
    return Annotated(text, spans, place.where, complete, tokens)


def _read_tokens(place: Place, tokens: object, text: str) -> Optional[List[str]]:
    """Take the tokens from the text, by their offsets."""
    if tokens is None:
        return None
    if isinstance(tokens, list) and all(isinstance(token, str) for token in tokens):
        return tokens
    words, last = [], 0
    for token in place.check_list("'tokens'", tokens, "a list of objects", dict):
        start, end = token.get("start"), token.get("end")
        if type(start) is not int or type(end) is not int:
            place.refuse("a token", token, "an object with start and end")
        if start == end:
            # such as [CLS], which stands for no text
            continue
        if not last <= start < end <= len(text) or text[last:start].strip():
            reason = f"text between the characters {last} and {start} has no token"
            if start < last or end > len(text) or end < start:
                reason = f"a token goes from {start} to {end}"
            raise place.error("M337", reason=reason)
        words.append(text[start:end])
        last = end
    if text[last:].strip():
        reason = f"the text after character {last} has no token"
        raise place.error("M337", reason=reason)
    return words
