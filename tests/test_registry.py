"""Every registered name resolves, and the installed package has them all."""

import inspect
from importlib.metadata import EntryPoint, distribution
from pathlib import Path
from typing import Any, List, Tuple, get_type_hints

import pytest
import spacy
import tomllib
from spacy import registry
from spacy.language import Language

from docs.extension.names import find_kind
from spacy_moee.component import MoEENer

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
NAMES: List[Tuple[str, str]] = [
    (group, name) for group, names in PROJECT["entry-points"].items() for name in names
]


@pytest.mark.parametrize("group, name", NAMES)
def test_name_resolves(group: str, name: str) -> None:
    kind = find_kind(group)
    if kind == "factories":
        # spaCy loads the factories of other packages with the first pipeline
        spacy.blank("en")
        found = registry.factories.get(name)
    else:
        found = getattr(registry, kind).get(name)
    assert callable(found) or kind in ("cli", "displacy_colors")


@pytest.mark.parametrize("group, name", NAMES)
def test_annotations_are_objects(group: str, name: str) -> None:
    """Other packages look at them: edsnlp takes what the factory returns for a class,
    and a string is none."""
    value = PROJECT["entry-points"][group][name]
    found: Any = EntryPoint(name, value, group).load()
    if not inspect.isfunction(found):
        assert group in ("spacy_cli", "spacy_displacy_colors")
        return
    signature = inspect.signature(found)
    hints = get_type_hints(found)
    assert {*hints} == {*signature.parameters, "return"}
    for argument, hint in hints.items():
        assert hint == found.__annotations__[argument]
        assert "ForwardRef" not in repr(hint)
    assert signature.return_annotation == hints["return"]


def test_the_factory_returns_a_class() -> None:
    spacy.blank("en")
    factory = registry.factories.get("moee_ner")
    assert inspect.signature(factory).return_annotation is MoEENer
    assert Language.get_factory_meta("moee_ner").factory == "moee_ner"


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
