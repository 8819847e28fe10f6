"""What another model says of a doc: the probability of each tag of each token. It lies
in `doc.user_data`, so that a `.spacy` file keeps it, in half precision, and without the
tokens that are surely O, which are most.

A component learns from it where it stands on the reference of an example.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy
from numpy import ndarray
from spacy.attrs import ORTH
from spacy.tokens import Doc
from spacy.training import Example

from .errors import MoeeError
from .scheme import BEGIN, INSIDE, OUTSIDE

MARGINALS = "moee_marginals"


class Marginals(NamedTuple):
    """Probabilities of tags.

    labels (List[str]): The entity types, whose tags are numbered as in
        `spacy_moee.scheme`: O, then B and I of each type.
    values (ndarray): float32, shape [tokens, tags]; each row sums to 1.
    weight (float): How much a token counts in training, beside one with gold.
    teacher (str): What said it.
    """

    labels: List[str]
    values: ndarray
    weight: float = 1.0
    teacher: str = ""


def set_marginals(doc: Doc, marginals: Optional[Marginals]) -> None:
    """Write what `doc._.moee_marginals` reads.

    doc (Doc): The doc.
    marginals (Optional[Marginals]): The probabilities; None removes them.
    RAISES (MoeeError): M629, for what is none.
    """
    if marginals is None:
        doc.user_data.pop(MARGINALS, None)
        return
    labels, values, weight, teacher = marginals
    _check(doc, labels, numpy.asarray(values), weight)
    halves = numpy.asarray(values, dtype="float16")
    tokens = numpy.flatnonzero(halves[:, OUTSIDE] < 1)
    doc.user_data[MARGINALS] = {
        "labels": [*labels],
        "tokens": tokens.astype("int32"),
        "values": halves[tokens],
        "length": len(doc),
        "weight": float(weight),
        "teacher": teacher,
    }


def _check(doc: Doc, labels: Sequence[str], values: ndarray, weight: float) -> None:
    expected = len(doc), 2 * len(labels) + 1
    problem = ""
    if values.shape != expected:
        problem = f"their shape is {values.shape}, and not {expected}"
    elif not len({*labels}) == len(labels) > 0:
        problem = f"the entity types are {[*labels]}"
    elif not weight > 0:
        problem = f"the weight is {weight}, and not above 0"
    elif not (values >= 0).all() or (abs(values.sum(axis=1) - 1) > 0.01).any():
        problem = "a row is not of probabilities that sum to 1"
    if problem:
        raise MoeeError("M629", text=doc.text[:40], problem=problem)


def get_marginals(doc: Doc) -> Optional[Marginals]:
    """Read what another model says of a doc: `doc._.moee_marginals`.

    doc (Doc): The doc.
    RETURNS (Optional[Marginals]): The probabilities; None if nothing is said, or of
        other tokens.
    """
    found: Optional[Dict[str, Any]] = doc.user_data.get(MARGINALS)
    if found is None or found["length"] != len(doc):
        return None
    labels, rows = list(found["labels"]), found["values"].astype("float32")
    values = numpy.zeros((len(doc), 2 * len(labels) + 1), dtype="float32")
    values[:, OUTSIDE] = 1
    # half precision is not exact
    values[found["tokens"]] = rows / rows.sum(axis=1, keepdims=True)
    return Marginals(labels, values, found["weight"], found["teacher"])


def marginal_labels(doc: Doc) -> Sequence[str]:
    """Find the entity types that another model tells apart.

    doc (Doc): The doc.
    RETURNS (Sequence[str]): The types; nothing if nothing is said of the doc.
    """
    return doc.user_data.get(MARGINALS, {}).get("labels", ())


def read_marginals(
    example: Example, labels: Dict[str, int], name: str
) -> Optional[ndarray]:
    """Read what another model says of the reference of an example, for a component.

    example (Example): The example.
    labels (Dict[str, int]): The number of each entity type, from 0.
    name (str): The component's name, for errors.
    RETURNS (Optional[ndarray]): Probabilities times the weight of a token, shape
        [tokens, tags]; None if nothing is said.
    RAISES (MoeeError): M626 for other tokens, M627 for other entity types.
    """
    reference, predicted = example.reference, example.predicted
    if MARGINALS not in reference.user_data:
        return None
    found = get_marginals(reference)
    if found is None or not same_tokens(reference, predicted):
        raise MoeeError("M626", **describe_difference(reference, predicted))
    if {*found.labels} != labels.keys():
        types = {"found": sorted(found.labels), "expected": sorted(labels)}
        name = f"the component '{name}'"
        raise MoeeError("M627", teacher=found.teacher, name=name, **types)
    order = [OUTSIDE]
    for label in labels:
        number = found.labels.index(label)
        order += [2 * number + BEGIN, 2 * number + INSIDE]
    return found.values[:, order] * numpy.float32(found.weight)


def same_tokens(doc: Doc, other: Doc) -> bool:
    """Compare the tokens of two docs.

    doc (Doc): One.
    other (Doc): The other one.
    RETURNS (bool): Whether they are the same words.
    """
    if len(doc) != len(other):
        return False
    return numpy.array_equal(doc.to_array(ORTH), other.to_array(ORTH))


def describe_difference(doc: Doc, other: Doc) -> Dict[str, str]:
    """Say where the tokens of two docs differ.

    doc (Doc): The one with marginals.
    other (Doc): The other one.
    RETURNS (Dict[str, str]): The values in the message M626.
    """
    first, second = ([token.text for token in x] for x in (doc, other))
    pairs = enumerate(zip(first, second, strict=False))
    shorter = min(len(first), len(second))
    place = next((i for i, (a, b) in pairs if a != b), shorter)
    shown = (" ".join(words[place : place + 3]) for words in (first, second))
    return dict(zip(("found", "expected"), shown, strict=True))
