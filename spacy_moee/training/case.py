"""Docs in another case, so that a pipeline also learns from texts without capitals, or
in capitals only."""

import random
from typing import Any, Callable, Iterable, Iterator, List

from spacy.attrs import intify_attr
from spacy.tokens import Doc, Span
from spacy.tokens.doc import DOCBIN_ALL_ATTRS
from spacy.training import Example

from ..errors import check_setting

NAME = "spacy_moee.vary_case.v1"
Batcher = Callable[[Iterable[Example]], Iterable[List[Example]]]
# the annotation of a token, without its form and what spaCy derives from that
ANNOTATION = [intify_attr(x) for x in DOCBIN_ALL_ATTRS if x not in ("ORTH", "NORM")]


def make_vary_case(batcher: Batcher, lower: float = 0.2, upper: float = 0.1) -> Batcher:
    """Change some docs to lower case, and some to upper case, before they are batched.
    The docs are drawn again each epoch: spaCy calls the batcher once per epoch, but the
    reader (and its augmenter) once per training run. Tokenization does not change.
    Registered as `spacy_moee.vary_case.v1`.

    batcher (Callable): Makes the batches.
    lower (float): The share of docs in lower case.
    upper (float): The share of docs in upper case.
    RETURNS (Callable): The batcher.
    RAISES (MoeeError): M103, for invalid shares.
    """
    for argument, value in (("lower", lower), ("upper", upper)):
        valid = value >= 0 and lower + upper <= 1
        check_setting(valid, argument, NAME, "0 to 1, both together at most 1", value)

    def vary(example: Example) -> Example:
        draw = random.random()
        if draw < lower:
            return change_case(example, str.lower)
        return change_case(example, str.upper) if draw < lower + upper else example

    def vary_case(examples: Iterable[Example]) -> Iterator[List[Example]]:
        yield from batcher(vary(example) for example in examples)

    return vary_case


def change_case(example: Example, change: Callable[[str], str]) -> Example:
    """Change the case of an example, but not its tokenization and annotation.

    example (Example): The example.
    change (Callable[[str], str]): Changes a word, such as `str.lower`.
    RETURNS (Example): A new example.
    """
    predicted, reference = example.predicted, example.reference
    return Example(_change_doc(predicted, change), _change_doc(reference, change))


def _change_doc(doc: Doc, change: Callable[[str], str]) -> Doc:
    words = [change(token.text) for token in doc]
    known = not doc.has_unknown_spaces
    spaces = [bool(token.whitespace_) for token in doc] if known else None
    changed = Doc(doc.vocab, words=words, spaces=spaces, user_data=dict(doc.user_data))
    annotation: Any = doc.to_array(ANNOTATION)
    changed.from_array(ANNOTATION, annotation)
    changed.cats = dict(doc.cats)
    for key, group in doc.spans.items():
        spans = [
            Span(changed, s.start, s.end, s.label_, kb_id=s.kb_id_, span_id=s.id_)
            for s in group
        ]
        changed.spans[key] = spans
    return changed
