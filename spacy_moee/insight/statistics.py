"""What a corpus holds, as far as entities are concerned."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple
from typing import Counter as CounterT

from numpy import ndarray
from spacy.strings import get_string_id
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vectors import BaseVectors, Vectors

from ..evaluation.annotation import count_annotation
from ..padding import Windows

# what of a doc a network reads at once
Segmenter = Callable[[Doc], Windows]
# what can be wrong with an entity
SPACE, PUNCT, CROSSING = "space", "punct", "crossing"
HIDDEN, MISALIGNED = "hidden", "misaligned"
# cases that are shown
SHOWN = 3


@dataclass
class Cases:
    """Something that happens now and then.

    count (int): How often.
    first (List[str]): The first times.
    """

    count: int = 0
    first: List[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Count one more. text (str): What is shown of it."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(text)


@dataclass
class Statistics:
    """Counts of a corpus.

    name (str): What it is called.
    docs, tokens (int): Docs and tokens, white space included.
    lengths (List[int]): The tokens of each doc.
    missing (int): Tokens, white space left out, of which nothing is known.
    types (Counter): Entities of each type.
    without (int): Docs without an entity.
    texts (List[str]): The text of each doc.
    cased, lower, upper (int): Docs with letters that have a case; those with lower case
        only, and with upper case only.
    cases (Dict[str, Cases]): Entities with a problem, by its kind.
    """

    name: str
    docs: int = 0
    tokens: int = 0
    lengths: List[int] = field(default_factory=list)
    missing: int = 0
    types: CounterT[str] = field(default_factory=Counter)
    without: int = 0
    texts: List[str] = field(default_factory=list)
    cased: int = 0
    lower: int = 0
    upper: int = 0
    cases: Dict[str, Cases] = field(default_factory=dict)

    def add_case(self, kind: str, ent: Span, more: str = "") -> None:
        """Count an entity with a problem. more (str): What else is shown."""
        text = " ".join(ent.text.split())
        shown = f"{text!r} ({ent.label_}){more}"
        self.cases.setdefault(kind, Cases()).add(shown)

    def get_cases(self, kind: str) -> Cases:
        """RETURNS (Cases): The entities with a problem of a kind."""
        return self.cases.get(kind, Cases())


class Words(NamedTuple):
    """Words and their vectors.

    counts (Counter[str]): How often each word occurs.
    unknown (Counter[str]): Those without a vector.
    in_lower_case (int): Tokens of these that have one in lower case.
    """

    counts: CounterT[str]
    unknown: CounterT[str]
    in_lower_case: int


def count_words(
    docs: Iterable[Doc], keys_of: Callable[[Doc], ndarray], vectors: BaseVectors
) -> Words:
    """Look all words up.

    docs (Iterable[Doc]): The docs.
    keys_of (Callable[[Doc], ndarray]): What is looked up for a doc: hashes, shape
        [tokens, lookups].
    vectors (BaseVectors): The word vectors.
    RETURNS (Words): The counts. White space counts as no word.
    """
    found = Words(Counter(), Counter(), 0)
    known: Dict[str, bool] = {}
    for doc in docs:
        for token, keys in zip(doc, keys_of(doc).tolist(), strict=True):
            if token.is_space:
                continue
            if token.text not in known:
                known[token.text] = any(key in vectors for key in keys)
            found.counts[token.text] += 1
            found.unknown[token.text] += not known[token.text]
    unknown = +found.unknown
    lower = (n for w, n in unknown.items() if get_string_id(w.lower()) in vectors)
    in_lower_case = sum(lower) if isinstance(vectors, Vectors) else 0
    return Words(found.counts, unknown, in_lower_case)


def collect(
    name: str, examples: Iterable[Example], segmenters: Sequence[Segmenter] = ()
) -> Statistics:
    """Count what a corpus holds.

    name (str): What it is called.
    examples (Iterable[Example]): Its examples, as a pipeline reads them.
    segmenters (Sequence[Segmenter]): What cuts docs into windows, for each component.
    RETURNS (Statistics): The counts.
    """
    found = Statistics(name)
    for example in examples:
        doc, gold = example.predicted, example.reference
        found.docs += 1
        found.tokens += len(doc)
        found.lengths.append(len(doc))
        found.texts.append(gold.text)
        counts = count_annotation([example])
        found.missing += counts.tokens - counts.annotated
        found.without += not gold.ents
        _count_case(found, gold.text)
        windows = [cut(doc) for cut in segmenters] if gold.ents else []
        for ent in gold.ents:
            found.types[ent.label_] += 1
            _look_at_edges(found, ent)
            _look_for_it(found, example, ent, windows)
    return found


def _count_case(found: Statistics, text: str) -> None:
    lower, upper = text.lower(), text.upper()
    if lower != upper:
        found.cased += 1
        found.lower += text == lower
        found.upper += text == upper


def _look_at_edges(found: Statistics, ent: Span) -> None:
    edges = ent[0], ent[-1]
    if any(token.is_space for token in edges):
        found.add_case(SPACE, ent)
    elif any(token.is_punct for token in edges):
        found.add_case(PUNCT, ent)
    # None is unknown
    if any(token.is_sent_start is True for token in ent[1:]):
        found.add_case(CROSSING, ent)


def _look_for_it(
    found: Statistics, example: Example, ent: Span, windows: List[Windows]
) -> None:
    """See whether an entity is one for the pipeline, and whole in some window."""
    spans: List[Span] = example.get_aligned_spans_y2x([ent], allow_overlap=True)
    if not spans:
        doc = example.predicted
        around = doc.char_span(ent.start_char, ent.end_char, alignment_mode="expand")
        tokens = [token.text for token in around] if around is not None else []
        found.add_case(MISALIGNED, ent, f" in the tokens {tokens}" if tokens else "")
        return
    start, end = spans[0].start, spans[0].end
    if any(not _is_whole(bounds, (start, end)) for bounds in windows):
        found.add_case(HIDDEN, ent)


def _is_whole(windows: Windows, span: Tuple[int, int]) -> bool:
    return bool(((windows.start <= span[0]) & (span[1] <= windows.end)).any())
