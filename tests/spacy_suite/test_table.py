"""What is written down of spaCy's tests is of the spaCy that is installed."""

import ast
import configparser
from pathlib import Path
from typing import Set

import pytest

pytest.importorskip("spacy.tests")
from . import plugin  # noqa: E402

EXPECTED, NETWORKED = plugin.read_expected(), plugin.read_networked()


def find_functions(file: Path) -> Set[str]:
    tree = ast.parse(file.read_text(encoding="utf8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("test", [*EXPECTED, *NETWORKED])
def test_row_is_a_test_of_spacy(test: str) -> None:
    file, name = plugin.without_parameters(test).split("::")
    assert name in find_functions(plugin.SPACY_TESTS / file)


def test_rows_have_a_reason_and_an_error() -> None:
    assert all(row.reason.endswith(".") and row.error for row in EXPECTED.values())


def test_no_test_has_two_rows() -> None:
    text = plugin.TABLE.read_text(encoding="utf8")
    assert [test for test in EXPECTED if text.count(f'"{test}"') > 1] == []
    whole = [plugin.without_parameters(test) for test in EXPECTED if "[" in test]
    assert EXPECTED.keys() & {*whole} == set()


def test_files_are_those_of_spacy() -> None:
    parser = configparser.ConfigParser()
    parser.read(Path(__file__).parent / "suite.ini", encoding="utf8")
    files = {*parser["pytest"][plugin.BUILDERS].split()}
    assert {file for file in files if not (plugin.SPACY_TESTS / file).exists()} == set()
    assert {test.split("::")[0] for test in EXPECTED} <= files
