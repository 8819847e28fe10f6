"""What the component says beside entities, and what it is told of a text: where it lies
on a doc, and the extension attributes for it. They are there as soon as this module is
imported, which the component does: so a `DocBin` is read without a pipeline."""

from bisect import bisect_left
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, cast

from numpy import ndarray
from spacy.tokens import Doc, Span, SpanGroup, Token

from .errors import MoeeError
from .marginals import MARGINALS, get_marginals, set_marginals

SCORES = "scores"
DETECTION = "detection"
# who wrote a group: spans of another component have scores, too
PIPE = "pipe"
# where its entities lie that have no score
UNSCORED = "unscored"
GATES = "moee_gates"
# what kind of text a doc is, for models that tell two domains apart
DOMAIN = "moee_domain"
SOURCE, TARGET = DOMAINS = ("source", "target")
# text without annotation, to learn its words from
RAW = "moee_raw"


class Gates(NamedTuple):
    """The weights of the experts.

    labels (List[str]): What each expert is for: first "O", no entity; then the entity
        types.
    weights (ndarray): float32, shape [tokens, experts]; each row sums to 1.
    """

    labels: List[str]
    weights: ndarray


def write_scores(
    doc: Doc,
    key: str,
    spans: Sequence[Span],
    scores: ndarray,
    detection: Optional[ndarray],
    pipe: str,
    unscored: Sequence[Span] = (),
) -> None:
    """Write the entities that have a score to `doc.spans[key]`.

    doc (Doc): The doc.
    key (str): The key.
    spans (Sequence[Span]): Entities, in the order of the doc.
    scores (ndarray): The probability of each, float32.
    detection (Optional[ndarray]): That of entity detection, if there is one.
    pipe (str): The component's name.
    unscored (Sequence[Span]): The entities that it found and that have no score, whose
        tokens alone are kept: it knows them again as its own.
    """
    attrs: Dict[str, Any] = {SCORES: scores, PIPE: pipe}
    if unscored:
        attrs[UNSCORED] = [[span.start, span.end] for span in unscored]
    if detection is not None:
        attrs[DETECTION] = detection
    doc.spans[key] = SpanGroup(doc, name=key, spans=spans, attrs=attrs)


def write_gates(doc: Doc, labels: Sequence[str], weights: ndarray) -> None:
    """Write what `doc._.moee_gates` reads.

    doc (Doc): The doc.
    labels (Sequence[str]): What each expert is for.
    weights (ndarray): float32, shape [tokens, experts].
    """
    doc.user_data[GATES] = {"labels": [*labels], "weights": weights}


def get_gates(doc: Doc) -> Optional[Gates]:
    """Read the weights of the experts: `doc._.moee_gates`.

    doc (Doc): The doc.
    RETURNS (Optional[Gates]): The weights; None if they were not computed, or are those
        of other tokens.
    """
    found = doc.user_data.get(GATES)
    if found is None or len(found["weights"]) != len(doc):
        return None
    return Gates(list(found["labels"]), found["weights"])


def _get_token_gates(token: Token) -> Optional[Dict[str, float]]:
    gates = get_gates(token.doc)
    if gates is None:
        return None
    return dict(zip(gates.labels, gates.weights[token.i].tolist(), strict=True))


def get_score(span: Span) -> Optional[float]:
    """Read the probability of an entity: `ent._.moee_score`.

    span (Span): The entity.
    RETURNS (Optional[float]): The probability; None if it was not computed.
    """
    return _find(span, SCORES)


def get_detection(span: Span) -> Optional[float]:
    """Read the probability that the tokens are an entity of whatever type:
    `ent._.moee_detection`.

    span (Span): The entity.
    RETURNS (Optional[float]): The probability; None if it was not computed.
    """
    return _find(span, DETECTION)


def _find(span: Span, name: str) -> Optional[float]:
    for group in span.doc.spans.values():
        if PIPE not in group.attrs or name not in group.attrs:
            continue
        # the spans are in the order of the doc
        first = bisect_left(group, span.start, key=lambda other: other.start)
        if first < len(group) and _is_same(group[first], span):
            return float(group.attrs[name][first])
    return None


def get_domain(doc: Doc) -> Optional[str]:
    """Read the domain of a doc: `doc._.moee_domain`.

    doc (Doc): The doc.
    RETURNS (Optional[str]): "source" or "target"; None for the model's own default.
    RAISES (MoeeError): M605, for another domain.
    """
    domain = doc.user_data.get(DOMAIN)
    if domain not in (None, *DOMAINS):
        raise MoeeError("M605", found=domain, expected=", ".join(DOMAINS))
    return cast(Optional[str], domain)


def set_domain(doc: Doc, domain: Optional[str]) -> None:
    """Write what `doc._.moee_domain` reads.

    doc (Doc): The doc.
    domain (Optional[str]): "source" or "target"; None for the model's own default.
    RAISES (MoeeError): M605, for another domain.
    """
    if domain is None:
        doc.user_data.pop(DOMAIN, None)
    elif domain in DOMAINS:
        doc.user_data[DOMAIN] = domain
    else:
        raise MoeeError("M605", found=domain, expected=", ".join(DOMAINS))


def is_raw(doc: Doc) -> bool:
    """Whether a doc is text without annotation: `doc._.moee_raw`.

    doc (Doc): The doc.
    RETURNS (bool): Whether models learn from its words alone.
    """
    return bool(doc.user_data.get(RAW))


def set_raw(doc: Doc, raw: bool) -> None:
    """Write what `doc._.moee_raw` reads.

    doc (Doc): The doc.
    raw (bool): Whether models learn from its words alone.
    """
    if raw:
        doc.user_data[RAW] = True
    else:
        doc.user_data.pop(RAW, None)


def _is_same(a: Span, b: Span) -> bool:
    # whatever an entity linker has added
    return (a.start, a.end, a.label) == (b.start, b.end, b.label)


def _register() -> None:
    # forced, since the module may be imported again
    Doc.set_extension(GATES, getter=get_gates, force=True)
    Doc.set_extension(DOMAIN, getter=get_domain, setter=set_domain, force=True)
    Doc.set_extension(RAW, getter=is_raw, setter=set_raw, force=True)
    Doc.set_extension(MARGINALS, getter=get_marginals, setter=set_marginals, force=True)
    Token.set_extension(GATES, getter=_get_token_gates, force=True)
    Span.set_extension("moee_score", getter=get_score, force=True)
    Span.set_extension("moee_detection", getter=get_detection, force=True)


_register()
