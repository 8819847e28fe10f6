"""A log of a training that another program can read while it grows."""

import json
import math
import sys
from pathlib import Path
from typing import IO, Any, Callable, Dict, Optional, Tuple

from spacy.language import Language
from spacy.training.loggers import console_logger_v3

from ..errors import MoeeError

LogStep = Callable[[Optional[Dict[str, Any]]], None]
Setup = Callable[[Language, IO, IO], Tuple[LogStep, Callable[[], None]]]


def make_jsonl_logger(path: Path, logger: Optional[Setup] = None) -> Setup:
    """Write a line of JSON for each evaluation, beside what another logger shows.
    Registered as `spacy_moee.JsonlLogger.v1`, for [training.logger].

    A line has `epoch`, `step`, `score` (the one that chooses the best epoch), `scores`
    and `losses` by name, and `seconds` since the training began, all as spaCy has them:
    scores are from 0 to 1, and null where they are undefined or no finite number. Each
    line is in the file as soon as the evaluation is over.

    path (Path): The file; its folder is made. One that is there is replaced.
    logger (Optional[Setup]): The other logger; `spacy.ConsoleLogger.v3` if it is None.
    RETURNS (Setup): The logger.
    RAISES (MoeeError): M515, if the file can't be written.
    """

    def setup(
        nlp: Language, stdout: IO = sys.stdout, stderr: IO = sys.stderr
    ) -> Tuple[LogStep, Callable[[], None]]:
        show, finish = (logger or console_logger_v3())(nlp, stdout, stderr)
        write("", "w")

        def log_step(info: Optional[Dict[str, Any]]) -> None:
            show(info)
            if info is not None:
                line = {key: info[key] for key in ("epoch", "step", "seconds")}
                line["score"] = _number(info["score"])
                line["scores"] = _numbers(info["other_scores"])
                line["losses"] = _numbers(info["losses"])
                write(json.dumps(line) + "\n", "a")

        return log_step, finish

    def write(text: str, mode: str) -> None:
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with Path(path).open(mode, encoding="utf8") as stream:
                stream.write(text)
        except OSError as error:
            problem = error.strerror or error
            raise MoeeError("M515", file=path, problem=problem) from error

    return setup


def _numbers(values: Dict[str, Any]) -> Dict[str, Optional[float]]:
    """Those of each type are tables, and left out."""
    return {k: _number(v) for k, v in values.items() if not isinstance(v, dict)}


def _number(value: Any) -> Optional[float]:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    # JSON has no other
    return number if math.isfinite(number) else None
