"""doccano's sequence labelling, in all forms that its exports have had.

The text is under `text` or `data`; spans are under `entities`, `label`, `labels` or
`annotations`, as `[start, end, label]` or as objects with `start_offset`,
`end_offset` and `label`. JavaScript counts the offsets, in UTF-16 code units
(https://github.com/doccano/doccano/issues/2290): an emoji is two. A project that
counts "grapheme clusters as one character" can't be read where the two differ; its
spans are then misaligned. doccano does not distinguish a text that nobody has
annotated from one without entities: export approved texts only.
"""

from pathlib import Path
from typing import Any, Iterator, List

from ..options import Options
from .identify import OFFSETS, SPANS, TEXTS, iter_known
from .items import Annotated, CharSpan
from .places import Place

SHAPE = "[start, end, label], or an object with start_offset, end_offset and label"


def read_doccano(file: Path, text: str, options: Options) -> Iterator[Annotated]:
    """Read the texts of a file.

    file (Path): The file, for messages.
    text (str): Its content.
    options (Options): Unused.
    YIELDS (Annotated): The texts.
    RAISES (MoeeError): M332-M334, M348, M349.
    """
    for place, data in iter_known(file, text, "doccano"):
        key = next((key for key in TEXTS if key in data), "text")
        content = place.check_text(f"'{key}'", data.get(key))
        spans: List[CharSpan] = []
        lists = {key: data[key] for key in SPANS if data.get(key) is not None}
        for key, items in lists.items():
            place.check_list(f"'{key}'", items, "a list of spans")
            spans += (_read_span(place, content, item) for item in items)
        yield Annotated(content, spans, place.where, complete=bool(lists))


def _read_span(place: Place, text: str, item: Any) -> CharSpan:
    if isinstance(item, list) and len(item) == 3:
        start, end, label = item
    elif isinstance(item, dict):
        keys = next((pair for pair in OFFSETS if set(pair) <= set(item)), OFFSETS[0])
        (start, end), label = map(item.get, keys), item.get("label")
    else:
        place.refuse("a span", item, SHAPE)
    if type(label) is int:
        expected = "its name, as the export 'JSONL (text labels)' has it"
        place.refuse("the label of a span", label, expected)
    return place.make_span(text, (start, end), label)
