"""Evaluates one trained pipeline, and counts twice.

`python -m benchmarks.evaluate MODEL DATA CORPUS OUTPUT`, in a fresh process: the
pipeline is loaded once and predicts each test set once. The counts of spaCy's scorer
have to be those of conlleval on the tags of the original column files.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Dict, List

import spacy
import torch
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Corpus

from spacy_moee.corpora.columns import read_columns
from spacy_moee.evaluation.counts import Counts, spacy_counts, sum_counts
from spacy_moee.files import write_text

from .conlleval import count_entities

TEST_SETS = ("source/test", "target/test")


def evaluate(nlp: Language, column_file: Path, converted: Path) -> Dict[str, Any]:
    """Evaluate on one test set.

    nlp (Language): The pipeline.
    column_file (Path): The test set as it was published.
    converted (Path): The same as a `.spacy` file.
    RETURNS (Dict[str, Any]): Precision, recall and F1 in percent, the counts of each
        type as [correct, predicted, gold], and F1 of each type.
    RAISES (RuntimeError): If the two ways of counting differ.
    """
    examples = list(Corpus(converted)(nlp))
    docs = nlp.pipe([eg.predicted for eg in examples])
    for example, doc in zip(examples, docs, strict=True):
        example.predicted = doc
    gold = [sentence.tags for sentence in read_columns(column_file).sentences]
    counts = count_entities(gold, [_tags(eg.predicted) for eg in examples])
    ours = spacy_counts(examples)
    if ours != counts:
        raise RuntimeError(f"spaCy counts {ours}, conlleval {counts}: {column_file}")
    _check_scores(Scorer(nlp).score(examples), counts)
    total = sum_counts(counts)
    return {
        "precision": total.precision,
        "recall": total.recall,
        "f1": total.f1,
        "per_type_f1": {label: c.f1 for label, c in counts.items()},
        "counts": {label: list(c) for label, c in counts.items()},
    }


def _check_scores(scores: Dict[str, Any], counts: Dict[str, Counts]) -> None:
    """What spaCy's registered scorer says has to follow from the counts."""
    expected = {"all": sum_counts(counts), **counts}
    found = {"all": {k: scores[f"ents_{k}"] for k in "prf"}, **scores["ents_per_type"]}
    for label, count in expected.items():
        values = count.precision, count.recall, count.f1
        for key, value in zip("prf", values, strict=True):
            if abs(100 * found[label][key] - value) > 1e-9:
                raise RuntimeError(
                    f"spaCy scores {found[label]}, not {values}: {label}"
                )


def _tags(doc: Doc) -> List[str]:
    return [f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc]


def main() -> None:
    """Evaluate on both test sets and write a JSON file."""
    parser = argparse.ArgumentParser(prog="benchmarks.evaluate", description=__doc__)
    for name in ("model", "data", "corpus", "output"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    nlp = spacy.load(args.model)
    result = {
        name.split("/")[0]: evaluate(
            nlp, args.data / f"{name}.txt", args.corpus / f"{name}.spacy"
        )
        for name in TEST_SETS
    }
    result["dev_f1"] = 100 * nlp.meta["performance"]["ents_f"]
    write_text(args.output, json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
