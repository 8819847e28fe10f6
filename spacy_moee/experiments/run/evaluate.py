"""Evaluates the trained pipeline of a run on its test sets, in a fresh process.

`python -m spacy_moee.experiments.run.evaluate FOLDER GPU`
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence

import spacy
from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.training import Example

from ...evaluation import ncrfpp
from ...evaluation.column_file import read_gold
from ...evaluation.counts import Counts, spacy_counts, sum_counts
from ...evaluation.error_analysis import Name, analyse_errors
from ...evaluation.ncrfpp import Entity
from ...evaluation.scoring import CheckedScorer, check_scores, keep_types
from ...evaluation.units import DOCS, Units, UnitsT, read_units
from ...extensions import set_domain
from ...files import write_text
from ...insight.metrics_table import plain
from ..plan.data import SOURCE
from ..plan.inputs import READINGS, check_inputs


def evaluate(
    nlp: Language,
    corpus: Path,
    types: Optional[Sequence[str]] = None,
    *,
    gold_types: bool = False,
    units: UnitsT = DOCS,
    domain: Optional[str] = None,
    column_file: Optional[Path] = None,
) -> Dict[str, Any]:
    """Evaluate on one test set.

    nlp (Language): The pipeline.
    corpus (Path): The `.spacy` file.
    types (Optional[Sequence[str]]): The only entity types that are scored, of what is
        predicted and of the gold annotation; None for all.
    gold_types (bool): Whether they are those of the gold annotation instead.
    units (UnitsT): What is read at once.
    domain (Optional[str]): The domain that a pipeline which knows several should read
        the texts as, "source" or "target"; None for its own.
    column_file (Optional[Path]): The column file that the corpus was converted from, to
        count as NCRF++ does, too.
    RETURNS (Dict[str, Any]): Precision, recall, F1 and counts of all entities and of
        each type (percent, None where undefined; correct, predicted, gold), the counts
        of each article or sentence, what goes wrong, the speed, why there is no score,
        if there is none, and what NCRF++ counts, if this is wanted.
    RAISES (MoeeError): M711 and M719, if the corpus can't be read so; M721, if spaCy's
        scorer says otherwise; M516 and M517, if the column file is that of another
        corpus, or has none of NCRF++'s tags.
    """
    found = read_units(nlp, corpus, units)
    examples = found.examples
    for example in examples if domain else []:
        set_domain(example.predicted, domain)
    references = [example.reference for example in examples]
    if gold_types:
        types = sorted({ent.label_ for gold in references for ent in gold.ents})
    gold = read_gold(column_file, references) if column_file else None
    started = time.perf_counter()
    docs = list(nlp.pipe([example.predicted for example in examples]))
    seconds = time.perf_counter() - started
    for example, doc in zip(examples, docs, strict=True):
        example.predicted = doc
        for side in [example.predicted, example.reference] if types else []:
            keep_types(side, types or ())
    counts = spacy_counts(examples)
    total = sum_counts(counts)
    check_scores(corpus, CheckedScorer(nlp, corpus).score(examples), counts)
    reason = why_no_score(nlp, examples, counts, types)
    scores = _scores(total)
    per_type = {k: {**_scores(c), "counts": list(c)} for k, c in counts.items()}
    result = {
        **(dict.fromkeys(scores) if reason else scores),
        "counts": list(total),
        "no_score": reason,
        "per_type": {} if reason else per_type,
        "errors": _errors(examples),
        "sentences": _sentences(found),
        "words_per_second": sum(map(len, docs)) / max(seconds, 1e-9),
    }
    if gold is not None:
        result["ncrfpp"] = _count_leniently(examples, gold, types)
    return result


def _count_leniently(
    examples: Sequence[Example],
    gold: Sequence[Sequence[Entity]],
    types: Optional[Sequence[str]],
) -> Dict[str, Any]:
    """What NCRF++ counts of the same types."""
    counts = ncrfpp.count_entities(gold, [*map(ncrfpp.predicted_entities, examples)])
    total = sum_counts({k: c for k, c in counts.items() if not types or k in types})
    return {**_scores(total), "counts": list(total)}


def why_no_score(
    nlp: Language,
    examples: Sequence[Example],
    counts: Dict[str, Counts],
    types: Optional[Sequence[str]],
) -> str:
    """Say why a test set says nothing about a pipeline.

    nlp (Language): The pipeline.
    examples (Sequence[Example]): What it predicted, and the gold annotation.
    counts (Dict[str, Counts]): The counts of each type.
    types (Optional[Sequence[str]]): The types that are scored; None for all.
    RETURNS (str): The reason; empty if there is a score.
    """
    if not any(len(example.reference) for example in examples):
        return "no docs"
    if not any(example.reference.has_annotation("ENT_IOB") for example in examples):
        return "not annotated"
    gold = {label for label, count in counts.items() if count.gold}
    if not gold:
        return f"no gold entity{f' of {_list(types)}' if types else ''}"
    known = {label for labels in nlp.pipe_labels.values() for label in labels}
    # it was never trained on any of them
    return "" if gold & known else f"no type of its gold is known: {_list(gold)}"


def _list(types: Iterable[str]) -> str:
    return ", ".join(map(plain, sorted(types)))


def _scores(counts: Counts) -> Dict[str, Optional[float]]:
    """Without a gold entity there is nothing to find, so that neither recall nor F1 is
    defined. Whoever predicts nothing where there is something has an F1 of 0, and no
    precision."""
    return {
        "precision": counts.precision if counts.predicted else None,
        "recall": counts.recall if counts.gold else None,
        "f1": counts.f1 if counts.gold else None,
    }


def _errors(examples: List[Example]) -> Dict[str, Any]:
    found = analyse_errors(examples)
    return {
        "kinds": found.kinds,
        "confusion": [
            {"gold": gold, "predicted": predicted, "number": number}
            for (gold, predicted), number in found.confusion.items()
        ],
        "false": [*map(_name, found.false)],
        "missed": [*map(_name, found.missed)],
    }


def _name(name: Name) -> Dict[str, Any]:
    return {**name._asdict(), "context": [piece._asdict() for piece in name.context]}


def _sentences(found: Units) -> Dict[str, List[int]]:
    """Counts of each article, or of each sentence in a corpus without articles."""
    rows = [sum_counts(spacy_counts([example])) for example in found.examples]
    columns = found.sum_by_article(rows).reshape(-1, len(Counts._fields)).T.tolist()
    return dict(zip(Counts._fields, columns, strict=True))


def main() -> None:
    """Evaluate and write a JSON file."""
    folder, gpu_id = Path(sys.argv[1]), int(sys.argv[2])
    inputs = check_inputs(folder)
    setup_gpu(gpu_id, silent=True)
    nlp = spacy.load(folder / "model-best")
    readings = json.loads((folder / READINGS).read_text(encoding="utf8"))
    scores = {
        name: evaluate(
            nlp,
            inputs[reading["input"]],
            reading["types"],
            gold_types=reading["gold_types"],
            units=reading["units"],
            domain=SOURCE if reading["input"] == "test" else None,
            column_file=inputs.get(reading["ncrfpp"]),
        )
        for name, reading in readings.items()
    }
    # spaCy saved what the best epoch reached
    dev_f1 = nlp.meta["performance"].get("ents_f")
    result = {
        "scores": scores,
        "dev_f1": None if dev_f1 is None else 100 * dev_f1,
    }
    write_text(folder / "scores.json", json.dumps(result))


if __name__ == "__main__":
    main()
