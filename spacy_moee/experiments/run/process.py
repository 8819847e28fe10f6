"""Child processes: one thread each, a log each, and none outlives its parent."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Optional, Sequence

# before any library of a child process starts its threads
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
# what a child prints goes to a file, as it comes, in UTF-8
PLAIN = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
# seconds that a child has for ending after it was asked to
GRACE = 5.0


class Child:
    """A module that runs in a process of its own.

    arguments (Sequence[object]): The module and its arguments, as after `python -m`.
    log (Path): The file for all that it prints.
    usage (Path): The JSON file for its seconds and its peak memory.
    """

    def __init__(self, arguments: Sequence[object], log: Path, usage: Path) -> None:
        command = ["spacy_moee.experiments.run.child", usage, *arguments]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *map(str, command)],
                # the child ends when this pipe closes, however its parent died
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **ONE_THREAD, **PLAIN},
                # a terminal's Ctrl-C reaches the parent alone
                start_new_session=True,
            )

    def poll(self) -> Optional[int]:
        """RETURNS (Optional[int]): The exit code; None while it runs."""
        return self._process.poll()

    def ask_to_end(self) -> None:
        """Send the signal that asks the process to end."""
        self._process.terminate()

    def end(self) -> None:
        """Wait for a process that was asked to end; then it has to."""
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Close the pipe of a process that has ended."""
        if self._process.stdin is not None:
            self._process.stdin.close()
