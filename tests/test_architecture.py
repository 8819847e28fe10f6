"""The arrows between the rooms of the package point one way, and imports are cheap."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Dict, Iterator, Set

import pytest

PACKAGE = Path(__file__).parent.parent / "spacy_moee"
MODULES = sorted(PACKAGE.rglob("*.py"))
# room: the rooms that it may import
ARROWS = {
    "errors": set(),
    "files": set(),
    "devices": {"errors"},
    "padding": set(),
    "scheme": set(),
    "alternatives": set(),
    "faults": {"errors"},
    "from_ner": {"errors"},
    "halves": set(),
    "finite": {"errors"},
    "checksums": {"errors", "files"},
    "scorer": {"tags"},
    "labels": {"errors", "marginals"},
    "marginals": {"errors", "scheme"},
    "tags": {"errors", "scheme"},
    "incorrect": {"errors", "marginals", "scheme", "tags"},
    "vocabulary": {"errors", "files"},
    # a logger measures what a model says of held-out text
    "training": {
        *{"corpora", "errors", "extensions", "files", "marginals", "models"},
        "vocabulary",
    },
    "corpora": {"errors", "files", "labels", "tags"},
    "networks": {"errors", "scheme"},
    "embeddings": {"errors", "files", "finite", "padding", "vocabulary"},
    # what a person looks at: no model either
    "insight": {"errors", "evaluation", "extensions", "padding", "scheme"},
    # what a pipeline scores: it reads what the component wrote, and gold tags as a
    # column file has them
    "evaluation": {"corpora", "errors", "extensions", "scheme", "scorer"},
    "models": {
        *{"alternatives", "embeddings", "errors", "extensions", "finite", "networks"},
        *{"padding", "scheme", "vocabulary"},
    },
    "saving": {"checksums", "errors", "labels", "models"},
    "extensions": {"errors", "marginals"},
    "annotations": {"errors", "extensions", "tags"},
    "component": {
        *{"alternatives", "annotations", "errors", "faults", "from_ner", "halves"},
        *{"incorrect", "labels", "models", "saving", "scorer", "tags"},
    },
    "factory": {"annotations", "component", "from_ner", "models"},
    # a pipeline of any components, and what they wrote
    "web": {"alternatives", "errors", "extensions"},
    "experiments": {
        *{"embeddings", "errors", "evaluation", "extensions", "files", "insight"},
    },
    "cli": {
        *{"errors", "files", "corpora", "embeddings", "experiments", "insight"},
        # what a text says of itself
        "extensions",
        # models know what they look up in the vectors; nothing else does
        *{"component", "devices", "evaluation", "models", "training", "web"},
        *{"extensions", "vocabulary"},
    },
    "__init__": set(),
}
NO_TORCH = {
    "alternatives",
    *{"annotations", "extensions"},
    *{"tags", "labels", "scheme", "faults", "incorrect", "scorer", "corpora"},
    *{"errors", "files", "from_ner", "vocabulary"},
    *{"padding", "devices", "evaluation", "checksums", "finite", "insight"},
    *{"marginals", "web"},
}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Absolute names of what a module imports, as far as our own statements say."""
    package = ["spacy_moee", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *filter(None, [node.module])])
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def own_rooms(path: Path) -> Set[str]:
    names = (name.split(".") for name in imported(path))
    return {name[1] for name in names if name[0] == "spacy_moee" and len(name) > 1}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_arrows(path: Path) -> None:
    here = room(path)
    assert own_rooms(path) - {here} <= ARROWS[here]
    top = {name.split(".")[0] for name in imported(path)}
    if here in NO_TORCH:
        assert not top & {"torch", "torchcrf"}
    if here == "networks":
        assert top <= {"torch", "torchcrf", "spacy_moee", "math", "typing"}


def test_rooms_are_those_that_are_known() -> None:
    assert {room(path) for path in MODULES} == set(ARROWS)


def test_there_is_no_circle() -> None:
    """Neither of rooms nor of modules. Commands import the group that they are mounted
    on, which imports them: spaCy loads that module alone."""
    rooms: Dict[str, Set[str]] = {}
    for path in MODULES:
        rooms.setdefault(room(path), set()).update(own_rooms(path) - {room(path)})
    TopologicalSorter(rooms).prepare()
    names = {module_name(path): path for path in MODULES}
    modules = {
        name: names.keys() & {*imported(path)} - {name} for name, path in names.items()
    }
    modules["spacy_moee.cli"] = set()
    TopologicalSorter(modules).prepare()


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize(
    "folder, below", [("plan", set()), ("run", {"plan"}), ("show", {"plan", "run"})]
)
def test_experiments_are_planned_run_and_shown(folder: str, below: Set[str]) -> None:
    paths = (PACKAGE / "experiments" / folder).rglob("*.py")
    names = (name.split(".") for path in paths for name in imported(path))
    own = {name[2] for name in names if name[:2] == ["spacy_moee", "experiments"]}
    assert own - {folder} <= below


def test_only_the_wrapper_touches_the_shim() -> None:
    users = {path.name for path in MODULES if "model.shims" in path.read_text("utf8")}
    assert users == {"wrapper.py"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_module_is_not_too_long(path: Path) -> None:
    # the component's docstrings are the API reference
    limit = 400 if path.name == "component.py" else 300
    assert len(path.read_text(encoding="utf8").splitlines()) <= limit


@pytest.mark.parametrize("module", ["spacy_moee", "spacy_moee.errors"])
def test_import_is_cheap(module: str) -> None:
    heavy = "{'torch', 'spacy'}"
    code = f"import {module}, sys; print(sorted({heavy} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_command_line_does_not_load_torch() -> None:
    # it is loaded at every `spacy` command; spaCy itself may bring torch, through thinc
    loads = {name for p in (PACKAGE / "cli").glob("*.py") for name in imported(p)}
    assert not {name for name in loads if name.split(".")[0] == "torch"}
