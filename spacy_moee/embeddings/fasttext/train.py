"""A corpus -> fastText vectors of its words and their n-grams."""

import errno
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterable, Iterator, List, Tuple

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ...errors import MoeeError, os_errors
from ...files import whole_file
from .file import FastTextFile

# If a number gets too large, fastText's training ends with an error. Then the rate is
# halved, at most this number of times.
RETRIES = 4
# Memory of this size comes from the operating system (the highest M_MMAP_THRESHOLD of
# glibc), and so is filled with zeros, in a process that has not freed as much before.
FRESH = 2**25


def train_vectors(
    corpus: Path,
    output: Path,
    *,
    lowercase: bool,
    learn_rate: float,
    min_count: int,
    dim: int,
    bucket: int,
    **settings: Any,
) -> Tuple[int, int]:
    """Train skip-gram vectors and save them in fastText's binary format. After an error
    the old file, if there is one, is unchanged.

    corpus (Path): See `read_sentences`.
    output (Path): The .bin file. Missing folders are created.
    lowercase (bool): Lower-case the words.
    learn_rate (float): The rate at the start.
    min_count (int): The lowest frequency of a word with a vector of its own.
    dim (int): The width of the vectors.
    bucket (int): The least number of rows for n-grams; see `enough_buckets`.
    **settings: Other arguments of `fasttext.train_unsupervised`.
    RETURNS (Tuple[int, int]): The number of words, and of rows for n-grams.
    RAISES (MoeeError): M216 if the output can't be written, M230 without the package
        fasttext, M231 for a corpus that can't be read, M232 if no word is frequent
        enough, M233 if training fails with all rates.
    """
    try:
        import fasttext
    except ImportError as error:
        raise MoeeError("M230", problem=error) from None
    with (
        os_errors("M216", file=output),
        whole_file(output) as draft,
        TemporaryDirectory() as folder,
    ):
        # fails before training if the file can't be written
        draft.touch()
        text = Path(folder) / "text"
        counts = write_text(read_sentences(corpus), text, lowercase)
        n_words = sum(count >= min_count for count in counts.values())
        if not n_words:
            raise MoeeError("M232", file=corpus, expected=min_count)
        bucket = max(bucket, enough_buckets(n_words, dim))
        settings.update(minCount=min_count, dim=dim, bucket=bucket)
        model = _train(fasttext, text, corpus, learn_rate, settings)
        model.save_model(str(draft))
        _check(draft)
    return n_words, bucket


def enough_buckets(n_words: int, dim: int) -> int:
    """Compute the number of rows for n-grams that fastText needs. With one thread it
    only sets a tenth of its table to random numbers (0.9.3, `DenseMatrix::uniform`) and
    leaves the rest as it is. The words come first: all of them have to be in that
    tenth, and the rest has to be zero. Otherwise training starts with arbitrary
    numbers, differs each time and sometimes fails.

    n_words (int): The number of words.
    dim (int): The width of the vectors.
    RETURNS (int): The number of rows.
    """
    # one more for the end of the sentence
    return max(9 * (n_words + 1) + 1, FRESH // (4 * dim) + 1)


def read_sentences(corpus: Path) -> Iterator[List[str]]:
    """Read the words of a corpus, without white space. A doc without sentence
    boundaries is one sentence.

    corpus (Path): A .spacy file, a folder of .spacy files, or a UTF-8 text file with
        one sentence per line and spaces between the words.
    YIELDS (List[str]): The words of each sentence.
    RAISES (MoeeError): M231, for a file that can't be read.
    """
    files = sorted(corpus.rglob("*.spacy")) if corpus.is_dir() else [corpus]
    if not files:
        raise MoeeError("M231", file=corpus, problem="no .spacy file is in this folder")
    for path in files:
        try:
            if path.suffix == ".spacy":
                for doc in DocBin().from_disk(path).get_docs(Vocab()):
                    yield from _sentences(doc)
            else:
                with path.open(encoding="utf-8-sig") as file:
                    yield from (line.split() for line in file)
        except (OSError, ValueError, KeyError) as error:
            problem = getattr(error, "strerror", None) or error
            raise MoeeError("M231", file=path, problem=problem) from None


def _sentences(doc: Doc) -> Iterator[List[str]]:
    has_sentences = doc.has_annotation("SENT_START")
    for span in doc.sents if has_sentences else [doc[:]]:
        # fastText splits at any space
        yield " ".join(token.text for token in span).split()


def write_text(
    sentences: Iterable[List[str]], path: Path, lowercase: bool
) -> Dict[str, int]:
    """Write the input of fastText: one sentence per line.

    sentences (Iterable[List[str]]): The words of each sentence.
    path (Path): The file.
    lowercase (bool): Lower-case the words.
    RETURNS (Dict[str, int]): The frequency of each word.
    """
    counts: Counter[str] = Counter()
    with path.open("w", encoding="utf8", errors="surrogatepass") as file:
        for words in sentences:
            words = [word.lower() for word in words] if lowercase else words
            counts.update(words)
            file.write(f"{' '.join(words)}\n")
    return counts


def _train(fasttext: Any, text: Path, corpus: Path, rate: float, settings: Dict) -> Any:
    """Train; after a failure, try again with half the rate."""
    for retry in range(RETRIES + 1):
        try:
            return fasttext.train_unsupervised(
                str(text),
                model="skipgram",
                lr=rate / 2**retry,
                label=" ",  # no word starts with it, so no word is a label
                verbose=0,
                **settings,
            )
        except RuntimeError as error:  # "Encountered NaN."
            problem = error
    last = rate / 2**RETRIES
    raise MoeeError("M233", file=corpus, problem=problem, first=rate, last=last)


def _check(path: Path) -> None:
    """Check that a model is complete: fastText does not notice a full disk."""
    try:
        FastTextFile(path)
    except MoeeError as error:
        problem = f"the file is not complete ({error})"
        raise OSError(errno.EIO, problem) from None
