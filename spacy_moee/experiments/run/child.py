"""`python -m spacy_moee.experiments.run.child USAGE MODULE ...`: a child process.

It runs a module as `python -m` would, and writes down its seconds and its peak memory.
It ends when its standard input does, so that no child goes on, and writes to a folder
that is another run's by then, after its parent was killed.
"""

import json
import math
import os
import runpy
import sys
import threading
import time
from pathlib import Path

from ...files import write_text
from .memory import peak_mb


def end_with_parent() -> None:
    """Wait for the end of the standard input, then end the process."""
    # not sys.stdin: its lock would be held when the interpreter shuts down
    while os.read(0, 1024):
        pass
    os._exit(1)


def main() -> None:
    """Run the module of the command line."""
    usage, module, *arguments = sys.argv[1:]
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = [module, *arguments]
    started = time.perf_counter()
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        seconds, memory = time.perf_counter() - started, peak_mb()
        known = None if math.isnan(memory) else memory
        values = {"seconds": seconds, "peak_mb": known}
        write_text(Path(usage), json.dumps(values))


if __name__ == "__main__":
    main()
