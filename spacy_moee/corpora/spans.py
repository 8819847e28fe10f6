"""Texts with character spans -> docs with entities.

The spaces of these docs are known, as their text is: in training and evaluation spaCy
tokenizes it again, with the tokenizer of the pipeline, and aligns the entities. A
pipeline of the same language gives the same tokens. A span that is not whole tokens, or
that overlaps a longer one, becomes no entity; its tokens get a missing annotation, so
that training does not learn them as O. Spans that were rejected are kept as such, in
docs without annotation.
"""

from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterable, List, Mapping, NamedTuple, Set

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans, get_words_and_spaces
from spacy.vocab import Vocab

from ..errors import MoeeError
from .formats.items import Annotated, Notice
from .formats.places import Place
from .offsets import Text, count_whole, locate, make_text
from .options import AUTO, CODE_POINTS, UTF16, Options
from .text import first_line

# the key of spans that are known to be no entities, as spaCy's documentation names it
INCORRECT = "incorrect_spans"


class Texts(NamedTuple):
    """Docs that were made from texts with spans.

    docs (List[Doc]): A doc for each text that is not blank.
    notices (List[Notice]): Spans that became no entities or were trimmed, and blank
        texts.
    unit (str): The unit of the offsets.
    whole (Dict[str, int]): For each unit, the number of spans that are whole tokens in
        it, of those for which the unit matters.
    """

    docs: List[Doc]
    notices: List[Notice]
    unit: str
    whole: Dict[str, int]


def make_docs(
    items: Iterable[Annotated],
    file: Path,
    options: Options,
    default: str = CODE_POINTS,
) -> Texts:
    """Turn texts with spans into docs with entities.

    items (Iterable[Annotated]): The texts of one file.
    file (Path): The file, for messages.
    options (Options): The options of the conversion.
    default (str): The unit to choose if as many spans are whole tokens in both.
    RETURNS (Texts): The docs, and notices of the other spans.
    RAISES (MoeeError): M336 for a label that can't be a type, M337 for tokens that do
        not match the text, M338 without a tokenizer, M339 for a text that it can't
        read.
    """
    texts: List[Text] = []
    notices: List[Notice] = []
    for item in items:
        if item.text.strip():
            texts.append(make_text(item, tokenize(item, file, options.vocab)))
        else:
            notices.append(Notice("empty", item.where, item.text))
    whole: Dict[str, int] = {
        name: count_whole(texts, name) for name in (CODE_POINTS, UTF16)
    }
    unit: str = options.offsets
    if unit == AUTO:
        unit = max(whole, key=lambda name: (whole[name], name == default))
    for text in texts:
        notices += _set_entities(text, file, unit, options.types)
    return Texts([text.doc for text in texts], notices, unit, whole)


def _set_entities(
    text: Text, file: Path, unit: str, types: Mapping[str, str]
) -> List[Notice]:
    """Set the entities of a doc, and list the spans that are left out or changed."""
    doc = text.doc
    notices: List[Notice] = []
    entities: Dict[Span, Notice] = {}
    unknown: Set[int] = set()
    for span in text.item.spans:
        label = types.get(span.label, span.label)
        if not label and span.label in types:
            continue
        Place(file, span.where).check_type(label)
        found = locate(text, span, unit)
        content = text.item.text[found.start : found.end]
        # the text between the parts of a span does not belong to it
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
    if text.item.rejected:
        doc.spans[INCORRECT] = [*entities]
        return notices
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

    item (Annotated): The text. If it has tokens, these are used.
    file (Path): The file, for messages.
    vocab (Vocab): The vocabulary of the doc, whose language has the tokenizer.
    RETURNS (Doc): The doc.
    RAISES (MoeeError): M337 for tokens that do not match the text, M338 without a
        tokenizer, M339 for a text that it can't read.
    """
    place = Place(file, item.where)
    if item.tokens is not None:
        try:
            words, spaces = get_words_and_spaces(item.tokens, item.text)
        except ValueError:
            raise place.error("M337", reason="they differ from the text") from None
        return Doc(vocab, words=words, spaces=spaces)
    nlp = _load_tokenizer(vocab)
    try:
        return nlp.make_doc(item.text)
    except Exception as err:  # some languages have tokenizers of other packages
        values = {"lang": nlp.lang, "length": len(item.text)}
        raise place.error("M339", **values, reason=first_line(err)) from err


@lru_cache(maxsize=1)
def _load_tokenizer(vocab: Vocab) -> Language:
    """Make a blank pipeline for a vocabulary, once for many files."""
    lang = vocab.lang or "xx"
    try:
        return spacy.blank(lang, vocab=vocab)
    except ImportError as err:
        raise MoeeError("M338", lang=lang, reason=first_line(err)) from err


def rename_entities(doc: Doc, types: Mapping[str, str], file: Path) -> None:
    """Rename the types of a doc's entities, and of spans that were rejected; the rest
    of the doc stays as it is.

    doc (Doc): The doc.
    types (Mapping[str, str]): New names for entity types. Entities of a type whose new
        name is empty are dropped, and their tokens become O.
    file (Path): The file of the doc, for the message.
    RAISES (MoeeError): M336 for a label that can't be a type.
    """
    renamed, dropped = [], []
    for ent in doc.ents:
        label = types.get(ent.label_, ent.label_)
        if label or ent.label_ not in types:
            Place(file, f"the entity {ent.text[:40]!r}").check_type(label)
            start, end, kb_id, span_id = ent.start, ent.end, ent.kb_id, ent.id
            renamed.append(Span(doc, start, end, label, kb_id=kb_id, span_id=span_id))
        else:
            dropped.append(ent)
    doc.set_ents(renamed, outside=dropped, default="unmodified")
    if rejected := doc.spans.get(INCORRECT):
        doc.spans[INCORRECT] = [
            Span(doc, span.start, span.end, types.get(span.label_, span.label_))
            for span in rejected
            if types.get(span.label_) != ""
        ]
