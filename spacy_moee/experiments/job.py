"""A run that is under way: first `spacy train`, then the evaluation."""

import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, Optional

from .console import best_epoch, read_epochs
from .experiment import Experiment
from .files import code_hash, write_text
from .grid import Run
from .process import Child

PACKAGES = ("spacy-moee", "spacy", "thinc", "torch", "numpy")
RESULT = "result.json"


class Job:
    """A run in its folder, from the first process to the result.

    experiment (Experiment): The experiment.
    run (Run): The run.
    folder (Path): Its folder. What an earlier try left there is removed.
    gpu_id (int): The GPU, or -1.
    """

    def __init__(
        self, experiment: Experiment, run: Run, folder: Path, gpu_id: int
    ) -> None:
        self.run = run
        self.folder = folder
        self._data = experiment.data
        self._gpu_id = gpu_id
        shutil.rmtree(folder, ignore_errors=True)
        write_text(folder / "config.cfg", run.config)
        train: List[object] = ["spacy", "train", folder / "config.cfg"]
        train += ["--output", folder, "--gpu-id", gpu_id]
        self.step = "train"
        self._child: Optional[Child] = self._start(train)

    @property
    def log(self) -> Path:
        """RETURNS (Path): The log of the process that runs, or ran last."""
        return self.folder / f"{self.step}.log"

    def read_epochs(self) -> List[Dict[str, float]]:
        """Read how far the training is. RETURNS (List[Dict[str, float]]): The table
        of the epochs that it has printed."""
        log = self.folder / "train.log"
        try:
            return read_epochs(log.read_text(encoding="utf8", errors="replace"))
        except OSError:
            return []

    def is_over(self) -> bool:
        """See whether the run has ended, well or not; when the training has ended, go
        on to the evaluation.

        RETURNS (bool): Whether there is nothing left to do.
        """
        if self._child is None:
            return True
        code = self._child.poll()
        if code is None:
            return False
        self._child.close()
        self._child = None
        if code == 0 and self.step == "train":
            self._evaluate()
        elif code == 0:
            self._finish()
        return self._child is None

    def ask_to_end(self) -> None:
        """Ask the process that runs to end."""
        if self._child is not None:
            self._child.ask_to_end()

    def end(self) -> None:
        """Wait for it."""
        if self._child is not None:
            self._child.end()
            self._child.close()
            self._child = None

    def _start(self, arguments: List[object]) -> Child:
        return Child(arguments, self.log, self.folder / f"{self.step}.json")

    def _evaluate(self) -> None:
        # only the best epoch is used, and vectors make each pipeline large
        shutil.rmtree(self.folder / "model-last", ignore_errors=True)
        self.step = "evaluate"
        tests = [self._data["test"], self._data["target"]]
        arguments = [self.folder / "model-best", *tests, self.folder / "scores.json"]
        module = "spacy_moee.experiments.evaluate"
        self._child = self._start([module, *arguments, self._gpu_id])

    def _finish(self) -> None:
        usage = _read(self.folder / "train.json")
        epochs = self.read_epochs()
        result = {
            "system": self.run.system,
            "embeddings": self.run.embeddings,
            "seed": self.run.seed,
            "config": self.run.key,
            "data": self.run.data,
            "code": code_hash(),
            "versions": {name: version(name) for name in PACKAGES},
            "python": platform.python_version(),
            "minutes": usage["seconds"] / 60,
            "peak_mb": usage["peak_mb"],
            "epochs": max((int(row["E"]) for row in epochs), default=0),
            "best_epoch": best_epoch(epochs),
            "dev_curve": [[row["E"], row.get("ENTS_F", 0.0)] for row in epochs],
            **_read(self.folder / "scores.json"),
        }
        write_text(self.folder / RESULT, json.dumps(result))


def read_result(folder: Path) -> Optional[Dict[str, Any]]:
    """Read what a finished run left.

    folder (Path): Its folder.
    RETURNS (Optional[Dict[str, Any]]): The result; None if it is not finished, or
        not whole.
    """
    try:
        result = _read(folder / RESULT)
    except (OSError, ValueError):
        return None
    if not isinstance(result, dict):
        return None
    return result if {"source", "target", "dev_curve"} <= result.keys() else None


def _read(path: Path) -> Dict[str, Any]:
    return json.loads(path.read_text(encoding="utf8"))
