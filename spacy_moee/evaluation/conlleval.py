"""Counts of entities as the conlleval script of CoNLL-2003 makes them.

Written from its rule, apart from spaCy's scorer, to check it: it reads tags, not spans.
The prefixes S and U count as B, and E and L as I.
"""

from collections import Counter
from typing import Counter as CounterT
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from .counts import Counts

BEGIN, INSIDE = "BSU", "IEL"


def count_entities(
    gold: Iterable[List[str]], predicted: Iterable[List[str]]
) -> Dict[str, Counts]:
    """Count the entities of some sentences.

    gold (Iterable[List[str]]): The gold tags of each sentence.
    predicted (Iterable[List[str]]): The predicted ones.
    RETURNS (Dict[str, Counts]): The counts of each type.
    """
    n_correct: CounterT[str] = Counter()
    n_predicted: CounterT[str] = Counter()
    n_gold: CounterT[str] = Counter()
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        # the type of the two entities that began together and are still the same
        common: Optional[str] = None
        states = zip(_states(gold_tags), _states(predicted_tags), strict=True)
        for (starts, label), (also_starts, also_label) in states:
            n_gold[label] += starts
            n_predicted[also_label] += also_starts
            goes_on = bool(label) and not starts, bool(also_label) and not also_starts
            if common is not None and not all(goes_on):
                # at least one ends here; they are equal if both do
                n_correct[common] += not any(goes_on)
                common = None
            if starts and also_starts and label == also_label:
                common = label
    return {
        label: Counts(n_correct[label], n_predicted[label], n_gold[label])
        for label in sorted((n_gold | n_predicted).keys())
    }


def _states(tags: List[str]) -> Iterator[Tuple[bool, str]]:
    """Whether an entity starts at each token, and the type of the one that the token
    is in ("" for none); one token more ends the sentence."""
    before = ""
    for tag in [*tags, "O"]:
        prefix, _, label = tag.partition("-")
        if prefix not in BEGIN + INSIDE:
            label = ""
        starts = bool(label) and (prefix in BEGIN or label != before)
        yield starts, label
        before = label
