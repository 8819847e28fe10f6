"""Messages about pictures (M75)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    "M750": "There is no style '{found}'. Expected one of {expected}.",
    "M751": (
        "The doc '{text}' has no gates, or was split into other tokens since. Let the "
        "component write them before it reads the text: set `gates = true` in its "
        "block of the config, or `nlp.get_pipe(NAME).gates = True`. Only networks with "
        "experts have gates."
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
    # M756 to M759: `spacy moee gates`
    "M756": "'{file}': expected a name that ends in one of {expected}.",
    "M757": (
        "Can't read the text: found {found}; expected some text in UTF-8. Give it in "
        "quotation marks, or give - and pipe it in: `cat FILE | python -m spacy moee "
        "gates MODEL -`."
    ),
    "M758": (
        "The pipeline '{model}' has no gates: found {found}; expected a moee_ner with "
        "experts, such as `spacy_moee.MoEETagger.v1` with experts = true."
    ),
    "M759": (
        "Can't serve the page on port {port}: {reason}. Name another one with --port "
        "(0 takes any that is free), or write a file with --output."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW75": (
        "Characters that no font has which matplotlib finds: {count} (the first: "
        "{first}). They are drawn as boxes. Install a font such as Noto Sans, or "
        'choose the style "svg" or "html", for which the fonts of the reader are used.'
    ),
}
