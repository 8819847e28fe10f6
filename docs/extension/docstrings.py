"""Docstrings as spaCy writes them, for autodoc: `arg (Type): text`, `RETURNS (T): text`
and `RAISES (MoeeError): text` become fields, and what can be opened becomes a link."""

import re
from typing import Any, List

from spacy_moee.errors import ERRORS, WARNINGS

from .names import find_names, make_label

FIELD = re.compile(
    r"^(?P<name>RETURNS|YIELDS|RAISES|L2|\*{0,2}[a-z]\w*(?:, \w+)*)"
    r"(?: \((?P<type>.+?)\))?: (?P<text>.*)$"
)
CODE = re.compile(r"\bMW?\d{2,3}\b")
DECISION = re.compile(r"\bD\d{1,2}\b")
NAME = re.compile(r"`(spacy_moee\.\w+\.v\d+)`")


def process(
    app: Any, what: str, name: str, obj: Any, options: Any, lines: List
) -> None:
    """The handler of `autodoc-process-docstring`: changes `lines` in place."""
    lines[:] = add_links(to_fields(lines))


def write_dashes(app: Any, page: Any) -> None:
    """The handler of `doctree-read`: what stands between an argument and its text."""
    from docutils import nodes

    for node in list(page.findall(nodes.Text)):
        if node == " -- ":
            node.parent.replace(node, nodes.Text(" \u2013 "))


def to_fields(lines: List[str]) -> List[str]:
    """Write the last paragraph's arguments and results as reStructuredText fields.

    lines (List[str]): The lines of a docstring.
    RETURNS (List[str]): Other lines.
    """
    result: List[str] = []
    in_fields = False
    for i, line in enumerate(lines):
        starts = i == 0 or not lines[i - 1].strip() or in_fields
        found = FIELD.match(line) if starts else None
        if found is None:
            in_fields = in_fields and line.startswith(" ")
            result.append(line)
            continue
        in_fields = True
        result += _write_field(found["name"], found["type"], found["text"])
    return result


def _write_field(name: str, type_: str, text: str) -> List[str]:
    literal = f"``{type_}``"
    if name in ("RETURNS", "YIELDS"):
        return [f":returns: {text}", f":rtype: {literal}"]
    if name == "RAISES":
        known = {"MoeeError": "spacy_moee.errors.MoeeError"}
        return [f":raises ~{known.get(type_, type_)}: {text}"]
    name = name.replace("*", r"\*")
    types = [f":type {name}: {literal}"] if type_ else []
    return [*types, f":param {name}: {text}"]


def add_links(lines: List[str]) -> List[str]:
    """Link codes of messages, decisions and registered names.

    lines (List[str]): Lines of reStructuredText.
    RETURNS (List[str]): The same with links.
    """
    codes, names = {*ERRORS, *WARNINGS}, find_names()

    def link_code(found: re.Match) -> str:
        code = found[0]
        return f":ref:`{code} <{code.lower()}>`" if code in codes else code

    def link_name(found: re.Match) -> str:
        name = found[1]
        return f":ref:`{name} <{make_label(name)}>`" if name in names else found[0]

    def link_decision(found: re.Match) -> str:
        return f":ref:`{found[0]} <{found[0].lower()}>`"

    text = "\n".join(lines)
    text = NAME.sub(link_name, CODE.sub(link_code, DECISION.sub(link_decision, text)))
    return text.split("\n")
