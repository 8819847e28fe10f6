"""The registered scorer: spaCy's numbers, which are those of conlleval."""

import random
from collections import Counter
from typing import List, Set, Tuple

import pytest
import spacy
from spacy import registry
from spacy.language import Language
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc
from spacy.training import Example

from spacy_moee.scorer import make_moee_ner_scorer, moee_ner_score

from .util import get_ner, make_example, make_examples

NAMES = ("ents_p", "ents_r", "ents_f", "ents_per_type")
VOCAB = spacy.blank("en").vocab


def random_tags(rng: random.Random, n: int) -> List[str]:
    tags: List[str] = []
    while len(tags) < n:
        label = rng.choice(["", "", "LOC", "PER", "MISC"])
        length = rng.randrange(1, 4)
        tags += [f"B-{label}"] + [f"I-{label}"] * (length - 1) if label else ["O"]
    return tags[:n]


def chunks(tags: List[str]) -> Set[Tuple[int, int, str]]:
    """Entities as conlleval sees them, from tags alone."""
    found, start = set(), -1
    for i, tag in enumerate([*tags, "O"]):
        before = tags[i - 1] if i else "O"
        if start >= 0 and (tag[0] != "I" or tag[2:] != before[2:]):
            found.add((start, i, before[2:]))
            start = -1
        if tag != "O" and start < 0:
            start = i
    return found


def count(pairs: List[Tuple[List[str], List[str]]]) -> dict:
    right: Counter[str] = Counter()
    given: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for gold, predicted in pairs:
        for counter, entities in (
            (right, chunks(gold) & chunks(predicted)),
            (given, chunks(predicted)),
            (wanted, chunks(gold)),
        ):
            counter.update(label for _, _, label in entities)

    def prf(r: int, g: int, w: int) -> tuple:
        p, recall = r / g if g else 0.0, r / w if w else 0.0
        return p, recall, 2 * p * recall / (p + recall) if r else 0.0

    scores = {n: prf(right[n], given[n], wanted[n]) for n in {*given, *wanted}}
    totals = (sum(counter.values()) for counter in (right, given, wanted))
    return {"all": prf(*totals), **scores}


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_conlleval(seed: int) -> None:
    rng = random.Random(seed)
    pairs, examples = [], []
    for _ in range(30):
        gold = random_tags(rng, rng.randrange(1, 15))
        predicted = gold if rng.random() < 0.5 else random_tags(rng, len(gold))
        pairs.append((gold, predicted))
        words = ["x"] * len(gold)
        docs = (Doc(VOCAB, words=words, ents=tags) for tags in (predicted, gold))
        examples.append(Example(*docs))
    scores = moee_ner_score(examples)
    assert scores == get_ner_prf(examples)
    expected = count(pairs)
    found = {name: tuple(v.values()) for name, v in scores["ents_per_type"].items()}
    found["all"] = tuple(scores[name] for name in NAMES[:3])
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name] == pytest.approx(values), name


def test_pipeline_scores(nlp: Language) -> None:
    examples = make_examples(nlp, 40, seed=9)
    for example in examples[:10]:
        example.y.set_ents([], default="outside")
    scores = nlp.evaluate(examples)
    for example in examples:  # evaluate works on copies
        nlp(example.predicted)
    assert {name: scores[name] for name in NAMES} == get_ner_prf(examples)
    assert 0.5 < scores["ents_f"] < 1.0
    assert get_ner(nlp).score(examples) == get_ner_prf(examples)


def test_without_gold(nlp: Language) -> None:
    scores = nlp.evaluate([make_example(nlp, ["Anna"], None)])
    assert [scores[name] for name in NAMES] == [None] * 4


def test_registered() -> None:
    scorer = registry.scorers.get("spacy_moee.moee_ner_scorer.v1")
    assert scorer is make_moee_ner_scorer
    assert scorer()([], labels=["x"], anything=1) == get_ner_prf([])


def test_scorer_of_the_config() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", config={"scorer": None})
    assert get_ner(nlp).score([]) == {}
