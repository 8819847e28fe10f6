"""Formats of annotation tools and other corpora, one module each."""

from pathlib import Path
from typing import Callable, Dict, Iterator, NamedTuple, Union

from spacy.tokens import Doc

from ..columns import Sentence
from ..options import CODE_POINTS, UTF16, Options
from ..text import read_text
from . import (
    brat,
    conllu,
    docbin,
    doccano,
    huggingface,
    label_studio,
    prodigy,
    raw,
    tables,
)
from .items import Annotated, Notice

ItemT = Union[Sentence, Annotated, Notice, Doc]


class Format(NamedTuple):
    """How a format is read.

    read (Callable): Takes the file's name, its text and the options; only the name
        and the options, if `is_text` is False. Yields sentences with tags, texts with
        spans, or docs; and notices of what is left out.
    what (str): What a file holds: "sentences", "texts" or "docs".
    unit (str): The unit of its character offsets.
    is_text (bool): Whether it is a single text file.
    """

    read: Callable[..., Iterator[ItemT]]
    what: str = "texts"
    unit: str = CODE_POINTS
    is_text: bool = True


FORMATS: Dict[str, Format] = {
    "prodigy": Format(prodigy.read_prodigy),
    "doccano": Format(doccano.read_doccano, unit=UTF16),
    "label-studio": Format(label_studio.read_label_studio),
    "brat": Format(brat.read_brat, is_text=False),
    "huggingface": Format(huggingface.read_huggingface, "sentences"),
    "conllu": Format(conllu.read_conllu, "sentences"),
    "csv": Format(tables.read_csv, "sentences"),
    "spacy": Format(docbin.read_docbin, "docs", is_text=False),
    "text": Format(raw.read_prose),
    "jsonl": Format(raw.read_jsonl),
}


def read_format(path: Path, format: str, options: Options) -> Iterator[ItemT]:
    """Read a file of any format but columns.

    path (Path): The file, or the folder of a brat corpus.
    format (str): A key of `FORMATS`.
    options (Options): The options of the conversion.
    YIELDS (Union[Sentence, Annotated, Notice, Doc]): The content.
    RAISES (MoeeError): M301, M302 or M313 for a file that can't be read, M332-M349 for
        errors in it.
    """
    known = FORMATS[format]
    if known.is_text:
        return known.read(path, read_text(path, options.encoding), options)
    return known.read(path, options)
