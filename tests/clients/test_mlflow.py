"""MLflow saves a pipeline, and loads it where only its requirements are installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest
from spacy.language import Language

from ..cli.util import run_python
from ..docs.blocks import ROOT
from .util import TEXTS, clients, expect, find_blocks

pytestmark = clients("mlflow")
REQUIREMENTS = Path("mlflow_model", "requirements.txt")
LOAD = """
import json
import sys

import mlflow.spacy

nlp = mlflow.spacy.load_model("mlflow_model")
docs = map(nlp, json.load(sys.stdin))
found = [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in docs]
print(json.dumps(found))
"""


@pytest.fixture(scope="class")
def saved(folder: Path) -> Path:
    """A folder with a model that MLflow has saved, in a process of its own: it requires
    whatever a process has imported."""
    code = find_blocks("MLflow")[0].code
    run_python("-W", "ignore", "-c", code, MLFLOW_TRACKING_URI="sqlite:///runs.db")
    return folder


def load(python: Path) -> List[List[tuple]]:
    """What the saved model finds in another process."""
    command = [str(python), "-W", "ignore", "-c", LOAD]
    result = subprocess.run(
        command, input=json.dumps(TEXTS), capture_output=True, text=True, timeout=600
    )
    assert result.returncode == 0, result.stderr
    docs = json.loads(result.stdout.splitlines()[-1])
    return [[tuple(span) for span in spans] for spans in docs]


class TestMLflow:
    def test_loads(self, nlp: Language, saved: Path) -> None:
        assert load(Path(sys.executable)) == expect(nlp)

    def test_its_own_requirements_lack_us(self, saved: Path) -> None:
        """The page's limits; when this fails, the page can say less."""
        requirements = REQUIREMENTS.read_text(encoding="utf8").splitlines()
        assert any(line.startswith("spacy==") for line in requirements)
        assert [line for line in requirements if "moee" in line] == ["spacy-moee"]
        description = (saved / "mlflow_model" / "MLmodel").read_text(encoding="utf8")
        assert "spacy:" in description and "python_function" not in description

    @pytest.mark.slow
    def test_loads_in_a_clean_environment(self, nlp: Language, saved: Path) -> None:
        """One with what the saved model requires, and a wheel of this package."""
        unneeded = shutil.ignore_patterns(".*", "build", "docs", "tests", "benchmarks")
        shutil.copytree(ROOT, "source", ignore=unneeded)
        run_python("-m", "pip", "wheel", "-q", "--no-deps", "-w", "dist", "./source")
        run_python("-m", "venv", "clean")
        python = saved / "clean" / ("Scripts" if os.name == "nt" else "bin") / "python"
        install = [str(python), "-m", "pip", "install", "-q", "--no-compile"]
        install += ["--find-links", "dist"]
        without = REQUIREMENTS.read_text(encoding="utf8").replace("spacy-moee", "")
        Path("without.txt").write_text(without, encoding="utf8")
        subprocess.run([*install, "-r", "without.txt"], check=True)
        with pytest.raises(AssertionError, match="factory for 'moee_ner'"):
            load(python)
        subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True)
        assert load(python) == expect(nlp)
