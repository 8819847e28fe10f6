"""How well pipelines read texts in another case.

    python -m benchmarks.case MODEL ... --corpus DOMAIN.spacy ... [--baseline NAME]

Entity F1, in percent, of each corpus as it is written, in lower case and in upper case,
and the mean over the corpora. A corpus scores only the types that it has. Pipelines
whose paths differ in the seed alone (`..._seed0_...`) are one row: the mean, and in
brackets the sample deviation, of the means over the corpora. With --baseline (a part of
the paths of its pipelines), a row says how far its mean is from the baseline's, in
standard errors of the difference.
"""

import re
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev
from typing import Callable, Dict, List, Sequence

import spacy
from spacy.language import Language
from spacy.training import Corpus, Example

from spacy_moee.evaluation.counts import spacy_counts, sum_counts
from spacy_moee.training.case import change_case

from .machine import format_table, make_parser, one_thread

CASES: Dict[str, Callable[[str], str]] = {
    "as written": str,
    "lower": str.lower,
    "upper": str.upper,
}
SEED = re.compile(r"_seed\d+_[0-9a-f]+")


def score(nlp: Language, path: Path, change: Callable[[str], str]) -> float:
    """Tag a corpus in some case, and score the types that it has.

    nlp (Language): The pipeline.
    path (Path): The corpus.
    change (Callable[[str], str]): Changes a word.
    RETURNS (float): F1 in percent.
    """
    examples: List[Example] = [change_case(eg, change) for eg in Corpus(path)(nlp)]
    docs = nlp.pipe([example.predicted for example in examples])
    for example, doc in zip(examples, docs, strict=True):
        example.predicted = doc
    types = {ent.label_ for example in examples for ent in example.reference.ents}
    counts = spacy_counts(examples)
    return sum_counts({k: v for k, v in counts.items() if k in types}).f1


def far(values: Sequence[float], baseline: Sequence[float]) -> str:
    """Write a difference of means in standard errors.

    values (Sequence[float]): A number for each seed.
    baseline (Sequence[float]): The same of the baseline.
    RETURNS (str): The number; "-" with a single seed.
    """
    if min(len(values), len(baseline)) < 2:
        return "-"
    error = (
        stdev(values) ** 2 / len(values) + stdev(baseline) ** 2 / len(baseline)
    ) ** 0.5
    return f"{(mean(values) - mean(baseline)) / error:+.1f}" if error else "0.0"


def show(values: Sequence[float]) -> str:
    """Write a mean and a sample deviation. RETURNS (str): Such as 70.12 (0.30)."""
    spread = f" ({stdev(values):.2f})" if len(values) > 1 else ""
    return f"{mean(values):.2f}{spread}"


def main() -> None:
    """Read the command line, measure, print."""
    parser = make_parser("case", __doc__)
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL")
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--baseline", default="")
    args = parser.parse_args()
    one_thread()
    # group -> case -> a mean over the corpora for each seed
    means: Dict[str, Dict[str, List[float]]] = defaultdict(lambda: defaultdict(list))
    for model in args.models:
        nlp = spacy.load(model)
        name = model.parent.name if model.name.startswith("model-") else model.name
        for case, change in CASES.items():
            scores = [score(nlp, path, change) for path in args.corpus]
            means[SEED.sub("", name)][case].append(mean(scores))
            parts = " ".join(
                f"{path.stem} {f1:.2f}"
                for path, f1 in zip(args.corpus, scores, strict=True)
            )
            print(f"{name} | {case}: {parts} | mean {mean(scores):.2f}", flush=True)
    baseline = next((v for k, v in means.items() if args.baseline in k), None)
    rows = []
    for name, by_case in means.items():
        row = [name, *(show(by_case[case]) for case in CASES)]
        if args.baseline and baseline is not None:
            row.append(far(by_case["as written"], baseline["as written"]))
        rows.append(row)
    header = ["pipelines", *CASES] + (["standard errors"] if args.baseline else [])
    print(format_table(header, rows))


if __name__ == "__main__":
    main()
