"""YAML files: read in little time and memory, or refused with a code."""

import json
import tracemalloc
from pathlib import Path
from typing import Any, Dict, Union

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_moee.errors import MoeeError
from spacy_moee.experiments.plan.experiment import read_experiment
from spacy_moee.experiments.plan.yaml_file import read_yaml

LEVELS = 25


def write(folder: Path, content: Union[str, bytes]) -> Path:
    path = folder / "e.yml"
    data = content.encode("utf8") if isinstance(content, str) else content
    path.write_bytes(data)
    return path


def bomb(level: str) -> str:
    """Lines of which each stands for twice as much as the one before."""
    lines = ["systems: &a0 {k: lol}"]
    lines += [level.format(new=i + 1, old=i) for i in range(LEVELS)]
    # where a message would show what it found
    return "\n".join([*lines, f"title: *a{LEVELS}"]) + "\n"


BOMBS = {
    "lists": bomb("a{new}: &a{new} [*a{old}, *a{old}]"),
    "tables": bomb("a{new}: &a{new} {{x: *a{old}, y: *a{old}}}"),
    "merges": bomb("a{new}: &a{new} {{<<: [*a{old}, *a{old}], k{new}: 1}}"),
}
REFUSED: Dict[str, Union[str, bytes]] = {
    **BOMBS,
    "endless list": "a: &a [*a]",
    "endless table": "a: &a\n  b: *a",
    "endless merge": "a: &a\n  <<: *a",
    "deep lists": "[" * 50_000,
    "deep tables": "{a: " * 20_000,
    "deep, indented": "".join(" " * i + "a:\n" for i in range(400)),
    "many values": "- 1\n" * 12_000,
    "many values, by aliases": "- &a [1, 2, 3]\n" + "- *a\n" * 1_500,
    "large": "a: " + "x" * 200_000,
    "an endless number": "a: " + "1" * 10_000,
    "python": "a: !!python/object/apply:os.system ['false']",
    "own tag": "a: !own b",
    "two keys of one name": "a: 1\na: 2",
    "a tab": "a:\n\tb: 1",
    "two documents": "a: 1\n---\nb: 2",
    "no such alias": "a: *b",
    "list as a key": "? [1]\n: 2",
    "a future version": "%YAML 9.9\n---\na: 1",
    "a NUL": b"a: \0",
    "an escaped NUL": 'a: "\\0"',
    "half a pair": 'a: "\\ud800"',
    "Latin-1": "a: \u00e9".encode("latin1"),
    "UTF-16": "a: 1".encode("utf16"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_bounded_memory(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, REFUSED[name])
    tracemalloc.start()
    try:
        with pytest.raises(MoeeError, match="M50[12].*e.yml"):
            read_experiment(path)
        if name in BOMBS:
            with pytest.raises(MoeeError, match="M501.*aliases written out"):
                read_yaml(path)
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


def test_aliases_within_reason(tmp_path: Path) -> None:
    text = "a: &a {x: 1, y: [2]}\nb: *a\nc:\n  <<: *a\n  x: 3\n"
    expected = {"a": {"x": 1, "y": [2]}, "b": {"x": 1, "y": [2]}}
    expected["c"] = {"x": 3, "y": [2]}
    assert read_yaml(write(tmp_path, text)) == (text, expected)


@pytest.mark.parametrize("text", ["", "# nothing", "\ufeff"])
def test_empty_files(tmp_path: Path, text: str) -> None:
    assert read_yaml(write(tmp_path, text))[1] is None
    with pytest.raises(MoeeError, match="M502.*nothing"):
        read_experiment(tmp_path / "e.yml")


def test_byte_order_mark(tmp_path: Path) -> None:
    assert read_yaml(write(tmp_path, "\ufeffa: 1")) == ("a: 1", {"a": 1})


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(MoeeError, match="M501.*s a directory"):
        read_yaml(tmp_path)


# what JSON leaves as it is
TEXT = st.text(st.characters(codec="utf8", categories=("L", "N", "P", "S", "Zs")))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_json_is_yaml(tmp_path: Path, value: Any) -> None:
    path = write(tmp_path, json.dumps(value, ensure_ascii=False))
    assert read_yaml(path)[1] == value


SIGNS = st.text(st.sampled_from("ab:-?*&!|>%@`{}[]'\"#, \n\t0123~<=."), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(SIGNS | st.binary(max_size=40))
def test_whatever_is_in_a_file(tmp_path: Path, content: Union[str, bytes]) -> None:
    """It is an experiment or an error with a code."""
    with pytest.raises(MoeeError, match="M50[12]"):
        read_experiment(write(tmp_path, content))
