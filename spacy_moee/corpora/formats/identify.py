"""The tool that an object of a JSON file comes from."""

import re
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Sequence

from .records import Record, iter_records

# keys of tokens and tags in data sets of Hugging Face
TOKENS = ("tokens", "words")
TAGS = ("ner_tags", "ner", "tags", "ner_labels", "labels", "entities")
# keys of texts, spans and offsets in doccano's exports
TEXTS = ("text", "data")
SPANS = ("entities", "label", "labels", "annotations")
OFFSETS = (("start_offset", "end_offset"), ("start", "end"))
# what Prodigy adds to a text
PRODIGY = ("spans", "answer", "_input_hash", "_task_hash")
# what Label Studio's JSON-MIN adds to the data
JSON_MIN = {"annotator", "annotation_id", "lead_time"}
# regions of Label Studio, by the key of their labels; only the first kind can be read
REGIONS = ("labels", "hypertextlabels", "paragraphlabels")


def is_huggingface(data: Dict[str, Any]) -> bool:
    """RETURNS (bool): Whether an object has tokens that are strings, and no spans."""
    tokens, spans = data.get(find_key(data, TOKENS)), data.get("spans")
    if not isinstance(tokens, list) or not all(isinstance(t, str) for t in tokens):
        return False
    # WikiANN has `spans` as well, but these are strings
    return not (isinstance(spans, list) and any(isinstance(s, dict) for s in spans))


def is_label_studio(data: Dict[str, Any]) -> bool:
    """RETURNS (bool): Whether an object is a task, or one that JSON-MIN made."""
    if isinstance(data.get("data"), dict) or len(JSON_MIN & set(data)) > 1:
        return True
    return any(map(is_region_list, data.values()))


def is_prodigy(data: Dict[str, Any]) -> bool:
    """RETURNS (bool): Whether an object is a task that has an answer, or spans."""
    return "text" in data and any(data.get(key) is not None for key in PRODIGY)


def is_doccano(data: Dict[str, Any]) -> bool:
    """RETURNS (bool): Whether an object has a text, and what look like spans."""
    has_text = any(isinstance(data.get(key), str) for key in TEXTS)
    values = {key: data[key] for key in SPANS if data.get(key) is not None}
    # in many data sets `label` is the label of a whole text
    return has_text and any(
        not key.startswith("label")
        or (isinstance(items, list) and all(isinstance(i, (list, dict)) for i in items))
        for key, items in values.items()
    )


# in this order: Prodigy's tasks may have tokens too, but these are not strings
ANNOTATED: Dict[str, Callable[[Dict[str, Any]], bool]] = {
    "huggingface": is_huggingface,
    "label-studio": is_label_studio,
    "prodigy": is_prodigy,
    "doccano": is_doccano,
}


def identify(data: Dict[str, Any]) -> str:
    """Find the format of an object.

    data (Dict[str, Any]): The object.
    RETURNS (str): A key of `ANNOTATED`; "jsonl" for a text without annotation; or "".
    """
    for name, matches in ANNOTATED.items():
        if matches(data):
            return name
    return "jsonl" if isinstance(data.get("text"), str) else ""


def iter_known(file: Path, text: str, format: str) -> Iterator[Record]:
    """Read the objects of a file of one format.

    file (Path): The file, for messages.
    text (str): Its content.
    format (str): A key of `ANNOTATED`, or "jsonl".
    YIELDS (Record): The objects.
    RAISES (MoeeError): M332 for a value that is not JSON, M333 for one that is not an
        object, M349 for an object of another format.
    """
    for record in iter_records(file, text):
        found = identify(record.data)
        is_own = format in ANNOTATED and ANNOTATED[format](record.data)
        if found in ANNOTATED and found != format and not is_own:
            raise record.place.error("M349", found=found, expected=format)
        yield record


def find_key(data: Dict[str, Any], keys: Sequence[str]) -> str:
    """RETURNS (str): The first of some keys that an object has, else the first one."""
    return next((key for key in keys if data.get(key) is not None), keys[0])


def find_tags(data: Dict[str, Any]) -> str:
    """RETURNS (str): The key of the tags of tokens, which has many names."""
    like_ner = [key for key in data if "ner" in re.split(r"[\W_]", key.lower())]
    return find_key(data, (*TAGS, *like_ner))


def is_region_list(items: Any) -> bool:
    """RETURNS (bool): Whether a value is a list of regions as in JSON-MIN."""
    return (
        isinstance(items, list)
        and all(isinstance(item, dict) for item in items)
        and any({"start", "end"} <= set(i) and set(REGIONS) & set(i) for i in items)
    )
