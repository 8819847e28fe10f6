"""The code blocks of the README and of the documentation, and how each kind is run.

A block that can't be run has a comment above it with the reason:

    <!-- not run: needs a GPU -->
"""

import re
import shlex
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from markdown_it import MarkdownIt
from spacy import registry
from spacy.cli import app
from spacy.util import load_config_from_str
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.experiments.plan.experiment import read_experiment

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted(
        path
        for path in (ROOT / "docs").rglob("*.md")
        if not {"_build", "reference", "project"} & set(path.relative_to(ROOT).parts)
    ),
]
REASON = re.compile(r"<!-- not run: (.*?) -->")
SPACY = ["python", "-m", "spacy"]


class Block(NamedTuple):
    """A code block. page (str), line (int): Where it is. language (str): What the fence
    says. code (str): What is in it. reason (str): Why it is not run, or nothing."""

    page: str
    line: int
    language: str
    code: str
    reason: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read_blocks(path: Path) -> Iterator[Block]:
    """All code blocks of a page, also those in lists, but for Sphinx's directives."""
    comment = ""
    for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf8")):
        if token.type == "fence" and not token.info.startswith("{"):
            reason = REASON.search(comment)
            assert token.map is not None
            yield Block(
                path.relative_to(ROOT).as_posix(),
                token.map[0] + 1,
                token.info.strip(),
                token.content,
                reason[1] if reason else "",
            )
        comment = comment + token.content if token.type == "html_block" else ""


BLOCKS = [block for page in PAGES for block in read_blocks(page)]


def split_commands(code: str) -> List[List[str]]:
    """The commands of a shell block, each as words."""
    lines = code.replace("\\\n", " ").split("\n")
    words = (shlex.split(line, comments=True) for line in lines)
    return [found for found in words if found]


def run_python(code: str) -> None:
    exec(compile(code, "<block>", "exec"), {"__name__": "__main__"})


def run_bash(code: str) -> None:
    """Run `python -m spacy ...` commands, in this process."""
    for words in split_commands(code):
        assert words[:3] == SPACY, f"give a reason for not running: {words}"
        result = CliRunner().invoke(app, words[3:])
        assert result.exit_code == 0, (words, result.output, result.exception)


def load_part(code: str) -> Dict[str, Any]:
    """Parse a part of a config: sections whose parents are elsewhere."""
    there = re.findall(r"^\[(.+)\]$", code, re.MULTILINE)
    paths = (
        name.split(".")[:n] for name in there for n in range(1, name.count(".") + 1)
    )
    parents = dict.fromkeys(map(".".join, paths))
    missing = "".join(f"[{name}]\n" for name in parents if name not in there)
    return load_config_from_str(missing + code)


def run_ini(code: str) -> None:
    """Parse a part of a config, and call the functions that it names."""
    for section in find_registered(load_part(code)):
        registry.resolve({"block": section})


def find_registered(section: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    """The outermost sections that name a registered function."""
    if any(key.startswith("@") for key in section):
        yield section
        return
    for value in section.values():
        if isinstance(value, dict):
            yield from find_registered(value)


def run_yaml(code: str) -> None:
    """Read an experiment."""
    path = Path("experiment.yml")
    path.write_text(code, encoding="utf8")
    read_experiment(path)


RUNNERS = {"python": run_python, "bash": run_bash, "ini": run_ini, "yaml": run_yaml}


def find_option(words: List[str]) -> Optional[str]:
    """An option that a `spacy moee` command does not have."""
    import typer

    from spacy_moee.cli.distill import WithOverrides

    group: Any = typer.main.get_command(spacy_moee.cli.app)
    command = group.commands[words[4]]
    if command.context_settings.get("allow_extra_args"):
        return None  # values of a config
    known = {name for param in command.params for name in param.opts}
    given = (word for word in words[5:] if re.match("--?[a-z]", word))
    if isinstance(command, WithOverrides):
        given = (word for word in given if "." not in word)
    return next((word for word in given if word not in known), None)
