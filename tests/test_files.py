"""Files and folders that are whole or not there."""

import os
from pathlib import Path
from typing import Any, Dict

import pytest

from spacy_moee.files import whole_file, whole_folder, write_all


def read(folder: Path) -> Dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {p.relative_to(folder).as_posix(): p.read_text("utf8") for p in files}


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf8")


@pytest.mark.parametrize("there_before", [False, True])
def test_whole_folder(there_before: bool, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    if there_before:
        write(folder, old="1", kept="1")
    with whole_folder(folder) as draft:
        write(draft, kept="2")
        write(draft / "sub", new="2")
        assert folder.exists() == there_before
    assert read(folder) == {"kept": "2", "sub/new": "2"}
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("there_before", [False, True])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_nothing_is_left_of_a_folder_that_failed(
    error: type, there_before: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    if there_before:
        write(folder, old="1")
    with pytest.raises(error), whole_folder(folder) as draft:
        write(draft, half="2")
        raise error
    assert read(tmp_path) == ({"out/old": "1"} if there_before else {})


def test_the_folder_before_comes_back(tmp_path: Path, monkeypatch) -> None:
    write(tmp_path / "out", old="1")
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if target.name == "out" and self.name.endswith(".tmp"):
            raise OSError("disk is gone")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="gone"), whole_folder(tmp_path / "out") as draft:
        write(draft, new="2")
    assert read(tmp_path) == {"out/old": "1"}


def test_a_folder_may_keep_what_it_has(tmp_path: Path) -> None:
    write(tmp_path / "out", old="1", both="1")
    with whole_folder(tmp_path / "out", keep=True) as draft:
        write(draft, both="2", new="2")
    expected = {"out/old": "1", "out/both": "2", "out/new": "2"}
    assert read(tmp_path) == expected


def test_what_can_not_be_kept_is_not_lost(tmp_path: Path, monkeypatch: Any) -> None:
    write(tmp_path / "out", old="1")
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name == "old":
            raise OSError("disk is gone")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    folder = tmp_path / "out"
    with pytest.raises(OSError, match="gone"), whole_folder(folder, True) as draft:
        write(draft, new="2")
    assert sorted(read(tmp_path).values()) == ["1", "2"]


@pytest.mark.parametrize("there_before", [False, True])
@pytest.mark.parametrize("error", [None, OSError, KeyboardInterrupt])
def test_whole_file(there_before: bool, error: Any, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "out"
    if there_before:
        write(file.parent, out="1")
    before = read(tmp_path)
    try:
        with whole_file(file) as draft:
            draft.write_text("2", encoding="utf8")
            assert read(file.parent).get("out") == before.get("deep/out")
            if error is not None:
                raise error
    except (OSError, KeyboardInterrupt):
        assert error is not None and read(tmp_path) == before
    else:
        assert read(tmp_path) == {"deep/out": "2"}


@pytest.mark.parametrize("step", ["write", "sync", "rename"])
def test_a_full_disk(step: str, tmp_path: Path, monkeypatch: Any) -> None:
    """All files stay what they were, and the error names the one that failed."""
    write(tmp_path, a="1", b="1")
    calls_of: Any = {
        "write": Path.write_bytes,
        "sync": os.fsync,
        "rename": Path.replace,
    }
    whole = calls_of[step]
    calls = []

    def fail(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == (2 if step == "write" else 1):
            raise OSError(28, "No space left on device")
        return whole(*args)

    owner, name = {
        "write": (Path, "write_bytes"),
        "sync": (os, "fsync"),
        "rename": (Path, "replace"),
    }[step]
    monkeypatch.setattr(owner, name, fail)
    with pytest.raises(OSError) as caught:
        write_all([(tmp_path / "a", b"2"), (tmp_path / "b", b"2")])
    expected = tmp_path / ("b" if step == "write" else "a")
    assert caught.value.filename == str(expected)
    assert read(tmp_path) == {"a": "1", "b": "1"}


def test_only_files_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (Path("/dev/null"), tmp_path / "folder"):
        with pytest.raises(FileExistsError) as caught:
            write_all([(tmp_path / "a", b"2"), (path, b"2")])
        assert caught.value.filename == str(path)
    assert read(tmp_path) == {}
