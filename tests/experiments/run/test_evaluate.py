"""Scores of a pipeline on a test set, and those that are undefined."""

from pathlib import Path
from typing import Any, List, Optional

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

from spacy_moee.errors import MoeeError
from spacy_moee.evaluation.counts import Counts
from spacy_moee.experiments.run.evaluate import evaluate
from spacy_moee.experiments.run.records import DOMAIN, find_problem


@pytest.fixture(scope="module")
def nlp() -> Language:
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Ada"}])
    return nlp


def make_corpus(path: Path, *golds: Optional[str], words: str = "Ada left") -> Path:
    """A doc for each gold type of its first word: "" for none, None for a doc that
    nobody has annotated."""
    docs: List[Doc] = []
    for gold in golds:
        doc = Doc(spacy.blank("en").vocab, words=words.split())
        if gold is not None:
            doc.set_ents([Span(doc, 0, 1, gold)] if gold else [])
        docs.append(doc)
    DocBin(docs=docs).to_disk(path)
    return path


def scores(result: Any) -> Any:
    return [result[key] for key in ("precision", "recall", "f1", "counts")]


def test_gold(nlp: Language, tmp_path: Path) -> None:
    result = evaluate(nlp, make_corpus(tmp_path / "x.spacy", "PER", "ORG", "", None))
    assert find_problem(result, DOMAIN) == "" and result["annotated"] == 3
    assert scores(result) == [pytest.approx(100 / 3), 50, 40, [1, 3, 2]]
    assert scores(result["per_type"]["ORG"]) == [None, 0, 0, [0, 0, 1]]
    assert result["sentences"]["gold"] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    "golds, expected",
    [
        # nobody has annotated it
        ([None, None], [None, None, None, [0, 0, 0]]),
        # there is nothing to find
        (["", ""], [0, None, None, [0, 2, 0]]),
        ([], [None, None, None, [0, 0, 0]]),
    ],
)
def test_no_gold(nlp: Language, tmp_path: Path, golds: Any, expected: Any) -> None:
    result = evaluate(nlp, make_corpus(tmp_path / "x.spacy", *golds))
    assert find_problem(result, DOMAIN) == ""
    assert scores(result) == expected
    assert result["annotated"] == sum(gold is not None for gold in golds)


def test_nothing_is_predicted(nlp: Language, tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "x.spacy", "PER", words="Byron left")
    assert scores(evaluate(nlp, path)) == [None, 0, 0, [0, 0, 1]]


def test_docs_without_tokens(nlp: Language, tmp_path: Path) -> None:
    path = tmp_path / "x.spacy"
    DocBin(docs=[Doc(nlp.vocab)]).to_disk(path)
    assert evaluate(nlp, path)["annotated"] == 0


def test_no_score_if_the_counts_differ(
    nlp: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_corpus(tmp_path / "x.spacy", "PER", "ORG")
    monkeypatch.setattr(
        "spacy_moee.experiments.run.evaluate.spacy_counts",
        lambda _: {"PER": Counts(1, 2, 2)},
    )
    with pytest.raises(MoeeError, match="M721"):
        evaluate(nlp, path)
