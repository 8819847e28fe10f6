"""Results -> one row for each system with each embeddings."""

from statistics import mean, stdev
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray

from ...evaluation.bootstrap import Difference, compare
from ...evaluation.counts import Counts
from ..plan.experiment import Experiment
from ..plan.grid import Run
from ..plan.published import Published, published_f1
from ..run.failure import Failure
from ..run.records import Record
from .notes import explain_failures, explain_scores, why_no_difference, why_undefined

Failed = Sequence[Tuple[Run, Failure]]


class Row(NamedTuple):
    """A system with some embeddings, over its seeds.

    embeddings (str): The embeddings' name.
    system (str): The system's name.
    results (List[Record]): A result a seed; none if no seed is finished.
    published (Optional[Published]): The paper's figure.
    difference (Optional[Difference]): To the baseline; None for itself, as long as one
        of the two has no result, and where there is none.
    notes (List[str]): Why figures are missing, or strange.
    """

    embeddings: str
    system: str
    results: List[Record]
    published: Optional[Published]
    difference: Optional[Difference]
    notes: List[str]

    def values(self, *path: str) -> List[float]:
        """Collect one number of each seed.

        *path (str): The keys that lead to it, such as "target", "f1".
        RETURNS (List[float]): The numbers; none of a seed where it is undefined.
        """
        found = (_get(result, path) for result in self.results)
        return [float(value) for value in found if value is not None]


def summarize(
    experiment: Experiment, results: Sequence[Record], failed: Failed = ()
) -> List[Row]:
    """Group the results, and compare each group with its baseline.

    experiment (Experiment): The experiment.
    results (Sequence[Record]): The results of the finished runs.
    failed (Failed): The runs that failed, and why.
    RETURNS (List[Row]): The rows, in the order of the experiment.
    """
    rows = []
    for name, embeddings in experiment.embeddings.items():
        groups: Dict[str, List[Record]] = {
            system: [
                r for r in results if (r["embeddings"], r["system"]) == (name, system)
            ]
            for system in embeddings.systems
        }
        baseline = groups.get(experiment.baseline, [])
        for system, group in groups.items():
            failures = [
                failure
                for run, failure in failed
                if (run.embeddings, run.system) == (name, system)
            ]
            missing = len(embeddings.seeds) - len(group) - len(failures)
            notes = explain_failures(failures)
            notes += [f"{missing} not run"] if missing else []
            notes += explain_scores(group)
            difference = None
            if system != experiment.baseline and group and baseline:
                reason = why_no_difference(group, baseline)
                notes += [f"no difference: {reason}"] if reason else []
                if not reason and not any(why_undefined(r, "target") for r in group):
                    difference = compare(_counts(group), _counts(baseline))
            published = published_f1(system, embeddings.published)
            rows.append(Row(name, system, group, published, difference, notes))
    return rows


def entity_types(rows: Sequence[Row], domain: str) -> List[str]:
    """List the entity types of a domain, predicted ones included.

    rows (Sequence[Row]): The rows.
    domain (str): "source" or "target".
    RETURNS (List[str]): The types.
    """
    found = {t for row in rows for r in row.results for t in r[domain]["per_type"]}
    return sorted(found)


def undefined_types(rows: Sequence[Row], domain: str) -> List[str]:
    """List the entity types that were predicted and have no gold entity.

    rows (Sequence[Row]): The rows.
    domain (str): "source" or "target".
    RETURNS (List[str]): The types.
    """
    types = entity_types(rows, domain)
    paths = {label: (domain, "per_type", label, "f1") for label in types}
    return [x for x in types if not any(row.values(*paths[x]) for row in rows)]


def deviation(values: Sequence[float]) -> Optional[float]:
    """The sample deviation. RETURNS (Optional[float]): None of fewer than two."""
    return stdev(values) if len(values) > 1 else None


def mean_deviation(values: Sequence[float], pattern: str = "{:.2f}") -> str:
    """Write a mean and, in brackets, the sample deviation.

    values (Sequence[float]): The values of the seeds.
    pattern (str): How a number is written.
    RETURNS (str): "-" without a value.
    """
    if not values:
        return "-"
    spread = deviation(values)
    text = pattern.format(mean(values))
    return text if spread is None else f"{text} ({pattern.format(spread)})"


def _counts(results: Sequence[Record]) -> ndarray:
    """[seeds, sentences, 3]"""
    rows = [[r["target"]["sentences"][k] for k in Counts._fields] for r in results]
    return numpy.array(rows, dtype="float64").transpose(0, 2, 1)


def _get(result: Record, path: Sequence[str]) -> Optional[float]:
    value: Any = result
    for key in path:
        # a type that is neither gold nor predicted
        value = None if value is None else value.get(key)
    return value
