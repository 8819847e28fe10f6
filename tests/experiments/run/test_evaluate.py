"""Scores of a pipeline on a test set, and those that are undefined."""

import json
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
import spacy
from spacy.language import Language
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

from spacy_moee.corpora.convert import convert_file
from spacy_moee.errors import MoeeError
from spacy_moee.evaluation.counts import Counts
from spacy_moee.evaluation.units import DOCS, SENTENCES, UnitsT
from spacy_moee.experiments.plan.data import Reading
from spacy_moee.experiments.plan.inputs import INPUTS, READINGS, write_inputs
from spacy_moee.experiments.run.evaluate import evaluate, main
from spacy_moee.experiments.run.records import Domain, parse
from spacy_moee.extensions import DOMAIN, DOMAINS
from spacy_moee.files import hash_of_path


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
    assert parse(json.dumps(result).encode(), Domain) == result
    assert result["no_score"] == ""
    assert scores(result) == [pytest.approx(100 / 3), 50, 40, [1, 3, 2]]
    assert scores(result["per_type"]["ORG"]) == [None, 0, 0, [0, 0, 1]]
    assert result["sentences"]["gold"] == [1, 1, 0, 0]
    errors = result["errors"]
    assert errors["kinds"] == {
        **{"correct": 1, "type": 1, "borders": 0, "both": 0},
        **{"missed": 0, "spurious": 1},
    }
    assert [(x["text"], x["kind"], x["gold"]) for x in errors["false"]] == [
        ("Ada", "type", "ORG"),
        ("Ada", "spurious", None),
    ]
    pieces = [("Ada", "found"), (" left", "")]
    context = [{"text": text, "role": role} for text, role in pieces]
    assert errors["false"][1]["context"] == context
    pair = {"gold": "ORG", "predicted": "PER", "number": 1}
    assert pair in errors["confusion"] and len(errors["confusion"]) == 3


@pytest.mark.parametrize(
    "golds, types, counts, reason",
    [
        ([None, None], None, [0, 0, 0], "not annotated"),
        ([None, None], ["PER"], [0, 0, 0], "not annotated"),
        (["", ""], None, [0, 2, 0], "no gold entity"),
        (["ORG", ""], ["PER", "LOC"], [0, 2, 0], "no gold entity of LOC, PER"),
        (["PER", ""], ["LOC"], [0, 0, 0], "no gold entity of LOC"),
        (["ORG", "A"], None, [0, 2, 2], "no type of its gold is known: A, ORG"),
        ([], None, [0, 0, 0], "no docs"),
        ([], ["PER"], [0, 0, 0], "no docs"),
    ],
)
def test_no_score(
    nlp: Language, tmp_path: Path, golds: Any, types: Any, counts: Any, reason: str
) -> None:
    result = evaluate(nlp, make_corpus(tmp_path / "x.spacy", *golds), types)
    assert parse(json.dumps(result).encode(), Domain) == result
    assert scores(result) == [None, None, None, counts]
    assert result["no_score"] == reason and result["per_type"] == {}


def test_units(nlp: Language, tmp_path: Path) -> None:
    """A pipeline that sees how much it reads, and counts for each article."""
    seen: List[int] = []

    @Language.component("test_run_evaluate_units")
    def look(doc: Doc) -> Doc:
        seen.append(len(doc))
        return doc

    reader = spacy.blank("en")
    reader.add_pipe("entity_ruler").add_patterns(  # type: ignore[attr-defined]
        [{"label": "PER", "pattern": "Ada"}, {"label": "ORG", "pattern": "left"}]
    )
    reader.add_pipe("test_run_evaluate_units")
    words, tags = ["Ada", "left", "Ada", "came"], ["B-PER", "O", "O", "O"]
    starts: List[Any] = [True, False, True, False]
    docs = [Doc(reader.vocab, words=words, ents=tags, sent_starts=starts) for _ in "ab"]
    path = tmp_path / "x.spacy"
    DocBin(docs=docs).to_disk(path)
    expected: Dict[UnitsT, List[int]] = {DOCS: [4, 4], SENTENCES: [2] * 4}
    for units, lengths in expected.items():
        seen.clear()
        result = evaluate(reader, path, units=units)
        assert seen == lengths
        # the unit of the bootstrap is the article
        assert result["sentences"] == {
            "correct": [1, 1],
            "predicted": [3, 3],
            "gold": [1, 1],
        }
        typed = evaluate(reader, path, units=units, gold_types=True)
        assert typed["counts"] == [2, 4, 2]
        assert parse(json.dumps(typed).encode(), Domain) == typed


def test_types_that_are_scored(tmp_path: Path) -> None:
    """Those of a pipeline that predicts more, against the counts by hand."""
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    words = {"PER": "Ada", "ORG": "left", "LOC": "London"}
    ruler.add_patterns([{"label": k, "pattern": v} for k, v in words.items()])
    docs = []
    for golds in (["PER", "ORG", "LOC"], ["LOC", "", "PER"], None):
        doc = Doc(nlp.vocab, words=list(words.values()))
        if golds:
            doc.set_ents([Span(doc, i, i + 1, x) for i, x in enumerate(golds) if x])
        docs.append(doc)
    path = tmp_path / "x.spacy"
    DocBin(docs=docs).to_disk(path)
    whole = evaluate(nlp, path)
    assert whole["counts"] == [3, 6, 5] and {*whole["per_type"]} == {*words}
    some = evaluate(nlp, path, ["PER", "LOC"])
    assert some["counts"] == [2, 4, 4] and {*some["per_type"]} == {"PER", "LOC"}
    assert some["per_type"]["PER"]["counts"] == [1, 2, 2]
    # what is found of other types is no error
    for result, spurious in ((some, 0), (whole, 1)):
        kinds = {k: n for k, n in result["errors"]["kinds"].items() if n}
        expected = {"correct": len(result["per_type"]), "type": 2}
        assert kinds == {**expected, **({"spurious": 1} if spurious else {})}
    # what nobody has annotated still counts for nothing
    assert some["sentences"]["predicted"] == [2, 2, 0]


def test_nothing_is_predicted(nlp: Language, tmp_path: Path) -> None:
    path = make_corpus(tmp_path / "x.spacy", "PER", words="Byron left")
    assert scores(evaluate(nlp, path)) == [None, 0, 0, [0, 0, 1]]


def test_docs_without_tokens(nlp: Language, tmp_path: Path) -> None:
    path = tmp_path / "x.spacy"
    DocBin(docs=[Doc(nlp.vocab)]).to_disk(path)
    assert evaluate(nlp, path)["no_score"] == "no docs"


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


def test_counts_of_ncrfpp(nlp: Language, tmp_path: Path) -> None:
    text = "Ada B-PER\nleft O\nBob S-LOC\n\nAda S-PER\n\nAda S-ORG\n"
    column_file = tmp_path / "x.txt"
    column_file.write_text(text, encoding="utf8")
    docs = convert_file(column_file).docs
    DocBin(docs=docs).to_disk(tmp_path / "x.spacy")
    arguments = (nlp, tmp_path / "x.spacy")
    assert "ncrfpp" not in evaluate(*arguments)
    result = evaluate(*arguments, column_file=column_file)
    assert parse(json.dumps(result).encode(), Domain) == result
    assert result["counts"] == [2, 3, 4]
    # Ada is no PER of one token in the first sentence, but one that is broken off
    assert scores(result["ncrfpp"]) == [pytest.approx(100 / 3), 25, 200 / 7, [1, 3, 4]]
    some = evaluate(*arguments, ["PER"], column_file=column_file)
    assert some["counts"] == [2, 3, 2] and some["ncrfpp"]["counts"] == [1, 3, 2]
    column_file.write_text(text.replace("left", "came"), encoding="utf8")
    with pytest.raises(MoeeError, match="M516.*'left', the token 1 of doc 0"):
        evaluate(*arguments, column_file=column_file)


@Language.factory("test_run_evaluate_domains")
class Domains:
    """Finds a PER in what it is told to be text of the source, and nothing else."""

    def __init__(self, nlp: Language, name: str) -> None:
        self.read: List[Any] = []

    def __call__(self, doc: Doc) -> Doc:
        self.read.append(doc.user_data.get(DOMAIN))
        doc.ents = [Span(doc, 0, 1, "PER")] if self.read[-1] == "source" else []
        return doc

    def score(self, examples: List[Example], **options: Any) -> Dict[str, Any]:
        return get_ner_prf(examples)


def test_domain_of_the_texts(tmp_path: Path) -> None:
    """It is set before a text is read."""
    nlp = spacy.blank("en")
    pipe: Any = nlp.add_pipe("test_run_evaluate_domains")
    path = make_corpus(tmp_path / "x.spacy", "PER", "LOC")
    counts = [evaluate(nlp, path, domain=x)["counts"] for x in (None, *DOMAINS)]
    assert pipe.read == [None, None, "source", "source", "target", "target"]
    assert counts == [[0, 0, 2], [1, 2, 2], [0, 0, 2]]


def test_test_set_is_of_the_source_and_targets_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("test_run_evaluate_domains")
    nlp.meta["performance"] = {"ents_f": 0.5}
    nlp.to_disk(tmp_path / "model-best")
    inputs = {
        name: make_corpus(tmp_path / f"{name}.spacy", "PER", "LOC")
        for name in ("test", "targets.tech")
    }
    write_inputs(
        tmp_path / INPUTS, inputs, {k: hash_of_path(x) for k, x in inputs.items()}
    )
    readings = {
        "source": Reading("test"),
        "source (docs)": Reading("test", DOCS),
        "tech": Reading("targets.tech", gold_types=True),
    }
    content = {name: reading._asdict() for name, reading in readings.items()}
    (tmp_path / READINGS).write_text(json.dumps(content))
    monkeypatch.setattr("sys.argv", ["evaluate", str(tmp_path), "-1"])
    main()
    found = json.loads((tmp_path / "scores.json").read_text())["scores"]
    assert {name: scores["counts"] for name, scores in found.items()} == {
        "source": [1, 2, 2],
        "source (docs)": [1, 2, 2],
        "tech": [0, 0, 2],
    }
