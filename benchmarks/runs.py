"""Runs that are done once: one `spacy train` and one evaluation a seed.

A seed's folder holds `train.log`, the pipelines, and at the end `result.json`. A
folder without that file is what an interrupted run left, and is started afresh.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

from spacy_moee.experiments.plan.code import code_hash
from spacy_moee.experiments.run.console import ROW, best_epoch, is_header, read_epochs
from spacy_moee.files import write_text

from .corpus import ROOT, Recipe
from .machine import ONE_THREAD


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
    write_text(folder / "result.json", json.dumps(result, indent=2))
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
                if show and (ROW.match(line) or is_header(line)):
                    print(f"{show} | {line.rstrip()}", flush=True)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        tail = "".join(log.read_text(encoding="utf8").splitlines(True)[-15:])
        raise SystemExit(f"{tail}✘ This failed: {' '.join(command)}\n  See {log}")
