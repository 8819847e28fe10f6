"""What opening a fastText model takes in a fresh process.

`python -m benchmarks.fasttext_open FILE READER`: opens the file, looks one word up,
and prints seconds and MB; then it reads 1,000 vectors, and waits for a line on its
input, so that another process can run beside it.
"""

import argparse
import re
import sys
from pathlib import Path
from time import perf_counter
from typing import Any, Dict, List

from .machine import format_line, read_line, start_fresh

OURS, THEIRS = "spacy_moee", "fasttext"
SMAPS = Path("/proc/self/smaps")
N_TOUCHED = 1000


class Opener:
    """A fresh process that holds a model open.

    path (Path): The file.
    reader (str): `OURS` or `THEIRS`.
    """

    def __init__(self, path: Path, reader: str) -> None:
        self.process = start_fresh("fasttext_open", path, reader)
        assert self.process.stdout is not None
        self.values = read_line(self.process.stdout.readline())

    def close(self) -> None:
        """End it.

        RAISES (RuntimeError): If it failed.
        """
        self.process.communicate("\n")
        if self.process.returncode:
            raise RuntimeError(f"status {self.process.returncode} of a reader")


def open_model(path: Path, reader: str) -> Any:
    """Open the file and look a word up.

    path (Path): The file.
    reader (str): `OURS` or `THEIRS`.
    RETURNS (Any): The reader.
    """
    if reader == OURS:
        from spacy_moee.embeddings.fasttext.file import FastTextFile

        ours = FastTextFile(path)
        ours.known(["house"])
        return ours
    import fasttext

    theirs = fasttext.load_model(str(path))
    theirs.get_word_id("house")
    return theirs


def private_mb() -> float:
    """RETURNS (float): MB of this process alone; nan where that is not known."""
    if not SMAPS.is_file():
        return float("nan")
    return _sum_mb(
        SMAPS.with_name("smaps_rollup").read_text(encoding="utf8"), "Private"
    )


def mapped_mb(path: Path) -> Dict[str, float]:
    """How much of a file is in this process' memory.

    path (Path): The file.
    RETURNS (Dict[str, float]): MB, and the part shared with other processes.
    """
    if not SMAPS.is_file():
        return {"mapped_mb": float("nan"), "shared_mb": float("nan")}
    # a block for each mapping; its first line ends with the file
    blocks = re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", SMAPS.read_text(encoding="utf8"))
    name = str(path.resolve())
    ours: List[str] = [b for b in blocks if b.splitlines()[0].endswith(name)]
    return {
        "mapped_mb": sum(_sum_mb(block, "Rss") for block in ours),
        "shared_mb": sum(_sum_mb(block, "Shared") for block in ours),
    }


def _sum_mb(text: str, field: str) -> float:
    found = re.findall(rf"^{field}\w*:\s+(\d+) kB", text, flags=re.MULTILINE)
    return sum(map(int, found)) / 2**10


def main() -> None:
    """Measure, print one line of key=value, wait."""
    parser = argparse.ArgumentParser(prog="benchmarks.fasttext_open")
    parser.add_argument("path", type=Path)
    parser.add_argument("reader", choices=[OURS, THEIRS])
    args = parser.parse_args()
    start = perf_counter()
    # it stays open until the end
    model = open_model(args.path, args.reader)
    values = {"seconds": perf_counter() - start, "private_mb": private_mb()}
    if args.reader == OURS:
        model.matrix[:: max(len(model.matrix) // N_TOUCHED, 1)].sum()
    values |= mapped_mb(args.path)
    print(format_line(values), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
