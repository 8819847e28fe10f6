"""Files and folders that are whole or not there."""

from pathlib import Path
from typing import Dict

import pytest

from spacy_moee.files import whole_folder


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
