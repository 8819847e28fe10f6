"""What goes wrong: kinds of errors, what is confused with what, and the names that are
wrong most often, each with a sentence."""

from collections import Counter
from typing import Counter as CounterT
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc
from spacy.training import Example

from ..scorer import trim_gold
from .contexts import Piece, find_context, short_text
from .counts import on_gold_tokens
from .pairs import CORRECT, KINDS, MISSED, Entity, Pair, pair_entities

# names of each list: more than are shown, so that the lists of seeds can be added up
KEPT = 100
# what the same names have in common: the first fields of `Name`
Key = Tuple[str, str, str, Optional[str]]


class Name(NamedTuple):
    """A name with which something goes wrong.

    text (str): The name: as it was predicted, or, if it was missed, as it is annotated.
    label (str): Its type there.
    kind (str): What is wrong, of `pairs.KINDS`.
    gold (Optional[str]): The type that is annotated; None if there is no entity.
    number (int): How often.
    context (List[Piece]): The first sentence where it is so.
    """

    text: str
    label: str
    kind: str
    gold: Optional[str]
    number: int
    context: List[Piece]


class ErrorAnalysis(NamedTuple):
    """What became of the entities of a test set.

    kinds (Dict[str, int]): How many pairs there are of each of `pairs.KINDS`.
    confusion (Dict[Tuple[Optional[str], Optional[str]], int]): How many pairs there are
        of each gold and each predicted type, whatever their borders; None for nothing.
    false (List[Name]): The most frequent names that are predicted and wrong.
    missed (List[Name]): Those that are annotated and that no prediction stands for.
    """

    kinds: Dict[str, int]
    confusion: Dict[Tuple[Optional[str], Optional[str]], int]
    false: List[Name]
    missed: List[Name]


def analyse_errors(examples: Iterable[Example], kept: int = KEPT) -> ErrorAnalysis:
    """Find out what goes wrong. What is compared is what `spacy_counts` counts: what is
    predicted, on the tokens of the gold doc and where that is annotated.

    examples (Iterable[Example]): Predicted and gold docs of the same texts.
    kept (int): The most names of a list.
    RETURNS (ErrorAnalysis): It. Names that are as frequent are in the order of the
        texts.
    """
    kinds = dict.fromkeys(KINDS, 0)
    confusion: CounterT[Tuple[Optional[str], Optional[str]]] = Counter()
    counts: CounterT[Key] = Counter()
    contexts: Dict[Key, List[Piece]] = {}
    for example in map(trim_gold, examples):
        doc = example.reference
        for pair in pair_entities(*_entities(example)):
            gold, predicted = pair
            kinds[pair.kind] += 1
            confusion[gold and gold.label, predicted and predicted.label] += 1
            if pair.kind != CORRECT:
                key = _name(doc, pair)
                counts[key] += 1
                if key not in contexts:
                    contexts[key] = find_context(doc, gold, predicted)
    found = [Name(*key, n, contexts[key]) for key, n in counts.most_common()]
    false = [name for name in found if name.kind != MISSED]
    missed = [name for name in found if name.kind == MISSED]
    return ErrorAnalysis(kinds, dict(confusion), false[:kept], missed[:kept])


def _entities(example: Example) -> Tuple[Sequence[Entity], Sequence[Entity]]:
    """The gold and the predicted ones, on the tokens of the gold doc."""
    if not example.reference.has_annotation("ENT_IOB"):
        return [], []
    gold = [Entity(e.label_, e.start, e.end) for e in example.reference.ents]
    places = (on_gold_tokens(example, entity) for entity in example.predicted.ents)
    return gold, [Entity(*place) for place in places if place]


def _name(doc: Doc, pair: Pair) -> Key:
    gold, predicted = pair
    shown = predicted or gold
    assert shown is not None
    text = short_text(doc[shown.start : shown.end].text)
    return text, shown.label, pair.kind, gold and gold.label
