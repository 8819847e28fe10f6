"""Which files a pipeline is evaluated on, and what their results are called."""

from pathlib import Path
from typing import Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.errors import MoeeError
from spacy_moee.evaluation.data import _choose_names, find_data, find_inside

PART = st.sampled_from(["a", "A", "b", "a-b", "test", "a-2", "a-b-2"])
FILES = st.lists(st.lists(PART, min_size=1, max_size=4), unique_by=tuple, max_size=8)


def make(folder: Path, *names: str) -> List[Path]:
    for name in names:
        path = folder / f"{name}.spacy"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return [folder / f"{name}.spacy" for name in names]


def find(folder: Path, *paths: str) -> Dict[str, str]:
    """Where each file is from a folder, by its name."""
    found = find_data([folder / path for path in paths]).files
    return {name: path.relative_to(folder).as_posix() for name, path in found.items()}


def test_a_folder_is_searched(tmp_path: Path) -> None:
    tests = ["source/test", "target/test", "target/deep/Test", "politics", "x/test/y"]
    others = ["source/train", "source/dev", "dev/part1", "eng.train", "en_x-ud-dev"]
    make(tmp_path / "corpus", *tests, *others)
    (tmp_path / "corpus" / "folder.spacy").mkdir()
    (tmp_path / "corpus" / ".hidden.spacy").write_bytes(b"")
    assert find(tmp_path, "corpus") == {
        "politics": "corpus/politics.spacy",
        "source": "corpus/source/test.spacy",
        "target": "corpus/target/test.spacy",
        "target-deep": "corpus/target/deep/Test.spacy",
        "x-test-y": "corpus/x/test/y.spacy",
    }
    left_out = find_data([tmp_path / "corpus"]).left_out
    assert sorted(left_out) == sorted(make(tmp_path / "corpus", *others))


def test_words_that_only_begin_like_train(tmp_path: Path) -> None:
    names = {"training", "device", "trains-test", "devtest"}
    make(tmp_path, *names)
    assert set(find_data([tmp_path]).files) == names


def test_what_is_named_itself_is_not_left_out(tmp_path: Path) -> None:
    make(tmp_path, "source/dev", "source/train", "source/test")
    expected = {"dev": "source/dev.spacy", "source": "source/test.spacy"}
    assert find(tmp_path, "source/dev.spacy", ".") == expected
    assert find(tmp_path, ".", "source/dev.spacy") == expected
    paths = [tmp_path, tmp_path / "source" / "dev.spacy"]
    assert find_data(paths).left_out == [tmp_path / "source" / "train.spacy"]


def test_equal_names_are_kept_apart(tmp_path: Path) -> None:
    make(tmp_path, "one/source/test", "two/source/test", "a/b", "a-b", "c/C", "c/c")
    files = ["one/source/test.spacy", "two/source/test.spacy"]
    folder = tmp_path.name
    assert find(tmp_path, *files) == {"one-source": files[0], "two-source": files[1]}
    assert find(tmp_path, "one", "two") == {
        "one-source": files[0],
        "two-source": files[1],
    }
    assert set(find(tmp_path, "a/b.spacy", "a-b.spacy")) == {"b", "a-b"}
    assert set(find(tmp_path, "one/source/test.spacy", "a/b.spacy")) == {"test", "b"}
    assert len(find(tmp_path, ".")) == 6 and folder


def test_a_file_that_is_given_twice_is_one(tmp_path: Path) -> None:
    make(tmp_path, "source/test")
    (tmp_path / "link.spacy").symlink_to(tmp_path / "source" / "test.spacy")
    assert len(find(tmp_path, "source", "source/test.spacy", "link.spacy")) == 1


@given(FILES)
def test_names_differ_in_any_case(files: List[List[str]]) -> None:
    paths = {Path("/", *parts).with_suffix(".spacy"): len(parts) for parts in files}
    names = [name.casefold() for name in _choose_names(paths).values()]
    assert len(set(names)) == len(names) == len(paths)
    assert all("/" not in name and name for name in names)


def test_results_are_not_searched(tmp_path: Path) -> None:
    make(tmp_path, "target/test", "tagged/target")
    files = find_data([tmp_path], [tmp_path / "tagged"]).files
    assert set(files) == {"target"}
    named = [tmp_path / "tagged" / "target.spacy"]
    assert set(find_data(named, [tmp_path / "tagged"]).files) == {"target"}


def test_nothing_to_evaluate_on(tmp_path: Path) -> None:
    make(tmp_path, "only/train", "only/dev")
    (tmp_path / "empty").mkdir()
    (tmp_path / "data.conll").write_text("Ada B-PER\n", encoding="utf8")
    for name, code, found in (
        ("absent.spacy", "M706", "nothing"),
        ("data.conll", "M706", "moee convert"),
        ("empty", "M707", "none at all"),
        ("only", "M707", "dev.spacy.*train.spacy"),
    ):
        with pytest.raises(MoeeError, match=f"{code}.*{name}.*{found}"):
            find_data([tmp_path / name])


def test_files_that_lie_in_some_places(tmp_path: Path) -> None:
    files = make(tmp_path, "source/test", "source/deep/more", "target/test", "sourced")
    first, deep, target, other = files
    (tmp_path / "link").symlink_to(tmp_path / "source")
    assert find_inside(files, []) == set()
    for folder in ("source", "link", "target/../source"):
        assert find_inside(files, [tmp_path / folder]) == {first, deep}
    assert find_inside(files, [deep, tmp_path / "target"]) == {deep, target}
    assert find_inside(files, [tmp_path]) == {*files}
    make(tmp_path, "unread/test")
    for place in ("unread", "gone", "sourced"):
        with pytest.raises(MoeeError, match=f"M718.*{place}'.*source/test.spacy"):
            find_inside(files[:3], [tmp_path / "source", tmp_path / place])
