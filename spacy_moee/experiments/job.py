"""A run that is under way: first `spacy train`, then the evaluation."""

import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, Optional

from ..files import write_text
from .code import code_hash
from .console import best_epoch, read_epochs
from .grid import Run
from .inputs import INPUTS, TRAINED, write_inputs
from .process import Child

PACKAGES = ("spacy-moee", "spacy", "thinc", "torch", "numpy")
RESULT = "result.json"
NEEDED = {"data", "source", "target", "dev_curve"}


class Job:
    """A run in its folder, from the first process to the result. A training that is
    finished there is kept: then only the evaluation is run.

    run (Run): The run.
    folder (Path): Its folder. What a training that was cut off left there is removed.
    gpu_id (int): The GPU, or -1.
    """

    def __init__(self, run: Run, folder: Path, gpu_id: int) -> None:
        self.run = run
        self.folder = folder
        self._gpu_id = gpu_id
        self._code = code_hash()
        self._child: Optional[Child] = None
        if (folder / TRAINED).is_file() and (folder / "model-best").is_dir():
            self._evaluate()
        else:
            self._train()

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
            self._keep_training()
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

    def _train(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        config = self.folder / "config.cfg"
        write_text(config, self.run.config)
        self.step = "train"
        arguments: List[object] = ["spacy", "train", config, "--output", self.folder]
        self._child = self._start([*arguments, "--gpu-id", self._gpu_id])

    def _keep_training(self) -> None:
        # only the best epoch is used, and vectors make each pipeline large
        shutil.rmtree(self.folder / "model-last", ignore_errors=True)
        usage = _read(self.folder / "train.json")
        epochs = self.read_epochs()
        trained = {
            "code": self._code,
            "versions": {name: version(name) for name in PACKAGES},
            "python": platform.python_version(),
            "device": "CPU" if self._gpu_id < 0 else f"GPU {self._gpu_id}",
            "minutes": usage["seconds"] / 60,
            "peak_mb": usage["peak_mb"],
            "epochs": max((int(row["E"]) for row in epochs), default=0),
            "best_epoch": best_epoch(epochs),
            "dev_curve": [[row["E"], row.get("ENTS_F", 0.0)] for row in epochs],
        }
        write_text(self.folder / TRAINED, json.dumps(trained))

    def _evaluate(self) -> None:
        write_inputs(self.folder / INPUTS, self.run.inputs, self.run.data)
        self.step = "evaluate"
        module = "spacy_moee.experiments.evaluate"
        self._child = self._start([module, self.folder, self._gpu_id])

    def _finish(self) -> None:
        result = {
            "system": self.run.system,
            "embeddings": self.run.embeddings,
            "seed": self.run.seed,
            "config": self.run.key,
            "data": self.run.data,
            **_read(self.folder / TRAINED),
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
    return result if isinstance(result, dict) and result.keys() >= NEEDED else None


def _read(path: Path) -> Dict[str, Any]:
    return json.loads(path.read_text(encoding="utf8"))
