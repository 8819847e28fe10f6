"""spaCy's command line, in this process or in one of its own."""

import os
import subprocess
import sys

from spacy.cli import app
from typer.testing import CliRunner


def run_python(*args: object, **env: str) -> str:
    """Run Python in a process of its own, which must end well. Returns its output."""
    result = subprocess.run(
        [sys.executable, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, **env},
    )
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    return output


def run_spacy(*args: object) -> str:
    """Run one of spaCy's commands as a user does. Returns its output."""
    return run_python("-m", "spacy", *args)


def call_spacy(*args: object) -> str:
    """The same without the seconds that a new process takes to import torch."""
    result = CliRunner().invoke(app, [*map(str, args)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output
