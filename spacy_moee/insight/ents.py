"""Entities in their text with how sure each is, drawn by displaCy."""

from html import escape
from typing import Any, Dict, List, Optional

from spacy.displacy.render import EntityRenderer
from spacy.tokens import Span

# registers what entities say of themselves
from .. import extensions  # noqa: F401
from .display import Docs, direction_of, make_page, read_docs, show
from .texts import escape_text, replace_control

# below the first an entity is not sure, and below the second it is rather wrong
SURE, LIKELY = 0.9, 0.5
TITLE = "Entities"
NOTE = (
    f"<p>Numbers are probabilities. Pale: below {SURE:.2f}; dashed: below "
    f"{LIKELY:.2f}.</p>"
)
# after displaCy's own, without its white space: a label never stands alone on a line,
# nor does a comma after an entity
TEMPLATE = (
    '<mark class="entity moee-ent {look}" style="--moee-color:{bg}">{text}&nbsp;'
    '<span class="moee-label">{label}{score}{kb_link}</span></mark>'
)
SCORE = (
    '<span class="moee-read">, probability</span> <span class="moee-score">{}</span>'
)
# what is not sure lets the page shine through, light or dark, and has its ink
RULES = """
.moee-ents{margin-inline:0;overflow-wrap:anywhere}
.moee-ents .moee-ent{padding:.35em .5em;margin:0 .2em;line-height:1;color:#000;
border:2px solid var(--moee-color);border-radius:.35em;background:var(--moee-color);
box-decoration-break:clone;-webkit-box-decoration-break:clone}
.moee-ents .moee-likely,.moee-ents .moee-unsure{color:inherit;background:none;
background:color-mix(in srgb,var(--moee-color) 30%,transparent)}
.moee-ents .moee-unsure{border-style:dashed;
background:color-mix(in srgb,var(--moee-color) 10%,transparent)}
.moee-ents .moee-label{margin-inline-start:.15em;font-size:.8em;font-weight:bold;
vertical-align:middle;white-space:nowrap}
.moee-ents .moee-score{font-weight:normal;font-variant-numeric:tabular-nums}
.moee-ents .moee-read{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%);white-space:nowrap}
"""


def render_ents(
    docs: Docs,
    *,
    page: bool = False,
    jupyter: Optional[bool] = None,
    options: Optional[Dict[str, Any]] = None,
) -> str:
    """Draw entities as displaCy does, each with its probability, `ent._.moee_score`.
    One below 0.9 is pale, one below 0.5 has a dashed border, too; one without a number
    has none. In a notebook the picture is shown, and nothing is returned.

    docs (Union[Doc, Span, Iterable[Union[Doc, Span]]]): Docs, or parts of docs.
    page (bool): Make a whole page of the markup.
    jupyter (Optional[bool]): Whether this is a notebook; by default that is found out.
    options (Optional[Dict[str, Any]]): Those of displaCy for entities: "ents",
        "colors", "kb_url_template" and "template", which may have {score} and {look}.
    RETURNS (str): Markup.
    RAISES (MoeeError): M753, for what is no doc.
    """
    spans = read_docs(docs)
    markup = draw_ents(spans, options)
    if page:
        lang, direction = "en", "ltr"
        if spans:
            lang, direction = spans[0].doc.lang_, direction_of(spans[0].doc)
        body = f'<h1 lang="en" dir="ltr">{TITLE}</h1>\n{markup}\n{NOTE}'
        markup = make_page(body, TITLE, lang, direction)
    return show(markup, jupyter)


def draw_ents(spans: List[Span], options: Optional[Dict[str, Any]] = None) -> str:
    """Draw the entities of parts of docs.

    spans (List[Span]): The parts.
    options (Optional[Dict[str, Any]]): Those of displaCy.
    RETURNS (str): Markup, with the style that it needs.
    """
    options = {"template": TEMPLATE, **(options or {})}
    drawn = []
    for span in spans:
        # it takes the direction of the first doc for all
        markup = EntityRenderer(options).render([_parse(span, options)])
        lang = escape(span.doc.lang_)
        drawn.append(
            f'<figure class="moee-ents" lang="{lang}">{markup.strip()}</figure>'
        )
    return "\n".join([f"<style>{RULES}</style>", *drawn])


def _parse(span: Span, options: Dict[str, Any]) -> Dict[str, Any]:
    """What displaCy draws. It escapes the text and nothing else."""
    link = options.get("kb_url_template")
    first = span.start_char
    ents = [
        {
            "start": ent.start_char - first,
            "end": ent.end_char - first,
            "label": ent.label_,
            "kb_id": escape_text(ent.kb_id_),
            "kb_url": escape(link.format(ent.kb_id_)) if link else "#",
            "params": _describe(ent),
        }
        for ent in span.ents
    ]
    settings = {"lang": span.doc.lang_, "direction": direction_of(span.doc)}
    title = escape_text(str(span.doc.user_data.get("title") or ""))
    text = replace_control(span.text)
    return {"text": text, "ents": ents, "title": title, "settings": settings}


def _describe(ent: Span) -> Dict[str, str]:
    score = ent._.moee_score
    label = escape_text(ent.label_)
    if score is None:
        return {"label": label, "score": "", "look": "moee-unknown"}
    number = f"{score:.2f}"
    # of the number that is shown: one that reads 0.90 looks like 0.90
    look = "moee-sure" if float(number) >= SURE else "moee-likely"
    look = "moee-unsure" if float(number) < LIKELY else look
    return {"label": label, "score": SCORE.format(number), "look": look}
