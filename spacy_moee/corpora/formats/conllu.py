"""CoNLL-U, with entities in the column MISC: `name=B-PER`, `NER=B-PER` or `B-PER`.

https://universaldependencies.org/format.html. Tokens are the syntactic words, which
have the tags in such corpora: a line of a range (`1-2`) repeats them as they are
spelled together, and an empty node (`1.1`) stands for no word. `# newdoc` opens a
document. In a file with the tag O, a word without a tag has a missing one; in a file
without it, such a word is O; a file without any tag has no annotation.
"""

import re
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Union

from ..columns import Sentence
from ..options import Options
from ..text import split_lines
from .items import MISSING, Notice
from .places import Place, shorten

# ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC
N_COLUMNS = 10
KEYS = ("name", "NE", "ne", "NER", "ner")
ID = re.compile(r"(\d{1,9})(?:-(\d{1,9})|(\.\d+))?")
BARE_TAG = re.compile(r"O|[BIESLU]-\S+")
NEW_DOCUMENT = re.compile(r"#\s*newdoc\b")


class Row(NamedTuple):
    """The row of a word, or of a range of words.

    number (int): Its number, or that of the range's first word.
    last (Optional[int]): The number of the range's last word, if it is a range.
    form (str): How it is spelled.
    tag (Optional[str]): Its tag, if it has one.
    line (int): Its line.
    document (int): The number of lines above it that open a document.
    """

    number: int
    last: Optional[int]
    form: str
    tag: Optional[str]
    line: int
    document: int


def read_conllu(
    file: Path, text: str, options: Options
) -> Iterator[Union[Sentence, Notice]]:
    """Read the sentences of a file.

    file (Path): The file, for messages.
    text (str): Its content.
    options (Options): Unused.
    YIELDS (Union[Sentence, Notice]): The sentences, and tags that belong to no word.
    RAISES (MoeeError): M342 for a line that is not CoNLL-U.
    """
    blocks = list(_iter_blocks(file, text))
    tags = {row.tag for block in blocks for row in block}
    default = MISSING if "O" in tags else "O"
    for block in blocks:
        words = [row for row in block if row.last is None]
        tagged = {row.number for row in words if row.tag is not None}
        for row in block:
            if row.last is None or row.tag in (None, "O"):
                continue
            if tagged.isdisjoint(range(row.number, row.last + 1)):
                yield Notice("range", f"line {row.line}", row.form, row.tag or "")
        if words:
            yield Sentence(
                [row.form for row in words],
                [row.tag or default for row in words] if tags != {None} else [],
                words[0].line,
                words[0].document,
                [row.line for row in words],
            )


def _iter_blocks(file: Path, text: str) -> Iterator[List[Row]]:
    """Read the rows of each sentence."""
    document = 0
    block: List[Row] = []
    for line, content in enumerate(split_lines(text, file), 1):
        opens_document = NEW_DOCUMENT.match(content) is not None
        if block and (opens_document or not content.strip()):
            yield block
            block = []
        document += opens_document
        if content.strip() and not content.startswith("#"):
            row = _read_row(file, line, content.split("\t"))
            if row:
                block.append(row._replace(document=document))
    if block:
        yield block


def _read_row(file: Path, line: int, cells: List[str]) -> Optional[Row]:
    """Read a row; None for an empty node."""
    match = ID.fullmatch(cells[0])
    found = expected = ""
    if len(cells) != N_COLUMNS:
        found, expected = f"{len(cells)} columns", f"the {N_COLUMNS} columns"
    elif match is None:
        found, expected = f"the ID {shorten(cells[0])}", "an ID such as 1, 1-2 or 1.1"
    elif not cells[1]:
        found, expected = "no FORM", "the word in the second column"
    if found or match is None:
        place = Place(file, f"line {line}")
        raise place.error("M342", found=found, expected=expected)
    if match[3]:
        return None
    last = int(match[2]) if match[2] else None
    return Row(int(match[1]), last, cells[1], _find_tag(cells[-1]), line, 0)


def _find_tag(misc: str) -> Optional[str]:
    for part in misc.split("|"):
        key, _, value = part.partition("=")
        if key in KEYS and value:
            return value
        if BARE_TAG.fullmatch(part):
            return part
    return None
