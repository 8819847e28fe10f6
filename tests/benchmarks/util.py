"""Benchmarks that run on a small slice."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import List

from benchmarks.corpus import FILES
from spacy_moee.corpora.convert import convert_file
from spacy_moee.corpora.files import write_docs

REPO = Path(__file__).parents[2]


def run_quickly(folder: Path, module: str, *args: str) -> str:
    """Run on the sample, converted to the folder's corpus."""
    for name in FILES:
        source, output = REPO / f"assets/sample/{name}.txt", folder / f"corpus/{name}"
        docs = convert_file(source).docs
        write_docs([(output.with_suffix(".spacy"), docs)])
    return run_module(folder, module, "--quick", *args)


def run_module(folder: Path, module: str, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPO), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def keys_of(output: str) -> List[str]:
    return re.findall(r"(\w+)=\d+\.\d\d(?:\s|$)", output.splitlines()[-1])
