"""The table of the epochs that spaCy's console logger prints."""

import re
from typing import Dict, List

# a row: epoch, step, losses and scores, which are nan or inf when training has failed
ROW = re.compile(r"^\s*\d+\s+\d+(\s+-?([\d.]+|nan|inf))+\s*$")
COLUMNS = re.compile(r"\s{2,}")


def is_header(line: str) -> bool:
    """Tell the line with the titles. RETURNS (bool): Whether it is that line."""
    return line.split()[:2] == ["E", "#"]


def read_epochs(log: str) -> List[Dict[str, float]]:
    """Read the table of the epochs.

    log (str): What `spacy train` printed.
    RETURNS (List[Dict[str, float]]): The rows, by the titles of the columns.
    """
    lines = log.splitlines()
    titles: List[str] = next(
        (COLUMNS.split(line.strip()) for line in lines if is_header(line)), []
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
