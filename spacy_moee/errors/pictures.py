"""Messages about pictures (M75)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    "M750": "There is no style '{found}'. Expected one of {expected}.",
    "M751": (
        "The doc '{text}' has no gates. Let the component write them before it reads "
        'the doc: `spacy.load(MODEL, config={{"components": {{"moee_ner": {{"gates": '
        "True}}}}}})`. Only networks with experts have gates."
    ),
    "M752": (
        "vmax is {found}; expected a number above 0: the weight from which on all "
        "colours are the same, such as 1.0 or 0.35."
    ),
    "M753": (
        "Can't draw an object of the type {found}. Expected a Doc, a Span, or several "
        "of them in a list."
    ),
    "M754": (
        "matplotlib, which draws PNG files, can't be imported: {problem}. Install it, "
        '`pip install "spacy-moee[insight]"`, or choose the style "svg" or "html".'
    ),
    "M755": (
        "The picture of {tokens} tokens would be {pixels} pixels large; a PNG has "
        '32,767 at most. Choose the style "html" or "svg", or draw a '
        "part of the doc, such as `doc[:500]`."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW75": (
        "Characters that no font has which matplotlib finds: {count} (the first: "
        "{first}). They are drawn as boxes. Install a font such as Noto Sans, or "
        'choose the style "svg" or "html", for which the fonts of the reader are used.'
    ),
}
