"""Annotated docs of a source domain and raw text of two domains, in one training."""

import random
from itertools import islice
from pathlib import Path
from random import Random
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Set

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus, Example

from ..corpora.texts import read_docs
from ..errors import MoeeError, warn
from ..extensions import SOURCE, set_domain, set_raw
from .documents import split_sentences
from .raw import RawText, count_words
from .sentences import copy_words
from .streamed import check_training


class MixedCorpus:
    """Read annotated docs, which are held in memory, and raw text, which is streamed.
    Each call is one epoch.

    path (Optional[Path]): The annotated docs: a `.spacy` file, or a folder of them.
    raw (Sequence[RawText]): The raw text.
    batch_size (int): Annotated docs per step.
    max_length (int): Docs of this many tokens or more are left out; 0 for none.
    buffer (int): The number of raw sentences to read ahead.
    """

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

    def __call__(self, nlp: Language) -> "MixedEpoch":
        """Make an epoch. Before the first one the raw text is read once, to count its
        sentences.

        nlp (Language): The pipeline, whose tokenizer is used.
        RETURNS (MixedEpoch): The examples.
        RAISES (MoeeError): M606 and M607 for a corpus without text, M608 if it is the
            training corpus of a config that does not fit, M615 without text of the
            domain that a model is to tag, M710 or M711 for files that can't be read.
        """
        check_training(nlp, {SOURCE, *(text.domain for text in self.raw)})
        if self._nlp is not nlp:
            self._annotated = self._read_annotated(nlp)
            for text in self.raw:
                for _ in text.read(nlp):
                    pass
            self._nlp = nlp
        return MixedEpoch(self, nlp, self._annotated)

    def count_steps(self, nlp: Language) -> int:
        """Count the steps of an epoch.

        nlp (Language): The pipeline, whose tokenizer is used.
        RETURNS (int): The number of batches of annotated docs.
        RAISES (MoeeError): As `__call__`.
        """
        return self(nlp).n_steps

    def count_words(self, nlp: Language) -> Dict[str, Dict[str, int]]:
        """Count the words of an epoch.

        nlp (Language): The pipeline, whose tokenizer is used.
        RETURNS (Dict[str, Dict[str, int]]): The number of occurrences of each word in
            the raw text that each setting names, and in the annotated docs (`path`).
        RAISES (MoeeError): As `__call__`, but for M608.
        """
        annotated = (example.predicted for example in self._read_annotated(nlp))
        counts = {"path": count_words(annotated)}
        return counts | {text.setting: count_words(text.read(nlp)) for text in self.raw}

    def _read_annotated(self, nlp: Language) -> List[Example]:
        """Read the annotated docs as spaCy's `Corpus` does, with their domain."""
        path = self.path or Path()
        files = sorted(path.rglob("*.spacy")) if path.is_dir() else [path]
        if self.path is None or not all(file.is_file() for file in files):
            raise MoeeError("M607", path=self.path, found="nothing")
        read = (doc for file in files for doc in read_docs(nlp, file))
        docs = [sentence for doc in read for sentence in split_sentences(doc)]
        corpus = Corpus(path, max_length=self.max_length)
        kept = list(corpus.make_examples(nlp, docs))
        examples = [eg for eg in kept if not eg.predicted.text.isspace()]
        n_tokens = sum(map(len, docs))
        n_long = n_tokens - sum(len(example.reference) for example in kept)
        if not examples:
            found = f"{len(docs):,} docs, all too long or of white space"
            raise MoeeError("M607", path=path, found=found if docs else "no doc")
        if n_long:
            counts = {"n_long": n_long, "total": n_tokens}
            warn("MW61", path=path, max_length=self.max_length, **counts)
        for example in examples:
            set_domain(example.predicted, SOURCE)
        return examples


class MixedEpoch:
    """An epoch of a `MixedCorpus`: each annotated doc and each raw sentence once.

    corpus (MixedCorpus): The corpus.
    nlp (Language): The pipeline, whose tokenizer is used.
    annotated (Sequence[Example]): The annotated docs.
    """

    def __init__(
        self, corpus: MixedCorpus, nlp: Language, annotated: Sequence[Example]
    ) -> None:
        self._corpus = corpus
        self._nlp = nlp
        self._annotated = annotated
        self.n_steps = -(-len(annotated) // corpus.batch_size)

    def __iter__(self) -> Iterator[Example]:
        """Iterate over the examples, for an initialization that reads some of them:
        first docs with all entity types, then the rest in the order of the steps.

        YIELDS (Example): Each example once.
        """
        first = find_types(self._annotated)
        yield from first
        known = {id(example) for example in first}
        for step in self.steps():
            yield from (example for example in step if id(example) not in known)

    def steps(self) -> Iterator[List[Example]]:
        """Make the batches of the epoch: annotated docs, then the raw sentences of the
        source domain and of the target domain.

        YIELDS (List[Example]): The examples of a step.
        RAISES (MoeeError): M610, for raw text that changed.
        """
        size, raw = self._corpus.batch_size, self._corpus.raw
        # its own, so that who else draws numbers does not change the order
        rng = Random(random.getrandbits(64))
        annotated = rng.sample(self._annotated, len(self._annotated))
        streams = [text.shuffled(self._nlp, rng, self._corpus.buffer) for text in raw]
        for step in range(self.n_steps):
            batch = annotated[step * size : (step + 1) * size]
            for text, stream in zip(raw, streams, strict=True):
                n = count_share(text.n_sentences, step, self.n_steps)
                found = [make_raw(doc, text.domain) for doc in islice(stream, n)]
                if len(found) < n:
                    problem = f"it has less than {text.n_sentences:,} sentences now"
                    raise MoeeError("M610", file=text.names, problem=problem)
                batch += found
            yield batch


def count_share(n: int, step: int, n_steps: int) -> int:
    """Spread items over steps.

    n (int): The number of items.
    step (int): The number of the step, from 0.
    n_steps (int): The number of steps.
    RETURNS (int): The number of items of the step; over all steps they sum to `n`.
    """
    return n * (step + 1) // n_steps - n * step // n_steps


def find_types(examples: Iterable[Example]) -> List[Example]:
    """Find examples with all entity types.

    examples (Iterable[Example]): The examples.
    RETURNS (List[Example]): The first example of each type.
    """
    seen: Set[int] = set()
    found = []
    for example in examples:
        types = {ent.label for ent in example.reference.ents}
        if not types <= seen:
            found.append(example)
            seen |= types
    return found


def make_raw(doc: Doc, domain: str) -> Example:
    """Make an example of text without annotation.

    doc (Doc): The text.
    domain (str): Its domain.
    RETURNS (Example): The example, whose reference has nothing but the words.
    """
    reference = copy_words(doc)
    set_domain(doc, domain)
    set_raw(doc, True)
    return Example(doc, reference)
