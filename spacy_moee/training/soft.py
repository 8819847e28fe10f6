"""A reader of texts of which a teacher has said something, beside annotated docs."""

from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, Optional

import numpy
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.pipeline import Sentencizer
from spacy.tokens import Doc
from spacy.training import Example

from ..corpora.texts import read_docs
from ..errors import MoeeError, check_setting
from ..marginals import (
    MARGINALS,
    describe_difference,
    marginal_labels,
    same_tokens,
)
from .documents import set_sentence_starts

NAME = "spacy_moee.SoftCorpus.v1"
# where a pipeline says what it has learned from
META = "distilled_from"

ReaderT = Callable[[Language], Iterable[Example]]


def make_soft_corpus(
    path: Path, gold: Optional[ReaderT] = None, weight: float = 1.0
) -> ReaderT:
    """Read texts of which a teacher has said something, as `spacy moee distill` writes
    them, after annotated docs. Registered as `spacy_moee.SoftCorpus.v1`.

    The texts are whole, and have sentence starts: their own, or those of the rule of
    spaCy's `sentencizer`. So `spacy_moee.sentence_segments.v1` chooses what is read
    together, of a text that the teacher has read as a whole.

    path (Path): The texts: a `.spacy` file, or a folder of them.
    gold (Optional[Callable[[Language], Iterable[Example]]]): The reader of the
        annotated docs; None for none.
    weight (float): How much a token of the texts counts beside an annotated one.
    RETURNS (Callable[[Language], Iterable[Example]]): The reader. It notes in the meta
        data of the pipeline what is learned from.
    RAISES (MoeeError): M103, for invalid values.
    """
    check_setting(weight > 0, "weight", NAME, "above 0", weight)
    # in a config it is a string
    return SoftCorpus(Path(path), gold, weight)


class SoftCorpus:
    """See `make_soft_corpus`."""

    def __init__(self, path: Path, gold: Optional[ReaderT], weight: float) -> None:
        self.path = path
        self.gold = gold
        self.weight = weight

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read all examples.

        nlp (Language): The pipeline, whose tokenizer is used.
        YIELDS (Example): The annotated docs; then the texts, with what the teacher says
            of them on the reference.
        RAISES (MoeeError): M626 for other tokens than the teacher's, M629 for texts of
            which nothing is said, M706 and M711 for files that can't be read.
        """
        if self.gold is not None:
            yield from self.gold(nlp)
        files = self._find_files()
        sentencizer = Sentencizer()
        counts: Dict[str, int] = {}
        for file in files:
            for doc in read_docs(nlp, file):
                if not marginal_labels(doc):
                    problem = f"a text of {file} has no probabilities"
                    raise MoeeError("M629", text=doc.text[:40], problem=problem)
                said = doc.user_data[MARGINALS]
                said["weight"] = self.weight
                teacher = said["teacher"]
                counts[teacher] = counts.get(teacher, 0) + len(doc)
                yield Example(_make_predicted(nlp, doc, sentencizer), doc)
        if not counts:
            raise MoeeError("M629", text=self.path, problem="there is no text in it")
        nlp.meta[META] = [{"teacher": k, "words": n} for k, n in counts.items()]

    def _find_files(self) -> List[Path]:
        is_folder = self.path.is_dir()
        files = sorted(self.path.rglob("*.spacy")) if is_folder else [self.path]
        if not files or not all(file.is_file() for file in files):
            found = "a folder without such a file" if is_folder else "no such file"
            raise MoeeError("M706", path=self.path, found=found)
        return files


def _make_predicted(nlp: Language, doc: Doc, sentencizer: Sentencizer) -> Doc:
    """Make the same text as the pipeline reads it, with sentence starts."""
    if doc.has_unknown_spaces:
        predicted = Doc(nlp.vocab, words=[token.text for token in doc])
    else:
        # a text may be longer than nlp.max_length
        predicted = nlp.tokenizer(doc.text)
    if not same_tokens(doc, predicted):
        raise MoeeError("M626", **describe_difference(doc, predicted))
    if doc.has_annotation("SENT_START"):
        is_start = doc.to_array(SENT_START) == 1
    else:
        (is_start,) = sentencizer.predict([doc])
    set_sentence_starts(predicted, numpy.flatnonzero(is_start).tolist())
    return predicted
