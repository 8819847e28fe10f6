"""The words that a language model predicts, each with a number: from a file, and as an
index that finds the numbers of a batch of docs at once."""

import json
import re
from pathlib import Path
from typing import Any, List, Mapping, Sequence

import numpy
from numpy import ndarray
from spacy.attrs import ORTH
from spacy.strings import get_string_id
from spacy.tokens import Doc

from .errors import MoeeError, os_errors
from .files import write_text

DIGIT = re.compile(r"\d")
# the number of every word outside the vocabulary
UNKNOWN = 0


def normalise(word: str) -> str:
    """Give words that differ in their digits only one form.

    word (str): The word.
    RETURNS (str): The word with every decimal digit as 0, in the same case.
    """
    return DIGIT.sub("0", word)


def write_vocabulary(path: Path, counts: Mapping[str, int]) -> None:
    """Write a vocabulary: a JSON object a line, by falling count.

    path (Path): The file.
    counts (Mapping[str, int]): The number of occurrences of each normalised word.
    RAISES (OSError): If the file can't be written.
    """
    words = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = (
        json.dumps({"word": word, "count": count}, ensure_ascii=False)
        for word, count in words
    )
    write_text(path, "".join(f"{line}\n" for line in lines))


def read_vocabulary(path: Path) -> List[str]:
    """Read the words of a vocabulary.

    path (Path): The file.
    RETURNS (List[str]): The words, by falling count.
    RAISES (MoeeError): M611, for a file that can't be read, or that is no vocabulary.
    """
    words: List[str] = []
    last = None
    with os_errors("M611", file=path):
        data = path.read_bytes()
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:  # of JSON or of UTF-8
            _fail(path, number, f"it is no JSON: {error}")
        count = _check_entry(path, number, entry)
        if last is not None and count > last:
            _fail(path, number, f"its count {count} is more than {last} before it")
        words.append(entry["word"])
        last = count
    if not words:
        raise MoeeError("M611", file=path, problem="it has no word")
    if len({*words}) < len(words):
        twice = next(word for i, word in enumerate(words) if word in words[:i])
        raise MoeeError("M611", file=path, problem=f"it has the word {twice!r} twice")
    return words


def _check_entry(path: Path, number: int, entry: Any) -> int:
    """Check an entry. RETURNS (int): Its count."""
    word = entry.get("word") if isinstance(entry, dict) else None
    count = entry.get("count") if isinstance(entry, dict) else None
    if not isinstance(word, str) or not word:
        _fail(path, number, "it is no object with a 'word'")
    if normalise(word) != word:
        _fail(path, number, f"the word {word!r} has digits other than 0")
    if type(count) is not int or count < 0:
        _fail(path, number, f"the 'count' of {word!r} is {count!r}, no whole number")
    return count


def _fail(path: Path, number: int, problem: str) -> None:
    raise MoeeError("M611", file=path, problem=f"line {number}: {problem}")


def index_words(words: Sequence[str]) -> ndarray:
    """Number words from 1, in their order: by falling count, which sampling from a
    log-uniform distribution assumes. `UNKNOWN` is the number of all others.

    words (Sequence[str]): The normalised words.
    RETURNS (ndarray): uint64, shape [2, words]: their hashes in rising order, and the
        number of each.
    """
    hashes = numpy.fromiter(map(get_string_id, words), "uint64", count=len(words))
    order = numpy.argsort(hashes)
    return numpy.stack([hashes[order], (order + 1).astype("uint64")])


def find_words(index: ndarray, docs: Sequence[Doc]) -> List[ndarray]:
    """Find the numbers of the words of docs.

    index (ndarray): What `index_words` returned.
    docs (Sequence[Doc]): The docs; each may be of another vocabulary.
    RETURNS (List[ndarray]): The number of each token of each doc, int64.
    """
    lengths = [len(doc) for doc in docs]
    ends = numpy.cumsum(lengths, dtype="int64")
    if not sum(lengths):
        return [numpy.zeros(0, dtype="int64") for _ in docs]
    keys, firsts, places = numpy.unique(
        numpy.concatenate([doc.to_array(ORTH) for doc in docs]),
        return_index=True,
        return_inverse=True,
    )
    owners = numpy.searchsorted(ends, firsts, side="right").tolist()
    hashes = numpy.fromiter(
        (
            get_string_id(normalise(docs[i].vocab.strings[key]))
            for i, key in zip(owners, keys.tolist(), strict=True)
        ),
        dtype="uint64",
        count=len(keys),
    )
    return numpy.split(_look_up(index, hashes)[places.reshape(-1)], ends[:-1])


def _look_up(index: ndarray, hashes: ndarray) -> ndarray:
    known, numbers = index
    if not len(known):
        return numpy.full(len(hashes), UNKNOWN, dtype="int64")
    places = numpy.minimum(numpy.searchsorted(known, hashes), len(known) - 1)
    found = numbers[places].astype("int64")
    return numpy.where(known[places] == hashes, found, UNKNOWN)
