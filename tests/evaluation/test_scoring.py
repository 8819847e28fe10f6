"""spaCy's scorer and conlleval's rule agree, or there is no score."""

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.errors import MoeeError
from spacy_moee.evaluation.counts import Counts
from spacy_moee.evaluation.scoring import CheckedScorer, check_scores, is_comparable

FILE = Path("test.spacy")
TAGS = ["O", "B-X", "I-X", "B-Y", "I-Y", "B-a-b"]


def make_nlp() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler")
    return nlp


NLP = make_nlp()


def make(gold: Optional[str], found: str, words: Optional[List[str]] = None) -> Example:
    """An example of IOB tags; "-" is unknown, and None a doc without annotation."""
    words = words or ["a"] * len(found.split())
    tags = None if gold is None else ["" if x == "-" else x for x in gold.split()]
    predicted = Doc(NLP.vocab, words=words, ents=found.split())
    return Example(predicted, Doc(NLP.vocab, words=words, ents=tags))


def repair(tags: Any) -> str:
    """Begin an entity where spaCy wants a B."""
    before = ["O", *tags]
    pairs = zip(before, tags, strict=False)
    orphan = (x[0] == "I" and last[2:] != x[2:] for last, x in pairs)
    return " ".join(
        f"B{x[1:]}" if alone else x for alone, x in zip(orphan, tags, strict=True)
    )


Docs = st.integers(1, 6).flatmap(
    lambda n: st.tuples(*[st.lists(st.sampled_from(TAGS), min_size=n, max_size=n)] * 2)
)


@given(st.lists(Docs, max_size=3))
def test_scores_are_spacy_s(docs: Any) -> None:
    examples = [make(repair(gold), repair(found)) for gold, found in docs]
    assert all(map(is_comparable, examples))
    assert CheckedScorer(NLP, FILE).score(examples) == Scorer(NLP).score(examples)


def wrong(examples: Any, **kwargs: Any) -> Dict[str, Any]:
    prf = {"p": 0.5, "r": 1.0, "f": 2 / 3}
    return {**{f"ents_{k}": v for k, v in prf.items()}, "ents_per_type": {"X": prf}}


def test_disagreement() -> None:
    nlp = make_nlp()
    ruler: Any = nlp.get_pipe("entity_ruler")
    ruler.scorer = wrong
    CheckedScorer(nlp, FILE).score([make("B-X O", "B-X B-X")])
    for examples in (
        [make("B-X O", "B-X O")],
        # of what is comparable, and by the scorer that the pipeline has
        [make("B-X -", "B-X O"), make("B-X O", "B-X O")],
        [make("B-Y O", "B-Y B-Y")],
    ):
        with pytest.raises(MoeeError, match="M721.*test.spacy.*conlleval"):
            CheckedScorer(nlp, FILE).score(examples)
    with pytest.raises(MoeeError, match="'X': found 50.00 / 100.00 / 66.67 .* 0.00 /"):
        check_scores(FILE, wrong([]), {"Y": Counts(1, 2, 1)})


@pytest.mark.parametrize(
    "example",
    [
        make(None, "B-X O"),
        make("B-X -", "B-X B-X"),
        # spaCy's own scorer counts the white space, ours does not
        make("B-X I-X", "B-X O", ["a", "\n"]),
        Example(Doc(NLP.vocab, words=["ab"]), Doc(NLP.vocab, words=["a", "b"])),
        Example(Doc(NLP.vocab), Doc(NLP.vocab)),
    ],
)
def test_what_conlleval_can_not_say(example: Example) -> None:
    assert not is_comparable(example)
    CheckedScorer(NLP, FILE).score([example])


def test_only_gold_types() -> None:
    examples = [make("B-X O", "B-X B-Y"), make("O O", "B-Z O")]
    total = CheckedScorer(NLP, FILE).score(examples)
    assert total["ents_p"] == pytest.approx(1 / 3)
    scorer = CheckedScorer(NLP, FILE, gold_types=True)
    scores = scorer.score(examples)
    assert scores["ents_p"] == 1 and [*scores["ents_per_type"]] == ["X"]
    assert [len(eg.predicted.ents) for eg in scorer.examples] == [1, 0]
    span = Span(examples[0].reference, 0, 1, label="X")
    assert examples[0].reference.ents == (span,)
