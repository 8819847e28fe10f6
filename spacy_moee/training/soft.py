"""A reader of texts of which a teacher has said something, beside annotated docs."""

import random
from itertools import accumulate
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..corpora.texts import read_docs
from ..errors import MoeeError, check_setting
from ..marginals import (
    MARGINALS,
    cut_marginals,
    describe_difference,
    marginal_labels,
    same_tokens,
)
from .sentences import copy_words, cut_tokens, find_starts

NAME = "spacy_moee.SoftCorpus.v1"
# where a pipeline says what it has learned from
META = "distilled_from"

ReaderT = Callable[[Language], Iterable[Example]]


def make_soft_corpus(
    path: Path,
    gold: Optional[ReaderT] = None,
    weight: float = 1.0,
    sentences: int = 12,
) -> ReaderT:
    """Read texts of which a teacher has said something, as `spacy moee distill` writes
    them, and annotated docs before them. Registered as `spacy_moee.SoftCorpus.v1`.

    A text is cut into pieces of a random number of consecutive sentences, anew in each
    call, so that a model learns to read both sentences and texts. The teacher has read
    it as a whole.

    path (Path): The texts: a `.spacy` file, or a folder of them.
    gold (Optional[Callable[[Language], Iterable[Example]]]): The reader of the
        annotated docs; None for none.
    weight (float): How much a token of the texts counts beside an annotated one.
    sentences (int): The most sentences of a piece; 0 for whole texts.
    RETURNS (Callable[[Language], Iterable[Example]]): The reader. It notes in the meta
        data of the pipeline what is learned from.
    RAISES (MoeeError): M103, for invalid values.
    """
    check_setting(weight > 0, "weight", NAME, "above 0", weight)
    check_setting(sentences >= 0, "sentences", NAME, "0 or more", sentences)
    return SoftCorpus(Path(path), gold, weight, sentences)


class SoftCorpus:
    """See `make_soft_corpus`."""

    def __init__(
        self, path: Path, gold: Optional[ReaderT], weight: float, sentences: int
    ) -> None:
        self.path = path
        self.gold = gold
        self.weight = weight
        self.sentences = sentences
        self._nlp: Optional[Language] = None
        self._docs: List[Doc] = []

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read all examples.

        nlp (Language): The pipeline, whose tokenizer is used.
        YIELDS (Example): The annotated docs, then pieces of the texts, with what the
            teacher says of them on the reference.
        RAISES (MoeeError): M626 for other tokens than the teacher's, M629 for texts of
            which nothing is said, M706 and M711 for files that can't be read.
        """
        if self._nlp is not nlp:
            self._docs, self._nlp = self._read(nlp), nlp
        nlp.meta[META] = self._describe()
        if self.gold is not None:
            yield from self.gold(nlp)
        for doc in self._docs:
            yield from self._cut(doc)

    def _read(self, nlp: Language) -> List[Doc]:
        is_folder = self.path.is_dir()
        files = sorted(self.path.rglob("*.spacy")) if is_folder else [self.path]
        if not files or not all(file.is_file() for file in files):
            found = "a folder without such a file" if is_folder else "no such file"
            raise MoeeError("M706", path=self.path, found=found)
        docs = [doc for file in files for doc in read_docs(nlp, file)]
        if not docs:
            raise MoeeError("M629", text=self.path, problem="there is no text in it")
        for doc in docs:
            if not marginal_labels(doc):
                problem = f"a text of {self.path} has no probabilities"
                raise MoeeError("M629", text=doc.text[:40], problem=problem)
            if not doc.has_unknown_spaces:
                tokens = nlp.tokenizer(doc.text)
                if not same_tokens(doc, tokens):
                    raise MoeeError("M626", **describe_difference(doc, tokens))
            doc.user_data[MARGINALS]["weight"] = self.weight
        return docs

    def _describe(self) -> Dict[str, Any]:
        teachers = {doc.user_data[MARGINALS]["teacher"] for doc in self._docs}
        words = sum(map(len, self._docs))
        return {"teachers": sorted(teachers), "texts": len(self._docs), "words": words}

    def _cut(self, doc: Doc) -> Iterator[Example]:
        """Cut a text into pieces."""
        if doc.has_annotation("SENT_START"):
            starts = [sentence.start for sentence in doc.sents]
        else:
            starts = find_starts(doc)
        firsts = [0]
        if self.sentences:
            sizes = (random.randint(1, self.sentences) for _ in starts)
            numbers = accumulate(sizes)
            firsts += [starts[n] for n in numbers if n < len(starts)]
        ends = [*firsts[1:], len(doc)]
        parts = cut_tokens(doc, firsts)
        for part, start, end in zip(parts, firsts, ends, strict=True):
            reference = copy_words(part)
            cut_marginals(doc, start, end, reference)
            yield Example(part, reference)
