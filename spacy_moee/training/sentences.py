"""Texts without annotation -> sentences."""

import re
from typing import Any, Iterator, List, Optional, Tuple

from spacy.attrs import NORM, ORTH, SPACY
from spacy.language import Language
from spacy.pipeline import Sentencizer
from spacy.tokens import Doc

BLANK_LINES = re.compile(r"\n[ \t\r]*\n")


class SentenceCutter:
    """Cut texts into sentences by the rule of spaCy's `sentencizer`. A blank line ends
    a sentence, too; all other white space is a space.

    nlp (Language): The pipeline, whose tokenizer is used. No component is run.
    """

    def __init__(self, nlp: Language) -> None:
        self.nlp = nlp
        self._sentencizer = Sentencizer()

    def cut_text(self, text: str) -> Iterator[Doc]:
        """Cut a text.

        text (str): The text.
        YIELDS (Doc): Its sentences, with the tokens of the pipeline.
        """
        for paragraph in BLANK_LINES.split(text.replace("\r\n", "\n")):
            # a text may be longer than nlp.max_length
            doc = self.nlp.tokenizer(" ".join(paragraph.split()))
            yield from self._cut_doc(doc)

    def cut_annotated(self, doc: Doc) -> Iterator[Doc]:
        """Cut the text of a doc, or take its own sentences. No other annotation is
        read. A doc whose spaces are unknown keeps its tokens.

        doc (Doc): The doc.
        YIELDS (Doc): Its sentences.
        """
        has_sentences = doc.has_annotation("SENT_START")
        if doc.has_unknown_spaces:
            parts = doc.sents if has_sentences else [doc]
            for part in parts:
                words = [token.text for token in part if not token.is_space]
                tokens = Doc(self.nlp.vocab, words=words)
                if not has_sentences:
                    yield from self._cut_doc(tokens)
                elif words:
                    yield tokens
        elif has_sentences:
            for sentence in doc.sents:
                if text := " ".join(sentence.text.split()):
                    yield self.nlp.tokenizer(text)
        else:
            yield from self.cut_text(doc.text)

    def _cut_doc(self, doc: Doc) -> Iterator[Doc]:
        if not len(doc):
            return
        (is_start,) = self._sentencizer.predict([doc])
        starts = [i for i, start in enumerate(is_start) if start]
        words, spaces = _read_words(doc)
        norms: Any = doc.to_array([NORM])
        # `Span.as_doc` takes three times as long
        for start, end in zip(starts, [*starts[1:], len(doc)], strict=True):
            ends = spaces and [*spaces[start : end - 1], False]
            part = Doc(doc.vocab, words=words[start:end], spaces=ends)
            # those that the tokenizer has set
            yield part.from_array([NORM], norms[start:end])


def _read_words(doc: Doc) -> Tuple[Any, Optional[List[bool]]]:
    """What makes the same tokens, as hashes: iterating over tokens is slow."""
    words, spaces = doc.to_array([ORTH, SPACY]).T.tolist()
    return words, None if doc.has_unknown_spaces else [*map(bool, spaces)]


def copy_words(doc: Doc) -> Doc:
    """Copy a doc without any annotation.

    doc (Doc): The doc.
    RETURNS (Doc): A doc of the same tokens.
    """
    words, spaces = _read_words(doc)
    return Doc(doc.vocab, words=words, spaces=spaces)
