"""What displaCy does around a picture: docs and spans are read, pages are made, and a
notebook shows it."""

from html import escape
from typing import Any, Iterable, List, Union

from spacy import displacy
from spacy.tokens import Doc, Span
from spacy.util import is_in_jupyter

from ..errors import MoeeError

Docs = Union[Doc, Span, Iterable[Union[Doc, Span]]]
# colours of a page: light, dark
PAPER, INK = ("#fcfcfa", "#15181b"), ("#1d2329", "#e6e8ea")
MUTED, LINE = ("#5b6570", "#9aa4ad"), ("#dcdfe2", "#33393f")
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
PAGE = """<!DOCTYPE html>
<html lang="{lang}" dir="{dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{rules}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def set_both(name: str, colors: Iterable[str]) -> str:
    """Set a property of CSS for light and for dark pages; a browser that does not know
    `light-dark` takes the light ones.

    name (str): The property, such as "background".
    colors (Iterable[str]): The light and the dark value.
    RETURNS (str): Declarations.
    """
    light, dark = colors
    return f"{name}:{light};{name}:light-dark({light},{dark});"


def follow_themes(name: str) -> str:
    """Let a class be light or dark as the notebook or the editor that it is shown in,
    or else as its reader's system.

    name (str): The class.
    RETURNS (str): Rules of CSS.
    """
    themes = {
        "light": ('[data-jp-theme-light="true"]', ".vscode-light", "html[theme=light]"),
        "dark": ('[data-jp-theme-light="false"]', ".vscode-dark", "html[theme=dark]"),
    }
    rules = [f".{name}{{color-scheme:light dark}}"]
    for scheme, places in themes.items():
        selector = ",".join(f"{place} .{name}" for place in places)
        rules.append(f"{selector}{{color-scheme:{scheme}}}")
    return "\n".join(rules)


PAGE_RULES = (
    f"body{{max-width:60rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 {FONT};"
    f"{set_both('color', INK)}{set_both('background', PAPER)}}}\n"
    "h1{font-size:1.2rem}\n"
    "figure{margin:0}\n"
    "figure+figure{margin-top:1.5rem;padding-top:1.5rem;"
    f"border-top:1px solid;{set_both('border-color', LINE)}}}"
)


def read_docs(docs: Docs) -> List[Span]:
    """Read what displaCy takes.

    docs (Union[Doc, Span, Iterable[Union[Doc, Span]]]): Docs and parts of docs.
    RETURNS (List[Span]): A span for each.
    RAISES (MoeeError): M753, for anything else.
    """
    found: Any = [docs] if isinstance(docs, (Doc, Span)) else docs
    if isinstance(found, (str, bytes, dict)) or not isinstance(found, Iterable):
        raise MoeeError("M753", found=type(found).__name__)
    spans = []
    for item in found:
        if not isinstance(item, (Doc, Span)):
            raise MoeeError("M753", found=type(item).__name__)
        spans.append(item[:] if isinstance(item, Doc) else item)
    return spans


def direction_of(doc: Doc) -> str:
    """RETURNS (str): "ltr" or "rtl", as the doc's language is written."""
    return doc.vocab.writing_system.get("direction", "ltr")


def make_page(body: str, title: str, lang: str = "en", direction: str = "ltr") -> str:
    """Make a page that is light or dark as its reader likes it.

    body (str): Its markup.
    title (str): What is on it, not escaped.
    lang (str): Its language.
    direction (str): How that is written.
    RETURNS (str): HTML.
    """
    names = {"lang": escape(lang), "dir": escape(direction), "title": escape(title)}
    return PAGE.format(**names, rules=PAGE_RULES, body=body)


def show(picture: Union[str, bytes], jupyter: Any) -> Any:
    """Show a picture in a notebook as displaCy does, or return it.

    picture (Union[str, bytes]): Markup, or a PNG.
    jupyter (Optional[bool]): Whether this is a notebook; None finds out.
    RETURNS (Union[str, bytes, None]): The picture, or None if it is shown.
    """
    if isinstance(picture, str) and displacy.RENDER_WRAPPER is not None:
        picture = displacy.RENDER_WRAPPER(picture)
    if not (is_in_jupyter() if jupyter is None else jupyter):
        return picture
    from IPython.display import HTML, Image, display

    if isinstance(picture, bytes):
        return display(Image(picture))
    # or MathJax would read what stands between dollars
    return display(HTML(f'<div class="tex2jax_ignore">{picture}</div>'))
