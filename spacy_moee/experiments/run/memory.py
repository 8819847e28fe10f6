"""The memory of the process that asks."""

import math
import re
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def resident_mb() -> float:
    """RETURNS (float): MB resident now; the peak where that is not known."""
    return _status("VmRSS") if STATUS.is_file() else peak_mb()


def peak_mb() -> float:
    """RETURNS (float): MB at the peak, since the last reset if there was one; NaN where
    it is not known."""
    if STATUS.is_file():
        return _status("VmHWM")
    try:
        import resource
    except ImportError:
        # Windows: it is not known
        return math.nan

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _status(field: str) -> float:
    found = re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text(encoding="utf8"))
    assert found is not None
    return int(found[1]) / 2**10
