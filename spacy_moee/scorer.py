"""The registered scorer."""

from typing import Any, Callable, Dict, Iterable

from spacy.scorer import get_ner_prf
from spacy.training import Example

from .tags import trim_entities


def moee_ner_score(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """Score entities as spaCy's `ner` does: exact matches of span and type. On gold
    tokens the counts are those of conlleval. White space at the edges of gold entities
    is ignored, because predicted entities have none.

    examples (Iterable[Example]): The examples to score.
    RETURNS (Dict[str, Any]): `ents_p`, `ents_r`, `ents_f` and `ents_per_type`; all are
        None without gold annotation.
    """
    return get_ner_prf(map(trim_gold, examples), **kwargs)


def trim_gold(example: Example) -> Example:
    """Remove white space from the edges of gold entities.

    example (Example): An example.
    RETURNS (Example): The example, or a new one if there is such white space.
    """
    reference = trim_entities(example.reference)
    if reference is example.reference:
        return example
    return Example(example.predicted, reference, alignment=example.alignment)


def make_moee_ner_scorer() -> Callable[..., Dict[str, Any]]:
    """Registered as `spacy_moee.moee_ner_scorer.v1`.

    RETURNS (Callable): `moee_ner_score`.
    """
    return moee_ner_score
