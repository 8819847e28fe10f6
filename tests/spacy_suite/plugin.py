"""A pytest plugin: spaCy's own tests, with `moee_ner` in the place of `ner`.

The tests are those of the installed spaCy, as they are. A test of `expected.toml` has
to fail, with the error that stands there.
"""

import socket
from functools import cache
from pathlib import Path
from typing import Any, Dict, Generator, List, NamedTuple

import pytest
import spacy.tests
import tomllib
import torch
from thinc.api import fix_random_seed

from .in_place import built, take_place

SPACY_TESTS = Path(*spacy.tests.__path__)
TABLE = Path(__file__).parent / "expected.toml"
# of suite.ini
BUILDERS = "component_files"
# with 0, the entity linker of `test_overfitting_IO_with_ner`, which learns nothing from
# docs without entities, is always wrong
SEED = 1


class Difference(NamedTuple):
    """Why tests differ, and the error with which they fail."""

    reason: str
    error: str


def read_expected() -> Dict[str, Difference]:
    """RETURNS (Dict[str, Difference]): The tests that differ, such as
    `parser/test_ner.py::test_issue3209`; without parameters, all of them are meant."""
    return {
        test: Difference(row["reason"], row["error"])
        for row in tomllib.loads(TABLE.read_text(encoding="utf8"))["differences"]
        for test in row["tests"]
    }


def read_networked() -> List[str]:
    """RETURNS (List[str]): The tests that need the network, which are skipped without
    one."""
    return tomllib.loads(TABLE.read_text(encoding="utf8"))["network"]


expected, networked = read_expected(), read_networked()


def pytest_configure() -> None:
    torch.set_num_threads(1)
    take_place()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(BUILDERS, "files whose tests build the component", type="linelist")
    about = "run the files whose tests do not build the component, too"
    parser.addoption("--all-files", action="store_true", help=about)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> Any:
    if config.args != config.getini("testpaths") or config.getoption("all_files"):
        return None
    if not collection_path.name.startswith("test_"):
        return None
    file = collection_path.relative_to(SPACY_TESTS).as_posix()
    return file not in config.getini(BUILDERS) or None


def name_of(item: pytest.Item) -> str:
    """RETURNS (str): A test's name in the table."""
    return f"{item.path.relative_to(SPACY_TESTS).as_posix()}::{item.name}"


@pytest.hookimpl(tryfirst=True)  # before any are deselected
def pytest_collection_modifyitems(
    config: pytest.Config, items: List[pytest.Item]
) -> None:
    """Rows whose test spaCy has no more are errors, if whole files are collected."""
    if any("::" in argument for argument in config.args):
        return
    names = {name_of(item) for item in items}
    names |= {*map(without_parameters, names)}
    read = {name.split("::")[0] for name in names}
    gone = [row for row in expected if row.split("::")[0] in read and row not in names]
    if gone:
        raise pytest.UsageError(f"{TABLE.name}: there is no {', '.join(gone)}")


def without_parameters(name: str) -> str:
    """RETURNS (str): The name of all variants of a test."""
    return name.split("[")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if name_of(item) in networked and not network():
        pytest.skip("needs the network")
    fix_random_seed(SEED)
    built.clear()


@cache
def network() -> bool:
    """RETURNS (bool): Whether there is one."""
    try:
        socket.getaddrinfo("github.com", 443)
    except OSError:
        return False
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    name = name_of(item)
    difference = expected.get(name) or expected.get(without_parameters(name))
    try:
        yield
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        if difference and difference.error in found:
            pytest.xfail(difference.reason)
        raise
    if difference:
        pytest.fail(f"it passes: {TABLE.name} should no longer have it")
    file = name.split("::")[0]
    if built and file not in item.config.getini(BUILDERS):
        pytest.fail(f"it builds the component: {BUILDERS} should have {file}")
