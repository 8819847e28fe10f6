"""The raw text of a domain: a stream of sentences in another order each epoch, never in
memory as a whole."""

from array import array
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random
from typing import Dict, Iterable, Iterator, List, Tuple, TypeVar

from spacy.attrs import ORTH
from spacy.language import Language
from spacy.tokens import Doc

from ..corpora.texts import find_texts, parse_line, read_docs, read_lines
from ..errors import MoeeError, warn
from ..files import fingerprint_of
from .sentences import SentenceCutter

ItemT = TypeVar("ItemT")
# a text: the number of its file, its first byte there, and its line
Place = Tuple[int, int, int]
# instead of the first byte: a .spacy file is read as a whole
WHOLE = -1


class RawText:
    """The sentences of files without annotation.

    paths (Iterable[Path]): `.spacy`, `.jsonl` and `.txt` files, and folders of them.
    domain (str): The domain of the text.
    setting (str): The setting of the reader that names the files, for messages.
    max_length (int): Sentences of this many tokens or more are left out; 0 for none.
    """

    def __init__(
        self, paths: Iterable[Path], domain: str, setting: str, max_length: int
    ) -> None:
        self.paths = [*paths]
        self.domain = domain
        self.setting = setting
        self.max_length = max_length
        # what `read` finds
        self.n_sentences = 0
        self._fingerprints: Dict[Path, str] = {}
        # three numbers each, since there may be millions
        self._places = array("q")

    @property
    def names(self) -> str:
        """RETURNS (str): The paths, for messages."""
        return ", ".join(f"'{path}'" for path in self.paths)

    def read(self, nlp: Language) -> Iterator[Doc]:
        """Read all sentences in the order of the files, and remember where each text
        begins.

        nlp (Language): The pipeline, whose tokenizer is used.
        YIELDS (Doc): The sentences.
        RAISES (MoeeError): M606 if there is none, M710 or M711 for files that can't be
            read.
        """
        files = find_texts(self.paths)
        cutter = SentenceCutter(nlp)
        n_sentences = n_long = 0
        fingerprints, places = {}, array("q")
        for number, file in enumerate(files):
            fingerprints[file] = _fingerprint(file, "M711")
            for place, sentences in _read_file(number, file, cutter):
                places.extend(place)
                for doc in sentences:
                    if self._is_long(doc):
                        n_long += 1
                    else:
                        n_sentences += 1
                        yield doc
        limit = self.max_length
        if not n_sentences:
            found = f"{n_long:,}, all of {limit} tokens or more" if n_long else "none"
            raise MoeeError("M606", setting=self.setting, names=self.names, found=found)
        if n_long:
            counts = {"n_long": n_long, "total": n_sentences + n_long}
            warn("MW60", names=self.names, max_length=limit, **counts)
        self.n_sentences = n_sentences
        self._fingerprints, self._places = fingerprints, places

    def shuffled(self, nlp: Language, rng: Random, buffer: int) -> Iterator[Doc]:
        """Read all sentences in random order, after `read` has: the texts are shuffled,
        and then the sentences in a buffer. Those of a `.spacy` file stay together, but
        for the buffer.

        nlp (Language): The pipeline, whose tokenizer is used.
        rng (Random): The random numbers.
        buffer (int): The number of sentences to read ahead.
        YIELDS (Doc): The sentences.
        RAISES (MoeeError): M610, if a file is no longer what was read.
        """
        for file, known in self._fingerprints.items():
            if _fingerprint(file, "M610") != known:
                problem = "its content is no longer what was counted"
                raise MoeeError("M610", file=file, problem=problem)
        order = list(range(len(self._places) // 3))
        rng.shuffle(order)
        sentences = (
            doc
            for doc in self._read_places(order, SentenceCutter(nlp))
            if not self._is_long(doc)
        )
        yield from shuffle_ahead(sentences, rng, buffer)

    def _is_long(self, doc: Doc) -> bool:
        return 0 < self.max_length <= len(doc)

    def _read_places(
        self, order: Iterable[int], cutter: SentenceCutter
    ) -> Iterator[Doc]:
        files = list(self._fingerprints)
        for i in order:
            number, start, line = self._places[3 * i : 3 * i + 3]
            file = files[number]
            try:
                if start == WHOLE:
                    yield from _read_whole(file, cutter)
                    continue
                # not kept open, since there may be thousands
                with file.open("rb") as stream:
                    stream.seek(start)
                    data = stream.readline()
                text = parse_line(data, file, line)
            except (OSError, MoeeError) as error:
                raise MoeeError("M610", file=file, problem=error) from error
            yield from cutter.cut_text(text)


def _read_file(
    number: int, file: Path, cutter: SentenceCutter
) -> Iterator[Tuple[Place, Iterator[Doc]]]:
    if file.suffix.lower() == ".spacy":
        yield (number, WHOLE, 0), _read_whole(file, cutter)
    else:
        for line in read_lines(file):
            yield (number, line.start, line.number), cutter.cut_text(line.text)


def _read_whole(file: Path, cutter: SentenceCutter) -> Iterator[Doc]:
    for doc in read_docs(cutter.nlp, file):
        yield from cutter.cut_annotated(doc)


def _fingerprint(file: Path, code: str) -> str:
    try:
        return fingerprint_of(file)
    except OSError as error:
        problem = error.strerror or error
        raise MoeeError(code, file=file, problem=problem) from error


def count_words(docs: Iterable[Doc]) -> Dict[str, int]:
    """Count words.

    docs (Iterable[Doc]): The docs.
    RETURNS (Dict[str, int]): The number of occurrences of each, without white space.
    """
    counts: Dict[str, int] = Counter()
    for doc in docs:
        for key, count in doc.count_by(ORTH).items():
            counts[doc.vocab.strings[key]] += count
    return {word: count for word, count in counts.items() if not word.isspace()}


def shuffle_ahead(stream: Iterable[ItemT], rng: Random, buffer: int) -> Iterator[ItemT]:
    """Shuffle a stream in a buffer.

    stream (Iterable): The items.
    rng (Random): The random numbers.
    buffer (int): The number of items to read ahead.
    YIELDS (Any): Each item once.
    """
    rest = iter(stream)
    ahead: List[ItemT] = list(islice(rest, buffer))
    for item in rest:
        place = rng.randrange(buffer)
        yield ahead[place]
        ahead[place] = item
    rng.shuffle(ahead)
    yield from ahead
