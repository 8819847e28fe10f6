"""Token data sets of Hugging Face, as `Dataset.to_json` writes them: tokens and tags.

Tags are strings, or numbers; `--tag-names` or a file beside this one (`tag_names.py`)
names these. -100, which losses ignore, and null are missing tags.
"""

from pathlib import Path
from typing import Any, Iterator, List, Sequence

from ..columns import Sentence
from ..options import Options
from .identify import TOKENS, find_key, find_tags, iter_known
from .items import MISSING
from .places import Place, shorten
from .records import Record
from .tag_names import find_tag_names

DOCUMENTS = ("doc_id", "document_id", "doc", "document")
IGNORED = -100


def read_huggingface(file: Path, text: str, options: Options) -> Iterator[Sentence]:
    """Read the sentences of a file. A sentence without tags has no annotation.

    file (Path): The file, for messages.
    text (str): Its content.
    options (Options): The options of the conversion; the names of tags are used.
    YIELDS (Sentence): The sentences, without empty ones.
    RAISES (MoeeError): M332, M333, M335, M347-M349.
    """
    names = list(options.tag_names)
    document, last = 0, None
    for record in iter_known(file, text, "huggingface"):
        place, data = record
        key = find_key(data, TOKENS)
        tokens = place.check_list(f"'{key}'", data.get(key), "a list of strings")
        words = [place.check_text(f"a token of '{key}'", token) for token in tokens]
        names = names or _find_names(file, record)
        tags = _read_tags(record, len(words), names)
        this = data.get(find_key(data, DOCUMENTS))
        if this is not None:
            document += this != last
            last = this
        if words:
            line = int(place.where.split()[-1])
            yield Sentence(words, tags, line, document, [line] * len(words))


def _read_tags(record: Record, n_words: int, names: Sequence[str]) -> List[str]:
    place, data = record
    key = find_tags(data)
    if data.get(key) is None:
        return []
    tags = place.check_list(f"'{key}'", data[key], "a list of tags")
    if len(tags) != n_words:
        raise place.error("M347", tokens=n_words, tags=len(tags))
    return [_name_tag(place, tag, names) for tag in tags]


def _name_tag(place: Place, tag: Any, names: Sequence[str]) -> str:
    if tag is None or tag == IGNORED:
        return MISSING
    if type(tag) is not int:
        return place.check_text("a tag", tag)
    if not 0 <= tag < len(names):
        expected = f"a number from 0 to {len(names) - 1}" if names else "a name"
        raise place.error("M335", found=shorten(tag), expected=expected)
    return names[tag]


def _find_names(file: Path, record: Record) -> List[str]:
    """Find the names of the tags, if these are numbers."""
    key = find_tags(record.data)
    tags = record.data.get(key)
    if isinstance(tags, list) and any(type(tag) is int for tag in tags):
        return find_tag_names(file, key)
    return []
