"""What raw text adds in an unseen domain (Jia et al. 2019).

    python -m benchmarks.raw_text --raw MODEL ... --without MODEL ... \
        --target TEST.spacy [--columns TEST.txt] [--source TEST.spacy]

MODEL are trained pipelines, seeds of one recipe: with raw text, and the same network
without. TEST.spacy is the test set of an unseen domain; TEST.txt is its column file,
whose tags are counted as Jia et al. count them, too. The table has F1 in percent, the
mean and the sample deviation of the seeds, and of each seed; below stands what raw text
adds to the mean, with its 95 % interval and its p-value (paired bootstrap over
sentences and seeds). With --source, the test set of the source is read as such.
"""

from argparse import Namespace
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence

import numpy
import spacy
from numpy import ndarray
from spacy.training import Corpus, Example

from spacy_moee.evaluation import ncrfpp
from spacy_moee.evaluation.bootstrap import compare
from spacy_moee.evaluation.column_file import read_gold
from spacy_moee.evaluation.counts import Counts, spacy_counts, sum_counts
from spacy_moee.extensions import SOURCE, set_domain

from .machine import format_mean, format_table, make_parser, one_thread


class Scores(NamedTuple):
    """What the seeds of a recipe score on a test set.

    counts (ndarray): Correct, predicted and gold entities of each sentence, shape
        [seeds, sentences, 3].
    lenient (List[float]): F1 of each seed, counted as NCRF++ counts.
    """

    counts: ndarray
    lenient: List[float]

    @property
    def f1(self) -> List[float]:
        """RETURNS (List[float]): F1 of each seed, in percent."""
        return [_f1(Counts(*row)) for row in self.counts.sum(axis=1).tolist()]


def measure(
    models: Sequence[Path],
    corpus: Path,
    columns: Optional[Path] = None,
    domain: Optional[str] = None,
) -> Scores:
    """Tag a test set with each of some pipelines.

    models (Sequence[Path]): The pipelines.
    corpus (Path): The test set, a `.spacy` file.
    columns (Optional[Path]): Its column file, for the lenient counts.
    domain (Optional[str]): The domain of the texts; None for the model's own.
    RETURNS (Scores): What they score.
    """
    counts, lenient = [], []
    for model in models:
        examples = _tag(model, corpus, domain)
        of_each = [sum_counts(spacy_counts([example])) for example in examples]
        counts.append([list(row) for row in of_each])
        if columns is not None:
            gold = read_gold(columns, [example.reference for example in examples])
            found = [ncrfpp.predicted_entities(example) for example in examples]
            lenient.append(_f1(sum_counts(ncrfpp.count_entities(gold, found))))
    return Scores(numpy.array(counts), lenient)


def _tag(model: Path, corpus: Path, domain: Optional[str]) -> List[Example]:
    nlp = spacy.load(model)
    examples = list(Corpus(corpus)(nlp))
    for example in examples:
        if domain is not None:
            set_domain(example.predicted, domain)
    docs = nlp.pipe([example.predicted for example in examples])
    for example, doc in zip(examples, docs, strict=True):
        example.predicted = doc
    return examples


def _f1(counts: Counts) -> float:
    return 200 * counts.correct / max(1, counts.predicted + counts.gold)


def main(args: Namespace) -> None:
    """Measure, and print the tables.

    args (Namespace): The command line.
    """
    rows = {"raw text": args.raw, "without": args.without}
    found = {name: measure(x, args.target, args.columns) for name, x in rows.items()}
    table = []
    for name, scores in found.items():
        each = " ".join(f"{f1:.2f}" for f1 in scores.f1)
        row = [name, format_mean(scores.f1), each]
        row += [format_mean(scores.lenient)] if args.columns else []
        if args.source is not None:
            row.append(format_mean(measure(rows[name], args.source, None, SOURCE).f1))
        table.append(row)
    header = ["", "F1", "seeds"]
    header += ["as Jia et al. count"] if args.columns else []
    header += ["source"] if args.source is not None else []
    print(format_table(header, table))
    raw, without = found.values()
    gain = compare([raw.counts], [without.counts])
    print(
        f"raw text adds {gain.f1:+.2f} points [{gain.low:+.2f}, {gain.high:+.2f}], "
        f"p = {gain.p:.3f}"
    )


if __name__ == "__main__":
    parser = make_parser("raw_text", __doc__)
    parser.add_argument("--raw", nargs="+", type=Path, required=True)
    parser.add_argument("--without", nargs="+", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--columns", type=Path)
    parser.add_argument("--source", type=Path)
    arguments = parser.parse_args()
    one_thread()
    main(arguments)
