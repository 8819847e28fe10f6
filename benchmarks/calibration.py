"""How well calibrated scores are in other domains, and what a threshold is worth there.

    python -m benchmarks.calibration MODEL ... --dev DEV.spacy \
        --domains FILE.spacy ... --target FILE.spacy

The pipelines are seeds of one recipe, each measured by itself; of several, the last
tables have the mean and the sample deviation. DEV.spacy is of their source domain; of
the domains each is left out in turn, while what the ways below need is learned on the
others; the target chooses nothing. The rows of the tables are

raw     temperature 1
source  the temperature of DEV.spacy, as `spacy moee calibrate` fits it
unseen  times a factor, learned on the other domains, as --unseen
text    times a power of how much less sure the pipeline is of the domain's texts,
        learned on the other domains, as --text
best    the temperature that the domain's own gold asks for: what none can beat

and the columns are the calibration error (15 bins of equal mass), the Brier score and
the area under the risk-coverage curve, in percent: the means over the domains, and the
calibration error of each. Before them stands what was learned, on all domains and
without each. For the target, --unseen and --text are those of the package. Then the
threshold with the best mean F1 on the domains, for the scores of `raw` and of `unseen`,
and F1 without and with it. Entities of types that a file is not annotated with are left
out, as `spacy moee evaluate --gold-types` does.
"""

from functools import lru_cache
from pathlib import Path
from typing import Callable, List, NamedTuple, Sequence

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

from .machine import format_line, format_mean, format_table, make_parser, one_thread

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


class Tables(NamedTuple):
    """What is measured of a pipeline. learned (ndarray): Factor and exponent, on all
    domains and without each, shape [2, 1 + domains]. domains (ndarray): Of each of
    `WAYS` the measures, means of the domains, and the error in each, shape
    [ways, 3 + domains]. target (ndarray): Of each but the last the temperature and the
    measures, shape [ways - 1, 4]. thresholds (ndarray): Of `RAW` and `OTHER` the
    threshold, and F1 without and with it, shape [2, 5]."""

    learned: ndarray
    domains: ndarray
    target: ndarray
    thresholds: ndarray


def learn(run: Read, left_out: int) -> List[float]:
    """Learn factor and exponent on all domains but one.

    run (Read): What the pipeline read.
    left_out (int): The number of the domain; -1 for none.
    RETURNS (List[float]): Both.
    """
    domains = [x for i, x in enumerate(run.domains) if i != left_out]

    def least(values: ndarray, factor: Callable[[Domain, float], float]) -> float:
        losses = [
            sum(x.loss(run.source * factor(x, value)) for x in domains)
            for value in values.tolist()
        ]
        return float(values[int(numpy.argmin(losses))])

    return [
        least(FACTORS, lambda x, value: value),
        least(EXPONENTS, lambda x, value: (x.unsure / run.dev.unsure) ** value),
    ]


def temperatures(run: Read, domain: Domain, learned: Sequence[float]) -> List[float]:
    """RETURNS (List[float]): The temperature of each of `WAYS` in a domain."""
    factor, exponent = learned
    ratio = domain.unsure / run.dev.unsure
    text = run.source * max(1.0, ratio**exponent)
    best = fit_temperature(lambda temperature: [domain.at(temperature)])
    return [1.0, run.source, run.source * factor, text, best]


def measure(judged: Judged) -> List[float]:
    """RETURNS (List[float]): Error, Brier score and area in percent."""
    parts = judged.scores, judged.correct.astype("float64")
    measures = calibration_error, brier_score, risk_coverage_area
    return [100 * function(*parts) for function in measures]


def measure_domains(run: Read, learned: Sequence[Sequence[float]]) -> ndarray:
    """RETURNS (ndarray): `Tables.domains`, of what was learned without each."""
    # [domains, ways, measures]
    found = numpy.array(
        [
            [measure(x.at(t)) for t in temperatures(run, x, values)]
            for x, values in zip(run.domains, learned, strict=True)
        ]
    )
    return numpy.concatenate([found.mean(axis=0), found[:, :, 0].T], axis=1)


def measure_target(run: Read) -> ndarray:
    """RETURNS (ndarray): `Tables.target`, with the constants of the package."""
    text = shift(run.source, run.dev.unsure, run.target.unsure)
    chosen = [1.0, run.source, run.source * UNSEEN, text]
    return numpy.array([[t, *measure(run.target.at(t))] for t in chosen])


def measure_thresholds(run: Read) -> ndarray:
    """RETURNS (ndarray): `Tables.thresholds`."""
    rows = []
    for temperature in (1.0, run.source * UNSEEN):
        curve = numpy.mean([x.f1(temperature) for x in run.domains], axis=0)
        best = int(curve.argmax())
        target = run.target.f1(temperature)
        rows.append([THRESHOLDS[best], curve[0], curve[best], target[0], target[best]])
    return numpy.array(rows)


def measure_all(run: Read) -> Tables:
    """Measure a pipeline.

    run (Read): What it read.
    RETURNS (Tables): The measures.
    """
    learned = [learn(run, i) for i in range(-1, len(run.domains))]
    domains = measure_domains(run, learned[1:])
    target = measure_target(run)
    return Tables(numpy.array(learned).T, domains, target, measure_thresholds(run))


def show(measured: Sequence[Tables], names: List[str]) -> None:
    """Print the tables, of a pipeline or of several.

    measured (Sequence[Tables]): Of each pipeline.
    names (List[str]): The names of the domains.
    """
    headers = (
        ["learned", "all domains", *(f"no {name}" for name in names)],
        ["mean of the domains", *COLUMNS, *names],
        ["target", "temperature", *COLUMNS],
        ["F1", "threshold", "domains, 0", "with it", "target, 0", "with it"],
    )
    ways = (OTHER, TEXT), WAYS, WAYS[:-1], (RAW, OTHER)
    parts = zip(headers, ways, zip(*measured, strict=True), strict=True)
    for header, names_of_rows, tables in parts:
        cells = numpy.stack(tables, axis=2).tolist()
        rows = [
            [way, *map(format_mean, values)]
            for way, values in zip(names_of_rows, cells, strict=True)
        ]
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
    names = [path.stem for path in args.domains]
    measured: List[Tables] = []
    for model in args.models:
        measured.append(measure_all(read(model, *files)))
        show(measured[-1:], names)
    if len(measured) > 1:
        print(f"mean (sample deviation) of {len(measured)} pipelines")
        show(measured, names)
    errors = numpy.mean([x.domains[:, 0] for x in measured], axis=0).tolist()
    values = zip(WAYS, errors, strict=True)
    print(format_line({f"{way}_error": value for way, value in values}))


if __name__ == "__main__":
    main()
