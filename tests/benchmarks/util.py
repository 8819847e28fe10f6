"""Benchmarks that run on a small slice."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import List

REPO = Path(__file__).parents[2]


def run_quickly(folder: Path, module: str, *args: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{module}", "--quick", *args]
    done = subprocess.run(
        [*command, "--data", str(REPO / "assets" / "sample")],
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
