"""A run that is under way: first `spacy train`, then the evaluation."""

import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import List, Optional

from confection import Config

from ...errors import MoeeError
from ...evaluation.counts import Counts
from ...files import write_text
from ..plan.code import code_hash
from ..plan.data import SOURCE
from ..plan.grid import Run
from ..plan.inputs import INPUTS, READINGS, TRAINED, write_inputs
from . import records
from .epochs import best_epoch, dev_f1, read_epochs
from .failure import Failure, read_reason
from .process import Child
from .records import Record, read_record

PACKAGES = ("spacy-moee", "spacy", "thinc", "torch", "numpy")
LOGGER = "spacy_moee.JsonlLogger.v1"
EPOCHS = "epochs.jsonl"
RESULT = "result.json"
SCORES = "scores.json"


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
        self._child: Optional[Child] = None
        self._exit_code = 0
        try:
            self._was_trained = is_trained(folder)
        except MoeeError:
            self._was_trained = False
        if self._was_trained:
            self._evaluate()
        else:
            self._train()

    @property
    def log(self) -> Path:
        """RETURNS (Path): The log of the process that runs, or ran last."""
        return self.folder / f"{self.step}.log"

    @property
    def is_early(self) -> bool:
        """RETURNS (bool): Whether the first epoch is not over; of a training that is
        kept, whether it is not tested."""
        if self.step == "evaluate":
            return self._was_trained
        return not any(row["step"] for row in self.read_epochs())

    def explain(self, problem: str = "") -> Failure:
        """Say why the run has no result.

        problem (str): What went wrong with its files, if anything did.
        RETURNS (Failure): The reason.
        """
        reason = problem or read_reason(self.log, self._exit_code)
        return Failure(self.log, reason, self.is_early)

    def read_epochs(self) -> List[Record]:
        """Read how far the training is. RETURNS (List[Record]): Its evaluations."""
        return read_epochs(self.folder / EPOCHS)

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
        self._exit_code = code
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
        if (found := code_hash()) != self.run.code:
            raise MoeeError("M514", expected=self.run.code, found=found)
        return Child(arguments, self.log, self.folder / f"{self.step}.json")

    def _train(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        config = self.folder / "config.cfg"
        write_text(config, self._with_log())
        self.step = "train"
        arguments: List[object] = ["spacy", "train", config, "--output", self.folder]
        self._child = self._start([*arguments, "--gpu-id", self._gpu_id])

    def _with_log(self) -> str:
        """The config, with a log of the evaluations."""
        config = Config().from_str(self.run.config, interpolate=False)
        logger = {"@loggers": LOGGER, "path": str(self.folder / EPOCHS)}
        if config["training"].get("logger"):
            logger["logger"] = config["training"]["logger"]
        config["training"]["logger"] = logger
        return config.to_str(interpolate=False)

    def _keep_training(self) -> None:
        # only the best epoch is used, and vectors make each pipeline large
        shutil.rmtree(self.folder / "model-last", ignore_errors=True)
        usage = read_record(self.folder / "train.json", records.Usage)
        epochs = self.read_epochs()
        trained = {
            "code": self.run.code,
            "versions": {name: version(name) for name in PACKAGES},
            "python": platform.python_version(),
            "device": "CPU" if self._gpu_id < 0 else f"GPU {self._gpu_id}",
            "minutes": usage["seconds"] / 60,
            "peak_mb": usage["peak_mb"],
            "epochs": max((row["epoch"] for row in epochs), default=0),
            "best_epoch": best_epoch(epochs),
            "dev_curve": [[row["epoch"], dev_f1(row)] for row in epochs],
        }
        write_text(self.folder / TRAINED, json.dumps(trained))

    def _evaluate(self) -> None:
        write_inputs(self.folder / INPUTS, self.run.inputs, self.run.data)
        readings = {k: x._asdict() for k, x in self.run.readings.items()}
        write_text(self.folder / READINGS, json.dumps(readings))
        self.step = "evaluate"
        module = "spacy_moee.experiments.run.evaluate"
        self._child = self._start([module, self.folder, self._gpu_id])

    def _finish(self) -> None:
        result = {
            "system": self.run.system,
            "embeddings": self.run.embeddings,
            "seed": self.run.seed,
            "config": self.run.setup,
            "data": self.run.data,
            "types": self.run.types,
            "read_as": self.run.read_as,
            **read_record(self.folder / TRAINED, records.Trained),
            **read_record(self.folder / SCORES, records.Evaluated),
        }
        write_text(self.folder / RESULT, json.dumps(result))


def is_trained(folder: Path) -> bool:
    """See whether a run has a training that can be tested.

    folder (Path): Its folder.
    RETURNS (bool): Whether it has one.
    RAISES (MoeeError): M512, if what is known of it is damaged.
    """
    path = folder / TRAINED
    if not path.exists():
        return False
    read_record(path, records.Trained)
    return (folder / "model-best").is_dir()


def read_result(folder: Path) -> Optional[Record]:
    """Read what a finished run left.

    folder (Path): Its folder.
    RETURNS (Optional[Record]): The result; None if it is not finished.
    RAISES (MoeeError): M512, if the result is damaged.
    """
    path = folder / RESULT
    if not path.exists():
        return None
    result = read_record(path, records.Result)
    problem = _find_problem(result)
    if problem:
        raise MoeeError("M512", file=path, problem=problem)
    return result


def _find_problem(result: Record) -> str:
    """What does not fit together."""
    if result["scores"].keys() != {SOURCE, *result["types"]}:
        return "its scores are not those of its targets"
    for name, scores in result["scores"].items():
        sentences = [scores["sentences"][x] for x in Counts._fields]
        lengths = {len(counts) for counts in sentences}
        if len(lengths) > 1 or [*map(sum, sentences)] != scores["counts"]:
            return f"the sentences of {name} do not add up to its counts"
        if not _add_up(scores["errors"], scores["counts"]):
            return f"the errors of {name} do not add up to its counts"
        if (scores["f1"] is None) != bool(scores["no_score"]):
            return f"the F1 of {name} is {scores['f1']}, and the reason is missing"
    return ""


def _add_up(errors: Record, counts: List[int]) -> bool:
    """Whether errors are those of so many correct, predicted and gold entities."""
    kinds, pairs = errors["kinds"], errors["confusion"]
    total = sum(kinds.values())
    of_kinds = [kinds["correct"], total - kinds["missed"], total - kinds["spurious"]]
    sides = [
        sum(pair["number"] for pair in pairs if pair[side] is not None)
        for side in ("predicted", "gold")
    ]
    return of_kinds == counts and sides == counts[1:]
