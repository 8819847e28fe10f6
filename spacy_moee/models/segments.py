"""What the network reads at once: windows, each with a core that it answers for.

A *segment* is a sentence or a whole doc, and in training also a group of sentences; a
segment that is longer than `max_length` is read in windows that overlap.
"""

import random
from typing import List, Protocol, runtime_checkable

import numpy
from numpy import ndarray
from spacy.attrs import SENT_START
from spacy.tokens import Doc

from ..errors import check_setting
from ..padding import Windows


@runtime_checkable
class Segmenter(Protocol):
    """What cuts a doc into windows. It is saved and pickled with the model's config."""

    def __call__(self, doc: Doc, is_train: bool = False) -> Windows:
        """Cut a document.

        doc (Doc): The document.
        is_train (bool): Whether the network is to learn from it.
        RETURNS (Windows): Its windows; an empty doc has none.
        """
        ...


class Segments:
    """A segmenter; an object rather than a closure, so that it can be pickled.

    sentences (bool): Cut at sentence starts.
    max_length (int): The longest window, in tokens.
    overlap (int): The tokens that two windows share; at most half of `max_length`.
    most_sentences (int): See `make_sentence_segments`.
    """

    def __init__(
        self, sentences: bool, max_length: int, overlap: int, most_sentences: int = 1
    ) -> None:
        for argument, value, valid, expected in (
            ("max_length", max_length, max_length >= 2, "2 or more"),
            # so that no token lies in three windows
            ("overlap", overlap, 0 <= 2 * overlap <= max_length, "0 to max_length / 2"),
            ("most_sentences", most_sentences, most_sentences >= 1, "1 or more"),
        ):
            check_setting(valid, argument, "segments", expected, value)
        self.sentences = sentences
        self.max_length = max_length
        self.overlap = overlap
        self.most_sentences = most_sentences

    def __call__(self, doc: Doc, is_train: bool = False) -> Windows:
        """Cut a document: see `Segmenter`."""
        bounds = numpy.array([0, len(doc)] if len(doc) else [0])
        if self.sentences and len(doc):
            starts = numpy.flatnonzero(doc.to_array(SENT_START)[1:] == 1) + 1
            if is_train and self.most_sentences > 1:
                starts = self._group(starts)
            bounds = numpy.concatenate([[0], starts, [len(doc)]])
        start, end = bounds[:-1], bounds[1:]
        if len(start) and (end - start).max() > self.max_length:
            pairs = zip(start.tolist(), end.tolist(), strict=True)
            start, end = numpy.concatenate([self._cut(*pair) for pair in pairs], axis=1)
        # a core ends in the middle of an overlap
        borders = start[1:] + (end[:-1] - start[1:]) // 2
        cores = numpy.concatenate([start[:1], borders, end[-1:]])
        return Windows(start, end, cores[:-1], cores[1:])

    def _group(self, starts: ndarray) -> ndarray:
        """Drop sentence starts, so that a few sentences each are read together, or all
        that are left."""
        kept: List[int] = []
        sentence = 0
        while True:
            # one more than the most is all of them
            size = random.randint(1, self.most_sentences + 1)
            sentence += size
            if size > self.most_sentences or sentence > len(starts):
                return starts[kept]
            kept.append(sentence - 1)

    def _cut(self, start: int, end: int) -> ndarray:
        """Starts and ends of the windows of a segment, shape [2, windows]."""
        last = max(end - self.overlap, start + 1)
        starts = numpy.arange(start, last, self.max_length - self.overlap)
        return numpy.stack([starts, numpy.minimum(starts + self.max_length, end)])


def make_sentence_segments(
    max_length: int = 256, overlap: int = 64, most_sentences: int = 12
) -> Segmenter:
    """Read one sentence at a time; a doc without sentence starts is one segment. In
    training, sentences that follow each other are also read together, in other groups
    each time: so the network learns to read texts of any length, with sentence starts
    and without. Registered as `spacy_moee.sentence_segments.v1`.

    max_length (int): The longest window, in tokens.
    overlap (int): The tokens that two windows of a longer segment share.
    most_sentences (int): How many sentences are read together in training: groups have
        1 to this many, or all that are left of the doc, each as often. 1 for one
        sentence at a time.
    RETURNS (Segmenter): The function.
    RAISES (MoeeError): M103, for values that can't be.
    """
    return Segments(True, max_length, overlap, most_sentences)


def make_doc_segments(max_length: int = 256, overlap: int = 64) -> Segmenter:
    """Read whole docs, across sentences.
    Registered as `spacy_moee.doc_segments.v1`.

    max_length (int): The longest window, in tokens.
    overlap (int): The tokens that two windows of a longer doc share.
    RETURNS (Segmenter): The function.
    RAISES (MoeeError): M103, for values that can't be.
    """
    return Segments(False, max_length, overlap)
