"""The names of tags that are numbers, from files beside a data set."""

import json
from pathlib import Path
from typing import Any, Dict, List

FEATURES = ("dataset_info.json", "dataset_infos.json")
NAMES = ("config.json", "label.json", "label2id.json", "id2label.json")

# files beside a data set that are not data
BESIDE = (*FEATURES, *NAMES)


def find_tag_names(file: Path, key: str) -> List[str]:
    """Find the names of a file's tags in files beside it: the features of a data set
    (`dataset_info.json`, `dataset_infos.json`), or the labels of a model
    (`config.json`) or of a list (`label.json`, `label2id.json`, `id2label.json`).

    file (Path): The file.
    key (str): The feature that holds the tags.
    RETURNS (List[str]): The names in the order of their numbers, with O among them;
        empty if no file has them, or if one has two lists of them.
    """
    for name in FEATURES:
        info = _read_json(file.with_name(name))
        # `dataset_infos.json` has one entry for each configuration
        entries = [info, *info.values()]
        found = [_names_of(entry, key) for entry in entries if isinstance(entry, dict)]
        distinct = {tuple(names) for names in found if names}
        if len(distinct) == 1:
            return list(distinct.pop())
    for name in NAMES:
        data = _read_json(file.with_name(name))
        names = _in_order(data.get("id2label", data.get("label2id", data)))
        if names:
            return names
    return []


def _names_of(info: Dict[str, Any], key: str) -> List[str]:
    """Names of a feature: a class label, or any notation for a list of class labels."""
    features = info.get("features")
    feature = features.get(key) if isinstance(features, dict) else None
    if isinstance(feature, list) and feature:
        feature = feature[0]
    if isinstance(feature, dict):
        feature = feature.get("feature", feature)
    return _in_order(feature.get("names") if isinstance(feature, dict) else None)


def _in_order(names: Any) -> List[str]:
    """Turn a list, {number: name} or {name: number} into a list of names."""
    if isinstance(names, dict):
        pairs = [(str(k), v) for k, v in names.items()]
        if all(type(value) is int for _, value in pairs):
            pairs = [(str(number), name) for name, number in pairs]
        by_number = dict(pairs)
        names = [by_number.get(str(i)) for i in range(len(by_number))]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return []
    return names if "O" in names else []


def _read_json(file: Path) -> Dict[str, Any]:
    """Read an object; empty if the file can't be read."""
    try:
        data = json.loads(file.read_text(encoding="utf8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
