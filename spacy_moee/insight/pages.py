"""Docs with their entities as a web page, drawn by displaCy."""

from html import escape
from typing import Any, Dict, Iterable

from spacy import displacy
from spacy.tokens import Doc

PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  font-family: system-ui, sans-serif; color: #000; background: #fff;
}}
h1 {{ font-size: 1.2rem; }}
figure {{ margin: 0; padding: 1rem 0; border-top: 1px solid #ddd; }}
</style>
</head>
<body>
<h1>{title}</h1>
{docs}
</body>
</html>
"""


def entity_page(docs: Iterable[Doc], title: str) -> str:
    """Draw the entities of docs. spaCy's own `evaluate --displacy-path` draws entities
    only if a component was made by the factory "ner".

    docs (Iterable[Doc]): The docs.
    title (str): What they are.
    RETURNS (str): A page in HTML; texts, types and the title are escaped.
    """
    lang, figures = "", []
    for doc in docs:
        lang = doc.lang_
        drawn = displacy.render(_parse(doc), style="ent", manual=True, jupyter=False)
        figures.append(f"<figure>\n{drawn}\n</figure>")
    body = "\n".join(figures)
    return PAGE.format(lang=escape(lang), title=escape(title), docs=body)


def _parse(doc: Doc) -> Dict[str, Any]:
    # displaCy escapes the text and nothing else
    ents = [
        {"start": ent.start_char, "end": ent.end_char, "label": escape(ent.label_)}
        for ent in doc.ents
    ]
    settings = {"direction": doc.vocab.writing_system.get("direction", "ltr")}
    return {"text": doc.text, "ents": ents, "settings": settings}
