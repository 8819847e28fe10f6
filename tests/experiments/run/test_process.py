"""Child processes: their log, what they used, and that they don't outlive anyone."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

import pytest

from spacy_moee.experiments.run.process import Child

# prints the id of a child that would sleep for long
PARENT = """
import sys, time
from pathlib import Path
from spacy_moee.experiments.run.process import Child

folder = Path(sys.argv[1])
child = Child(["sleeper"], folder / "log", folder / "usage.json")
print(child._process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], str]:
    path = os.pathsep.join([str(tmp_path), *sys.path])
    monkeypatch.setenv("PYTHONPATH", path)

    def write(name: str, body: str) -> str:
        (tmp_path / f"{name}.py").write_text(body, encoding="utf8")
        return name

    return write


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def start(folder: Path, *arguments: object) -> Child:
    return Child(arguments, folder / "log", folder / "usage.json")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    # a zombie waits for whoever took it over
    return not status.is_file() or status.read_text().split()[2] != "Z"


def test_log_usage_and_exit_code(
    tmp_path: Path, module: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    body = (
        "import os, sys\n"
        "print(sys.argv[1], __name__, os.environ['OMP_NUM_THREADS'])\n"
        "print('wrong', file=sys.stderr)\n"
        "sys.exit(3)\n"
    )
    child = start(tmp_path, module("writer", body), "one two")
    wait(lambda: child.poll() is not None)
    child.close()
    assert child.poll() == 3
    log = (tmp_path / "log").read_text().splitlines()
    assert sorted(log) == ["one two __main__ 1", "wrong"]
    usage = json.loads((tmp_path / "usage.json").read_text())
    assert usage["seconds"] >= 0 and usage["peak_mb"] > 1


def test_child_that_does_not_want_to_end(
    tmp_path: Path, module: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spacy_moee.experiments.run.process.GRACE", 0.5)
    body = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready')\n"
        "time.sleep(600)\n"
    )
    child = start(tmp_path, module("stubborn", body))
    wait(lambda: "ready" in (tmp_path / "log").read_text())
    child.ask_to_end()
    child.end()
    child.close()
    assert child.poll() == -signal.SIGKILL


def test_child_ends_when_its_parent_is_killed(tmp_path: Path, module: Callable) -> None:
    module("sleeper", "import time\nprint('ready')\ntime.sleep(600)\n")
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        wait(lambda: "ready" in (tmp_path / "log").read_text())
        assert is_alive(pid)
        parent.kill()
    wait(lambda: not is_alive(pid))
