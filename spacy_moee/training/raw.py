"""The raw text of a domain: a stream of sentences in another order each epoch, never in
memory as a whole."""

from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random
from typing import BinaryIO, Dict, Iterable, Iterator, List, Tuple, TypeVar

from spacy.attrs import ORTH
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import logger

from ..corpora.texts import find_texts, parse_line, read_docs, read_lines
from ..errors import MoeeError
from .sentences import SentenceCutter

ItemT = TypeVar("ItemT")
# a text: its file, and where it begins there; a .spacy file is read as a whole
Place = Tuple[Path, int, int]
WHOLE = -1


class RawText:
    """The sentences of files without annotation.

    paths (Sequence[Path]): `.spacy`, `.jsonl` and `.txt` files, and folders of them.
    domain (str): What kind of text it is, for messages.
    max_length (int): Sentences of this many tokens or more are left out; 0 for none.
    """

    def __init__(self, paths: Iterable[Path], domain: str, max_length: int) -> None:
        self.paths = [*paths]
        self.domain = domain
        self.max_length = max_length
        # found by the first pass
        self.n_sentences = 0
        self.n_long = 0
        self._places: List[Place] = []
        self._states: Dict[Path, Tuple[int, int]] = {}

    def count(self, nlp: Language) -> int:
        """Read all texts once, and remember where each begins.

        nlp (Language): The pipeline, whose tokenizer is used.
        RETURNS (int): The number of sentences.
        RAISES (MoeeError): M606 if there is none, M710 or M711 for files that can't be
            read.
        """
        for _ in self.read(nlp):
            pass
        return self.n_sentences

    def count_words(self, nlp: Language) -> Dict[str, int]:
        """Count the words of all sentences.

        nlp (Language): The pipeline, whose tokenizer is used.
        RETURNS (Dict[str, int]): The number of occurrences of each.
        RAISES (MoeeError): As `count`.
        """
        return count_words(self.read(nlp))

    def read(self, nlp: Language) -> Iterator[Doc]:
        """Read all sentences in the order of the files.

        nlp (Language): The pipeline, whose tokenizer is used.
        YIELDS (Doc): The sentences.
        RAISES (MoeeError): As `count`.
        """
        files = find_texts(self.paths)
        self._states = {file: _state_of(file) for file in files}
        self._places, self.n_sentences, self.n_long = [], 0, 0
        cutter = SentenceCutter(nlp)
        for file in files:
            for place, sentences in self._read_file(file, cutter):
                self._places.append(place)
                for doc in sentences:
                    if self._is_long(doc):
                        self.n_long += 1
                    else:
                        self.n_sentences += 1
                        yield doc
        names = ", ".join(map(str, self.paths))
        logger.info(
            "Raw text of the %s domain: %d sentences, and %d of %d tokens or more that "
            "are left out",
            *(self.domain, self.n_sentences, self.n_long, self.max_length),
        )
        if not self.n_sentences:
            raise MoeeError(
                "M606",
                domain=self.domain,
                files=names,
                n_long=self.n_long,
                max_length=self.max_length,
            )

    def shuffled(self, nlp: Language, rng: Random, buffer: int) -> Iterator[Doc]:
        """Read all sentences in random order: first of the texts, then of the sentences
        in a buffer.

        nlp (Language): The pipeline, whose tokenizer is used.
        rng (Random): The random numbers.
        buffer (int): The number of sentences to read ahead.
        YIELDS (Doc): The sentences.
        RAISES (MoeeError): M610, if a file is no longer what was counted.
        """
        for file, state in self._states.items():
            if _state_of(file) != state:
                problem = "its size or the time of its last change is another"
                raise MoeeError("M610", file=file, problem=problem)
        places = [*self._places]
        rng.shuffle(places)
        cutter = SentenceCutter(nlp)
        sentences = (
            doc for doc in self._read_places(places, cutter) if not self._is_long(doc)
        )
        yield from shuffle_ahead(sentences, rng, buffer)

    def _is_long(self, doc: Doc) -> bool:
        return 0 < self.max_length <= len(doc)

    def _read_file(
        self, file: Path, cutter: SentenceCutter
    ) -> Iterator[Tuple[Place, Iterator[Doc]]]:
        if file.suffix.lower() == ".spacy":
            yield (file, WHOLE, 0), _read_docs(file, cutter)
        else:
            for line in read_lines(file):
                yield (file, line.start, line.number), cutter.cut_text(line.text)

    def _read_places(
        self, places: Iterable[Place], cutter: SentenceCutter
    ) -> Iterator[Doc]:
        streams: Dict[Path, BinaryIO] = {}
        try:
            for file, start, number in places:
                if start == WHOLE:
                    yield from _read_docs(file, cutter)
                    continue
                if file not in streams:
                    streams[file] = file.open("rb")
                streams[file].seek(start)
                text = parse_line(streams[file].readline(), file, number)
                yield from cutter.cut_text(text)
        except (OSError, MoeeError) as error:
            raise MoeeError("M610", file=file, problem=error) from error
        finally:
            for stream in streams.values():
                stream.close()


def _read_docs(file: Path, cutter: SentenceCutter) -> Iterator[Doc]:
    for doc in read_docs(cutter.nlp, file):
        yield from cutter.cut_annotated(doc)


def _state_of(file: Path) -> Tuple[int, int]:
    """RETURNS (Tuple[int, int]): What changes when a file is written."""
    try:
        state = file.stat()
    except OSError:
        return 0, 0
    return state.st_size, state.st_mtime_ns


def count_words(docs: Iterable[Doc]) -> Dict[str, int]:
    """Count words.

    docs (Iterable[Doc]): The docs.
    RETURNS (Dict[str, int]): The number of occurrences of each, without white space.
    """
    counts: Dict[int, int] = Counter()
    strings = None
    for doc in docs:
        strings = doc.vocab.strings
        counts.update(doc.count_by(ORTH))
    words = {strings[key]: count for key, count in counts.items()} if strings else {}
    return {word: count for word, count in words.items() if not word.isspace()}


def shuffle_ahead(stream: Iterable[ItemT], rng: Random, buffer: int) -> Iterator[ItemT]:
    """Shuffle a stream in a buffer.

    stream (Iterable): The items.
    rng (Random): The random numbers.
    buffer (int): The number of items to read ahead.
    YIELDS (Any): Each item once.
    """
    rest = iter(stream)
    ahead = list(islice(rest, buffer))
    for item in rest:
        place = rng.randrange(buffer)
        yield ahead[place]
        ahead[place] = item
    rng.shuffle(ahead)
    yield from ahead
