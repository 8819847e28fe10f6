"""Label Studio's exports JSON and JSON-MIN, of projects with plain text.

https://labelstud.io/guide/task_format. Regions are read from `annotations` (before
version 1.0 `completions`), never from `predictions`; cancelled annotations are
skipped. Of several annotations of one text, the ground truth is read, else the latest
one: two people's spans are never mixed. Offsets count code points since version 1.4
(https://github.com/HumanSignal/label-studio/pull/1559), UTF-16 code units before; the
text that a region quotes tells which.
"""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple, Union

from ...errors import MoeeError
from .checks import check_text, make_span, refuse
from .identify import REGIONS, is_region_list, iter_known
from .items import Annotated, CharSpan, Notice, Options

ANNOTATIONS = ("annotations", "completions")
CANCELLED = ("was_cancelled", "skipped")
DATES = ("updated_at", "created_at")
# what JSON-MIN has beside the data
FIELDS = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")
ItemT = Union[Annotated, Notice]


def read_label_studio(file: Path, text: str, options: Options) -> Iterator[ItemT]:
    """Read the tasks of a file.

    file (Path): Its name, for messages.
    text (str): What it holds.
    options (Options): Not needed.
    YIELDS (Union[Annotated, Notice]): Texts, and what was skipped.
    RAISES (MoeeError): M332-M334, M346, M348, M349.
    """
    small: Dict[Any, List[Tuple[str, Dict[str, Any]]]] = {}
    for where, data in iter_known(file, text, "label-studio"):
        if isinstance(data.get("data"), dict):
            yield from _read_task(file, where, data)
        else:
            # JSON-MIN has one object for each annotation of a text
            key = data.get("id", where)
            small.setdefault(str(key), []).append((where, data))
    for versions in small.values():
        chosen = max(versions, key=lambda version: _date(version[1]))
        for where, data in versions:
            if data is not chosen[1]:
                yield Notice("superseded", where, _title(data))
        yield from _read_min(file, *chosen)


def _read_task(file: Path, where: str, task: Dict[str, Any]) -> Iterator[ItemT]:
    key = next((key for key in ANNOTATIONS if key in task), "annotations")
    versions = [] if task.get(key) is None else task[key]
    if not isinstance(versions, list) or not all(isinstance(v, dict) for v in versions):
        refuse(file, where, f"'{key}'", versions, "a list of objects")
    live = [v for v in versions if not any(v.get(mark) for mark in CANCELLED)]
    title = _title(task["data"])
    yield from (Notice("cancelled", where, title) for _ in versions[len(live) :])
    if not live:
        if not versions:
            content = _find_text(file, where, task["data"], [])
            yield Annotated(content, [], where, complete=False)
        return
    chosen = max(live, key=lambda v: (bool(v.get("ground_truth")), _date(v)))
    yield from (Notice("superseded", where, title) for _ in live[1:])
    regions = chosen.get("result")
    if not isinstance(regions, list) or not all(isinstance(r, dict) for r in regions):
        refuse(file, where, "'result'", regions, "a list of regions")
    labelled = [
        region for region in regions if region.get("type", "labels") == "labels"
    ]
    _check_readable(file, where, [region.get("type") for region in regions])
    content = _find_text(
        file, where, task["data"], [r.get("to_name") for r in labelled]
    )
    values = [region.get("value") for region in labelled]
    yield from _annotate(file, where, content, values)


def _read_min(file: Path, where: str, data: Dict[str, Any]) -> Iterator[ItemT]:
    lists = [value for value in data.values() if is_region_list(value)]
    values = [region for regions in lists for region in regions]
    _check_readable(file, where, [key for value in values for key in value])
    texts = {key: value for key, value in data.items() if key not in FIELDS}
    yield from _annotate(file, where, _find_text(file, where, texts, []), values)


def _check_readable(file: Path, where: str, kinds: List[Any]) -> None:
    unreadable = next((kind for kind in kinds if kind in REGIONS[1:]), None)
    if unreadable:
        reason = f"it has {unreadable}, whose offsets are about another text"
        raise MoeeError("M346", file=file, where=where, reason=reason)


def _annotate(file: Path, where: str, text: str, values: List[Any]) -> Iterator[ItemT]:
    """Make a text from the values of its regions."""
    spans: List[CharSpan] = []
    for value in values:
        if not isinstance(value, dict):
            refuse(file, where, "a region", value, "an object with start, end, labels")
        start, end = value.get("start"), value.get("end")
        labels = value.get("labels", [])
        if not isinstance(labels, list):
            refuse(file, where, "'labels'", labels, "a list")
        quote = value.get("text")
        quote = quote if isinstance(quote, str) else None
        for label in labels:
            spans.append(make_span(file, where, text, start, end, label, quote))
        if not labels:
            yield Notice("unlabelled", where, quote or text[:40])
    yield Annotated(text, spans, where)


def _find_text(file: Path, where: str, data: Dict[str, Any], names: List[Any]) -> str:
    """Find the text that the regions are about."""
    strings = {key: value for key, value in data.items() if isinstance(value, str)}
    about = {name for name in names if name in strings}
    if len(set(names)) > 1:
        reason = f"its labels are about {', '.join(sorted(map(str, set(names))))}"
        raise MoeeError("M346", file=file, where=where, reason=reason)
    for key in (*about, "text"):
        if key in strings:
            return check_text(file, where, f"'{key}'", strings[key])
    if len(strings) == 1:
        ((key, value),) = strings.items()
        return check_text(file, where, f"'{key}'", value)
    found = ", ".join(sorted(strings)) or "no text"
    raise MoeeError("M346", file=file, where=where, reason=f"'data' holds {found}")


def _date(version: Dict[str, Any]) -> Tuple[str, str]:
    """When an annotation was made; ISO dates sort as text."""
    updated, created = (str(version.get(key) or "") for key in DATES)
    return updated or created, str(version.get("id", ""))


def _title(data: Dict[str, Any]) -> str:
    strings = [value for value in data.values() if isinstance(value, str)]
    return str(data.get("text") or next(iter(strings), ""))
