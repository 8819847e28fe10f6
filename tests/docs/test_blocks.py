"""What the documentation shows works."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import List

import pytest
import tomllib

from .blocks import BLOCKS, PAGES, ROOT, RUNNERS, Block, find_option, split_commands

RUN = [block for block in BLOCKS if block.language in RUNNERS and not block.reason]
SHELL = [block for block in BLOCKS if block.language == "bash"]


@pytest.mark.parametrize("block", RUN, ids=str)
def test_block_runs(block: Block, project: Path) -> None:
    if "spacy-transformers" in block.code:
        pytest.importorskip("spacy_transformers")
    if "spacy_moee.web" in block.code:
        pytest.importorskip("fastapi")
    RUNNERS[block.language](block.code)


def test_block_is_run_or_has_a_reason() -> None:
    """`text` is what a command prints, or a picture of folders."""
    for block in BLOCKS:
        assert block.language in {*RUNNERS, "text"}, block
        assert not block.reason or block.language in RUNNERS, block
    assert len(RUN) > 20


def commands(start: List[str]) -> List[object]:
    found = [(b, w) for b in SHELL for w in split_commands(b.code)]
    n = len(start)
    return [pytest.param(b, w, id=str(b)) for b, w in found if w[:n] == start]


@pytest.mark.parametrize("block, words", commands(["python", "-m", "spacy", "moee"]))
def test_command_has_its_options(block: Block, words: List[str]) -> None:
    assert find_option(words) is None


@pytest.mark.parametrize("block, words", commands(["python", "-m"]))
def test_module_is_there(block: Block, words: List[str]) -> None:
    is_old = "an older commit" in block.reason
    if words[2].startswith("benchmarks.") and not is_old:
        assert find_spec(words[2]) is not None


def test_extras_are_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    for block in BLOCKS:
        named = re.findall(r"(?:spacy-moee|\.)\[([\w,]+)\]", block.code)
        assert {x for names in named for x in names.split(",")} <= set(extras), block


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    for link in links:
        generated = "reference/" in link or "project/" in link
        assert generated or (page.parent / link).exists(), link
    for config in re.findall(r"\bconfigs/[\w/]+\.(?:cfg|yml)", text):
        assert (ROOT / config).is_file(), config
    for test in re.findall(r"\b(?:tests|docs)/[\w/]+\.py", text):
        assert (ROOT / test).is_file(), test
