"""Pools of invented names, built from the grammar of one domain."""

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Set

from .grammar import Chunk, Dice, Slot, expand, parse, read_lists

TRIES = 60  # failures in a row after which a pool is exhausted


@dataclass
class Pool:
    """Names of one kind: in training, and only in the dev or the test part."""

    type: Optional[str]
    items: List[str]

    def known(self) -> List[str]:
        """Names that any part may use."""
        return [x for i, x in enumerate(self.items) if i % 10 < 6]

    def held_out(self, part: str) -> List[str]:
        """Names that only the given part ("dev" or "test") uses."""
        keep = {"dev": (6, 7), "test": (8, 9)}.get(part, ())
        return [x for i, x in enumerate(self.items) if i % 10 in keep]


class Names:
    """All pools of a domain, in the order of its file."""

    def __init__(self, path: Path, seed: int, avoid: Set[str]):
        self.dice = Dice(seed)
        self.avoid = avoid
        self.parts: Dict[str, List] = {}
        self.pools: Dict[str, Pool] = {}
        lists = read_lists(path)
        self.with_article = set(lists["the"])
        for heading, lines in lists.items():
            if " " not in heading:
                self.parts[heading] = [parse(line) for line in lines]
        for heading, lines in lists.items():
            if " " in heading:
                name, label, count = heading.split()
                items = self._invent([parse(line) for line in lines], int(count))
                self.pools[name] = Pool(None if label == "-" else label, items)

    def surfaces(self) -> Set[str]:
        """All names in lower case, including single surnames."""
        pools = self.pools.values()
        return {item.lower() for pool in pools for item in pool.items}

    def _invent(self, patterns: List, count: int) -> List[str]:
        """Invent up to ``count`` distinct names that the other domain does not have."""
        items: Dict[str, None] = {}
        failures = 0
        while len(items) < count and failures < TRIES:
            chunks = expand(self.dice.pick(patterns), self.dice, self._fill)
            item = " ".join("".join(text for text, _ in chunks).split())
            failures += 1
            if item not in items and item.lower() not in self.avoid:
                items[item] = None
                failures = 0
        return list(items)

    def _fill(self, slot: Slot) -> List[Chunk]:
        if slot.name in self.pools:
            return [(self.dice.pick(self.pools[slot.name].items), None)]
        patterns = self.parts[slot.name]
        return list(expand(self.dice.pick(patterns), self.dice, self._fill))


def family_name(person: str) -> str:
    """A person's name without the first name and initials."""
    words = person.split()[1:]
    while len(words) > 1 and words[0].endswith("."):
        words = words[1:]
    return " ".join(words)
