"""Texts with character spans -> docs with entities.

The spaces of these docs are known, since their text is: spaCy tokenizes it anew in
training and evaluation, with the tokenizer of the pipeline, and aligns the entities.
In a pipeline of the same language that gives the same tokens. A span that is not whole
tokens becomes no entity, and neither does one that overlaps a longer one; its tokens
get a missing annotation, so that they are not taught as O.
"""

from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Set

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans, get_words_and_spaces
from spacy.vocab import Vocab

from ..errors import MoeeError
from .formats.checks import check_type
from .formats.items import CODE_POINTS, UTF16, Annotated, Notice
from .offsets import Text, count_whole, locate, make_text

AUTO = "auto"
UNITS = (AUTO, CODE_POINTS, UTF16)


class Texts(NamedTuple):
    """What became of texts with spans.

    docs (List[Doc]): A doc for each text that is not blank.
    notices (List[Notice]): Spans that became no entities or were trimmed, and texts
        that are blank.
    unit (str): What the offsets were taken to count.
    whole (Dict[str, int]): For each unit, how many spans are whole tokens in it, of
        those that the units place differently.
    """

    docs: List[Doc]
    notices: List[Notice]
    unit: str
    whole: Dict[str, int]


def make_docs(
    items: Iterable[Annotated],
    file: Path,
    vocab: Vocab,
    *,
    types: Optional[Mapping[str, str]] = None,
    unit: str = AUTO,
    default: str = CODE_POINTS,
) -> Texts:
    """Turn texts with spans into docs with entities.

    items (Iterable[Annotated]): The texts of one file.
    file (Path): The file, for messages.
    vocab (Vocab): The vocabulary of the docs, whose language has the tokenizer.
    types (Optional[Mapping[str, str]]): New names for entity types; "" drops a type.
    unit (str): What offsets count, "code-points" or "utf-16"; or "auto" for the one in
        which more spans are whole tokens.
    default (str): The unit that is taken if as many are in both.
    RETURNS (Texts): The docs, and what else became of the spans.
    RAISES (MoeeError): M336 a label that can't be a type, M337 tokens that do not make
        up the text, M338 no tokenizer, M339 a text that it can't read.
    """
    texts: List[Text] = []
    notices: List[Notice] = []
    for item in items:
        if item.text.strip():
            texts.append(make_text(item, tokenize(item, file, vocab)))
        else:
            notices.append(Notice("empty", item.where, item.text))
    whole = {name: count_whole(texts, name) for name in (CODE_POINTS, UTF16)}
    if unit == AUTO:
        unit = max(whole, key=lambda name: (whole[name], name == default))
    for text in texts:
        notices += _set_entities(text, file, unit, types or {})
    return Texts([text.doc for text in texts], notices, unit, whole)


def _set_entities(
    text: Text, file: Path, unit: str, types: Mapping[str, str]
) -> List[Notice]:
    """Give a doc its entities, and tell which spans are left out."""
    doc = text.doc
    notices: List[Notice] = []
    entities: Dict[Span, Notice] = {}
    unknown: Set[int] = set()
    for span in text.item.spans:
        label = types.get(span.label, span.label)
        if not label and span.label in types:
            continue
        check_type(file, span.where, label)
        found = locate(text, span, unit)
        content = text.item.text[found.start : found.end]
        # what lies between the parts of a span is not its text
        shown = span.quote if span.flaw and span.quote else content
        notice = Notice(found.flaw, span.where, shown, span.label)
        if found.tokens is None:
            notices.append(notice)
            touched = doc.char_span(found.start, found.end, alignment_mode="expand")
            unknown.update(range(touched.start, touched.end) if touched else ())
            continue
        if found.is_trimmed:
            notices.append(notice._replace(kind="trimmed"))
        entity = Span(doc, found.tokens.start, found.tokens.end, label=label)
        entities.setdefault(entity, notice._replace(kind="overlapping"))
    kept = filter_spans(entities)
    left_out = set(entities).difference(kept)
    for entity in filter(left_out.__contains__, entities):
        notices.append(entities[entity])
        unknown.update(range(entity.start, entity.end))
    unknown -= {i for entity in kept for i in range(entity.start, entity.end)}
    missing = [doc[i : i + 1] for i in sorted(unknown)]
    default = "outside" if text.item.complete else "missing"
    doc.set_ents(kept, missing=missing, default=default)
    return notices


def tokenize(item: Annotated, file: Path, vocab: Vocab) -> Doc:
    """Make the doc of a text.

    item (Annotated): The text. If it has tokens, they are used.
    file (Path): The file, for messages.
    vocab (Vocab): The vocabulary of the doc, whose language has the tokenizer.
    RETURNS (Doc): The doc.
    RAISES (MoeeError): M337 tokens that do not make up the text, M338 no tokenizer,
        M339 a text that it can't read.
    """
    if item.tokens is not None:
        try:
            words, spaces = get_words_and_spaces(item.tokens, item.text)
        except ValueError:
            reason = "they are not those of the text"
            where = item.where
            raise MoeeError("M337", file=file, where=where, reason=reason) from None
        return Doc(vocab, words=words, spaces=spaces)
    nlp = _load_tokenizer(vocab)
    try:
        return nlp.make_doc(item.text)
    # tokenizers have many authors, and so do their errors
    except Exception as err:
        raise MoeeError(
            "M339",
            file=file,
            where=item.where,
            lang=nlp.lang,
            length=len(item.text),
            reason=_first_line(err),
        ) from err


@lru_cache(maxsize=1)
def _load_tokenizer(vocab: Vocab) -> Language:
    """Make the blank pipeline of a vocabulary, once for many files."""
    lang = vocab.lang or "xx"
    try:
        return spacy.blank(lang, vocab=vocab)
    except ImportError as err:
        raise MoeeError("M338", lang=lang, reason=_first_line(err)) from err


def _first_line(err: Exception) -> str:
    return str(err).split("\n")[0] or type(err).__name__


def rename_entities(doc: Doc, types: Mapping[str, str], file: Path) -> None:
    """Rename the types of a doc's entities; all else stays as it is.

    doc (Doc): The doc.
    types (Mapping[str, str]): New names for entity types. Entities of a type whose new
        name is empty are dropped, and their tokens are outside.
    file (Path): The file that has the doc, for the message.
    RAISES (MoeeError): M336 for a label that can't be a type.
    """
    renamed, dropped = [], []
    for ent in doc.ents:
        label = types.get(ent.label_, ent.label_)
        if label or ent.label_ not in types:
            where = f"the entity {ent.text[:40]!r}"
            check_type(file, where, label)
            start, end, kb_id, span_id = ent.start, ent.end, ent.kb_id, ent.id
            renamed.append(Span(doc, start, end, label, kb_id=kb_id, span_id=span_id))
        else:
            dropped.append(ent)
    doc.set_ents(renamed, outside=dropped, default="unmodified")
