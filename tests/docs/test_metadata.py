"""What stands once, and what is short."""

import re
from typing import Any, Dict

import pytest
import spacy
import tomllib
from spacy.tokens import Doc, Span

import spacy_moee

from .blocks import ROOT

PROJECT: Dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))
VERSION = PROJECT["project"]["version"]
SVG = ROOT / "docs" / "images" / "entities.svg"


def test_version_stands_once() -> None:
    assert spacy_moee.__version__ == VERSION
    for name in ("spacy_moee/__init__.py", "CITATION.cff", "docs/conf.py"):
        assert VERSION not in (ROOT / name).read_text(encoding="utf8")


def test_changelog_begins_with_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf8")
    first = re.search(r"^## (\S+)", text, re.MULTILINE)
    assert first is not None and first[1] == VERSION


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf8").splitlines()) <= 180


@pytest.mark.parametrize(
    "page, files",
    [
        ("README.md", "*.cfg"),
        ("docs/guides/recipes.md", "*.cfg"),
        ("docs/guides/compare.md", "experiments/*.yml"),
    ],
)
def test_table_has_every_recipe(page: str, files: str) -> None:
    text = (ROOT / page).read_text(encoding="utf8")
    rows = "".join(line for line in text.split("\n") if line.startswith("|"))
    found = [*(ROOT / "configs").glob(files)]
    assert found
    for path in found:
        name = path.stem if path.suffix == ".yml" else f"configs/{path.name}"
        assert f"`{name}`" in rows, name


def test_extras_have_tested_versions() -> None:
    def normalize(name: str) -> str:
        return re.split(r"[<>=;\[]", name)[0].strip().lower().replace("_", "-")

    lines = (ROOT / "constraints.txt").read_text(encoding="utf8").splitlines()
    pinned = {normalize(line) for line in lines}
    for extra, packages in PROJECT["project"]["optional-dependencies"].items():
        if not extra.startswith("cuda"):
            assert {normalize(package) for package in packages} - {"pip"} <= pinned


def test_pythons_are_those_that_are_required() -> None:
    project = PROJECT["project"]
    named = [x.split(" :: ")[-1] for x in project["classifiers"] if "Python ::" in x]
    minors = [name for name in named if re.fullmatch(r"3\.\d+", name)]
    assert f">={minors[0]}" == project["requires-python"]
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")
    assert f"Python {minors[0]} to {minors[-1]}" in contributing


def test_picture_has_the_entities_of_the_docs() -> None:
    pytest.importorskip("matplotlib")
    from docs.images.entities import draw

    doc = Doc(spacy.blank("en").vocab, words=["Ada", "&", "Oslo"])
    doc.ents = [Span(doc, 0, 1, "PER"), Span(doc, 2, 3, "LOC")]
    picture = draw([("A title", doc)])
    assert "<title>Entities: Ada (PER), Oslo (LOC)</title>" in picture
    assert picture.count("<rect") == 3 and ">&amp;</text>" in picture
    assert re.findall(r">(PER|LOC)</text>", picture) == ["PER", "LOC"]


def test_committed_picture_is_of_these_sentences() -> None:
    from docs.images.entities import SENTENCES

    text = SVG.read_text(encoding="utf8")
    drawn = " ".join(re.findall(r">([^<]+)</text>", text))
    for title, sentence in SENTENCES:
        assert title in drawn
        for word in re.findall(r"\w+", sentence):
            assert word in drawn
