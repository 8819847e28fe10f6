"""F1 by sentences and by whole articles, in the source domain and in others.

    python -m benchmarks.documents --models NAME=MODEL ... \
        --corpus FOLDER --domains FOLDER [--baseline NAME] [--threshold N ...] [--speed]

MODEL are trained pipelines; those of one NAME are seeds of one system. FOLDER holds
source/test.spacy and target/test.spacy, and a .spacy file of each other domain:
articles with sentence starts, as `spacy moee convert -g document` makes them, or
sentences where a domain has no articles. A file is read twice: each sentence by
itself, and whole articles without sentence starts, as `nlp(article)` reads them. Only
the types that a file is annotated with are scored.

A line of each pipeline and file comes as soon as it is measured. Then stand F1 in
percent, the mean and the sample deviation of the seeds, by articles and by sentences,
with the mean of the domains, in which a file without articles counts by its sentences;
and what each system differs from the baseline, by default the first one, with the
p-value of a paired bootstrap, which draws articles where there are any, else sentences,
and seeds. With --threshold, each system is measured with each of these thresholds
instead of its own, as a system "NAME N"; of two thresholds of the same pipelines, the
difference of each seed is drawn. --speed adds the words per second of
`nlp.pipe` over articles, as a ratio to the baseline. What a frozen encoder says of a
text is computed once for all pipelines that have the same one.
"""

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy
import spacy
from numpy import ndarray
from spacy.language import Language
from spacy.tokens import Doc

from spacy_moee.component import MoEENer
from spacy_moee.evaluation.bootstrap import compare
from spacy_moee.evaluation.counts import Counts, spacy_counts, sum_counts
from spacy_moee.evaluation.scoring import keep_types
from spacy_moee.evaluation.units import DOCS, SENTENCES, UnitsT, read_units

from .domains import SOURCE, TARGET, add_arguments, find_test_sets
from .kept_vectors import Kept, keep_vectors
from .machine import format_line, format_mean, format_table, make_parser, one_thread
from .turns import take_turns, timed

MEAN = "mean"
UNITS: Dict[UnitsT, str] = {DOCS: "articles", SENTENCES: "sentences"}
# of the target's articles, to be timed, and how often
WORDS, ROUNDS = 10_000, 3
# by file and units, the counts of each article or sentence, [seeds, articles, 3]
Found = Dict[Tuple[str, str], ndarray]


class Read(NamedTuple):
    """What a pipeline scores on a file. counts (ndarray): Of each article or sentence
    the correct, predicted and gold entities, shape [articles, 3]. has_articles (bool):
    Whether the file has any."""

    counts: ndarray
    has_articles: bool

    @property
    def f1(self) -> float:
        """RETURNS (float): In percent."""
        return Counts(*self.counts.sum(axis=0).tolist()).f1


def measure(nlp: Language, path: Path, units: UnitsT) -> Read:
    """Tag a file.

    nlp (Language): The pipeline.
    path (Path): The file.
    units (UnitsT): What is read at once.
    RETURNS (Read): What it scores.
    """
    found = read_units(nlp, path, units)
    types = {ent.label_ for example in found.examples for ent in example.y.ents}
    docs = nlp.pipe([example.predicted for example in found.examples])
    rows = []
    for example, doc in zip(found.examples, docs, strict=True):
        keep_types(doc, types)
        example.predicted = doc
        rows.append(sum_counts(spacy_counts([example])))
    return Read(found.sum_by_article(rows), found.has_articles)


class System(NamedTuple):
    """What is compared. models (List[Path]): Its pipelines, a seed each. threshold
    (Optional[float]): The threshold of all; None for that of each."""

    models: List[Path]
    threshold: Optional[float] = None

    def load(self) -> Iterator[Language]:
        """YIELDS (Language): Each pipeline."""
        for model in self.models:
            nlp = spacy.load(model)
            for _, component in nlp.pipeline:
                if isinstance(component, MoEENer) and self.threshold is not None:
                    component.threshold = self.threshold
            yield nlp


def measure_system(
    name: str, system: System, files: Dict[str, Path], kept: Kept
) -> Found:
    """Tag all files with each seed of a system, and print a line of each.

    name (str): The system's name.
    system (System): Its pipelines.
    files (Dict[str, Path]): The files, by name.
    kept (Kept): What frozen encoders have computed.
    RETURNS (Found): The counts.
    """
    rows: Dict[Tuple[str, str], List[ndarray]] = {}
    for model, nlp in zip(system.models, system.load(), strict=True):
        keep_vectors(nlp, kept)
        for file, path in files.items():
            started = time.perf_counter()
            by_sentence = measure(nlp, path, SENTENCES)
            whole = by_sentence
            if by_sentence.has_articles:
                whole = measure(nlp, path, DOCS)
            for units, read in zip(UNITS, (whole, by_sentence), strict=True):
                rows.setdefault((file, units), []).append(read.counts)
            shown = f"{whole.f1:.2f}" if whole.has_articles else "-"
            seconds = time.perf_counter() - started
            print(
                f"{name} {model}: {file}, articles {shown}, "
                f"sentences {by_sentence.f1:.2f} ({seconds:.0f} s)",
                flush=True,
            )
    return {key: numpy.stack(counts) for key, counts in rows.items()}


def parts_of(files: Sequence[str]) -> Dict[str, List[str]]:
    """RETURNS (Dict[str, List[str]]): The files of each column."""
    domains = [name for name in files if name not in (SOURCE, TARGET)]
    return {
        SOURCE: [SOURCE],
        TARGET: [TARGET],
        MEAN: domains,
        **{x: [x] for x in domains},
    }


def f1_of(found: Found, parts: Sequence[str], units: str) -> List[float]:
    """RETURNS (List[float]): F1 of each seed, the mean of some files."""
    sums = numpy.stack([found[part, units].sum(axis=1) for part in parts])
    scores = [[Counts(*row).f1 for row in rows] for rows in sums.tolist()]
    return [float(x) for x in numpy.mean(scores, axis=0)]


def show(
    found: Dict[str, Found],
    systems: Dict[str, System],
    files: Sequence[str],
    baseline: str,
) -> None:
    """Print the tables.

    found (Dict[str, Found]): What each system scores.
    systems (Dict[str, System]): The pipelines of each.
    files (Sequence[str]): The names of the files.
    baseline (str): The system that others are compared with.
    """
    columns = parts_of(files)
    for units, title in UNITS.items():
        rows = [
            [name, *(format_mean(f1_of(x, parts, units)) for parts in columns.values())]
            for name, x in found.items()
        ]
        print(format_table([title, *columns], rows))
    for name in found:
        if name == baseline:
            continue
        same_seeds = systems[name].models == systems[baseline].models
        rows = [
            [column, *difference(found[name], found[baseline], parts, same_seeds)]
            for column, parts in columns.items()
        ]
        header = [f"{name} less {baseline}"]
        for title in UNITS.values():
            header += [title, "95 %", "p"]
        print(format_table(header, rows))


def difference(
    system: Found, baseline: Found, parts: Sequence[str], same_seeds: bool
) -> List[str]:
    """RETURNS (List[str]): Difference, interval and p-value, of each of `UNITS`."""
    cells = []
    for units in UNITS:
        sides = [[x[part, units] for part in parts] for x in (system, baseline)]
        f1, low, high, p = compare(sides[0], sides[1], same_seeds=same_seeds)
        cells += [f"{f1:+.2f}", f"{low:+.2f} to {high:+.2f}", f"{p:.4f}"]
    return cells


def time_systems(systems: Dict[str, System], path: Path) -> Dict[str, float]:
    """Time the first pipeline of each system, in turn.

    systems (Dict[str, System]): The pipelines of each.
    path (Path): A file with articles.
    RETURNS (Dict[str, float]): Words per second, of the fastest of some rounds.
    """
    calls, n_words = {}, 0
    for name, system in systems.items():
        nlp = next(system.load())
        texts = [[t.text for t in eg.x] for eg in read_units(nlp, path).examples]
        sums = numpy.cumsum([len(words) for words in texts])
        texts = texts[: int(numpy.searchsorted(sums, WORDS)) + 1]
        n_words = sum(map(len, texts))

        def call(nlp: Language = nlp, texts: List[List[str]] = texts) -> float:
            docs = [Doc(nlp.vocab, words=words) for words in texts]
            return timed(lambda: list(nlp.pipe(docs)))

        calls[name] = call
    turns = take_turns(calls, ROUNDS)
    return {name: n_words / turns.least(name) for name in systems}


def read_systems(
    texts: Sequence[str], thresholds: Sequence[float]
) -> Dict[str, System]:
    """Read which pipelines belong together.

    texts (Sequence[str]): NAME=MODEL each.
    thresholds (Sequence[float]): The thresholds, or none for those of the pipelines.
    RETURNS (Dict[str, System]): The systems by name.
    """
    systems: Dict[str, List[Path]] = {}
    for text in texts:
        name, equals, model = text.partition("=")
        if not equals:
            raise SystemExit(f"✘ --models {text}: expected NAME=MODEL")
        systems.setdefault(name, []).append(Path(model))
    if not thresholds:
        return {name: System(models) for name, models in systems.items()}
    return {
        f"{name} {threshold:g}": System(models, threshold)
        for name, models in systems.items()
        for threshold in thresholds
    }


def main(args: Namespace) -> None:
    """Measure, and print the tables.

    args (Namespace): The command line.
    """
    systems = read_systems(args.models, args.threshold)
    baseline = args.baseline or next(iter(systems))
    if baseline not in systems:
        known = ", ".join(systems)
        raise SystemExit(f"✘ --baseline {baseline}: expected one of {known}")
    files = find_test_sets(args, [SOURCE, TARGET])
    kept: Kept = {}
    found = {
        name: measure_system(name, system, files, kept)
        for name, system in systems.items()
    }
    show(found, systems, list(files), baseline)
    if args.speed:
        speeds = time_systems(systems, files[TARGET])
        rows = [
            [name, f"{speed:,.0f}", f"{speed / speeds[baseline]:.2f}"]
            for name, speed in speeds.items()
        ]
        print(format_table(["", "words/s", "ratio"], rows))
    means = {
        name: f1_of(x, parts_of(list(files))[MEAN], DOCS) for name, x in found.items()
    }
    print(
        format_line({f"{name}_mean": float(numpy.mean(x)) for name, x in means.items()})
    )


def make_arguments() -> ArgumentParser:
    """RETURNS (ArgumentParser): The parser of the command line."""
    parser = make_parser("documents", __doc__)
    parser.add_argument("--models", nargs="+", metavar="NAME=MODEL", required=True)
    add_arguments(parser)
    parser.add_argument("--baseline", metavar="NAME")
    parser.add_argument("--threshold", nargs="+", type=float, default=[], metavar="N")
    parser.add_argument("--speed", action="store_true")
    return parser


if __name__ == "__main__":
    arguments = make_arguments().parse_args()
    one_thread()
    main(arguments)
