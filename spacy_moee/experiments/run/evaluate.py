"""Evaluates the trained pipeline of a run on both test sets, in a fresh process.

`python -m spacy_moee.experiments.run.evaluate FOLDER GPU`
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import spacy
from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.training import Corpus, Example

from ...evaluation.counts import Counts, spacy_counts, sum_counts
from ...evaluation.scoring import CheckedScorer, check_scores
from ...files import write_text
from ..plan.inputs import check_inputs


def evaluate(nlp: Language, corpus: Path) -> Dict[str, Any]:
    """Evaluate on one test set.

    nlp (Language): The pipeline.
    corpus (Path): The `.spacy` file.
    RETURNS (Dict[str, Any]): Precision, recall, F1 and counts of all entities and of
        each type (percent, None where undefined; correct, predicted, gold), the counts
        of each sentence, how many of them are annotated, and the speed.
    RAISES (MoeeError): M721, if spaCy's scorer says otherwise.
    """
    examples = list(Corpus(corpus)(nlp))
    started = time.perf_counter()
    docs = list(nlp.pipe([example.predicted for example in examples]))
    seconds = time.perf_counter() - started
    for example, doc in zip(examples, docs, strict=True):
        example.predicted = doc
    counts = spacy_counts(examples)
    total = sum_counts(counts)
    check_scores(corpus, CheckedScorer(nlp, corpus).score(examples), counts)
    annotated = (len(x.y) and x.y.has_annotation("ENT_IOB") for x in examples)
    return {
        **_scores(total),
        "annotated": sum(map(bool, annotated)),
        "per_type": {label: _scores(count) for label, count in counts.items()},
        "sentences": _sentences(examples),
        "words_per_second": sum(map(len, docs)) / max(seconds, 1e-9),
    }


def _scores(counts: Counts) -> Dict[str, Any]:
    """Without a gold entity there is nothing to find, so that neither recall nor F1 is
    defined. Whoever predicts nothing where there is something has an F1 of 0, and no
    precision."""
    return {
        "precision": counts.precision if counts.predicted else None,
        "recall": counts.recall if counts.gold else None,
        "f1": counts.f1 if counts.gold else None,
        "counts": list(counts),
    }


def _sentences(examples: List[Example]) -> Dict[str, List[int]]:
    """Counts of each doc, which is a sentence unless the corpus was converted
    otherwise."""
    rows = [sum_counts(spacy_counts([example])) for example in examples]
    return {name: [row[i] for row in rows] for i, name in enumerate(Counts._fields)}


def main() -> None:
    """Evaluate and write a JSON file."""
    folder, gpu_id = Path(sys.argv[1]), int(sys.argv[2])
    inputs = check_inputs(folder)
    setup_gpu(gpu_id, silent=True)
    nlp = spacy.load(folder / "model-best")
    corpora = {"source": inputs["test"], "target": inputs["target"]}
    result: Dict[str, Any] = {k: evaluate(nlp, path) for k, path in corpora.items()}
    # spaCy saved what the best epoch reached
    dev_f1 = nlp.meta["performance"].get("ents_f")
    result["dev_f1"] = None if dev_f1 is None else 100 * dev_f1
    write_text(folder / "scores.json", json.dumps(result))


if __name__ == "__main__":
    main()
