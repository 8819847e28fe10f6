"""Which expert speaks for each token: the heat map of the paper's Figure 2."""

import math
from numbers import Real
from typing import Any, List, Literal, Optional, overload

from spacy.tokens import Doc, Span, Token

from ..errors import MoeeError
from ..extensions import get_gates
from .display import Docs, direction_of, make_page, read_docs, show
from .gates_html import draw_html
from .gates_png import draw_png
from .gates_svg import draw_svg
from .tables import GateTable

STYLES = ("html", "svg", "png")
TITLE = "The gate's weight of each expert"


@overload
def render_gates(
    docs: Docs,
    style: Literal["html", "svg"] = "html",
    *,
    vmax: float = 1.0,
    page: bool = False,
    jupyter: Optional[bool] = None,
) -> str: ...


@overload
def render_gates(
    docs: Docs,
    style: Literal["png"],
    *,
    vmax: float = 1.0,
    page: bool = False,
    jupyter: Optional[bool] = None,
) -> bytes: ...


def render_gates(
    docs: Docs,
    style: str = "html",
    *,
    vmax: float = 1.0,
    page: bool = False,
    jupyter: Optional[bool] = None,
) -> Any:
    """Draw the gate's weights as the paper does in Figure 2: a row for each token, with
    the tag that is predicted, and a column for each expert. In a notebook the picture
    is shown, and nothing is returned.

    docs (Union[Doc, Span, Iterable[Union[Doc, Span]]]): Docs with gates, or parts of
        such docs.
    style (str): "html" for a table, "svg" or "png" for a picture.
    vmax (float): The weight from which on all colours are the same. With 0.35 a
        picture looks as in the paper.
    page (bool): Make a whole page of the markup. This changes nothing of a PNG.
    jupyter (Optional[bool]): Whether this is a notebook; by default that is found out.
    RETURNS (Union[str, bytes]): Markup, or the bytes of a PNG.
    RAISES (MoeeError): M750 for an unknown style, M751 for a doc without gates, M752
        for `vmax`, M753 for what is no doc, M754 and M755 if a PNG can't be drawn.
    """
    if style not in STYLES:
        raise MoeeError("M750", found=style, expected=", ".join(STYLES))
    check_vmax(vmax)
    tables = [read_table(span) for span in read_docs(docs)]
    if style == "png":
        return show(draw_png(tables, vmax), jupyter)
    draw = draw_svg if style == "svg" else draw_html
    markup = draw(tables, vmax)
    if page:
        markup = make_page(f"<h1>{TITLE}</h1>\n{markup}", TITLE)
    return show(markup, jupyter)


def check_vmax(vmax: Any) -> None:
    """See that a scale can end at a weight.

    vmax (float): The weight.
    RAISES (MoeeError): M752, if it can't.
    """
    is_number = isinstance(vmax, Real) and not isinstance(vmax, bool)
    if not is_number or not math.isfinite(vmax) or vmax <= 0:
        raise MoeeError("M752", found=repr(vmax))


def read_table(span: Span) -> GateTable:
    """Read what is drawn of a part of a doc. Raises M751."""
    doc = span.doc
    found = get_gates(doc)
    if found is None:
        raise MoeeError("M751", text=_shorten(doc))
    return GateTable(
        title=str(doc.user_data.get("title") or ""),
        lang=doc.lang_,
        direction=direction_of(doc),
        labels=found.labels,
        tokens=[token.text for token in span],
        tags=[_tag_of(token) for token in span],
        weights=found.weights[span.start : span.end],
    )


def _tag_of(token: Token) -> str:
    if not token.ent_iob:
        # spaCy's sign for tokens that nobody has annotated
        return "-"
    return f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type else "O"


def _shorten(doc: Doc) -> str:
    words: List[str] = [token.text for token in doc[:6]]
    return " ".join(words) + ("\u2026" if len(doc) > 6 else "")
