"""The generated pages have everything, and the docstrings that they show are whole."""

import inspect
import re
from pathlib import Path
from typing import Any, Dict

import pytest

from docs.extension import (
    commands,
    docstrings,
    messages,
    registered,
    root,
    write_pages,
)
from docs.extension.names import find_entry_points, make_label
from spacy_moee.errors import ERRORS, WARNINGS

from .blocks import ROOT, load_part

POINTS = {
    point.name: (kind, point)
    for kind, points in find_entry_points().items()
    for point in points
}
PAGES = registered.make_pages()


@pytest.mark.parametrize("name", POINTS)
def test_registered_name_is_on_a_page(name: str) -> None:
    kind, point = POINTS[name]
    if kind == "cli":
        assert point.value == "spacy_moee.cli"
        return
    page = PAGES[f"{kind}.md"]
    assert f"({make_label(name)})=\n## {name}\n" in page
    assert f"[`{name}`]" in PAGES["index.md"]


@pytest.mark.parametrize("name", POINTS)
def test_docstring_has_every_argument(name: str) -> None:
    function: Any = POINTS[name][1].load()
    if not callable(function):
        return
    fields = docstrings.to_fields(inspect.cleandoc(function.__doc__).split("\n"))
    described = re.findall(r"^:param (\w+):", "\n".join(fields), re.MULTILINE)
    assert described == list(inspect.signature(function).parameters)
    assert any(field.startswith(":returns:") for field in fields)


@pytest.mark.parametrize("name", [n for n in POINTS if n.startswith("spacy_moee.")])
def test_shown_config_is_one(name: str) -> None:
    """It has the arguments of the function, with their defaults."""
    kind, point = POINTS[name]
    function = point.load()
    if not callable(function):
        return
    text = registered.make_config(kind, registered.PAGES[kind][1], name, function)
    config: Dict[str, Any] = load_part(text.split("```")[1][len("ini\n") :])
    while f"@{kind}" not in config:
        (config,) = config.values()
    for argument in inspect.signature(function).parameters.values():
        if argument.default is argument.empty:
            assert argument.name in text
        elif isinstance(argument.default, tuple):
            assert config[argument.name] == list(argument.default)
        else:
            assert config[argument.name] == argument.default


def test_every_code_is_on_the_page() -> None:
    page = messages.make_page()
    for code in {**ERRORS, **WARNINGS}:
        assert f"({code.lower()})=\n### {code}\n" in page


@pytest.mark.parametrize(
    "text, expected",
    [
        ("'{name}' has {n:,} of {x!r}", "'*name*' has *n* of *x*"),
        ("{{}} is _not_ [a]", r"{} is \_not\_ \[a\]"),
        ("`load('{model}')`, then", "`load('MODEL')`, then"),
    ],
)
def test_message_becomes_markdown(text: str, expected: str) -> None:
    assert messages.format_message(text) == expected


def test_every_command_is_on_the_page() -> None:
    import typer

    from spacy_moee.cli import app

    page = commands.make_page()
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        assert f"(command-{name})=\n## {name}\n" in page
        for param in command.params:
            assert all(option in page for option in param.opts if option[0] == "-")


def test_fields_are_those_of_the_docstring() -> None:
    docstring = """Do a thing (see `spacy_moee.StaticEmbed.v1`; decision D20).

    x (List[str]): Words: some
        of them.
    **values: More.
    RETURNS (Dict[str, int]): Counts.
    RAISES (MoeeError): M103, for a value.
    """
    lines = inspect.cleandoc(docstring).split("\n")
    assert docstrings.add_links(docstrings.to_fields(lines)) == [
        "Do a thing (see :ref:`spacy_moee.StaticEmbed.v1 <spacy-moee-staticembed-v1>`; "
        "decision :ref:`D20 <d20>`).",
        "",
        ":type x: ``List[str]``",
        ":param x: Words: some",
        "    of them.",
        r":param \*\*values: More.",
        ":returns: Counts.",
        ":rtype: ``Dict[str, int]``",
        ":raises ~spacy_moee.errors.MoeeError: :ref:`M103 <m103>`, for a value.",
    ]


def test_prose_is_no_field() -> None:
    lines = ["Two kinds: one,", "and (so it is): another."]
    assert docstrings.to_fields(lines) == lines


def test_pages_that_stay_the_same_are_not_written_again(tmp_path: Path) -> None:
    write_pages(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")}
    (tmp_path / "reference" / "old.md").write_text("gone")
    write_pages(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")} == before


def test_links_of_the_root_lead_to_the_copies() -> None:
    text = "[a](README.md), [b](SECURITY.md), [c](docs/start.md), [d](https://x.org)"
    expected = (
        "[a](../index.md), [b](security.md), [c](../start.md), [d](https://x.org)"
    )
    assert root.change_links(text) == expected


def test_cited_decisions_can_be_opened() -> None:
    page = (ROOT / "docs" / "decisions.md").read_text(encoding="utf8")
    there = set(re.findall(r"^\(d(\d+)\)=$", page, re.MULTILINE))
    files = [*(ROOT / "spacy_moee").rglob("*.py"), *(ROOT / "configs").rglob("*.cfg")]
    cited = {
        number
        for file in files
        for number in re.findall(r"\bD(\d+)\b", file.read_text(encoding="utf8"))
    }
    assert cited and cited <= there
    assert set(re.findall(r"^### D(\d+): ", page, re.MULTILINE)) == there
