"""Text files of word vectors, compressed or not, as blocks of lines. Only one block is
in memory at a time."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Callable, Dict, Iterator, List, Tuple

import tqdm

from ..errors import MoeeError

BLOCK = 2**20
# bytes that show the kind of a file
START = 512
# longer than any line of numbers
LONGEST_LINE = 2**22
BOM = b"\xef\xbb\xbf"
# how compressed files start, and what opens them
PACKED: Dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
ZIP = b"PK\x03\x04"
UNPACK = "Unpack it first."
# how other kinds of files start: their names, and what to do
KINDS: Dict[bytes, Tuple[str, str]] = {
    b"\xba\x16\x4f\x2f": (
        "a fastText .bin file",
        "It needs no table: name it in a config such as configs/fasttext_frozen.cfg, "
        "[nlp.vectors] path.",
    ),
    b"\x93NUMPY": (
        "a NumPy array without words",
        "Write a word and its numbers a line.",
    ),
    b"\xff\xfe": ("text in UTF-16", "Save it as UTF-8."),
    b"\xfe\xff": ("text in UTF-16", "Save it as UTF-8."),
    b"\x28\xb5\x2f\xfd": ("packed by zstd", UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", UNPACK),
    b"Rar!\x1a\x07": ("a RAR archive", UNPACK),
}
BINARY = (
    "a binary file",
    "If word2vec wrote it, save it as text (gensim: save_word2vec_format(..., "
    "binary=False)).",
)
# the place of the name in a tar archive
TAR = slice(257, 262)
DAMAGE = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError),
    # of zip files, also for a password or an unknown method
    *(zipfile.BadZipFile, RuntimeError),
)


def read_blocks(path: Path) -> Iterator[List[bytes]]:
    """Read the lines of a text file, which may be compressed as .gz, .bz2, .xz or .zip.
    A progress bar is shown on the terminal.

    path (Path): The file.
    YIELDS (List[bytes]): About a megabyte of lines, without line ends and BOM.
    RAISES (MoeeError): M207 for a file that can't be read, M247 for another kind of
        file.
    """
    rest, n_lines = b"", 0
    with _open(path) as (raw, file), _progress(raw, path) as bar:
        data = file.read(START)
        _check_kind(path, data)
        data = data.removeprefix(BOM)
        while data:
            if b"\0" in data:
                raise _other_kind(path, *BINARY)
            *lines, rest = (rest + data).split(b"\n")
            n_lines += len(lines)
            if len(rest) > LONGEST_LINE:
                problem = f"line {n_lines + 1} is longer than {LONGEST_LINE:,} bytes"
                raise MoeeError("M207", source=path, problem=problem)
            yield lines
            bar.update(raw.tell() - bar.n)
            data = file.read(BLOCK)
    if rest:
        yield [rest]


def _check_kind(path: Path, start: bytes) -> None:
    """Check that a file, or the file inside, is not of another kind."""
    for opening, kind in KINDS.items():
        if start.startswith(opening):
            raise _other_kind(path, *kind)
    if start[TAR] == b"ustar":
        raise _other_kind(path, "a tar archive", UNPACK)


def _other_kind(path: Path, found: str, remedy: str) -> MoeeError:
    return MoeeError("M247", source=path, found=found, remedy=remedy)


@contextmanager
def _open(path: Path) -> Iterator[Tuple[IO[bytes], IO[bytes]]]:
    """Open a file, and the file to read: the same one, or the one inside."""
    try:
        with path.open("rb") as raw:
            start = raw.read(8)
            raw.seek(0)
            if start.startswith(ZIP):
                with zipfile.ZipFile(raw) as archive:
                    with archive.open(_only_member(path, archive)) as file:
                        yield raw, file
                return
            for opening, unpack in PACKED.items():
                if start.startswith(opening):
                    with unpack(raw) as file:
                        yield raw, file
                    return
            yield raw, raw
    except DAMAGE as error:
        raise MoeeError("M207", source=path, problem=error) from None


def _only_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) == 1:
        return members[0]
    names = ", ".join(member.filename for member in members[:5])
    found = f"a zip archive of {len(members)} files ({names})"
    raise _other_kind(path, found, "Unpack the one that you want.")


@contextmanager
def _progress(raw: IO[bytes], path: Path) -> Iterator[Any]:
    size = path.stat().st_size
    # no bar without a terminal, or for less than a second
    options: Any = {"unit": "B", "unit_scale": True, "disable": None, "delay": 1}
    with tqdm.tqdm(total=size, **options) as bar:
        yield bar
