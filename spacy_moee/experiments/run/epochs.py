"""The evaluations of a training, as `spacy_moee.JsonlLogger.v1` writes them down."""

from pathlib import Path
from typing import List, Sequence

from .records import Epoch, Record, parse


def read_epochs(file: Path) -> List[Record]:
    """Read how far a training is.

    file (Path): The log, to which a line may be added at this moment.
    RETURNS (List[Record]): A record for each evaluation; none while there is no log.
    """
    try:
        lines = file.read_bytes().splitlines(keepends=True)
        return [parse(line, Epoch) for line in lines if line.endswith(b"\n")]
    except (OSError, ValueError):
        return []


def dev_f1(row: Record) -> float:
    """RETURNS (float): The F1 on the development set, in percent."""
    return 100 * (row["scores"].get("ents_f") or 0.0)


def best_epoch(rows: Sequence[Record]) -> int:
    """Find the epoch that spaCy kept as `model-best`.

    rows (Sequence[Record]): The evaluations.
    RETURNS (int): Its number, from 1; 0 is the untrained model; -1 without a row.
    """
    if not rows:
        return -1
    # spaCy keeps the later one of equals
    best = max(rows, key=lambda row: (row["score"] or 0.0, row["step"]))
    return best["epoch"]
