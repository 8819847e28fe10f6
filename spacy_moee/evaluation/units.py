"""What a pipeline reads at once: whole docs of a corpus without sentence starts, as
`nlp(article)` does, or each sentence by itself."""

from pathlib import Path
from typing import Final, Iterator, List, Literal, NamedTuple, Sequence

import numpy
from numpy import ndarray
from spacy.attrs import ENT_IOB, SENT_START
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..corpora.parts import make_part
from ..corpora.texts import read_examples
from ..errors import MoeeError

UnitsT = Literal["docs", "sentences"]
DOCS: Final = "docs"
SENTENCES: Final = "sentences"
# ENT_IOB of a token that goes on with an entity
INSIDE = 1


class Units(NamedTuple):
    """A corpus as it is read.

    examples (List[Example]): The units; no predicted doc has sentence starts.
    docs (ndarray): Of each, the number of its doc in the file.
    has_articles (bool): Whether the file has several docs, and a doc of them several
        sentences.
    """

    examples: List[Example]
    docs: ndarray
    has_articles: bool

    def sum_by_article(self, counts: Sequence[Sequence[int]]) -> ndarray:
        """Add counts up: what a sentence holds depends on its article.

        counts (Sequence[Sequence[int]]): Those of each unit, shape [units, columns].
        RETURNS (ndarray): Those of each article; of each unit, in a file without
            articles. Shape [articles or units, columns].
        """
        rows = numpy.asarray(counts)
        if not self.has_articles:
            return rows
        sums = numpy.zeros((int(self.docs.max()) + 1, rows.shape[1]), dtype=rows.dtype)
        numpy.add.at(sums, self.docs, rows)
        return sums


def read_units(nlp: Language, path: Path, units: UnitsT = DOCS) -> Units:
    """Read a .spacy file in units.

    nlp (Language): The pipeline. No component is run.
    path (Path): The file.
    units (UnitsT): "docs" for each doc as a whole, "sentences" for each sentence by
        itself.
    RETURNS (Units): What was read.
    RAISES (MoeeError): M711, for a file that can't be read; M719, for docs without
        sentence starts that are to be read by sentences.
    """
    examples = list(read_examples(nlp, path))
    n_sentences = [len(_sentence_starts(example.reference)) for example in examples]
    has_articles = len(examples) > 1 and max(n_sentences) > 1
    if units == DOCS:
        return Units(examples, numpy.arange(len(examples)), has_articles)
    for number, example in enumerate(examples):
        if not example.reference.has_annotation("SENT_START"):
            raise MoeeError("M719", file=path, number=number, n_tokens=len(example.y))
    docs = numpy.repeat(numpy.arange(len(examples)), n_sentences)
    sentences = [part for example in examples for part in _split(nlp, example)]
    return Units(sentences, docs, has_articles)


def _sentence_starts(doc: Doc) -> ndarray:
    """The first token of each sentence. No entity is cut: no reading could find it."""
    starts, iob = doc.to_array([SENT_START, ENT_IOB]).reshape(len(doc), 2).T
    begins = (starts == 1) & (iob != INSIDE)
    begins[:1] = True
    return numpy.flatnonzero(begins)


def _split(nlp: Language, example: Example) -> Iterator[Example]:
    """Cut an example at its sentence starts; its tokens are made as for a whole doc."""
    gold = example.reference
    starts = _sentence_starts(gold).tolist()
    for start, end in zip(starts, [*starts[1:], len(gold)], strict=True):
        part = make_part(gold[start:end])
        if part.has_unknown_spaces:
            words = [token.text for token in part]
            spaces = [bool(token.whitespace_) for token in part]
            found = Doc(nlp.vocab, words=words, spaces=spaces)
        else:
            found = nlp.make_doc(part.text)
        yield Example(found, part)
