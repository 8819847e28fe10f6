"""A run depends on the code that trains it, and on nothing that is said about it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from spacy_moee.experiments.plan import code
from spacy_moee.experiments.plan.code import code_hash
from spacy_moee.experiments.plan.experiment import read_experiment
from spacy_moee.experiments.plan.grid import make_runs
from tests.experiments.util import make_content, write_content

NETWORK = "networks/moee.py"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, whose code is what counts."""
    copy = tmp_path / "spacy_moee"
    shutil.copytree(code.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = code_hash()
    monkeypatch.setattr(code, "PACKAGE", copy)
    assert code_hash() == before
    return copy


def test_edited_network_is_a_new_run(package: Path, tmp_path: Path) -> None:
    file = write_content(tmp_path / "e.yml", make_content(tmp_path))
    before = make_runs(read_experiment(file))
    network = package / NETWORK
    network.write_text(f"{network.read_text('utf8')}\nEPSILON = 2e-5\n", "utf8")
    after = make_runs(read_experiment(file))
    assert not {run.key for run in before} & {run.key for run in after}
    # but for the code it is the same run
    assert [run.setup for run in before] == [run.setup for run in after]


@pytest.mark.parametrize(
    "text",
    [
        "# a comment",
        "",
        '''def f():\n    """Says what it does."""\n    return [1,\n        2]''',
        '''class A:\n    """Has nothing."""\n\n    async def f():\n        "x"''',
    ],
)
def test_what_is_said_about_code_is_no_code(package: Path, text: str) -> None:
    silent = "def f(): return [1, 2]\nclass A:\n    async def f():\n        pass\n"
    new = package / "networks" / "new.py"
    new.write_text(silent, "utf8")
    before = code_hash()
    comment = f'"""Other words."""\n{silent}\n{text if text[:1] == "#" else ""}'
    new.write_text(comment, "utf8")
    assert code_hash() == before
    if text[:3] == "def":
        new.write_text(silent.replace("def f(): return [1, 2]", text, 1), "utf8")
    if text[:5] == "class":
        new.write_text(f"def f(): return [1, 2]\n{text}", "utf8")
    assert code_hash() == before


@pytest.mark.parametrize(
    "change, counts",
    [
        (lambda folder: (folder / "networks" / "new.py").touch(), True),
        (lambda folder: (folder / NETWORK).rename(folder / "networks/n.py"), True),
        (lambda folder: (folder / "scorer.py").write_text("x = 1"), True),
        (lambda folder: (folder / "cli" / "compare.py").write_text("x = 1"), False),
        (lambda folder: (folder / "errors" / "training.py").unlink(), False),
    ],
)
def test_which_code_counts(package: Path, change: Any, counts: bool) -> None:
    before = code_hash()
    change(package)
    assert (code_hash() != before) == counts
