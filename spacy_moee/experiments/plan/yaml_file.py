"""YAML files -> plain values, in little time and memory whatever is in them.

An alias (`*name`) stands for a whole part of the file, which may hold aliases again: a
file of twenty lines can stand for more values than a machine has memory for. So they
are counted before any of them is built.
"""

from pathlib import Path
from typing import Any, Dict, Set, Tuple

import srsly

from ...errors import MoeeError

yaml = srsly.ruamel_yaml
# bytes, values with every alias written out, and tables inside tables
LARGEST = 100_000
MOST = 5_000
DEEPEST = 50


def read_yaml(path: Path) -> Tuple[str, Any]:
    """Read a YAML file of plain values: no tags that make objects, no key twice.

    path (Path): The file.
    RETURNS (Tuple[str, Any]): Its text, and what that stands for.
    RAISES (MoeeError): M501, if it can't be read.
    """
    try:
        text = _read_text(path)
        return text, _build(text)
    except OSError as error:
        problem = error.strerror or str(error)
    # whatever the library raises: its errors have no class in common
    except Exception as error:
        # without its advice to programmers
        problem = str(error).partition("\n\n")[0]
    raise MoeeError("M501", file=path, problem=problem)


def _read_text(path: Path) -> str:
    with path.open("rb") as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST:,} bytes")
    return data.decode("utf-8-sig")


def _build(text: str) -> Any:
    depth = 0
    for number, event in enumerate(yaml.parse(text, yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        # here, not below: nothing that is read later counts any more
        if depth > DEEPEST:
            line = event.start_mark.line + 1
            raise ValueError(f"line {line}: tables nest more than {DEEPEST} deep")
        if number > 2 * MOST:
            raise ValueError(f"it has more than {MOST:,} values")
    loader = yaml.SafeLoader(text)
    node = loader.get_single_node()
    if node is None:
        return None
    if _Counter().count(node) > MOST:
        raise ValueError(f"it has more than {MOST:,} values, aliases written out")
    return loader.construct_document(node)


class _Counter:
    """Counts the values that a node stands for."""

    def __init__(self) -> None:
        self._counts: Dict[int, int] = {}
        self._open: Set[int] = set()

    def count(self, node: Any) -> int:
        """RETURNS (int): How many. Raises ValueError for texts and aliases that can't
        be."""
        place, line = id(node), node.start_mark.line + 1
        if place in self._open:
            raise ValueError(f"line {line}: an alias stands inside what it stands for")
        if place not in self._counts:
            self._open.add(place)
            self._counts[place] = 1 + sum(map(self.count, _children(node, line)))
            self._open.remove(place)
        return self._counts[place]


def _children(node: Any, line: int) -> Tuple[Any, ...]:
    if isinstance(node, yaml.MappingNode):
        return tuple(part for pair in node.value for part in pair)
    if isinstance(node, yaml.SequenceNode):
        return tuple(node.value)
    # "\0" and "\ud800" are YAML; no file can have such a name, or hold such a text
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in node.value):
        raise ValueError(f"line {line}: a sign that no text file can hold")
    return ()
