"""The words that a language model predicts, each with a number: from a file, and as an
index that finds the numbers of a batch of docs at once."""

import json
import re
from pathlib import Path
from typing import Dict, List, Mapping, Sequence, Tuple

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
    counts: Dict[str, int] = {}
    last = None
    with os_errors("M611", file=path):
        data = path.read_bytes()
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            word, count = _read_entry(line, path, number)
            if word in counts:
                raise _error(path, number, f"{word!r} is there twice")
            if last is not None and count > last:
                raise _error(path, number, f"{count} comes after {last}")
            counts[word] = last = count
    if not counts:
        raise MoeeError("M611", file=path, reason="it has no word")
    return [*counts]


def _read_entry(line: bytes, path: Path, number: int) -> Tuple[str, int]:
    try:
        entry = json.loads(line)
        word, count = entry["word"], entry["count"]
    except (ValueError, LookupError, TypeError):
        text = line[:60].decode("utf8", errors="replace")
        raise _error(path, number, f"found {text!r}") from None
    if not isinstance(word, str) or not word or normalise(word) != word:
        raise _error(path, number, f"{word!r} is no word with every digit as 0")
    if type(count) is not int or count < 0:
        raise _error(path, number, f"{count!r} is no count")
    return word, count


def _error(path: Path, number: int, problem: str) -> MoeeError:
    return MoeeError("M611", file=path, reason=f"line {number}: {problem}")


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
