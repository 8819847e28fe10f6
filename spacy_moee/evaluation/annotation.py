"""How far a file is annotated with entities."""

from typing import Iterable, NamedTuple

from spacy.attrs import ENT_IOB, IS_SPACE
from spacy.training import Example


class Annotation(NamedTuple):
    """Counts of a file; white space is no token here.

    docs (int): Docs.
    tokens (int): Tokens.
    annotated (int): Tokens that are known to be in an entity, or in none.
    entities (int): Entities.
    """

    docs: int
    tokens: int
    annotated: int
    entities: int


def count_annotation(examples: Iterable[Example]) -> Annotation:
    """Count what is annotated.

    examples (Iterable[Example]): The examples of a file.
    RETURNS (Annotation): The counts.
    """
    docs = tokens = annotated = entities = 0
    for example in examples:
        gold = example.reference
        columns = gold.to_array([ENT_IOB, IS_SPACE]).reshape(len(gold), 2)
        iob = columns[columns[:, 1] == 0, 0]
        docs += 1
        tokens += len(iob)
        annotated += int((iob != 0).sum())
        entities += len(gold.ents)
    return Annotation(docs, tokens, annotated, entities)
