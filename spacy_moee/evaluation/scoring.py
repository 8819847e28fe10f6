"""spaCy's scorer, which conlleval's count has to agree with."""

from pathlib import Path
from typing import Any, Collection, Dict, Iterable, List

import numpy
from spacy.attrs import ENT_IOB, ORTH
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import MoeeError
from ..scorer import trim_gold
from .conlleval import count_entities
from .counts import Counts, sum_counts

ALL = "all entities"
# points of percent
TOLERANCE = 1e-6


class CheckedScorer(Scorer):
    """Scores as spaCy does, for `nlp.evaluate`, and keeps what it scored.

    nlp (Language): The pipeline.
    file (Path): What the examples are from, for the message.
    gold_types (bool): Score only the types that the gold annotation has: predictions
        of others are dropped.
    """

    def __init__(self, nlp: Language, file: Path, gold_types: bool = False) -> None:
        super().__init__(nlp)
        self.file = file
        self.gold_types = gold_types
        self.examples: List[Example] = []

    def score(
        self, examples: Iterable[Example], *, per_component: bool = False
    ) -> Dict[str, Any]:
        """Score, and count once more.

        examples (Iterable[Example]): Predicted and gold docs.
        per_component (bool): As spaCy has it.
        RETURNS (Dict[str, Any]): The scores.
        RAISES (MoeeError): M721, if the two disagree.
        """
        self.examples = list(examples)
        if self.gold_types:
            types = {e.label_ for eg in self.examples for e in eg.reference.ents}
            for example in self.examples:
                keep_types(example.predicted, types)
        scores = super().score(self.examples, per_component=per_component)
        if not per_component:
            self._check(scores)
        return scores

    def _check(self, scores: Dict[str, Any]) -> None:
        chosen = [example for example in self.examples if is_comparable(example)]
        if not chosen:
            return
        if len(chosen) < len(self.examples):
            scores = super().score(chosen)
        counts = count_entities(
            [iob_tags(example.reference) for example in chosen],
            [iob_tags(example.predicted) for example in chosen],
        )
        check_scores(self.file, scores, counts)


def check_scores(file: Path, scores: Dict[str, Any], counts: Dict[str, Counts]) -> None:
    """See that scores of entities are those that counts give.

    file (Path): What was scored.
    scores (Dict[str, Any]): What spaCy's scorer returned.
    counts (Dict[str, Counts]): Counts of each type.
    RAISES (MoeeError): M721, if they are not.
    """
    per_type = scores.get("ents_per_type") or {}
    rows = {
        repr(label): (per_type.get(label, {}), counts.get(label, Counts(0, 0, 0)))
        for label in sorted({*counts, *per_type})
    }
    total = {key: scores.get(f"ents_{key}") for key in "prf"}
    for what, (of_scorer, count) in {ALL: (total, sum_counts(counts)), **rows}.items():
        found = [100 * (of_scorer.get(key) or 0.0) for key in "prf"]
        expected = [count.precision, count.recall, count.f1]
        if not numpy.allclose(found, expected, rtol=0, atol=TOLERANCE):
            shown = [" / ".join(f"{x:.2f}" for x in row) for row in (found, expected)]
            values = {"file": file, "what": what, "found": shown[0]}
            raise MoeeError("M721", **values, expected=shown[1])


def is_comparable(example: Example) -> bool:
    """Whether the two count the same: both docs have the same tokens, each is annotated
    in the gold one, and no gold entity has white space at its edges. spaCy's scorer
    knows rules for all else, of which conlleval knows nothing.

    example (Example): Predicted and gold doc.
    RETURNS (bool): Whether it can be counted by conlleval's rule.
    """
    found, gold = example.predicted, example.reference
    if len(found) != len(gold) or not len(gold):
        return False
    same = numpy.array_equal(found.to_array(ORTH), gold.to_array(ORTH))
    is_whole = bool((gold.to_array(ENT_IOB) != 0).all())
    return same and is_whole and trim_gold(example) is example


def iob_tags(doc: Doc) -> List[str]:
    """Write the entities of a doc as tags. RETURNS (List[str]): IOB2, one a token."""
    return [f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc]


def keep_types(doc: Doc, types: Collection[str]) -> None:
    """Let a doc have no entity of another type; what nobody has annotated stays so.

    doc (Doc): The doc.
    types (Collection[str]): The entity types that stay.
    """
    dropped = [entity for entity in doc.ents if entity.label_ not in types]
    doc.set_ents([], outside=dropped, default="unmodified")
