"""Label Studio's exports JSON and JSON-MIN, of projects with plain text.

https://labelstud.io/guide/task_format. Regions are read from `annotations` (before
version 1.0 `completions`), never from `predictions`; cancelled annotations are
skipped. If a text has several annotations, the ground truth is read, or else the
latest one: the spans of two people are never mixed. Offsets count code points since
version 1.4 (https://github.com/HumanSignal/label-studio/pull/1559), and UTF-16 code
units before; the text that a region quotes shows which.
"""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple, Union

from ..options import Options
from .identify import REGIONS, is_region_list, iter_known
from .items import Annotated, CharSpan, Notice
from .places import Place
from .records import Record

ANNOTATIONS = ("annotations", "completions")
CANCELLED = ("was_cancelled", "skipped")
DATES = ("updated_at", "created_at")
# what JSON-MIN has besides the data
FIELDS = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")
ItemT = Union[Annotated, Notice]


def read_label_studio(file: Path, text: str, options: Options) -> Iterator[ItemT]:
    """Read the tasks of a file.

    file (Path): The file, for messages.
    text (str): Its content.
    options (Options): Unused.
    YIELDS (Union[Annotated, Notice]): Texts, and what was skipped.
    RAISES (MoeeError): M332-M334, M346, M348, M349.
    """
    versions: Dict[str, List[Record]] = {}
    for record in iter_known(file, text, "label-studio"):
        if isinstance(record.data.get("data"), dict):
            yield from _read_task(*record)
        else:
            # JSON-MIN has an object for each annotation of a text
            key = str(record.data.get("id", record.place.where))
            versions.setdefault(key, []).append(record)
    for records in versions.values():
        chosen = max(records, key=lambda record: _date(record.data))
        for record in records:
            if record is not chosen:
                yield Notice("superseded", record.place.where, _title(record.data))
        yield from _read_min(*chosen)


def _read_task(place: Place, task: Dict[str, Any]) -> Iterator[ItemT]:
    key = next((key for key in ANNOTATIONS if key in task), "annotations")
    versions = [] if task.get(key) is None else task[key]
    place.check_list(f"'{key}'", versions, "a list of objects", dict)
    live = [v for v in versions if not any(v.get(mark) for mark in CANCELLED)]
    where, title = place.where, _title(task["data"])
    yield from (Notice("cancelled", where, title) for _ in versions[len(live) :])
    if not versions:
        content = _find_text(place, task["data"], [])
        yield Annotated(content, [], where, complete=False)
    if not live:
        return
    chosen = max(live, key=lambda v: (bool(v.get("ground_truth")), _date(v)))
    yield from (Notice("superseded", where, title) for _ in live[1:])
    regions = chosen.get("result")
    regions = place.check_list("'result'", regions, "a list of regions", dict)
    _check_readable(place, [region.get("type") for region in regions])
    labelled = [r for r in regions if r.get("type", "labels") == "labels"]
    content = _find_text(place, task["data"], [str(r.get("to_name")) for r in labelled])
    yield from _annotate(place, content, [region.get("value") for region in labelled])


def _read_min(place: Place, data: Dict[str, Any]) -> Iterator[ItemT]:
    lists = [value for value in data.values() if is_region_list(value)]
    values = [region for regions in lists for region in regions]
    _check_readable(place, [key for value in values for key in value])
    texts = {key: value for key, value in data.items() if key not in FIELDS}
    yield from _annotate(place, _find_text(place, texts, []), values)


def _check_readable(place: Place, kinds: List[Any]) -> None:
    unreadable = next((kind for kind in kinds if kind in REGIONS[1:]), None)
    if unreadable:
        reason = f"it has {unreadable}, whose offsets are those of another text"
        raise place.error("M346", reason=reason)


def _annotate(place: Place, text: str, values: List[Any]) -> Iterator[ItemT]:
    """Make a text from the values of its regions."""
    spans: List[CharSpan] = []
    for value in values:
        if not isinstance(value, dict):
            place.refuse("a region", value, "an object with start, end, labels")
        labels = place.check_list("'labels'", value.get("labels", []), "a list")
        offsets, quote = (value.get("start"), value.get("end")), value.get("text")
        spans += (place.make_span(text, offsets, label, quote) for label in labels)
        if not labels:
            shown = quote if isinstance(quote, str) and quote else text[:40]
            yield Notice("unlabelled", place.where, shown)
    yield Annotated(text, spans, place.where)


def _find_text(place: Place, data: Dict[str, Any], names: List[str]) -> str:
    """Find the text of the regions."""
    strings = {key: value for key, value in data.items() if isinstance(value, str)}
    if len(set(names)) > 1:
        reason = f"its labels belong to {', '.join(sorted(set(names)))}"
        raise place.error("M346", reason=reason)
    only = [*strings] if len(strings) == 1 else []
    for key in (*names[:1], "text", *only):
        if key in strings:
            return place.check_text(f"'{key}'", strings[key])
    found = ", ".join(sorted(strings)) or "no text"
    raise place.error("M346", reason=f"'data' holds {found}")


def _date(version: Dict[str, Any]) -> Tuple[str, str]:
    """The date of an annotation; ISO dates sort as text."""
    updated, created = (str(version.get(key) or "") for key in DATES)
    return updated or created, str(version.get("id", ""))


def _title(data: Dict[str, Any]) -> str:
    strings = [value for value in data.values() if isinstance(value, str)]
    return str(data.get("text") or next(iter(strings), ""))
