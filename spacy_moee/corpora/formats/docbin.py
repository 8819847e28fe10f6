"""spaCy's own `.spacy` files, read as they are."""

import zlib
from pathlib import Path
from typing import Iterator

import spacy
from spacy.tokens import Doc, DocBin

from ...errors import MoeeError
from ..text import read_bytes
from .items import Options


def read_docbin(path: Path, options: Options) -> Iterator[Doc]:
    """Read the docs of a file.

    path (Path): The file.
    options (Options): Its `vocab` is the docs' vocabulary.
    YIELDS (Doc): The docs, with everything that they have.
    RAISES (MoeeError): M301 no file, M313 not readable, M345 no .spacy file.
    """
    data = read_bytes(path)
    vocab = options.vocab or spacy.blank("en").vocab
    try:
        yield from DocBin().from_bytes(data).get_docs(vocab)
    # whatever a damaged file makes of zlib, msgpack and DocBin
    except (
        zlib.error,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        OverflowError,
    ) as e:
        reason = str(e).split("\n")[0] or type(e).__name__
        raise MoeeError("M345", file=path, reason=reason) from e


def is_docbin(head: bytes) -> bool:
    """Tell whether bytes are the beginning of a `.spacy` file.

    head (bytes): The first bytes of a file.
    RETURNS (bool): Whether they can be unpacked, and start as DocBin writes them.
    """
    try:
        unpacked = zlib.decompressobj().decompress(head, 64)
    except zlib.error:
        return False
    return b"version" in unpacked or b"attrs" in unpacked
