"""`spacy moee evaluate`."""

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
import spacy
import srsly
from spacy.cli import app
from spacy.cli.evaluate import evaluate as spacy_evaluate
from spacy.language import Language
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, DocBin, Span
from thinc import compat
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.evaluation.counts import spacy_counts, sum_counts
from spacy_moee.extensions import DOMAIN
from spacy_moee.training.case import change_case
from tests.component.util import get_ents, make_nlp, make_tagged, make_trained, train

VOCAB = spacy.blank("en").vocab


def run(*args: object):
    return CliRunner().invoke(app, ["moee", "evaluate", *map(str, args)])


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline that is neither good nor useless."""
    nlp = make_nlp()
    train(nlp, steps=8)
    path = tmp_path_factory.mktemp("models") / "nlp"
    nlp.to_disk(path)
    return path


def write(path: Path, seed: int, kind: str = "whole", n: int = 40) -> Path:
    docs = []
    for i, (words, tags) in enumerate(make_tagged(n, seed)):
        unknown = kind == "raw" or (kind == "part" and i % 2 == 0)
        ents: Optional[List[str]] = None if unknown else tags
        docs.append(Doc(VOCAB, words=words, ents=ents))
    path.parent.mkdir(parents=True, exist_ok=True)
    DocBin(docs=docs).to_disk(path)
    return path


def without_speed(scores: Dict[str, Any]) -> Dict[str, Any]:
    return {key: value for key, value in scores.items() if key != "speed"}


@pytest.mark.parametrize("kind", ["whole", "part"])
def test_scores_are_those_of_spacy_evaluate(
    kind: str, model: Path, tmp_path: Path
) -> None:
    data = write(tmp_path / "corpus" / "target" / "test.spacy", 5, kind)
    result = run(model, tmp_path / "corpus", "--output", tmp_path / "metrics")
    assert result.exit_code == 0, result.output
    ours = srsly.read_json(tmp_path / "metrics" / "target.json")
    spacy_evaluate(str(model), data, output=tmp_path / "spacy.json")
    theirs = srsly.read_json(tmp_path / "spacy.json")
    assert without_speed(ours) == without_speed(theirs)
    assert 0 < ours["ents_f"] < 1 and ours["ents_per_type"] and ours["speed"] > 0
    row = ["target", "all", *(f"{100 * ours[f'ents_{key}']:.2f}" for key in "prf")]
    assert " ".join(row) in flat(result.output)
    assert ("[MW71]" in result.output) == (kind == "part")
    # counted once more by ourselves
    nlp = spacy.load(model)
    examples = list(spacy.training.Corpus(data)(nlp))
    for example in examples:
        nlp.get_pipe("moee_ner")(example.predicted)
    total = sum_counts(spacy_counts(examples))
    assert 100 * ours["ents_f"] == pytest.approx(total.f1)


def test_report_reads_them(model: Path, tmp_path: Path) -> None:
    for domain in ("source", "target"):
        write(tmp_path / "corpus" / domain / "test.spacy", 5)
        write(tmp_path / "corpus" / domain / "train.spacy", 6)
    metrics = tmp_path / "metrics"
    result = run(model, tmp_path / "corpus", "--output", metrics)
    assert result.output.count("train.spacy") == 2
    files = sorted(metrics.iterdir())
    assert [file.name for file in files] == ["source.json", "target.json"]
    report = CliRunner().invoke(app, ["moee", "report", *map(str, files)])
    assert report.exit_code == 0
    rows = [line for line in report.output.splitlines() if " all " in line]
    assert all(row in result.output for row in rows) and len(rows) == 2


def test_file_without_annotation_is_tagged(model: Path, tmp_path: Path) -> None:
    raw = write(tmp_path / "corpus" / "target" / "test.spacy", 5, "raw")
    write(tmp_path / "corpus" / "source" / "test.spacy", 5)
    stale = tmp_path / "metrics" / "target.json"
    stale.parent.mkdir()
    stale.write_text("{}", encoding="utf8")
    result = run(model, tmp_path / "corpus", "--output", tmp_path / "metrics")
    assert result.exit_code == 0, result.output
    output = flat(result.output)
    assert "no annotation of entities" in output and "no score" in output
    assert "(docs: 40)" in output and "target all" not in output
    # a report would show it beside the new ones
    assert not stale.exists() and "earlier evaluation" in output
    nlp = spacy.load(model)
    expected = [nlp(eg.predicted) for eg in spacy.training.Corpus(raw)(nlp)]
    tagged = tmp_path / "tagged"
    docs = list(DocBin().from_disk(tagged / "target.spacy").get_docs(VOCAB))
    assert [get_ents(doc) for doc in docs] == [get_ents(doc) for doc in expected]
    rows = list(srsly.read_jsonl(tagged / "target.jsonl"))
    for row, doc in zip(rows, expected, strict=True):
        assert row["text"] == doc.text
        spans = [(row["text"][s["start"] : s["end"]], s["label"]) for s in row["spans"]]
        assert spans == [(ent.text, ent.label_) for ent in doc.ents]
    for label in ("LOC", "PER"):
        number = sum(ent.label_ == label for doc in expected for ent in doc.ents)
        assert f"{label} {number}" in output
    # what was tagged is no gold, also where it lies among the data
    again = run(model, tmp_path, "--output", tmp_path / "metrics")
    assert "tagged all" not in flat(again.output) and again.exit_code == 0


def test_where_tagged_docs_go(model: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "target.spacy", 5, "raw", n=4)
    result = run(model, "target.spacy")
    assert "--tagged DIR" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["target.spacy"]
    run(model, "target.spacy", "--tagged", "here")
    assert sorted(p.name for p in Path("here").iterdir()) == [
        "target.jsonl",
        "target.spacy",
    ]
    result = run(model, "target.spacy", "--output", "metrics")
    assert "tagged/target.spacy" in result.output and Path("tagged").is_dir()
    assert not Path("metrics").exists()


def test_pages(model: Path, tmp_path: Path) -> None:
    data = [write(tmp_path / "a.spacy", 5), write(tmp_path / "b.spacy", 5, "raw")]
    result = run(model, *data, "--displacy", tmp_path / "pages")
    assert result.exit_code == 0, result.output
    nlp = spacy.load(model)
    examples = list(spacy.training.Corpus(data[0])(nlp))
    found = [len(nlp(eg.predicted).ents) for eg in examples]
    for name in ("a", "b"):
        page = (tmp_path / "pages" / f"{name}.html").read_text(encoding="utf8")
        assert page.count("<figure ") == 25
        assert page.count("<mark") == sum(found[:25]) < sum(found)
        assert f"{name}: the first 25 of 40 docs" in page
    run(model, data[0], "--displacy", tmp_path / "pages", "--displacy-limit", 3)
    page = (tmp_path / "pages" / "a.html").read_text(encoding="utf8")
    assert page.count("<figure ") == 3


def test_annotated_and_without_entities(model: Path, tmp_path: Path) -> None:
    docs = [Doc(VOCAB, words=["It", "rains"], ents=["O", "O"])]
    DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    result = run(model, tmp_path / "a.spacy", "--output", tmp_path / "metrics")
    assert result.exit_code == 0 and "[MW72]" in result.output
    assert (tmp_path / "metrics" / "a.json").is_file()


def test_a_bad_file_hides_no_other(model: Path, tmp_path: Path) -> None:
    write(tmp_path / "good.spacy", 5)
    (tmp_path / "bad.spacy").write_bytes(b"nothing of spaCy's")
    DocBin().to_disk(tmp_path / "empty.spacy")
    result = run(model, tmp_path, "--output", tmp_path / "metrics")
    assert result.exit_code == 1
    assert "good all" in flat(result.output)
    assert "[M711]" in result.output and "[M708]" in result.output
    assert [p.name for p in (tmp_path / "metrics").iterdir()] == ["good.json"]


def test_what_can_not_be(model: Path, tmp_path: Path, monkeypatch) -> None:
    data = write(tmp_path / "a.spacy", 5, n=4)
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "other")
    (tmp_path / "file").write_text("x", encoding="utf8")
    monkeypatch.setattr(compat, "cupy", None)
    monkeypatch.setattr(compat, "has_torch_mps_gpu", False)
    for code, *args in (
        ("M701", model, data, "--gpu-id", 0),
        ("M704", tmp_path / "absent", data),
        ("M706", model, tmp_path / "absent.spacy"),
        ("M707", model, model),
        ("M709", tmp_path / "other", data),
        ("M313", model, data, "--output", tmp_path / "file" / "metrics"),
    ):
        result = run(*args)
        assert result.exit_code == 1 and f"[{code}]" in result.output, result.output
        assert len(result.output.strip().splitlines()) == 1 or code == "M313"


def test_other_components_find_entities_too(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "LOC", "pattern": "Berlin"}])
    nlp.to_disk(tmp_path / "nlp")
    result = run(tmp_path / "nlp", write(tmp_path / "a.spacy", 5))
    assert result.exit_code == 0 and "LOC 100.00" in flat(result.output)


def test_texts_in_another_case(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "a.spacy", 5)
    nlp = spacy.load(model)
    shouted = [change_case(eg, str.upper) for eg in spacy.training.Corpus(data)(nlp)]
    expected = nlp.evaluate(shouted)
    metrics = tmp_path / "metrics"
    for case in ("as-is", "upper"):
        result = run(model, data, "--output", metrics, "--case", case)
        assert result.exit_code == 0, result.output
    found = [srsly.read_json(metrics / f"{name}.json") for name in ("a", "a-upper")]
    assert found[1]["ents_f"] == pytest.approx(expected["ents_f"])
    assert found[0]["ents_f"] > found[1]["ents_f"]
    assert "a-upper all" in flat(result.output)


class First:
    """Finds something at the start of what it reads."""

    def __call__(self, doc: Doc) -> Doc:
        doc.ents = [Span(doc, 0, 1, "X")]
        return doc

    def score(self, examples: Any, **kwargs: Any) -> Dict[str, Any]:
        return get_ner_prf(examples)


def test_docs_and_sentences(tmp_path: Path) -> None:
    @Language.factory("test_evaluate_first", assigns=["doc.ents"])
    def make_first(nlp: Language, name: str) -> First:
        return First()

    nlp = spacy.blank("en")
    nlp.add_pipe("test_evaluate_first")
    nlp.to_disk(tmp_path / "nlp")
    tags = ["B-X", "O", "B-X", "O"]
    starts: List[bool | int | None] = [True, False, True, False]
    words = ["a", "b", "c", "d"]
    article = Doc(VOCAB, words=words, ents=tags, sent_starts=starts)
    data, plain = tmp_path / "data" / "a.spacy", tmp_path / "data" / "plain.spacy"
    data.parent.mkdir()
    DocBin(docs=[article, article]).to_disk(data)
    DocBin(docs=[Doc(VOCAB, words=words, ents=tags)]).to_disk(plain)
    arguments = (tmp_path / "nlp", data.parent, "--output", tmp_path / "metrics")
    for units, recalls in (("docs", (0.5, 0.5)), ("sentences", (1.0, None))):
        result = run(*arguments, "--units", units)
        # the other file has no sentence starts
        assert result.exit_code == (units == "sentences"), result.output
        assert ("[M719]" in result.output) == (units == "sentences")
        mark = "" if units == "docs" else "-sentences"
        for name, recall in zip(("a", "plain"), recalls, strict=True):
            path = tmp_path / "metrics" / f"{name}{mark}.json"
            assert path.is_file() == (recall is not None)
            assert not recall or srsly.read_json(path)["ents_r"] == recall


def test_types_that_the_file_lacks(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    patterns = {"LOC": "Berlin", "ANIMAL": "in"}
    ruler.add_patterns([{"label": k, "pattern": v} for k, v in patterns.items()])
    nlp.to_disk(tmp_path / "nlp")
    data = write(tmp_path / "a.spacy", 5)
    arguments = (tmp_path / "nlp", data, "--output", tmp_path)
    assert "ANIMAL" in run(*arguments).output
    whole = srsly.read_json(tmp_path / "a.json")
    assert "ANIMAL" not in run(*arguments, "--gold-types").output
    scores = srsly.read_json(tmp_path / "a.json")
    del whole["ents_per_type"]["ANIMAL"]
    assert scores["ents_per_type"] == whole["ents_per_type"]
    assert scores["ents_p"] == 1 > whole["ents_p"]


def test_no_score_if_conlleval_disagrees(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "a.spacy", 5)
    monkeypatch.setattr("spacy_moee.evaluation.scoring.count_entities", lambda *_: {})
    result = run(model, data, "--output", tmp_path / "metrics")
    assert result.exit_code == 1 and "[M721]" in result.output
    assert not (tmp_path / "metrics").exists()


def test_parts(tmp_path: Path) -> None:
    """Also of docs that are longer than a window."""
    nlp = make_trained()
    pipe: Any = nlp.get_pipe("moee_ner")
    tagged = make_tagged(20, 5)
    words, tags = ([x for pair in tagged for x in pair[i]] for i in (0, 1))
    docs = [Doc(VOCAB, words=words * 3, ents=tags * 3)]
    assert len(pipe.model.attrs["segments"](docs[0])) > 1
    DocBin(docs=docs).to_disk(tmp_path / "long.spacy")
    write(tmp_path / "short.spacy", 5)
    nlp.to_disk(tmp_path / "nlp")
    result = run(tmp_path / "nlp", tmp_path, "--parts")
    assert result.exit_code == 0, result.output
    assert "Tags inside" in result.output and "moee_ner" not in result.output
    table = result.output[result.output.index("Tags inside") :].splitlines()
    for name in ("long", "short"):
        (row,) = (line.split() for line in table if line.startswith(name))
        figures = [*map(float, row[1:])]
        assert len(figures) == 8 and min(figures) > 90, row
    (tmp_path / "nlp").rename(tmp_path / "other")
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler")
    nlp.to_disk(tmp_path / "nlp")
    result = run(tmp_path / "nlp", tmp_path / "short.spacy", "--parts")
    assert result.exit_code == 1 and "[M722]" in result.output


@Language.factory("test_evaluate_domains", assigns=["doc.ents"])
def make_domains(nlp: Language, name: str) -> Any:
    """Find a PER in the texts of the source alone."""

    def component(doc: Doc) -> Doc:
        if doc.user_data.get(DOMAIN) == "source":
            doc.ents = [Span(doc, 0, 1, "PER")]
        return doc

    return component


def test_domain_of_the_texts(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("test_evaluate_domains")
    nlp.to_disk(tmp_path / "nlp")
    corpus, tagged = tmp_path / "corpus", tmp_path / "tagged"
    for domain in ("source", "target"):
        write(corpus / domain / "test.spacy", 5, "raw")

    def find(*options: Any) -> Dict[str, int]:
        result = run(tmp_path / "nlp", corpus, "--tagged", tagged, *options)
        assert result.exit_code == 0, result.output
        lines = {x.stem: srsly.read_jsonl(x) for x in tagged.glob("*.jsonl")}
        return {k: sum(len(line["spans"]) for line in x) for k, x in lines.items()}

    assert find() == {"source": 0, "target": 0}
    for place in (corpus / "source", corpus / "source" / "test.spacy"):
        assert find("--source-domain", place) == {"source": 40, "target": 0}
    places = ("--source-domain", corpus / "target", "--source-domain", corpus)
    assert find(*places) == {"source": 40, "target": 40}
    # in another case, too
    assert find("--case", "lower", *places)["target-lower"] == 40
    gone = run(tmp_path / "nlp", corpus, "--source-domain", "gone")
    assert gone.exit_code == 1 and "[M718] --source-domain 'gone'" in gone.output
