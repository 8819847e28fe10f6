"""Files of texts -> docs with the tokens of a pipeline."""

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Iterable, Iterator, List, NamedTuple, Tuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus, Example

from ..errors import MoeeError

ENDINGS = (".spacy", ".txt", ".jsonl")


def find_texts(paths: Iterable[Path]) -> List[Path]:
    """Find the files to read, without reading them.

    paths (Iterable[Path]): Files that end in one of `ENDINGS`, and folders that are
        searched for such files, with their subfolders.
    RETURNS (List[Path]): The files, each once.
    RAISES (MoeeError): M710 for a path that does not exist or is of another kind.
    """
    files: List[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if _is_text(p))
            problem = "a folder without such a file"
        else:
            found = [path] if _is_text(path) else []
            problem = "another file" if path.exists() else "nothing"
        if not found:
            expected = ", ".join(ENDINGS)
            raise MoeeError("M710", file=path, found=problem, expected=expected)
        files += found
    return list(dict.fromkeys(files))


def _is_text(path: Path) -> bool:
    is_hidden = path.name.startswith(".")
    return path.suffix.lower() in ENDINGS and not is_hidden and path.is_file()


def read_texts(nlp: Language, path: Path) -> Iterator[Tuple[Doc, Doc]]:
    """Read a file as the pipeline reads it.

    nlp (Language): The pipeline. No component is run.
    path (Path): A .spacy file, a .txt file in UTF-8, or a .jsonl file of objects with
        a "text", as Prodigy and doccano write it.
    YIELDS (Tuple[Doc, Doc]): A doc with the tokens of the pipeline, and with those of
        the file. A text file has one doc per line.
    RAISES (MoeeError): M711, for a file that can't be read.
    """
    if path.suffix.lower() == ".spacy":
        for example in read_examples(nlp, path):
            yield example.predicted, example.reference
        return
    for line in read_lines(path):
        # a line may be longer than nlp.max_length
        doc = nlp.tokenizer(line.text)
        yield doc, doc


class Line(NamedTuple):
    """A line with a text.

    start (int): Where it begins in the file, in bytes.
    number (int): Its number, from 1.
    text (str): The text.
    """

    start: int
    number: int
    text: str


def read_lines(path: Path) -> Iterator[Line]:
    """Read the texts of a text file. It is never in memory as a whole.

    path (Path): A .txt file with a text per line, or a .jsonl file of objects with a
        "text".
    YIELDS (Line): The lines, without those of white space only.
    RAISES (MoeeError): M711, for a file that can't be read.
    """
    start = 0
    try:
        with path.open("rb") as lines:
            for number, data in enumerate(lines, start=1):
                text = parse_line(data, path, number)
                if text.strip():
                    yield Line(start, number, text)
                start += len(data)
    except OSError as error:
        raise MoeeError("M711", file=path, problem=error.strerror or error) from error


def parse_line(data: bytes, path: Path, number: int) -> str:
    """Read the text of a line.

    data (bytes): The line.
    path (Path): The file, which says what a line is.
    number (int): The number of the line, from 1.
    RETURNS (str): The text; "" for an empty line.
    RAISES (MoeeError): M711, if it can't be read.
    """
    try:
        line = data.decode("utf-8-sig" if number == 1 else "utf8").rstrip("\r\n")
    except UnicodeError as error:
        raise MoeeError("M711", file=path, problem=f"line {number}: {error}") from error
    return _text_of(line, path, number) if path.suffix.lower() == ".jsonl" else line


def read_examples(nlp: Language, path: Path) -> Iterator[Example]:
    """Read a .spacy file as `spacy train` and `spacy evaluate` do.

    nlp (Language): The pipeline. No component is run.
    path (Path): The file.
    YIELDS (Example): A doc with the tokens of the pipeline (or those of the file, if
        its spaces are unknown), and with those of the file.
    RAISES (MoeeError): M711, for a file that can't be read.
    """
    with _spacy_errors(path):
        for example in Corpus(path)(nlp):
            # invalid tags raise an error here
            assert example.reference.ents is not None
            yield example


def read_docs(nlp: Language, path: Path) -> Iterator[Doc]:
    """Read the docs of a .spacy file, with the tokens of the file.

    nlp (Language): The pipeline. No component is run.
    path (Path): The file.
    YIELDS (Doc): The docs that have tokens.
    RAISES (MoeeError): M711, for a file that can't be read.
    """
    with _spacy_errors(path):
        yield from Corpus(path).read_docbin(nlp.vocab, [path])


@contextmanager
def _spacy_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError) as error:
        # of a damaged file, or of a reader
        text = str(error).rstrip(".")
        problem = getattr(error, "strerror", None) or f"{type(error).__name__}: {text}"
        raise MoeeError("M711", file=path, problem=problem) from error


def _text_of(line: str, path: Path, number: int) -> str:
    if not line.strip():
        return ""
    try:
        text = json.loads(line)["text"]
        # it may be half of a character, which is none
        text.encode("utf8")
    except (ValueError, KeyError, TypeError, AttributeError):
        problem = f'line {number} is not a JSON object with a "text": {line[:60]!r}'
        raise MoeeError("M711", file=path, problem=problem) from None
    return text
