"""A trained pipeline says how likely each tag of texts is, for a student to learn."""

from typing import Any, Iterable, Iterator, List, NamedTuple, Optional

from numpy import ndarray
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training.batchers import minibatch_by_words

from ..errors import MoeeError
from ..marginals import Marginals, describe_difference, same_tokens, set_marginals
from .sentences import copy_words

# what a `.spacy` file keeps of a text, beside what a teacher says of it
ATTRS = ["ORTH", "SPACY", "SENT_START"]
# tokens that are read at once
BATCH = 10_000


class Text(NamedTuple):
    """A text to read.

    doc (Doc): Its tokens, and nothing else.
    starts (Optional[ndarray]): `token.sent_start` of each token, if its sentences are
        known.
    """

    doc: Doc
    starts: Optional[ndarray]


class Teacher:
    """A component of a trained pipeline that tells probabilities of tags.

    nlp (Language): The pipeline.
    name (str): The name of the component, a `moee_ner`.
    source (str): Where the pipeline comes from.
    """

    def __init__(self, nlp: Language, name: str, source: str) -> None:
        self.nlp = nlp
        self.name = name
        self.source = source
        self._pipe: Any = nlp.get_pipe(name)

    @property
    def labels(self) -> List[str]:
        """RETURNS (List[str]): The entity types."""
        return [*self._pipe.labels]

    def make_text(self, doc: Doc, reference: Doc, student: Language) -> Text:
        """Make a text to read.

        doc (Doc): The text, with the tokens of the teacher.
        reference (Doc): The same text, which may say what sentences it has.
        student (Language): The pipeline that is to learn from the teacher.
        RETURNS (Text): The text.
        RAISES (MoeeError): M626, if the student's tokens differ.
        """
        if not doc.has_unknown_spaces:
            tokens = student.tokenizer(doc.text)
            if not same_tokens(doc, tokens):
                raise MoeeError("M626", **describe_difference(doc, tokens))
        starts = None
        if reference.has_annotation("SENT_START") and same_tokens(doc, reference):
            starts = reference.to_array(SENT_START)
        return Text(doc, starts)

    def annotate(self, texts: Iterable[Text]) -> Iterator[Doc]:
        """Read texts, each as a whole.

        texts (Iterable[Text]): The texts.
        YIELDS (Doc): The same tokens, with their sentences if they are known, and with
            what the teacher says of them.
        """
        before = self.nlp.pipe_names[: self.nlp.pipe_names.index(self.name)]
        with self.nlp.select_pipes(enable=before):
            read = self.nlp.pipe(texts, as_tuples=True)
            for batch in minibatch_by_words(read, BATCH, get_length=_count_tokens):
                docs = [doc for doc, _ in batch]
                predictions = self._pipe.predict(docs, ["marginals"])
                for text, said in zip(batch, predictions, strict=True):
                    yield self._write(*text, said.marginals)

    def _write(self, doc: Doc, starts: Any, values: ndarray) -> Doc:
        written = copy_words(doc)
        if starts is not None:
            written.from_array([SENT_START], starts.reshape(-1, 1))
        set_marginals(written, Marginals(self.labels, values, teacher=self.source))
        return written


def _count_tokens(text: Any) -> int:
    return len(text[0])
