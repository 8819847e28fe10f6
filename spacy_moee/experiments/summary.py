"""Results -> one row for each system with each embeddings."""

from statistics import mean, stdev
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray

from .bootstrap import Difference, compare
from .counts import Counts
from .experiment import Experiment
from .failure import Failure
from .grid import Run
from .published import Published, published_f1
from .records import Record

DOMAINS = ("target", "source")
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
            notes = _explain_failures(failures)
            notes += [f"{missing} not run"] if missing else []
            notes += _explain_scores(group)
            difference = None
            if system != experiment.baseline and group and baseline:
                reason = _why_no_difference(group, baseline)
                notes += [f"no difference: {reason}"] if reason else []
                if not reason and not any(why_undefined(r, "target") for r in group):
                    difference = compare(_counts(group), _counts(baseline))
            published = published_f1(system, embeddings.published)
            rows.append(Row(name, system, group, published, difference, notes))
    return rows


def why_undefined(result: Record, domain: str) -> str:
    """Say why a run has no score on a domain.

    result (Record): Its result.
    domain (str): "source" or "target".
    RETURNS (str): The reason; empty if it has a score.
    """
    scores = result[domain]
    if scores["f1"] is not None:
        return ""
    return "no gold entity" if scores["annotated"] else "not annotated"


def _explain_failures(failures: Sequence[Failure]) -> List[str]:
    reasons = [failure.reason for failure in failures]
    return [f"{reasons.count(x)} failed: {x}" for x in dict.fromkeys(reasons)]


def _explain_scores(results: Sequence[Record]) -> List[str]:
    found: Dict[str, List[str]] = {}
    for domain in DOMAINS:
        reasons = {why_undefined(result, domain) for result in results} - {""}
        silent = sum(map(_is_silent, (result[domain] for result in results)))
        if silent:
            seeds = "1 seed" if silent == 1 else f"{silent} seeds"
            reasons.add(f"no entity predicted with {seeds}")
        for reason in sorted(reasons):
            found.setdefault(reason, []).append(domain)
    return [f"{' and '.join(names)}: {reason}" for reason, names in found.items()]


def _is_silent(scores: Record) -> bool:
    """Whether nothing was predicted where something should have been."""
    _, predicted, gold = scores["counts"]
    return gold > 0 and predicted == 0


def _why_no_difference(system: List[Record], baseline: List[Record]) -> str:
    """Why a bootstrap would say nothing, though the target has gold entities; "" if it
    would."""
    targets = [result["target"] for result in [*system, *baseline]]
    if any(scores["f1"] is None for scores in targets):
        return ""
    for name, group in (("it predicts", system), ("the baseline predicts", baseline)):
        if all(_is_silent(result["target"]) for result in group):
            return f"{name} no entity"
    found = any(scores["counts"][0] for scores in targets)
    return "" if found else "neither it nor the baseline finds an entity"


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
