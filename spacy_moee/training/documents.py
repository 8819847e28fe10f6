"""Reads documents for training: by their sentences, and whole."""

from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence

import numpy
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus, Example
from spacy.training.augment import dont_augment
from spacy.training.corpus import walk_corpus
from spacy.util import registry

from ..corpora.parts import make_part
from ..errors import check_setting

READER = "spacy_moee.DocumentCorpus.v1"


class DocumentCorpus:
    """Reads documents: see `make_document_corpus`.

    corpus (Corpus): Reads each doc once, as it is.
    sentence_starts (bool): Whether whole docs get their sentence starts.
    join (int): How many docs of a single sentence make up a document.
    augment (Callable): Called for each sentence and each document.
    """

    def __init__(
        self, corpus: Corpus, sentence_starts: bool, join: int, augment: Callable
    ) -> None:
        self.read_once = corpus
        self.sentence_starts = sentence_starts
        self.join = join
        self.augment = augment

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read all docs.

        nlp (Language): The pipeline.
        YIELDS (Example): The sentences of each document, and the document.
        """
        corpus = self.read_once
        for document in _join_sentences(read_references(corpus, nlp), self.join):
            sentences = split_sentences(document)
            whole = [document] if len(sentences) > 1 else []
            for example in corpus.make_examples(nlp, [*sentences, *whole]):
                if self.sentence_starts and example.reference is document:
                    _copy_sentence_starts(example)
                yield from self.augment(nlp, example)


def make_document_corpus(
    path: Optional[Path],
    sentence_starts: bool = True,
    join: int = 16,
    limit: int = 0,
    augmenter: Optional[Callable] = None,
) -> DocumentCorpus:
    """Read each document twice: sentence by sentence, each a doc of its own, and whole.
    So a model learns to read both, and its embeddings, too: an encoder that reads a
    sentence alone says something else of it than in its article. Docs of a single
    sentence, as of a corpus without documents, are joined to those that follow.
    Registered as `spacy_moee.DocumentCorpus.v1`.

    path (Optional[Path]): A `.spacy` file, or a folder of them, of docs with sentence
        starts: `spacy moee convert --group document` makes them.
    sentence_starts (bool): Whether the whole docs get the sentence starts of the
        corpus, for `spacy_moee.sentence_segments.v1` to choose what is read together in
        training. False for evaluation, where texts have none.
    join (int): How many docs of a single sentence make up a document; 1 for none.
    limit (int): The most docs of the corpus; 0 for all.
    augmenter (Optional[Callable]): As of `spacy.Corpus.v1`, called for each sentence
        and each document.
    RETURNS (DocumentCorpus): The reader; its `read_once` reads each doc once.
    RAISES (MoeeError): M103, for invalid values; and spaCy's own error without a path.
    """
    for argument, value, least in (("join", join, 1), ("limit", limit, 0)):
        expected = f"{least} or more"
        check_setting(value >= least, argument, READER, expected, value)
    read = registry.readers.get("spacy.Corpus.v1")
    corpus: Corpus = read(path, gold_preproc=False, limit=limit)
    return DocumentCorpus(corpus, sentence_starts, join, augmenter or dont_augment)


def read_once(reader: Any) -> Any:
    """Choose how a corpus is read to look at its annotation, and not to learn from it.

    reader (Callable[[Language], Iterable[Example]]): A reader of a config.
    RETURNS (Callable[[Language], Iterable[Example]]): What reads each doc once, if the
        reader reads it in several ways; else the reader.
    """
    return getattr(reader, "read_once", reader)


def read_references(corpus: Corpus, nlp: Language) -> Iterator[Doc]:
    """Read the docs of a corpus as they are.

    corpus (Corpus): The corpus.
    nlp (Language): The pipeline.
    RETURNS (Iterator[Doc]): The docs that have tokens.
    """
    return corpus.read_docbin(nlp.vocab, walk_corpus(corpus.path, ".spacy"))


def split_sentences(doc: Doc) -> List[Doc]:
    """Make a doc of each sentence.

    doc (Doc): The doc; without sentence starts it is one sentence.
    RETURNS (List[Doc]): Its sentences; the doc itself, if it is one.
    """
    starts = doc.to_array(SENT_START)[1:] == 1
    return [make_part(sentence) for sentence in doc.sents] if starts.any() else [doc]


def _join_sentences(docs: Iterable[Doc], size: int) -> Iterator[Doc]:
    """Join docs of a single sentence that follow each other."""
    single: List[Doc] = []
    for doc in docs:
        if not doc.has_annotation("SENT_START"):
            set_sentence_starts(doc, [0])
        is_single = len([*doc.sents]) == 1
        if single and (len(single) == size or not is_single):
            yield _join(single)
            single = []
        if is_single:
            single.append(doc)
        else:
            yield doc
    if single:
        yield _join(single)


def _join(docs: List[Doc]) -> Doc:
    if len(docs) == 1:
        return docs[0]
    starts = numpy.cumsum([0, *map(len, docs)])[:-1]
    joined = Doc.from_docs(docs, ensure_whitespace=True)
    assert joined is not None
    joined.has_unknown_spaces = any(doc.has_unknown_spaces for doc in docs)
    set_sentence_starts(joined, starts.tolist())
    return joined


def _copy_sentence_starts(example: Example) -> None:
    aligned = example.get_aligned_sent_starts()
    starts = [number for number, is_start in enumerate(aligned) if is_start]
    set_sentence_starts(example.predicted, starts)


def set_sentence_starts(doc: Doc, starts: Sequence[int]) -> None:
    """Say which sentences a doc has.

    doc (Doc): The doc.
    starts (Sequence[int]): The first token of each.
    """
    # numbers below 0 as spaCy's arrays hold them
    marks = numpy.full((len(doc), 1), -1).astype("uint64")
    marks[starts] = 1
    doc.from_array([SENT_START], marks)  # type: ignore[arg-type]
