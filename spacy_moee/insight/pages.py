"""Docs with their entities as a web page."""

from html import escape
from typing import Iterable

from spacy.tokens import Doc

from .display import make_page, read_docs
from .ents import NOTE, draw_ents


def entity_page(docs: Iterable[Doc], title: str) -> str:
    """Draw the entities of docs with how sure each is. spaCy's own `evaluate
    --displacy-path` draws entities only if a component was made by the factory "ner".

    docs (Iterable[Doc]): The docs.
    title (str): What they are.
    RETURNS (str): A page in HTML; texts, types and the title are escaped.
    """
    spans = read_docs(docs)
    lang = spans[-1].doc.lang_ if spans else ""
    body = f"<h1>{escape(title)}</h1>\n{NOTE}\n{draw_ents(spans)}"
    return make_page(body, title, lang)
