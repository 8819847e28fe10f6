"""doccano's sequence labelling, in every shape that its exports have had.

Text under `text` or `data`; spans under `entities`, `label`, `labels` or
`annotations`, as `[start, end, label]` or as objects with `start_offset`,
`end_offset` and `label`. Offsets are counted by JavaScript, in UTF-16 code units
(https://github.com/doccano/doccano/issues/2290): an emoji is two. A project that
counts "grapheme clusters as one character" can't be read where the two differ, and
its spans are then found to be misaligned. doccano does not tell a text that nobody has
looked at from one without entities: export approved texts only.
"""

from pathlib import Path
from typing import Any, Iterator, List

from .checks import check_text, make_span, refuse
from .identify import OFFSETS, SPANS, TEXTS, iter_known
from .items import Annotated, CharSpan, Options

SHAPE = "[start, end, label], or an object with start_offset, end_offset and label"


def read_doccano(file: Path, text: str, options: Options) -> Iterator[Annotated]:
    """Read the texts of a file.

    file (Path): Its name, for messages.
    text (str): What it holds.
    options (Options): Not needed.
    YIELDS (Annotated): The texts.
    RAISES (MoeeError): M332-M334, M348, M349.
    """
    for where, data in iter_known(file, text, "doccano"):
        key = next((key for key in TEXTS if key in data), "text")
        content = check_text(file, where, f"'{key}'", data.get(key))
        spans: List[CharSpan] = []
        lists = {key: data[key] for key in SPANS if data.get(key) is not None}
        for name, items in lists.items():
            if not isinstance(items, list):
                refuse(file, where, f"'{name}'", items, "a list of spans")
            spans += (_read_span(file, where, content, item) for item in items)
        yield Annotated(content, spans, where, complete=bool(lists))


def _read_span(file: Path, where: str, text: str, item: Any) -> CharSpan:
    if isinstance(item, list) and len(item) == 3:
        start, end, label = item
    elif isinstance(item, dict):
        keys = next((pair for pair in OFFSETS if set(pair) <= set(item)), OFFSETS[0])
        (start, end), label = map(item.get, keys), item.get("label")
    else:
        refuse(file, where, "a span", item, SHAPE)
    if type(label) is int:
        expected = "its name, as the export 'JSONL (text labels)' has it"
        refuse(file, where, "the label of a span", label, expected)
    return make_span(file, where, text, start, end, label)
