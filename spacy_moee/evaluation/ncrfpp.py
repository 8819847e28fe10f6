"""Counts of entities as Jia et al. 2019 make them, with the scorer of NCRF++.

It reads BIOES tags more leniently than conlleval: an entity that a B opens goes to the
next E, of whatever type, over any I and O between, and ends before the next B or S. At
the end of the sentence, only the first token of it is left. An I or E that nothing has
opened is no entity. Both agree on legal sequences, such as those of predicted entities;
a gold file may have others.
"""

from collections import defaultdict
from typing import Dict, Iterable, List, NamedTuple, Sequence, Tuple

from spacy.training import Example

from .counts import Counts, on_gold_tokens


class Entity(NamedTuple):
    """An entity.

    label (str): Its type.
    place (Tuple[int, ...]): Its first and its last token; of an S, the token alone.
        NCRF++ compares these texts: an entity that is broken off after its first token
        is no single token.
    """

    label: str
    place: Tuple[int, ...]


def find_entities(tags: Iterable[str], first: int = 0) -> List[Entity]:
    """Read the entities of one sentence.

    tags (Iterable[str]): Its tags, in BIOES.
    first (int): The number of its first token.
    RETURNS (List[Entity]): The entities, in their order.
    """
    found: List[Entity] = []
    # of the entity that is open; no label is empty
    label, start = "", 0
    for number, tag in enumerate(tags, first):
        letter, _, type_ = tag.partition("-")
        if letter in ("B", "S") and label:
            found.append(Entity(label, (start, number - 1)))
        if letter == "B":
            label, start = type_, number
        elif letter == "S":
            label = ""
            found.append(Entity(type_, (number,)))
        elif letter == "E":
            found += [Entity(label, (start, number))] if label else []
            label = ""
    return found + ([Entity(label, (start,))] if label else [])


def predicted_entities(example: Example) -> List[Entity]:
    """Read the predicted entities of a doc.

    example (Example): Predicted and gold doc.
    RETURNS (List[Entity]): Those that lie on annotated tokens of the gold doc, with the
        numbers of these.
    """
    places = (on_gold_tokens(example, entity) for entity in example.predicted.ents)
    return [
        Entity(label, (start, end - 1) if end - start > 1 else (start,))
        for label, start, end in filter(None, places)
    ]


def count_entities(
    gold: Sequence[Iterable[Entity]], predicted: Sequence[Iterable[Entity]]
) -> Dict[str, Counts]:
    """Count the entities of some docs.

    gold (Sequence[Iterable[Entity]]): The gold ones of each doc.
    predicted (Sequence[Iterable[Entity]]): The predicted ones of each.
    RETURNS (Dict[str, Counts]): The counts of each type.
    """
    counts: Dict[str, List[int]] = defaultdict(lambda: [0, 0, 0])
    for one, two in zip(map(set, gold), map(set, predicted), strict=True):
        for column, entities in enumerate((one & two, two, one)):
            for entity in entities:
                counts[entity.label][column] += 1
    return {label: Counts(*count) for label, count in sorted(counts.items())}
