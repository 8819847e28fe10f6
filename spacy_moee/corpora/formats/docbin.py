"""spaCy's own `.spacy` files, read as they are."""

import zlib
from pathlib import Path
from typing import Iterator

from spacy.tokens import Doc, DocBin

from ...errors import MoeeError
from ..options import Options
from ..text import first_line, read_bytes

# what a damaged file makes zlib, msgpack and DocBin raise
DAMAGE = (zlib.error, ValueError, KeyError, TypeError, IndexError, OverflowError)


def read_docbin(path: Path, options: Options) -> Iterator[Doc]:
    """Read the docs of a file.

    path (Path): The file.
    options (Options): The options of the conversion; the vocabulary is used.
    YIELDS (Doc): The docs, with all that they have.
    RAISES (MoeeError): M301 if there is no file, M313 if it can't be read, M345 if it
        is not a .spacy file.
    """
    data = read_bytes(path)
    try:
        yield from DocBin().from_bytes(data).get_docs(options.vocab)
    except DAMAGE as err:
        raise MoeeError("M345", file=path, reason=first_line(err)) from err


def is_docbin(head: bytes) -> bool:
    """Check whether bytes are the beginning of a `.spacy` file.

    head (bytes): The first bytes of a file.
    RETURNS (bool): Whether they can be unpacked, and start as DocBin writes them.
    """
    try:
        unpacked = zlib.decompressobj().decompress(head, 64)
    except zlib.error:
        return False
    return b"version" in unpacked or b"attrs" in unpacked
