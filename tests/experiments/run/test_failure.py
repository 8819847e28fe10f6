"""Why a run failed, and whether all fail alike."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_moee.experiments.plan.grid import Run
from spacy_moee.experiments.run.failure import (
    Failure,
    Watch,
    group_failures,
    read_reason,
)

TRACEBACK = """
Traceback (most recent call last):
  File "a.py", line 1, in f
    call()
    ^^^^^^
  File "b.py", line 22, in g
    raise problem
"""
LOGS = {
    "spacy_moee.errors.MoeeError: [M201] no vectors\nsecond line": "[M201] no vectors",
    "ValueError: Cannot use GPU": "ValueError: Cannot use GPU",
    "catalogue.RegistryError: [E893] Not found\n\nNames: x": "[E893] Not found",
    "torch.cuda.OutOfMemoryError: too large": "OutOfMemoryError: too large",
    "KeyError: 'x'\nafterwards\n": "KeyError: 'x'",
    "AssertionError": 'AssertionError at File "b.py", line 22, in g',
}


def write(folder: Path, text: str) -> Path:
    path = folder / "train.log"
    path.write_text(text, encoding="utf8")
    return path


@pytest.mark.parametrize("text, expected", LOGS.items())
def test_reasons(tmp_path: Path, text: str, expected: str) -> None:
    first = TRACEBACK + "OSError: the first\n\nDuring handling of the above:\n"
    for before in ("", "E    #   LOSS\n  0    0   1.00\n", first):
        assert read_reason(write(tmp_path, before + TRACEBACK + text), 1) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        (
            "\x1b[38;5;1m\u2718 Config validation error\x1b[0m\nmax_epochs\tnot valid\n"
            "{'max_epochs': 'many'}\n",
            "Config validation error: max_epochs not valid",
        ),
        ("\u2718 Can't locate config file\n\n", "Can't locate config file"),
        ("Usage: x\nError: No such option\n\n", "Error: No such option"),
        ("", "it ended with exit code 1 and no message"),
        ("\n \x00\n", "it ended with exit code 1 and no message"),
        ("x" * 2000, "x" * 500 + "\u2026"),
        (f"{TRACEBACK}    rai", "its log breaks off in the middle of an error"),
        (f"{TRACEBACK}!", "its log breaks off in the middle of an error"),
    ],
)
def test_other_endings(tmp_path: Path, text: str, expected: str) -> None:
    assert read_reason(write(tmp_path, text), 1) == expected


def test_signals(tmp_path: Path) -> None:
    log = write(tmp_path, "  3    300   1.00\n")
    killed = read_reason(log, -9)
    assert "signal 9 (SIGKILL)" in killed and "memory" in killed
    assert read_reason(log, -11).endswith("signal 11 (SIGSEGV)")
    assert read_reason(log, -999).endswith("signal 999 (unknown)")


def test_no_log(tmp_path: Path) -> None:
    reason = read_reason(tmp_path / "none.log", 1)
    assert reason == "its log can't be read: No such file or directory"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from([b"", TRACEBACK.encode()]))
def test_whatever_is_in_a_log(tmp_path: Path, data: bytes, before: bytes) -> None:
    path = tmp_path / "train.log"
    path.write_bytes(before + data)
    reason = read_reason(path, 1)
    assert reason and reason.isprintable() and len(reason) <= 501


def test_log_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    reason = "OSError: [Errno 28] No space left on device"
    for text in ("", "Traceback (m", f"{TRACEBACK}    rai", f"{TRACEBACK}KeyError: 1"):
        assert read_reason(write(tmp_path, text), 1) == reason
    whole = f"{reason}: 'x'"
    assert read_reason(write(tmp_path, TRACEBACK + whole), 1) == whole


def test_groups() -> None:
    runs = [Run(x, "e", 0, "", {}, {}, {}, x, "") for x in "abc"]
    failures = [Failure(Path(run.setup), r) for run, r in zip(runs, "xyx", strict=True)]
    names = {x: (f"{x} \u00b7 e \u00b7 seed 0", Path(x)) for x in "abc"}
    assert group_failures([*zip(runs, failures, strict=True)]) == {
        "x": [names["a"], names["c"]],
        "y": [names["b"]],
    }


def key_of(name: str) -> str:
    return f"0123456789{name}0"


def fail(watch: Watch, name: str, reason: str, is_early: bool = True) -> None:
    key = key_of(name)
    folder = Path("out") / key
    text = f"{reason} at 0x{hash(key) & 0xFFFF:x} in '{folder / name}.txt'"
    watch.fail(key, Failure(folder / "train.log", text, is_early), folder)


def test_all_fail_alike() -> None:
    watch = Watch()
    assert not watch.wants_probe
    fail(watch, "a", "x")
    assert watch.wants_probe and not watch.is_shared
    watch.set_probe(key_of("z"))
    # whichever other one ends before
    fail(watch, "b", "x")
    assert not watch.wants_probe and not watch.is_shared
    fail(watch, "z", "x")
    assert watch.is_shared


@pytest.mark.parametrize("how", ["another reason", "later", "further"])
def test_not_all_fail_alike(how: str) -> None:
    watch = Watch()
    fail(watch, "a", "x")
    watch.set_probe(key_of("z"))
    if how == "further":
        watch.get_further()
    fail(watch, "z", "y" if how == "another reason" else "x", how != "later")
    fail(watch, "b", "x")
    assert not watch.is_shared and not watch.wants_probe
