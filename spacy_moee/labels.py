"""Entity types: what can be one, and which there are."""

import re
from typing import Any, Collection, Dict, Iterable, List, Optional, Sequence, Set

from spacy.training import Example

from .errors import MoeeError
from .marginals import marginal_labels

NO_LABELS = {
    "O": "it is the tag of tokens outside of entities",
    "-": "it stands for a missing tag",
    "_": "it stands for a missing tag",
}
# E, L, S and U begin names such as E-mail, too
TAG = re.compile(r"[BI]-.|[BI]_[A-Z]|[ELSU][-_][A-Z]")


def check_label(label: str) -> None:
    """Check that a label can be an entity type. What looks like a tag can't: it is
    one that was taken for a type.

    label (str): The label.
    RAISES (MoeeError): M003, if it can't.
    """
    reason = ""
    if not isinstance(label, str):
        reason = "not a string (spaCy's E187)"
    elif not label.strip():
        reason = "empty" if not label else "white space"
    elif label != label.strip():
        reason = "there is white space at its edge"
    elif label.startswith("!"):
        reason = "a negative type, for which there is `incorrect_spans_key`"
    elif label in NO_LABELS:
        reason = NO_LABELS[label]
    elif TAG.match(label):
        reason = "it looks like a tag, a letter of a scheme with a type"
    if reason:
        raise MoeeError("M003", label=label, reason=reason)


def check_saved_labels(settings: Dict[str, Any], name: str) -> None:
    """Check what a component was saved with.

    settings (Dict[str, Any]): Its `cfg`.
    name (str): The component's name, for the error.
    RAISES (MoeeError): M003 or M021, for anything but entity types.
    """
    labels = settings.get("labels")
    if not isinstance(labels, list):
        raise MoeeError("M021", name=name, problem=f"{settings}"[:200])
    for label in labels:
        check_label(label)
    if len({*labels}) < len(labels):
        raise MoeeError("M021", name=name, problem=f"a type is twice in {labels}")


def find_labels(
    examples: Iterable[Example],
    known: Sequence[str],
    labels: Optional[Sequence[str]],
    name: str,
) -> List[str]:
    """Find the entity types to initialize with.

    examples (Iterable[Example]): The training data.
    known (Sequence[str]): The types that were added before.
    labels (Optional[Sequence[str]]): All types; None for those that were added,
        and then those of the data, sorted.
    name (str): The component's name, for the error.
    RETURNS (List[str]): The types, each once.
    RAISES (MoeeError): M003 and M006 for what are no labels, M007 if there is none.
    """
    if labels is None:
        found: Set[str] = set()
        for example in examples:
            found |= {ent.label_ for ent in example.reference.ents}
            found |= {*marginal_labels(example.reference)}
        labels = [*known, *sorted(found)]
    elif not isinstance(labels, (list, tuple)) or not all(
        isinstance(label, str) for label in labels
    ):
        raise MoeeError("M006", name=name, found=repr(labels))
    for label in labels:
        check_label(label)
    if not labels:
        raise MoeeError("M007", name=name)
    return list(dict.fromkeys(labels))


def find_new_types(
    examples: Iterable[Example], labels: Collection[str]
) -> Dict[str, str]:
    """Find the entity types of gold that a component does not know.

    examples (Iterable[Example]): The examples.
    labels (Collection[str]): The types that it knows.
    RETURNS (Dict[str, str]): The text of the first entity of each type, sorted by type.
    RAISES (MoeeError): M003, for what is no type.
    """
    found: Dict[str, str] = {}
    for example in examples:
        for ent in example.reference.ents:
            # one without a type is not gold
            if ent.label_ and ent.label_ not in labels:
                found.setdefault(ent.label_, ent.text)
    for label in found:
        check_label(label)
    return dict(sorted(found.items()))
