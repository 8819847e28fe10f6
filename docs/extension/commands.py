"""The page of the command line, as Typer writes it."""

import re
from typing import Any

OPENING = """# Command line

All commands are part of spaCy's own: `python -m spacy moee COMMAND`. The exit code is
0, or 1 with [a coded message](messages.md), or 130 when `compare` is stopped.
"""
PROGRAM = "python -m spacy moee"


def make_page() -> str:
    """Describe every command with all of its arguments and options.

    RETURNS (str): A page of Markdown.
    """
    import typer
    from typer.cli import get_docs_for_click

    from spacy_moee.cli import app

    group: Any = typer.main.get_command(app)
    context = typer.Context(group)
    parts = [OPENING]
    for name in sorted(group.commands):
        command = group.commands[name]
        text = get_docs_for_click(
            obj=command, ctx=context, name=name, call_prefix=PROGRAM
        )
        text = re.sub("^#+ `(.*)`$", r"## \1", text, count=1, flags=re.MULTILINE)
        text = text.replace(f"## {PROGRAM} ", "## ").replace(
            "```console\n$ ", "```text\n"
        )
        label = f"(command-{name})="
        parts.append("\n".join([label, *map(_escape, text.strip().split("\n"))]) + "\n")
    return "\n".join(parts)


def _escape(line: str) -> str:
    """Stars that stand in a sentence, such as '*.txt', are no emphasis."""
    found = re.match(r"(\* `.*?`: )(.*)", line)
    if found is None:
        return line
    return found[1] + re.sub(r"([*_<])", r"\\\1", found[2])
