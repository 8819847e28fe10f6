"""Filled frames -> tokens with entity marks -> lines of a column file."""

import re
from typing import Iterable, List, Optional, Set, Tuple

from .grammar import Chunk

Token = Tuple[str, Optional[str], bool]  # text, type, whether it starts a mention

SOUNDS_LIKE_VOWEL = re.compile(r"[aeio]|u(?!ni[^nmd]|s[eu]|k|\.)|hour|8|1[18]\b", re.I)
NOT_A_VOWEL = re.compile(r"eu|one\b|us\b|ut[io]|uni[tvfo]|europe", re.I)
SPELLED_AN = set("AEFHILMNORSX")


def to_tokens(chunks: Iterable[Chunk]) -> List[Token]:
    """Split text at spaces; a token that overlaps a mention belongs to it."""
    text = ""
    mentions: List[Tuple[int, int, str]] = []
    for chunk, label in chunks:
        if label:
            mentions.append((len(text), len(text) + len(chunk), label))
        text += chunk
    tokens: List[Token] = []
    last = None
    for match in re.finditer(r"\S+", text):
        own = [m for m in mentions if m[0] < match.end() and match.start() < m[1]]
        mention = own[0] if own else None
        starts = mention is not None and mention is not last
        tokens.append((match.group(), mention[2] if mention else None, starts))
        last = mention
    return tokens


def mention_spans(tokens: List[Token]) -> List[Tuple[int, int]]:
    """Start and end of each mention."""
    spans = []
    for i, (_, _, starts) in enumerate(tokens):
        if starts:
            end = i + 1
            while end < len(tokens) and tokens[end][1] and not tokens[end][2]:
                end += 1
            spans.append((i, end))
    return spans


def add_the(tokens: List[Token], with_article: Set[str]) -> List[Token]:
    """Put "the" before names that need it ("the Netherlands")."""
    out = list(tokens)
    for start, end in reversed(mention_spans(tokens)):
        words = [text for text, _, _ in tokens[start:end]]
        keys = {words[0], words[-1], " ".join(words)}
        before = tokens[start - 1][0] if start else ""
        if keys & with_article and before.lower() not in ("the", "a", "an"):
            out.insert(start, ("the", None, False))
    return out


def fix_articles(tokens: List[Token]) -> List[Token]:
    """Choose between "a" and "an" by the sound of the next token."""
    out = list(tokens)
    for i in range(len(out) - 1):
        text, label, starts = out[i]
        if label is None and text.lower() in ("a", "an"):
            right = "an" if _takes_an(out[i + 1][0]) else "a"
            out[i] = (right if text.islower() else right.title(), None, False)
    return out


def _takes_an(word: str) -> bool:
    if word.isupper() and len(word) <= 4 and word not in ("UK", "EU"):
        return word[0] in SPELLED_AN
    return bool(SOUNDS_LIKE_VOWEL.match(word)) and not NOT_A_VOWEL.match(word)


def capitalise(tokens: List[Token], everything: bool) -> List[Token]:
    """Start the sentence with a capital, or change all of it to capitals."""
    if everything:
        return [(text.upper(), label, starts) for text, label, starts in tokens]
    first = 1 if tokens[0][0] == '"' and len(tokens) > 1 else 0
    text, label, starts = tokens[first]
    if label is None:
        tokens = list(tokens)
        tokens[first] = (text[0].upper() + text[1:], label, starts)
    return tokens


def iob2(tokens: List[Token]) -> List[str]:
    """Make one tag per token: B- and I-, or O."""
    return [
        f"{'B' if starts else 'I'}-{label}" if label else "O"
        for _, label, starts in tokens
    ]


def bioes(tokens: List[Token]) -> List[str]:
    """Make one tag per token: B-, I- and E-, S- for a mention of one token, or O."""
    tags = ["O"] * len(tokens)
    for start, end in mention_spans(tokens):
        label = tokens[start][1]
        tags[start:end] = [f"I-{label}"] * (end - start)
        tags[start] = f"B-{label}"
        tags[end - 1] = f"S-{label}" if end - start == 1 else f"E-{label}"
    return tags
