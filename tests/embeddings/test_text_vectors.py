"""Text files of word vectors: read whole and right, or not at all."""

import bz2
import gzip
import lzma
import os
import struct
import tarfile
import tempfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any, Callable, List

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.training.initialize import read_vectors

from spacy_moee.embeddings import text_source, text_vectors
from spacy_moee.embeddings.text_vectors import read_text
from spacy_moee.errors import MoeeError

from .fasttext.util import write_fasttext

REPO = Path(__file__).parents[2]
DATA = Path(os.environ.get("MOEE_DATA", REPO.parent / "shared" / "data"))
CASES = DATA.parent / "cases"


def write(path: Path, content: Any) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
    return path


def load(tmp_path: Path, content: Any) -> Any:
    """Words, vectors, and what is left out."""
    words, table, left_out = read_text(write(tmp_path / "words.txt", content))
    assert table.dtype == "float32" and len(table) == len(words)
    return words, table.tolist(), left_out


def load_error(path: Path) -> MoeeError:
    with pytest.raises(MoeeError) as caught:
        read_text(path)
    assert f"'{path}'" in str(caught.value)
    return caught.value


# letters of all kinds, and what looks like a number, a line end or a BOM
PIECES = st.sampled_from(
    [
        "the",
        ".",
        "95",
        "1.5",
        "-",
        "é",
        "日本",
        "😀",
        "nan",
        "\xa0",
        "\x85",
        "\u2028",
        "_",
    ]
)
WORDS = st.lists(
    st.one_of(
        PIECES,
        st.lists(st.sampled_from([".", "at", "é", "a@b.c"]), min_size=2).map(" ".join),
        st.text(
            st.characters(
                exclude_categories=["Cs"], exclude_characters="\0\t\n\v\f\r "
            ),
            min_size=1,
        ),
    ),
    min_size=1,
    max_size=8,
    unique=True,
).filter(lambda words: not words[0].startswith("\ufeff"))
# numbers as a program writes them
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False).map(repr)


@settings(max_examples=200)
@given(
    st.data(),
    WORDS,
    st.integers(1, 4),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", " \n"]),
    st.booleans(),
    st.sampled_from([1, 9, 2**20]),
)
def test_any_file(data, words, width, header, end, bom, block) -> None:
    rows = [data.draw(st.lists(NUMBERS, min_size=width, max_size=width)) for _ in words]
    lines = [" ".join([word, *row]) for word, row in zip(words, rows, strict=True)]
    lines = [f"{len(words)} {width}"] * header + lines
    text = "\ufeff" * bom + "".join(line + end for line in lines)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_source, "BLOCK", block)
        patch.setattr(text_vectors, "SIZE", 4)
        path = write(Path(folder) / "words.txt", text)
        found = read_text(path)
        # spaCy's reader takes the width from the first line, and more for a line end
        is_plain = header and not set("".join(words)) & set("\x85\u2028\x1c\x1d\x1e")
        if is_plain:
            plain = write(path, "".join(f"{line}\n" for line in lines))
            table, keys, _ = read_vectors(plain, 0)
    expected = numpy.asarray([[float(x) for x in row] for row in rows], dtype="float32")
    assert found.words == words
    numpy.testing.assert_array_equal(found.table, expected)
    assert found.left_out == {}
    if is_plain:
        assert keys == words
        numpy.testing.assert_array_equal(table, expected)


def test_words_with_spaces(tmp_path: Path) -> None:
    """As in glove.840B.300d."""
    text = "the 0.1 0.2\n. . . 0.3 0.4\nat name@domain.com 0.5 0.6\nwindows 95 0.7 -1\n"
    words, table, _ = load(tmp_path, text)
    assert words == ["the", ". . .", "at name@domain.com", "windows 95"]
    assert numpy.allclose(table, [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, -1]])
    # also where the first line has one
    words, _, _ = load(tmp_path, "windows 95 0.7 -1\n" + text)
    assert words == ["windows 95", "the", ". . .", "at name@domain.com"]


def test_repeated_and_empty_words(tmp_path: Path) -> None:
    text = "4 1\na 1\nb 2\na 3\n 4\n"
    words, table, left_out = load(tmp_path, text)
    assert (words, table) == (["a", "b"], [[1], [2]])
    assert left_out == {"repeated": (1, 4), "empty": (1, 5)}
    # what is left out may be anything
    _, _, left_out = load(tmp_path, "a 1\n 2.5\nb 2\na nan\nb inf\n inf\n")
    assert left_out == {"repeated": (2, 4), "empty": (2, 2)}


@pytest.mark.parametrize(
    "text, words, table",
    [
        ("1 2 3\ncat 4 5\n", ["1", "cat"], [[2, 3], [4, 5]]),
        ("2 3\ncat 4\n", ["2", "cat"], [[3], [4]]),
        ("5\t6\t7\ncat\t4\t5", ["5", "cat"], [[6, 7], [4, 5]]),
        ("2 1\ncat 4\ndog 5\n", ["cat", "dog"], [[4], [5]]),
        ("cat  4  5\ndog 6 7", ["cat", "dog"], [[4, 5], [6, 7]]),
        ("1 2\n\n  \ncat 4 5\n\n\n", ["cat"], [[4, 5]]),
        ("\ufeffcat 4 5\n\ufeffdog 6 7\n", ["cat", "\ufeffdog"], [[4, 5], [6, 7]]),
    ],
)
def test_first_line(tmp_path: Path, text: str, words: Any, table: Any) -> None:
    """A header has two integers, and the lines after it have what the second says."""
    assert load(tmp_path, text)[:2] == (words, table)


@pytest.mark.parametrize(
    "text, code, told",
    [
        ("", "M207", "no line has a number"),
        ("\n \n", "M207", "no line has a number"),
        ("a\nb\n", "M207", "no line has a number"),
        ("0 300\n", "M207", "no word vector"),
        ("5 3\na 1 2 3\nb 4 5 6\n", "M250", "2 word vectors, but 5"),
        ("1 3\na 1 2 3\nb 4 5 6\n", "M250", "2 word vectors, but 1"),
        ("9" * 18 + " 3\na 1 2 3\n", "M250", "1 word vectors"),
        ("9" * 5000 + " 3\na 1 2 3\n", "M207", "line 2: numbers at its end: 3, not 1"),
        (f"2 {10**12}\n", "M250", "0 word vectors, but 2"),
        (f"2 {10**12}\na 1 2\n", "M207", "line 1: it promises 1000000000000.* have 2"),
        ("2 3\na 1 2\nb 3 4\n", "M207", "line 1: it promises 3 numbers.* have 2"),
        ("a 1 2\nb 3\n", "M207", "line 2: numbers at its end: 1, not 2"),
        ("a 1 2\n\nb 3\n", "M207", "line 3: numbers at its end: 1, not 2"),
        (
            "a 1.5 2\nb 3 4 5\n",
            "M207",
            "line 2: numbers at its end: 3, not 2",
        ),
        ("a 1 2\nb 3 4 5\nc 6 7", "M207", "line 2: numbers at its end: 3, not 2"),
        ("a 1 2\nb 3 x\nc 6 7", "M207", "line 2: 'x' is not a number"),
        ("a 1 2\nb 3,5 2\nc 6 7", "M207", "line 2: '3,5' is not a number"),
        ("a 1 2\nb 1_0 2\nc 6 7", "M207", "line 2: '1_0' is not a number"),
        ("a 1 2\nb 1-2  3\nc 6 7", "M207", "line 2: '1-2' is not a number"),
        ("a 1 2\nb \u0661 2\nc 6 7", "M207", "line 2: '\u0661' is not a number"),
        ("a 1 2\rb 3 4\rc 5 6\r", "M207", "line 1: .*tab or a line end"),
        ("a 1 2\nb\tc 3 4\n", "M207", r"line 2: the word 'b\\tc' has a tab"),
        (b"a 1 2\nb\xe9 3 4\n", "M207", r"line 2: the word 'b\\xe9' is not UTF-8"),
        ("a 1 2\nin nan 4\nto 5 inf\n", "M245", "2 of the 3 .*'in' .line 2"),
        ("a 1 2\nin 3 1e39\n", "M245", "1 of the 2 .*'in' .line 2"),
        ("a 1 2\nin  3 -1e39\n", "M245", "1 of the 2 .*'in' .line 2"),
        ("50 8 4 5 2 2166136261 < >\n0 1 2 3 4 5 6 7 8\n", "M247", "floret"),
        ("x" * (2**22 + 2), "M207", "line 1 is longer"),
    ],
)
def test_errors(tmp_path: Path, text: Any, code: str, told: str) -> None:
    path = write(tmp_path / "words.txt", text)
    error = load_error(path)
    assert error.code == code
    assert pytest.raises(MoeeError, read_text, path).match(told)


def test_first_bad_line_of_many(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(text_source, "BLOCK", 1000)
    lines = [f"w{i} {i}.5 -1e-3" for i in range(2000)]
    path = write(tmp_path / "words.txt", "\n".join(lines))
    assert read_text(path).table[1999].tolist() == [1999.5, numpy.float32(-1e-3)]
    for number, line in ((700, "x 1"), (1500, "y nan 1")):
        lines[number - 1] = line
    error = load_error(write(path, "\n".join(lines)))
    assert "line 700:" in str(error)
    lines[699] = "x inf 1"
    error = load_error(write(path, "\n".join(lines)))
    assert error.code == "M245" and "2 of the 2,000" in str(error)
    assert "'x' (line 700)" in str(error)


PLAIN = b"2 3\nthe 0.1 0.2 0.3\ncat 0.4 0.5 0.6\n"


def pack_zip(path: Path, *names: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, PLAIN)


PACKERS: List[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, lzma.compress]


@pytest.mark.parametrize("pack", PACKERS, ids=["gz", "bz2", "xz"])
def test_packed(tmp_path: Path, pack: Callable) -> None:
    # whatever it is called
    path = write(tmp_path / "words.txt", pack(PLAIN))
    assert read_text(path).words == ["the", "cat"]
    for damaged in (pack(PLAIN)[:-5], pack(PLAIN)[:20]):
        assert load_error(write(path, damaged)).code == "M207"
    assert load_error(write(path, pack(pack(PLAIN)))).code in ("M207", "M247")


def test_zip(tmp_path: Path) -> None:
    path = tmp_path / "words.zip"
    pack_zip(path, "folder/words.txt")
    assert read_text(path).words == ["the", "cat"]
    raw = path.read_bytes()
    write(path, raw.replace(b"cat 0.4", b"cat 0.5"))
    assert load_error(path).code == "M207"
    write(path, raw[:-10])
    assert load_error(path).code == "M207"
    pack_zip(path, "glove.50d.txt", "glove.100d.txt")
    error = load_error(path)
    assert error.code == "M247"
    assert "2 files (glove.50d.txt, glove.100d.txt)" in str(error)


def test_other_kinds_of_file(tmp_path: Path) -> None:
    def kinds() -> Any:
        path = tmp_path / "words"
        yield write_fasttext(path, ["a"]), "a fastText .bin file"
        numpy.save(path.with_suffix(".npy"), numpy.zeros((2, 3)))
        yield path.with_suffix(".npy"), "a NumPy array"
        numpy.savez(path.with_suffix(".npz"), numpy.zeros((2, 3)))
        yield path.with_suffix(".npz"), "a NumPy array"
        numpy.savez(path.with_suffix(".npz"), numpy.zeros(2), numpy.zeros(3))
        yield path.with_suffix(".npz"), "2 files .arr_0.npy, arr_1.npy"
        yield write(path, PLAIN.decode().encode("utf-16")), "text in UTF-16"
        yield write(path, b"1 2\na " + struct.pack("<2f", 0, 2)), "a binary file"
        for mode in ("w", "w:gz"):
            with tarfile.open(path, mode) as archive:
                archive.add(__file__)
            yield path, "a tar archive"
        yield write(path, b"\x28\xb5\x2f\xfd rest"), "packed by zstd"

    for path, told in kinds():
        error = load_error(path)
        assert error.code == "M247"
        assert pytest.raises(MoeeError, read_text, path).match(told)


@given(st.binary(max_size=60), st.booleans())
def test_random_bytes(raw: bytes, plain: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "words.txt", PLAIN * plain + raw)
        try:
            found: Any = read_text(path)
        except MoeeError as error:
            assert error.code in ("M207", "M245", "M247", "M250")
        else:
            assert numpy.isfinite(found.table).all()
            assert found.words and all(found.words)


def test_memory_is_that_of_the_table(tmp_path: Path) -> None:
    """Not that of the file, and not what a header promises."""
    lines = "".join(f"word{i} " + "0.123456 " * 100 + "\n" for i in range(20_000))
    size = 20_000 * 100 * 4
    path = write(tmp_path / "words.txt", lines)
    tracemalloc.start()
    read_text(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    with pytest.raises(MoeeError, match="M250"):
        read_text(write(path, "999999999999 100\n" + lines))
    promised = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # the words, and blocks of a megabyte
    assert peak < 1.125 * size + 16e6
    assert promised < len(lines) + 1.125 * size + 16e6


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")
def test_cases() -> None:
    found = read_text(CASES / "vectors_bom_header.txt")
    assert found.words == ["the", "cat"] and found.table.shape == (2, 3)
    found = read_text(CASES / "vectors_integers.txt")
    assert (found.words, found.table.tolist()) == (["1", "cat"], [[2, 3], [4, 5]])
    assert load_error(CASES / "vectors_cut_short.txt").code == "M250"
