"""Every registered name resolves, and the installed package has them all."""

from importlib.metadata import distribution
from pathlib import Path
from typing import List, Tuple

import pytest
import spacy
import tomllib
from spacy import registry

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
NAMES: List[Tuple[str, str]] = [
    (group, name) for group, names in PROJECT["entry-points"].items() for name in names
]


@pytest.mark.parametrize("group, name", NAMES)
def test_name_resolves(group: str, name: str) -> None:
    kind = group.removeprefix("spacy_")
    if kind == "factories":
        # spaCy loads the factories of other packages with the first pipeline
        spacy.blank("en")
        found = registry.factories.get(name)
    else:
        found = getattr(registry, kind).get(name)
    assert callable(found) or kind in ("cli", "displacy_colors")


def test_installed_metadata_is_that_of_the_source() -> None:
    installed = {
        (point.group, point.name, point.value)
        for point in distribution("spacy-moee").entry_points
    }
    expected = {
        (group, name, value)
        for group, names in PROJECT["entry-points"].items()
        for name, value in names.items()
    }
    assert installed == expected


def test_registered_names_follow_the_convention() -> None:
    for group, name in NAMES:
        if group not in ("spacy_factories", "spacy_cli"):
            assert name.startswith("spacy_moee.") and name.endswith(".v1")
