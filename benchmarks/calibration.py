"""How well calibrated scores are in other domains, and what a threshold is worth there.

    python -m benchmarks.calibration MODEL ... --dev DEV.spacy \
        --domains FILE.spacy ... --target FILE.spacy

The pipelines are seeds of one recipe, or several recipes. DEV.spacy is of their source
domain; of the domains each is left out in turn, while what the ways below need is
learned on the others; the target chooses nothing. The rows of the tables are

raw     temperature 1
source  the temperature of DEV.spacy, as `spacy moee calibrate` fits it
unseen  times a factor, learned on the other domains, as --unseen
text    times a power of how much less sure the pipeline is of the domain's texts,
        learned on the other domains, as --text
best    the temperature that the domain's own gold asks for: what none can beat

and the columns are the calibration error (15 bins of equal mass), the Brier score and
the area under the risk-coverage curve, in percent: the means over the domains, and the
calibration error of each. For the target, --unseen and --text are those of the package.
Then the threshold with the best mean F1 on the domains, for the scores of `raw` and of
`unseen`, and F1 without and with it. Entities of types that a file is not annotated
with are left out, as `spacy moee evaluate --gold-types` does.
"""

from functools import lru_cache
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Sequence

import numpy
import spacy
from numpy import ndarray
from spacy.language import Language

from spacy_moee.corpora.texts import read_examples
from spacy_moee.evaluation.calibration import (
    Judged,
    brier_score,
    calibration_error,
    risk_coverage_area,
)
from spacy_moee.evaluation.judging import JudgedReadings
from spacy_moee.evaluation.temperature import (
    NEAREST,
    UNSEEN,
    fit_temperature,
    log_loss,
    shift,
    unsureness,
)

from .machine import format_line, format_table, make_parser, one_thread

RAW, SOURCE, OTHER, TEXT, BEST = "raw", "source", "unseen", "text", "best"
WAYS = (RAW, SOURCE, OTHER, TEXT, BEST)
FACTORY = "moee_ner"
COLUMNS = ["ECE", "Brier", "risk"]
# between these temperatures the log odds of scores are interpolated for the fits
GRID = numpy.geomspace(0.7, 6, 9)
FACTORS = numpy.geomspace(0.5, 4, 131)
EXPONENTS = numpy.linspace(-0.5, 1.5, 201)
THRESHOLDS = numpy.linspace(0, 0.95, 96)


class Domain:
    """A file that a pipeline has read.

    nlp (Language): The pipeline.
    path (Path): The file.
    """

    def __init__(self, nlp: Language, path: Path) -> None:
        [name] = (x for x in nlp.pipe_names if nlp.get_pipe_meta(x).factory == FACTORY)
        readings = JudgedReadings(nlp, name, list(read_examples(nlp, path)))
        self.at: Callable[[float], Judged] = lru_cache(readings.at)
        raw = readings.readings.scores(1.0)
        self.unsure = unsureness(raw[~numpy.isnan(raw)])
        self.odds = numpy.stack([self._odds(x) for x in GRID.tolist()])

    def _odds(self, temperature: float) -> ndarray:
        scores = self.at(temperature).scores.clip(NEAREST, 1 - NEAREST)
        return numpy.log(scores / (1 - scores))

    def loss(self, temperature: float) -> float:
        """RETURNS (float): About the log loss at a temperature."""
        place = numpy.interp(numpy.log(temperature), numpy.log(GRID), range(len(GRID)))
        low = min(int(place), len(GRID) - 2)
        odds = self.odds[low] + (place - low) * (self.odds[low + 1] - self.odds[low])
        return log_loss(self.at(1.0)._replace(scores=1 / (1 + numpy.exp(-odds))))

    def f1(self, temperature: float) -> ndarray:
        """RETURNS (ndarray): F1 in percent at each of `THRESHOLDS`."""
        scores, correct, *_, gold = self.at(temperature)
        kept = scores >= THRESHOLDS[:, None]
        return 200 * (kept & correct).sum(axis=1) / (kept.sum(axis=1) + gold)


class Read(NamedTuple):
    """What a pipeline read. dev (Domain): Of its source. domains (List[Domain]): Of
    others. target (Domain): The target. source (float): The source's temperature."""

    dev: Domain
    domains: List[Domain]
    target: Domain
    source: float


def read(model: Path, dev: Path, domains: Sequence[Path], target: Path) -> Read:
    """Read all files with a pipeline.

    model (Path): The pipeline's folder.
    dev (Path): A .spacy file of its source domain.
    domains (Sequence[Path]): Files of others.
    target (Path): That of the target.
    RETURNS (Read): What it says of them.
    """
    nlp = spacy.load(model)
    first, *others, last = (Domain(nlp, path) for path in (dev, *domains, target))
    source = fit_temperature(lambda temperature: [first.at(temperature)])
    print(f"{model}: temperature of the source {source:.2f}", flush=True)
    return Read(first, others, last, source)


def learn(runs: Sequence[Read], left_out: int) -> Dict[str, float]:
    """Learn factor and exponent on all domains but one.

    runs (Sequence[Read]): Of each pipeline.
    left_out (int): The number of the domain; -1 for none.
    RETURNS (Dict[str, float]): By way.
    """
    pairs = [
        (run, x) for run in runs for i, x in enumerate(run.domains) if i != left_out
    ]

    def least(values: ndarray, factor: Callable[[Read, Domain, float], float]) -> float:
        losses = [
            sum(x.loss(run.source * factor(run, x, value)) for run, x in pairs)
            for value in values.tolist()
        ]
        return float(values[int(numpy.argmin(losses))])

    return {
        OTHER: least(FACTORS, lambda run, x, value: value),
        TEXT: least(EXPONENTS, lambda run, x, v: (x.unsure / run.dev.unsure) ** v),
    }


def temperatures(run: Read, domain: Domain, learned: Dict[str, float]) -> List[float]:
    """RETURNS (List[float]): The temperature of each of `WAYS` in a domain."""
    ratio = domain.unsure / run.dev.unsure
    text = run.source * max(1.0, ratio ** learned[TEXT])
    best = fit_temperature(lambda temperature: [domain.at(temperature)])
    return [1.0, run.source, run.source * learned[OTHER], text, best]


def measure(judged: Judged) -> List[float]:
    """RETURNS (List[float]): Error, Brier score and area in percent."""
    parts = judged.scores, judged.correct.astype("float64")
    measures = calibration_error, brier_score, risk_coverage_area
    return [100 * function(*parts) for function in measures]


def show_domains(runs: Sequence[Read], names: List[str]) -> Dict[str, float]:
    """Print the table of the domains. RETURNS (Dict[str, float]): Errors by way."""
    learned = [learn(runs, i) for i in range(len(names))]
    for way in (OTHER, TEXT):
        values = ", ".join(f"{x[way]:.2f}" for x in learned)
        print(f"{way}: {learn(runs, -1)[way]:.2f}; without each domain {values}")
    # [pipelines, domains, ways, measures]
    table = numpy.array(
        [
            [
                [measure(x.at(t)) for t in temperatures(run, x, values)]
                for x, values in zip(run.domains, learned, strict=True)
            ]
            for run in runs
        ]
    ).mean(axis=0)
    rows = [
        [way, *(f"{x:.2f}" for x in (*table[:, i].mean(axis=0), *table[:, i, 0]))]
        for i, way in enumerate(WAYS)
    ]
    print(format_table(["mean of the domains", *COLUMNS, *names], rows))
    return dict(zip(WAYS, table[:, :, 0].mean(axis=0).tolist(), strict=True))


def show_target(runs: Sequence[Read], name: str) -> None:
    """Print the table of the target, with the constants of the package."""
    rows = []
    for way in (RAW, SOURCE, OTHER, TEXT):
        found = []
        for run in runs:
            temperature = {
                RAW: 1.0,
                SOURCE: run.source,
                OTHER: run.source * UNSEEN,
                TEXT: shift(run.source, run.dev.unsure, run.target.unsure),
            }[way]
            found.append([temperature, *measure(run.target.at(temperature))])
        rows.append([way, *(f"{x:.2f}" for x in numpy.mean(found, axis=0))])
    print(format_table([name, "temperature", *COLUMNS], rows))


def show_thresholds(runs: Sequence[Read], name: str) -> None:
    """Print the best threshold on the domains, and what it is worth."""
    rows = []
    for way, factor in ((RAW, None), (OTHER, UNSEEN)):
        pairs = [(run, run.source * factor if factor else 1.0) for run in runs]
        curves = numpy.mean(
            [[x.f1(t) for x in run.domains] for run, t in pairs], (0, 1)
        )
        best = int(curves.argmax())
        target = [run.target.f1(t)[[0, best]] for run, t in pairs]
        before, after = numpy.mean(target, axis=0)
        cells = (THRESHOLDS[best], curves[0], curves[best], before, after)
        rows.append([way, *(f"{x:.2f}" for x in cells)])
    header = ["F1", "threshold", "domains, 0", "with it", f"{name}, 0", "with it"]
    print(format_table(header, rows))


def main() -> None:
    """Read the command line, measure, print the tables and the last line."""
    parser = make_parser("calibration", __doc__)
    parser.add_argument("models", type=Path, nargs="+", help="trained pipelines")
    parser.add_argument("--dev", type=Path, required=True, help=".spacy file")
    parser.add_argument("--domains", type=Path, nargs="+", required=True, help="files")
    parser.add_argument("--target", type=Path, required=True, help=".spacy file")
    args = parser.parse_args()
    one_thread()
    files = args.dev, args.domains, args.target
    runs = [read(model, *files) for model in args.models]
    errors = show_domains(runs, [path.stem for path in args.domains])
    show_target(runs, "target")
    show_thresholds(runs, "target")
    print(format_line({f"{way}_error": value for way, value in errors.items()}))


if __name__ == "__main__":
    main()
