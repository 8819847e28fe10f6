"""Why a run failed, and whether all runs fail in the same way."""

import errno
import os
import re
import shutil
import signal
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ...insight.metrics_table import plain
from ..plan.grid import Run, title

LONGEST = 500
# bytes that are free where next to nothing is
FULL = 1 << 16
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
TRACEBACK = "Traceback (most recent call last):"
# the class of an error, without its module, and what it says
ERROR = re.compile(r"(?:\w+\.)*(\w+)(?:: (.*))?$")
CODE = re.compile(r"\[[A-Z]+\d+\]")
# what differs between two runs that fail alike
ADDRESS = re.compile(r"0x[0-9a-f]+")


class Failure(NamedTuple):
    """Why a run has no result.

    log (Path): The log of the process that failed.
    reason (str): What went wrong, in one line.
    is_early (bool): Whether it failed before its first epoch was over.
    """

    log: Path
    reason: str
    is_early: bool = False


def read_reason(log: Path, code: int) -> str:
    """Find out why a process ended.

    log (Path): All that it printed.
    code (int): Its exit code.
    RETURNS (str): Its last error, with its code if it has one, in one line.
    """
    try:
        text = log.read_text(encoding="utf8", errors="replace")
    except OSError as error:
        return f"its log can't be read: {error.strerror or error}"
    if code < 0:
        return _say_signal(-code)
    lines = [x for x in COLOURS.sub("", text).splitlines() if x.strip()]
    silent = f"it ended with exit code {code} and no message"
    reason = plain(_last_error(lines)) or silent
    if shutil.disk_usage(log.parent).free < FULL and "No space left" not in reason:
        # what it had to say did not fit
        return f"OSError: [Errno {errno.ENOSPC}] {os.strerror(errno.ENOSPC)}"
    return reason if len(reason) <= LONGEST else f"{reason[:LONGEST]}\u2026"


def _say_signal(number: int) -> str:
    names = {int(one): one.name for one in signal.Signals}
    text = f"the system ended it with signal {number} ({names.get(number, 'unknown')})"
    if names.get(number) == "SIGKILL":
        text += ", as it does when memory is short; fewer --jobs need less"
    return text


def _last_error(lines: List[str]) -> str:
    starts = [i for i, line in enumerate(lines) if line.strip() == TRACEBACK]
    if starts:
        # what stands below it and is not indented says what was raised
        after = lines[starts[-1] + 1 :]
        found = next((line for line in after if not line[0].isspace()), "")
        if match := ERROR.match(found):
            name, message = match[1], match[2]
            if not message:
                return f"{name} at {_last_frame(after)}"
            return message if CODE.match(message) else f"{name}: {message}"
        return "its log breaks off in the middle of an error"
    marks = [i for i, line in enumerate(lines) if line.startswith("\u2718")]
    if marks:
        # spaCy writes what is wrong into the next line
        mark, *details = lines[marks[-1] : marks[-1] + 2]
        return ": ".join([mark[1:].strip(), *details])
    return lines[-1] if lines else ""


def _last_frame(lines: List[str]) -> str:
    frames = [line.strip() for line in lines if line.lstrip().startswith("File ")]
    return frames[-1] if frames else "an unknown place"


def group_failures(
    failed: Sequence[Tuple[Run, Failure]],
) -> Dict[str, List[Tuple[str, Path]]]:
    """Put runs together that failed for the same reason.

    failed (Sequence[Tuple[Run, Failure]]): The runs, and why they failed.
    RETURNS (Dict[str, List[Tuple[str, Path]]]): The name and the log of each run, by
        the reason.
    """
    groups: Dict[str, List[Tuple[str, Path]]] = {}
    for run, failure in failed:
        groups.setdefault(failure.reason, []).append((title(run), failure.log))
    return groups


class Watch:
    """Finds out early that all runs fail in the same way, before their first epoch.

    After the first such failure the run that is planned last is tried next: in the
    order of a table it is the least like the one that failed. If it fails alike, and no
    run has got further, the others need not be tried.
    """

    def __init__(self) -> None:
        self._reasons: Set[str] = set()
        self._probe: Optional[str] = None
        self._has_probe_failed = False
        self._got_further = False

    @property
    def is_waiting(self) -> bool:
        """RETURNS (bool): Whether a run has failed early, and none has got further."""
        return bool(self._reasons) and not self._got_further

    @property
    def wants_probe(self) -> bool:
        """RETURNS (bool): Whether it is time to try the run that is planned last."""
        return self.is_waiting and self._probe is None

    @property
    def is_shared(self) -> bool:
        """RETURNS (bool): Whether the runs that were tried say that all would fail."""
        alike = self.is_waiting and len(self._reasons) == 1
        return alike and self._has_probe_failed

    def set_probe(self, key: str) -> None:
        """Say which run is tried next.

        key (str): Its key.
        """
        self._probe = key

    def get_further(self) -> None:
        """Say that a run has ended its first epoch, or ended well."""
        self._got_further = True

    def fail(self, key: str, failure: Failure, folder: Path) -> None:
        """Say that a run has failed.

        key (str): Its key.
        failure (Failure): Why.
        folder (Path): Its folder, of which the reason may tell.
        """
        if not failure.is_early:
            self._got_further = True
            return
        own = rf"{re.escape(str(folder))}[^'\s]*|{key}"
        reason = ADDRESS.sub("", re.sub(own, "", failure.reason))
        self._reasons.add(reason.rstrip("': "))
        self._has_probe_failed |= key == self._probe
