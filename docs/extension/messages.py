"""The page of all messages, by their codes."""

import re
from types import ModuleType
from typing import Dict, List

from spacy_moee import errors

OPENING = """# Messages by code

Everything that the package raises or warns of opens with a code. Each message says what
was found, where, what was expected and what to do. Words in italics stand for what the
message names. An error is a `MoeeError`, whose attribute `code` a program can read.
[Troubleshooting](../guides/troubleshooting.md) starts from symptoms.
"""
CLASS = """
```{eval-rst}
.. autoclass:: spacy_moee.errors.MoeeError
```
"""


def find_rooms() -> List[ModuleType]:
    """The modules with messages, in the order of their first codes.

    RETURNS (List[ModuleType]): The modules.
    """
    rooms = [x for x in vars(errors).values() if hasattr(x, "ERRORS")]
    unique = {room.__name__: room for room in rooms if isinstance(room, ModuleType)}
    return sorted(unique.values(), key=lambda room: min({**room.ERRORS, "N": ""}))


def make_page() -> str:
    """List every error and every warning.

    RETURNS (str): A page of Markdown.
    """
    parts = [OPENING]
    for room in find_rooms():
        title = (room.__doc__ or "").strip().split("\n")[0].rstrip(".")
        title = re.sub(r" [(]M[^)]*[)]", "", title).removeprefix("Messages about ")
        parts.append(f"## {title.capitalize()}\n")
        parts.append(_list_messages({**room.ERRORS, **room.WARNINGS}))
    return "\n".join([*parts, "## The exception\n", CLASS])


def _list_messages(messages: Dict[str, str]) -> str:
    return "\n".join(
        f"({code.lower()})=\n### {code}\n\n{format_message(text)}\n"
        for code, text in messages.items()
    )


def format_message(text: str) -> str:
    """Write a message's template as Markdown.

    text (str): The template, as `str.format` takes it.
    RETURNS (str): The text, with its fields in italics.
    """
    parts = re.split(r"(`[^`]*`|\{\{|\}\}|\{\w+[^{}]*\})", text)
    return "".join(map(_format_part, parts)).replace("\n", " ")


def _format_part(part: str) -> str:
    if part in ("{{", "}}"):
        return part[0]
    if part.startswith("{"):
        return f"*{re.split('[:!]', part[1:-1])[0].replace('_', ' ')}*"
    if part.startswith("`"):
        return re.sub(r"\{(\w+)[^}]*\}", lambda x: x[1].upper(), part)
    return re.sub(r"([*_<\[\]])", r"\\\1", part)
