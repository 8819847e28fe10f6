"""Articles: sentences with the same subject and the same names."""

import re
from pathlib import Path
from typing import Dict, List, Set

from .grammar import (
    Choice,
    Chunk,
    Dice,
    Sequence,
    Slot,
    expand,
    parse,
    read_lists,
    read_sections,
)
from .names import Names, family_name
from .sentences import Token, add_the, capitalise, fix_articles, to_tokens

OPENINGS = ("headline", "dateline")
NO_SUBJECTS = (*OPENINGS, "general", "plain")
CAST_SIZE = 4
CAST_SHARE = 0.5  # how often a slot gets a name of the article
HELD_OUT_SHARE = 0.4  # how often dev and test use a name that training does not have
OTHER_SUBJECT_SHARE = 0.15  # how often a sentence has another subject
PLAIN_SHARE = 0.6  # how often a sentence without names comes from "plain"
TAIL_SHARE = 0.35  # how often a frame with names gets a tail, if it can have one
LEAD_SHARE = 0.15  # how often a frame opens with "Meanwhile ," and the like
DATELINE_SHARE = 0.5  # how often a dateline or byline follows the headline
TRIES = 400
NO_TAIL = re.compile(r'["?!:]|said|told|say|comment|report|according|ask|source}|data}')
MAY_LEAD = re.compile(r"An? |The |{")


class Frame:
    """A parsed frame, and whether it is in capitals, and can have a lead or a tail."""

    def __init__(self, text: str):
        self.capitals = text.startswith("^ ")
        self.text = text[2:] if self.capitals else text
        self.nodes = parse(self.text)
        self.leads = text.endswith(" .") and bool(MAY_LEAD.match(text))
        self.grows = text.endswith(" .") and not NO_TAIL.search(text)


def lower_start(nodes: Sequence) -> Sequence:
    """Use a frame inside a sentence: without a capital at its start."""
    head = nodes[0]
    if isinstance(head, str):
        return [head[0].lower() + head[1:], *nodes[1:]]
    return nodes


class Domain:
    """The names, phrases and frames of one domain."""

    def __init__(self, name: str, folder: Path, seed: int, avoid: Set[str]):
        self.names = Names(folder / f"names_{name}.txt", seed, avoid)
        phrases = read_lists(folder / f"phrases_{name}.txt")
        self.phrases = {k: [parse(x) for x in v] for k, v in phrases.items()}
        frames = read_sections(folder / f"frames_{name}.txt")
        self.frames = {k: [Frame(x) for x in v] for k, v in frames.items()}
        for section, members in self.frames.items():
            for frame in members:
                may_grow = section not in OPENINGS and self.has_names(frame.nodes)
                frame.grows = frame.grows and may_grow
                frame.leads = frame.leads and may_grow
        self.subjects = [k for k in self.frames if k not in NO_SUBJECTS]

    def has_names(self, nodes: Sequence) -> bool:
        """Whether a frame can have an entity."""
        for node in nodes:
            if isinstance(node, Choice):
                if any(self.has_names(option) for option in node.options):
                    return True
            elif isinstance(node, Slot):
                inner = self.phrases.get(node.name, [])
                if not inner and not node.name.startswith("#"):
                    return True
                if any(self.has_names(option) for option in inner):
                    return True
        return False


class Cast:
    """The names of an article, for one part of the corpus."""

    def __init__(self, domain: Domain, part: str, dice: Dice):
        self.domain, self.part, self.dice = domain, part, dice
        self.regulars: Dict[str, List[str]] = {}
        self.used: Set[str] = set()  # names in the current sentence

    def fill(self, slot: Slot) -> List[Chunk]:
        """Fill a slot of a frame."""
        if slot.name in self.domain.phrases:
            phrase = self.dice.pick(self.domain.phrases[slot.name])
            return list(expand(phrase, self.dice, self.fill))
        pool = "person" if slot.name == "surname" else slot.name
        name = self._fresh(pool)
        label = slot.type or self.domain.names.pools[pool].type
        return [(family_name(name) if slot.name == "surname" else name, label)]

    def _fresh(self, pool: str) -> str:
        """Choose a name that the current sentence does not have yet."""
        for _ in range(20):
            name = self._name(pool)
            if name not in self.used:
                break
        self.used.add(name)
        return name

    def _name(self, pool: str) -> str:
        if pool not in self.regulars:
            self.regulars[pool] = [self._draw(pool) for _ in range(CAST_SIZE)]
        if self.dice.chance(CAST_SHARE):
            return self.dice.pick(self.regulars[pool])
        return self._draw(pool)

    def _draw(self, name: str) -> str:
        pool = self.domain.names.pools[name]
        if self.part == "all":
            return self.dice.skewed(pool.items)
        held_out = pool.held_out(self.part)
        if held_out and self.dice.chance(HELD_OUT_SHARE):
            return self.dice.skewed(held_out)
        return self.dice.skewed(pool.known())


class Writer:
    """Writes articles of one domain until there are enough sentences."""

    def __init__(self, domain: Domain, dice: Dice, plain_share: float):
        self.domain, self.dice, self.plain_share = domain, dice, plain_share
        self.seen: Set[str] = set()

    def articles(self, part: str, count: int) -> List[List[List[Token]]]:
        """Write articles with ``count`` sentences in all."""
        out = []
        while count:
            size = min(count, 8 + self.dice.below(13))
            out.append(self._article(part, size))
            count -= size
        return out

    def _article(self, part: str, size: int) -> List[List[Token]]:
        subject = self.dice.pick(self.domain.subjects)
        cast = Cast(self.domain, part, self.dice)
        dateline = "dateline" in self.domain.frames and self.dice.chance(DATELINE_SHARE)
        recent: List[Frame] = []
        sentences = []
        for i in range(size):
            plain = self.dice.chance(self.plain_share)
            section = subject
            if i == 0:
                section, plain = "headline", False
            elif i == 1 and dateline:
                section, plain = "dateline", False
            elif plain and self.dice.chance(PLAIN_SHARE):
                section = "plain"
            elif self.dice.chance(OTHER_SUBJECT_SHARE):
                section = "general"
            sentences.append(self._sentence(section, plain, cast, recent))
        return sentences

    def _sentence(
        self, section: str, plain: bool, cast: Cast, recent: List[Frame]
    ) -> List[Token]:
        """Write a sentence that the corpus does not have yet."""
        for attempt in range(TRIES):
            if attempt == TRIES // 2:
                section = "plain" if plain else "general"
            frame = self.dice.pick(self.domain.frames[section])
            if frame in recent or plain == self.domain.has_names(frame.nodes):
                continue
            tokens = self._fill(frame, cast)
            text = " ".join(token for token, _, _ in tokens)
            if text not in self.seen:
                self.seen.add(text)
                recent.append(frame)
                return tokens
        raise ValueError(f"no new sentence for {section}")

    def _fill(self, frame: Frame, cast: Cast) -> List[Token]:
        cast.used = set()
        nodes = frame.nodes
        if frame.grows and self.dice.chance(TAIL_SHARE):
            nodes = [*parse(frame.text[:-2]), " ", Slot("tail"), " ."]
        if frame.leads and self.dice.chance(LEAD_SHARE):
            nodes = [Slot("lead"), " , ", *lower_start(nodes)]
        tokens = to_tokens(expand(nodes, self.dice, cast.fill))
        if not frame.capitals and tokens[-1][0] in (".", "?", '"'):
            tokens = add_the(tokens, self.domain.names.with_article)
        return capitalise(fix_articles(tokens), frame.capitals)
