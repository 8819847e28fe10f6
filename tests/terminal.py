"""Runs a command as a person at a terminal does: colours, progress bars, 120 columns.

`python tests/terminal.py COMMAND...` shows what the person sees, and ends as it does.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence

ROWS, COLUMNS = 40, 120
# what tells programs that nobody is looking
UNSET = ("CI", "NO_COLOR", "TQDM_DISABLE")


class Screen(NamedTuple):
    """What a command left.

    code (int): Its exit code, or minus the signal that ended it.
    text (str): All that it wrote, with escape sequences and carriage returns.
    """

    code: int
    text: str

    @property
    def lines(self) -> str:
        """RETURNS (str): What stays to be read: no colours, no progress bars."""
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text).replace("\r\n", "\n")
        return "\n".join(line.rpartition("\r")[2] for line in plain.split("\n"))


def run_in_terminal(
    command: Sequence[object], cwd: Optional[Path] = None, echo: bool = False
) -> Screen:
    """Run a command in a pseudo-terminal.

    command (Sequence[object]): The program and its arguments.
    cwd (Optional[Path]): The folder to run it in.
    echo (bool): Whether to show at once what it writes.
    RETURNS (Screen): What it left.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in UNSET}
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env={**env, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    parts: List[bytes] = []
    for data in _read(ours):
        parts.append(data)
        if echo:
            os.write(1, data)
    os.close(ours)
    text = b"".join(parts).decode("utf8", errors="replace")
    return Screen(process.wait(), text)


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            # Linux's way of saying that nobody writes any more
            return
        if not data:
            return
        yield data


if __name__ == "__main__":
    code = run_in_terminal(sys.argv[1:], echo=True).code
    sys.exit(code if code >= 0 else 128 - code)
