"""Runs that are done once: one `spacy train` and one evaluation a seed.

A seed's folder holds `train.log`, the pipelines, and at the end `result.json`. A
folder without that file is what an interrupted run left, and is started afresh.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

from .corpus import ROOT, Recipe, hash_of
from .machine import ONE_THREAD

# a row of spaCy's console logger: epoch, step, losses and scores
ROW = re.compile(r"^\s*\d+\s+\d+(\s+-?[\d.]+)+\s*$")
COLUMNS = re.compile(r"\s{2,}")


def run_seed(
    recipe: Recipe,
    seed: int,
    *,
    data: Path,
    folder: Path,
    extra: List[str],
    gpu_id: int = -1,
) -> Dict[str, Any]:
    """Train and evaluate one seed, unless that was done.

    recipe (Recipe): The recipe.
    seed (int): The seed.
    data (Path): The corpus folder.
    folder (Path): The seed's folder.
    extra (List[str]): More arguments of `spacy train`.
    gpu_id (int): The GPU, or -1.
    RETURNS (Dict[str, Any]): The result.
    RAISES (SystemExit): If the training or the evaluation fails.
    """
    done = read_result(folder, seed)
    if done is not None:
        return done
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = ["spacy", "train", recipe.path, "--output", folder, "-g", gpu_id]
    for name, value in recipe.overrides(seed).items():
        command += [f"--{name}", value]
    started = time.perf_counter()
    train_log = folder / "train.log"
    _run([*command, *extra], train_log, f"seed {seed}")
    minutes = (time.perf_counter() - started) / 60
    draft = folder / "evaluation.json"
    result = evaluate_fresh(recipe, folder / "model-best", data, draft)
    epochs = read_epochs(train_log.read_text(encoding="utf8"))
    result |= {"seed": seed, "minutes": minutes, "code": code_hash()}
    result |= {"best_epoch": best_epoch(epochs), "epochs": epochs}
    draft.write_text(json.dumps(result, indent=2), encoding="utf8")
    draft.replace(folder / "result.json")
    return result


def evaluate_fresh(
    recipe: Recipe, model: Path, data: Path, output: Path
) -> Dict[str, Any]:
    """Evaluate a pipeline on both test sets, in a fresh process.

    recipe (Recipe): The recipe that it was trained with.
    model (Path): The pipeline.
    data (Path): The corpus folder.
    output (Path): The JSON file to write; a log is written beside it.
    RETURNS (Dict[str, Any]): What it holds.
    RAISES (SystemExit): If the evaluation fails.
    """
    command = ["benchmarks.evaluate", model, data.resolve(), recipe.corpus, output]
    _run(command, output.with_suffix(".log"))
    return json.loads(output.read_text(encoding="utf8"))


def read_result(folder: Path, seed: int) -> Optional[Dict[str, Any]]:
    """Read what a finished seed left, and say so.

    folder (Path): The seed's folder.
    seed (int): The seed.
    RETURNS (Optional[Dict[str, Any]]): The result; None if it is not finished.
    """
    path = folder / "result.json"
    if not path.is_file():
        return None
    result = json.loads(path.read_text(encoding="utf8"))
    note = "" if result["code"] == code_hash() else " (by other code of this version)"
    print(f"ℹ seed {seed}: finished before{note}, {path}")
    return result


def code_hash() -> str:
    """Hash the package's code. RETURNS (str): Twelve hexadecimal digits."""
    files = sorted((ROOT / "spacy_moee").rglob("*.py"))
    return hash_of(*(file.read_bytes() for file in files))


def _run(arguments: List[object], log: Path, show: str = "") -> None:
    """Run a module. All it prints goes to a file, and the table of the epochs also
    to the terminal, when `show` opens its lines."""
    command = [sys.executable, "-m", *(str(argument) for argument in arguments)]
    env = {**os.environ, **ONE_THREAD, "PYTHONUNBUFFERED": "1"}
    # the user's folder stays the current one: overrides may hold relative paths
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with (
        log.open("w", encoding="utf8") as output,
        subprocess.Popen(
            command,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf8",
            errors="replace",
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                output.write(line)
                if show and (ROW.match(line) or _is_header(line)):
                    print(f"{show} | {line.rstrip()}", flush=True)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        tail = "".join(log.read_text(encoding="utf8").splitlines(True)[-15:])
        raise SystemExit(f"{tail}✘ This failed: {' '.join(command)}\n  See {log}")


def _is_header(line: str) -> bool:
    return line.split()[:2] == ["E", "#"]


def read_epochs(log: str) -> List[Dict[str, float]]:
    """Read the table that spaCy's console logger prints.

    log (str): What `spacy train` printed.
    RETURNS (List[Dict[str, float]]): The rows, by the titles of the columns.
    """
    lines = log.splitlines()
    titles: List[str] = next(
        (COLUMNS.split(line.strip()) for line in lines if _is_header(line)), []
    )
    rows = [line.split() for line in lines if ROW.match(line)]
    return [
        dict(zip(titles, map(float, row), strict=True))
        for row in rows
        if len(row) == len(titles)
    ]


def best_epoch(epochs: List[Dict[str, float]]) -> int:
    """Find the epoch that spaCy kept as `model-best`.

    epochs (List[Dict[str, float]]): The rows of the log.
    RETURNS (int): Its number, from 1; 0 is the untrained model; -1 without a row.
    """
    if not epochs:
        return -1
    # spaCy keeps the later one of equals
    best = max(epochs, key=lambda row: (row.get("ENTS_F", row["SCORE"]), row["#"]))
    return int(best["E"])
