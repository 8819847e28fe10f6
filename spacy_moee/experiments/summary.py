"""Results -> one row for each system with each embeddings."""

from statistics import mean, stdev
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy
from numpy import ndarray

from .bootstrap import Difference, compare
from .counts import Counts
from .experiment import Experiment
from .published import Published, published_f1

Result = Dict[str, Any]


class Row(NamedTuple):
    """A system with some embeddings, over its seeds.

    embeddings (str): The embeddings' name.
    system (str): The system's name.
    results (List[Result]): A result a seed; none if no seed is finished.
    published (Optional[Published]): The paper's figure.
    difference (Optional[Difference]): To the baseline; None for itself, and as long as
        one of the two has no result.
    """

    embeddings: str
    system: str
    results: List[Result]
    published: Optional[Published]
    difference: Optional[Difference]

    def values(self, *path: str) -> List[float]:
        """Collect one number of each seed.

        *path (str): The keys that lead to it, such as "target", "f1".
        RETURNS (List[float]): The numbers; 0 where a result hasn't got it.
        """
        return [_get(result, path) for result in self.results]


def summarize(experiment: Experiment, results: Sequence[Result]) -> List[Row]:
    """Group the results, and compare each group with its baseline.

    experiment (Experiment): The experiment.
    results (Sequence[Result]): The results of the finished runs.
    RETURNS (List[Row]): The rows, in the order of the experiment.
    """
    rows = []
    for name, embeddings in experiment.embeddings.items():
        groups: Dict[str, List[Result]] = {
            system: [
                r for r in results if (r["embeddings"], r["system"]) == (name, system)
            ]
            for system in embeddings.systems
        }
        baseline = groups.get(experiment.baseline)
        for system, group in groups.items():
            difference = None
            if group and baseline and system != experiment.baseline:
                difference = compare(_counts(group), _counts(baseline))
            published = published_f1(system, embeddings.published)
            rows.append(Row(name, system, group, published, difference))
    return rows


def entity_types(rows: Sequence[Row], domain: str) -> List[str]:
    """List the entity types of a domain.

    rows (Sequence[Row]): The rows.
    domain (str): "source" or "target".
    RETURNS (List[str]): The types.
    """
    found = {t for row in rows for r in row.results for t in r[domain]["per_type"]}
    return sorted(found)


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


def _counts(results: Sequence[Result]) -> ndarray:
    """[seeds, sentences, 3]"""
    rows = [[r["target"]["sentences"][k] for k in Counts._fields] for r in results]
    return numpy.array(rows, dtype="float64").transpose(0, 2, 1)


def _get(result: Result, path: Sequence[str]) -> float:
    value: Any = result
    for key in path:
        if key not in value:
            return 0.0
        value = value[key]
    return float(value)
