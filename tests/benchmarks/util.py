"""Benchmarks that run on a small slice."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import List

REPO = Path(__file__).parents[2]


def run_quickly(folder: Path, module: str, *args: str) -> str:
    data = str(REPO / "assets" / "sample")
    return run_module(folder, module, "--quick", *args, "--data", data)


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
