"""Annotated docs of a source domain and raw text of both domains, in one training."""

import random
from itertools import islice
from pathlib import Path
from random import Random
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus, Example
from spacy.util import registry

from ..errors import MoeeError, check_setting
from ..extensions import SOURCE, TARGET, set_domain, set_raw
from .raw import RawText, count_words
from .sentences import copy_words

READER = "spacy_moee.MixedCorpus.v1"
BATCHER = "spacy_moee.batch_mixed.v1"
# a file or folder, or several of them
Paths = Union[Path, List[Path], None]


class MixedCorpus:
    """Read annotated docs and raw text; each call is one epoch. See
    `make_mixed_corpus`."""

    def __init__(
        self,
        path: Optional[Path],
        raw: Sequence[RawText],
        *,
        batch_size: int,
        max_length: int,
        buffer: int,
    ) -> None:
        self.path = path
        self.raw = raw
        self.batch_size = batch_size
        self.max_length = max_length
        self.buffer = buffer
        self._annotated: List[Example] = []
        self._nlp: Optional[Language] = None
        # the first epoch that is read to its end begins with every entity type
        self.is_new = True

    def __call__(self, nlp: Language) -> "MixedEpoch":
        """Make an epoch.

        nlp (Language): The pipeline, whose tokenizer is used.
        RETURNS (MixedEpoch): The examples.
        RAISES (MoeeError): M607 without annotated docs, and as `RawText.count`.
        """
        self._read(nlp)
        return MixedEpoch(self, nlp, self._annotated)

    def count_steps(self, nlp: Language) -> int:
        """Count the steps of an epoch.

        nlp (Language): The pipeline, whose tokenizer is used.
        RETURNS (int): The number of batches of annotated docs.
        RAISES (MoeeError): As `__call__`.
        """
        self._read(nlp)
        return -(-len(self._annotated) // self.batch_size)

    def count_words(self, nlp: Language) -> Dict[str, Dict[str, int]]:
        """Count the words that a training reads.

        nlp (Language): The pipeline, whose tokenizer is used.
        RETURNS (Dict[str, Dict[str, int]]): The number of occurrences of each word, in
            "annotated" docs, and in "raw" text of both domains.
        RAISES (MoeeError): As `__call__`.
        """
        raw: Dict[str, int] = {}
        for text in self.raw:
            for word, count in text.count_words(nlp).items():
                raw[word] = raw.get(word, 0) + count
        annotated = count_words(eg.predicted for eg in self._read_annotated(nlp))
        return {"annotated": annotated, "raw": raw}

    def _read(self, nlp: Language) -> None:
        """Read the annotated docs, and count the raw sentences, once for a pipeline."""
        if self._nlp is nlp:
            return
        self._annotated = self._read_annotated(nlp)
        for text in self.raw:
            text.count(nlp)
        self._nlp = nlp

    def _read_annotated(self, nlp: Language) -> List[Example]:
        corpus = Corpus(self.path or "", max_length=self.max_length)
        examples = [
            example for example in corpus(nlp) if not example.predicted.text.isspace()
        ]
        if not examples:
            raise MoeeError("M607", path=self.path, max_length=self.max_length)
        for example in examples:
            set_domain(example.predicted, SOURCE)
        return examples


class MixedEpoch:
    """An epoch of a `MixedCorpus`: an iterable of examples, in the order of its steps.
    Each step has annotated docs, then raw text of the source, then of the target. Each
    annotated doc and each raw sentence is read once.

    corpus (MixedCorpus): The corpus.
    nlp (Language): The pipeline.
    annotated (Sequence[Example]): The annotated docs.
    """

    def __init__(
        self, corpus: MixedCorpus, nlp: Language, annotated: Sequence[Example]
    ) -> None:
        self.corpus = corpus
        self._nlp = nlp
        self._annotated = annotated

    def __iter__(self) -> Iterator[Example]:
        for step in self.steps():
            yield from step

    def steps(self) -> Iterator[List[Example]]:
        """Make the batches.

        YIELDS (List[Example]): The examples of a step.
        RAISES (MoeeError): M610, for raw text that changed.
        """
        corpus = self.corpus
        # its own, so that what else draws numbers does not change the order
        rng = Random(random.getrandbits(64))
        annotated = rng.sample(self._annotated, len(self._annotated))
        if corpus.is_new:
            annotated = types_first(annotated)
        n_steps = corpus.count_steps(self._nlp)
        streams = [text.shuffled(self._nlp, rng, corpus.buffer) for text in corpus.raw]
        for step in range(n_steps):
            start = step * corpus.batch_size
            batch = annotated[start : start + corpus.batch_size]
            for text, stream in zip(corpus.raw, streams, strict=True):
                n = share(text.n_sentences, step, n_steps)
                found = [make_raw(doc, text.domain) for doc in islice(stream, n)]
                if len(found) < n:
                    raise MoeeError(
                        "M610",
                        file=", ".join(map(str, text.paths)),
                        problem=f"it has fewer than {text.n_sentences:,} sentences now",
                    )
                batch += found
            yield batch
        corpus.is_new = False


def share(n: int, step: int, n_steps: int) -> int:
    """Spread items over steps.

    n (int): The number of items.
    step (int): The number of the step, from 0.
    n_steps (int): The number of steps.
    RETURNS (int): The number of items of the step; all sum to n.
    """
    return n * (step + 1) // n_steps - n * step // n_steps


def types_first(examples: Sequence[Example]) -> List[Example]:
    """Put an example of each entity type first, so that a sample has all labels.

    examples (Sequence[Example]): The examples.
    RETURNS (List[Example]): The same ones, the others in their order.
    """
    seen: set = set()
    first, rest = [], []
    for example in examples:
        types = {ent.label for ent in example.reference.ents}
        (rest if types <= seen else first).append(example)
        seen |= types
    return first + rest


def make_raw(doc: Doc, domain: str) -> Example:
    """Make an example of text without annotation.

    doc (Doc): The text.
    domain (str): Its domain.
    RETURNS (Example): The example, whose reference has words only.
    """
    reference = copy_words(doc)
    set_domain(doc, domain)
    set_raw(doc, True)
    return Example(doc, reference)


def make_mixed_corpus(
    path: Optional[Path],
    source: Paths = None,
    target: Paths = None,
    batch_size: int = 10,
    max_length: int = 250,
    transductive: bool = False,
    test: Paths = None,
    buffer: int = 2000,
) -> Callable[[Language], Iterable[Example]]:
    """Read annotated docs of a source domain, and raw text of the source and of a target
    domain, from which a model learns to predict words. Registered as
    `spacy_moee.MixedCorpus.v1`, for a [training] with max_epochs = -1,
    accumulate_gradient = 1 and the batcher `spacy_moee.batch_mixed.v1`.

    An epoch reads each annotated doc and each raw sentence once, in another order each
    time. It has as many steps as batches of annotated docs, the last of which may be
    smaller; raw sentences are spread evenly over the steps. Raw text is streamed: `.spacy`
    files (only their text is read), `.jsonl` files of objects with a "text", `.txt` files
    with a text per line, and folders of them. It is cut into sentences by the rule of
    spaCy's `sentencizer`, at blank lines, and where a `.spacy` file says so.

    path (Optional[Path]): The annotated docs: a `.spacy` file, or a folder of them.
    source (Union[Path, List[Path], None]): Raw text of the source domain.
    target (Union[Path, List[Path], None]): Raw text of the target domain.
    batch_size (int): Annotated docs per step.
    max_length (int): Docs and sentences of this many tokens or more are left out; 0 for
        none. A long doc is read by its sentences, if it has them.
    transductive (bool): Also read the text of the target's test corpus. Its scores are
        then no longer those of unseen text.
    test (Union[Path, List[Path], None]): The test corpus, read as raw text only if
        `transductive`.
    buffer (int): The number of raw sentences to read ahead, to shuffle them.
    RETURNS (Callable[[Language], Iterable[Example]]): The reader.
    RAISES (MoeeError): M103 for invalid values, M613 without `test`.
    """
    for argument, value, least in (
        ("batch_size", batch_size, 1),
        ("max_length", max_length, 0),
        ("buffer", buffer, 1),
    ):
        expected = "above 0" if least else "0 or more"
        check_setting(value >= least, argument, READER, expected, value)
    if transductive and not test:
        raise MoeeError("M613", reader=READER)
    paths = {
        SOURCE: _list_paths(source),
        TARGET: [*_list_paths(target), *(_list_paths(test) if transductive else ())],
    }
    raw = [RawText(paths[name], name, max_length) for name in paths if paths[name]]
    return MixedCorpus(
        path, raw, batch_size=batch_size, max_length=max_length, buffer=buffer
    )


def _list_paths(paths: Paths) -> List[Path]:
    items = paths if isinstance(paths, list) else [paths] if paths else []
    # in a config they are strings
    return [Path(item) for item in items]


def make_batch_mixed() -> Callable[[Iterable[Example]], Iterator[List[Example]]]:
    """Batch the epochs of `spacy_moee.MixedCorpus.v1`: a batch is a step, with annotated
    docs and raw text of both domains. Registered as `spacy_moee.batch_mixed.v1`.

    RETURNS (Callable): The batcher.
    RAISES (MoeeError): M609, for other examples.
    """

    def batch_mixed(examples: Iterable[Example]) -> Iterator[List[Example]]:
        if not isinstance(examples, MixedEpoch):
            found = type(examples).__name__
            raise MoeeError("M609", batcher=BATCHER, reader=READER, found=found)
        return examples.steps()

    return batch_mixed


def make_source_corpus(
    path: Optional[Path],
) -> Callable[[Language], Iterable[Example]]:
    """Read annotated docs of the source domain, such as those of [corpora.dev] beside
    `spacy_moee.MixedCorpus.v1`: they are decoded as such. Otherwise it is
    `spacy.Corpus.v1`. Registered as `spacy_moee.SourceCorpus.v1`.

    path (Optional[Path]): A `.spacy` file, or a folder of them.
    RETURNS (Callable[[Language], Iterable[Example]]): The reader.
    """
    corpus = registry.readers.get("spacy.Corpus.v1")(path, gold_preproc=False)

    def read_source(nlp: Language) -> Iterator[Example]:
        for example in corpus(nlp):
            set_domain(example.predicted, SOURCE)
            yield example

    return read_source
