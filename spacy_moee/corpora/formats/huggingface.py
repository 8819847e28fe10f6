"""Token data sets of Hugging Face, as `Dataset.to_json` writes them: tokens and tags.

Tags are strings, or numbers whose names `--tag-names` gives or a file beside this one
(`tag_names.py`). -100, which losses ignore, and null are missing tags.
"""

from pathlib import Path
from typing import Any, Iterator, List, Sequence

from ...errors import MoeeError
from ..columns import Sentence
from .checks import check_text, refuse, shorten
from .identify import TOKENS, find_key, find_tags, iter_known
from .items import MISSING, Options
from .records import Record
from .tag_names import find_tag_names

DOCUMENTS = ("doc_id", "document_id", "doc", "document")
IGNORED = -100


def read_huggingface(file: Path, text: str, options: Options) -> Iterator[Sentence]:
    """Read the sentences of a file. One without tags has none.

    file (Path): Its name, for messages.
    text (str): What it holds.
    options (Options): Its `tag_names` are used.
    YIELDS (Sentence): The sentences. What has no token does not exist.
    RAISES (MoeeError): M332, M333, M335, M347-M349.
    """
    names = list(options.tag_names)
    document, last = 0, None
    for record in iter_known(file, text, "huggingface"):
        where, data = record
        key = find_key(data, TOKENS)
        tokens = data.get(key)
        if not isinstance(tokens, list):
            refuse(file, where, f"'{key}'", tokens, "a list of strings")
        words = [check_text(file, where, f"a token of '{key}'", t) for t in tokens]
        names = names or _find_names(file, record)
        tags = _read_tags(file, record, len(words), names)
        this = data.get(find_key(data, DOCUMENTS))
        document += this is not None and last is not None and this != last
        last = this
        if words:
            line = int(where.split()[-1])
            yield Sentence(words, tags, line, document, [line] * len(words))


def _read_tags(
    file: Path, record: Record, n_words: int, names: Sequence[str]
) -> List[str]:
    where, data = record
    key = find_tags(data)
    tags = data.get(key)
    if tags is None:
        return []
    if not isinstance(tags, list):
        refuse(file, where, f"'{key}'", tags, "a list of tags")
    if len(tags) != n_words:
        counts = {"tokens": n_words, "tags": len(tags)}
        raise MoeeError("M347", file=file, where=where, **counts)
    return [_name_tag(file, where, tag, names) for tag in tags]


def _name_tag(file: Path, where: str, tag: Any, names: Sequence[str]) -> str:
    if tag is None or tag == IGNORED:
        return MISSING
    if type(tag) is int and not 0 <= tag < len(names):
        expected = f"a number from 0 to {len(names) - 1}" if names else "a name"
        found = shorten(tag)
        raise MoeeError("M335", file=file, where=where, found=found, expected=expected)
    if type(tag) is int:
        return names[tag]
    return check_text(file, where, "a tag", tag)


def _find_names(file: Path, record: Record) -> List[str]:
    """Look for the names of numbers, if the tags are numbers."""
    key = find_tags(record.data)
    tags = record.data.get(key)
    if isinstance(tags, list) and any(type(tag) is int for tag in tags):
        return find_tag_names(file, key)
    return []
