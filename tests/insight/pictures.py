"""Docs with gates that nobody had to train, and what a browser would see of them."""

from html.parser import HTMLParser
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy
from numpy import ndarray
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_moee.extensions import write_gates

LABELS = ["O", "LOC", "PER", "ORG", "MISC"]
EVIL = "<script>alert('x')</script>&\"{0}"
# elements of HTML that have no end tag
VOID = {"meta", "link", "br"}


def make_weights(n_tokens: int, n_experts: int = len(LABELS)) -> ndarray:
    rng = numpy.random.default_rng(n_tokens)
    return rng.dirichlet([0.3] * n_experts, n_tokens).astype("float32")


def make_doc(
    words: Sequence[str],
    ents: Optional[List[str]] = None,
    labels: Sequence[str] = LABELS,
    vocab: Optional[Vocab] = None,
) -> Doc:
    """A doc with random gates."""
    doc = Doc(vocab or Vocab(), words=[*words], ents=ents)
    write_gates(doc, labels, make_weights(len(doc), len(labels)))
    return doc


class Page(HTMLParser):
    """What a browser would see; what is not closed is an error.

    tags (List[str]): All elements. texts (List[str]): All texts. rows (List[List]): The
    cells of all tables. styles (List[str]): The style sheets.
    """

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: List[str] = []
        self.texts: List[str] = []
        self.rows: List[List[str]] = []
        self.styles: List[str] = []
        self.attributes: List[Tuple[str, Dict[str, Any]]] = []
        self._open: List[str] = []
        self.feed(markup)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Any]]) -> None:
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside == "style":
            self.styles.append(data)
            return
        self.texts.append(data)
        if inside in ("td", "th"):
            self.rows[-1][-1] += data
