"""A grammar of sentence frames: text, slots, optional and alternative parts.

``{slot}`` stands for a name, a phrase or a number, ``[ ... ]`` is optional, and
``< a | b >`` is one of its parts. Brackets can be nested. Parts without a space between
them in the frame have none in the sentence: ``{town:MISC}-based`` is one token.
"""

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Tuple, Union

PIECES = re.compile(r"\{[^}]*\}|[\[\]<>|]|[^\[\]<>|{}]+")
WEIGHT = re.compile(r"(\d+)\* (.*)")

Chunk = Tuple[str, Optional[str]]  # text, and the entity type if it is a mention


class Dice:
    """Random choices from ``random()`` only, whose sequence Python guarantees."""

    def __init__(self, seed: int):
        self.random = random.Random(seed).random

    def below(self, n: int) -> int:
        """A number from 0 to n - 1."""
        return int(self.random() * n)

    def pick(self, items):
        """One of the items."""
        return items[self.below(len(items))]

    def skewed(self, items):
        """One of the items, the first ones more often than the last."""
        return items[int(self.random() ** 1.6 * len(items))]

    def chance(self, share: float) -> bool:
        """True in a share of the calls."""
        return self.random() < share


@dataclass
class Slot:
    """A place to fill: the name of a list, and a type that overrides the list's."""

    name: str
    type: Optional[str] = None


@dataclass
class Choice:
    """One of several sequences; an optional part is a choice with an empty one."""

    options: List["Sequence"]


Node = Union[str, Slot, Choice]
Sequence = List[Node]
Fill = Callable[[Slot], List[Chunk]]


def parse(text: str) -> Sequence:
    """Read a frame."""
    pieces = PIECES.findall(text)
    if "".join(pieces) != text:
        raise ValueError(f"unbalanced braces: {text}")
    sequence, end = _sequence(pieces, 0)
    if end != len(pieces):
        raise ValueError(f"unbalanced brackets: {text}")
    return sequence


def _sequence(pieces: List[str], at: int) -> Tuple[Sequence, int]:
    nodes: Sequence = []
    while at < len(pieces) and pieces[at] not in "]>|":
        piece = pieces[at]
        if piece == "[":
            inner, at = _sequence(pieces, at + 1)
            nodes.append(Choice([inner, []]))
        elif piece == "<":
            choice = Choice([])
            while pieces[at] != ">":
                inner, at = _sequence(pieces, at + 1)
                choice.options.append(inner)
            nodes.append(choice)
        elif piece.startswith("{"):
            name, _, label = piece[1:-1].partition(":")
            nodes.append(Slot(name, label or None))
        else:
            nodes.append(piece)
        at += 1
    return nodes, at


def expand(sequence: Sequence, dice: Dice, fill: Fill) -> Iterator[Chunk]:
    """Expand a frame; ``fill`` gives the content of each slot."""
    for node in sequence:
        if isinstance(node, str):
            yield node, None
        elif isinstance(node, Choice):
            yield from expand(dice.pick(node.options), dice, fill)
        elif node.name.startswith("#"):
            yield number(node.name[1:], dice), None
        else:
            yield from fill(node)


def number(bounds: str, dice: Dice) -> str:
    """Draw a number within the bounds "low-high"; large ones get a comma."""
    low, high = map(int, bounds.split("-"))
    value = low + dice.below(high - low + 1)
    return f"{value:,}" if high > 3000 else str(value)


def read_sections(path: Path) -> Dict[str, List[str]]:
    """Read a file of ``= heading`` lines, each followed by its entries."""
    sections: Dict[str, List[str]] = {}
    for line in path.read_text(encoding="utf8").splitlines():
        if line.startswith("= "):
            entries = sections.setdefault(line[2:], [])
        elif line and not line.startswith("# "):
            entries.append(line)
    return sections


def read_lists(path: Path) -> Dict[str, List[str]]:
    """Read sections with several entries per line (" / ") and weights ("3* ")."""
    lists: Dict[str, List[str]] = {}
    for heading, lines in read_sections(path).items():
        lists[heading] = []
        for line in lines:
            weighted = WEIGHT.fullmatch(line)
            times, line = (int(weighted[1]), weighted[2]) if weighted else (1, line)
            lists[heading].extend(line.split(" / ") * times)
    return lists
