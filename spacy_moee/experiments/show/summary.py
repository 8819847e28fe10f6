"""Results -> one row for each system with each embeddings."""

from statistics import mean, stdev
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray

from ...evaluation.bootstrap import Difference, compare
from ...evaluation.counts import Counts
from ..plan.experiment import Experiment
from ..plan.grid import Run
from ..plan.published import Published, published_f1
from ..run.failure import Failure
from ..run.records import Record
from .notes import (
    explain_code,
    explain_failures,
    explain_scores,
    why_no_difference,
    why_no_score,
)

Failed = Sequence[Tuple[Run, Failure]]


class Row(NamedTuple):
    """A system with some embeddings, over its seeds.

    embeddings (str): The embeddings' name.
    system (str): The system's name.
    results (List[Record]): A result a seed; none if no seed is finished.
    published (Optional[Published]): The paper's figure.
    differences (Dict[str, Difference]): To the baseline, by the name of the target, or
        "mean"; none for itself, as long as one of the two has no result, and where
        there is none.
    notes (List[str]): Why figures are missing, or strange.
    raw_text (Optional[str]): The text without annotation that it reads, as
        `find_raw_text` says it; None if no seed was run.
    means (Dict[str, List[str]]): The columns of each mean.
    """

    embeddings: str
    system: str
    results: List[Record]
    published: Optional[Published]
    differences: Dict[str, Difference]
    notes: List[str]
    raw_text: Optional[str]
    means: Dict[str, List[str]] = {}

    def f1(self, domain: str, label: str = "") -> List[float]:
        """Collect the F1 of each seed.

        domain (str): The name of a column.
        label (str): An entity type; "" for all.
        RETURNS (List[float]): The numbers; none of a seed where it is undefined.
        """
        found = []
        for result in self.results:
            scores = [result["scores"][x] for x in self.means.get(domain, [domain])]
            # a type may be neither gold nor predicted
            scores = [x["per_type"].get(label, {}) if label else x for x in scores]
            defined = [x["f1"] for x in scores if x.get("f1") is not None]
            found += [mean(defined)] if defined else []
        return found

    def lenient_f1(self, target: str) -> List[float]:
        """Collect the F1 of each seed as NCRF++ counts.

        target (str): The name of a target.
        RETURNS (List[float]): The numbers; none where there is no score, or this count
            is not wanted.
        """
        scores = [result["scores"][target] for result in self.results]
        found = [x["ncrfpp"] for x in scores if "ncrfpp" in x and not x["no_score"]]
        return [counted["f1"] for counted in found]


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
            tried = [
                (run, failure)
                for run, failure in failed
                if (run.embeddings, run.system) == (name, system)
            ]
            failures = [failure for _, failure in tried]
            missing = len(embeddings.seeds) - len(group) - len(failures)
            notes = explain_failures(failures)
            notes += [f"{missing} not run"] if missing else []
            notes += explain_scores(group) + explain_code(group)
            differences: Dict[str, Difference] = {}
            if system != experiment.baseline and group and baseline:
                differences, reasons = _compare(experiment, group, baseline)
                notes += reasons
            published = published_f1(system, embeddings.published)
            # one config, so all say the same
            raw_texts = [result["raw_text"] for result in group]
            raw_texts += [run.raw_text for run, _ in tried]
            raw_text = raw_texts[0] if raw_texts else None
            found = (group, published, differences, notes, raw_text)
            rows.append(Row(name, system, *found, experiment.data.mean_columns))
    return rows


def _compare(
    experiment: Experiment, group: List[Record], baseline: List[Record]
) -> Tuple[Dict[str, Difference], List[str]]:
    """The differences, and why some are missing. What has no score is no part of the
    mean."""
    columns = experiment.data.target_columns
    targets = [x for x in columns if not why_no_score(group + baseline, x)]
    reasons = {x: why_no_difference(group, baseline, x) for x in targets}
    compared = {x: [x] for x in targets if not reasons[x]}
    means = {
        name: [x for x in parts if x in targets]
        for name, parts in experiment.data.mean_columns.items()
        if any(x in compared for x in parts)
    }
    compared = {**means, **compared}
    differences = {
        name: compare(_counts(group, parts), _counts(baseline, parts))
        for name, parts in compared.items()
    }
    notes = [f"no difference on {x}: {why}" for x, why in reasons.items() if why]
    return differences, notes


def entity_types(rows: Sequence[Row], domain: str) -> List[str]:
    """List the entity types of a domain, predicted ones included.

    rows (Sequence[Row]): The rows.
    domain (str): The name of a target, or "source".
    RETURNS (List[str]): The types.
    """
    results = (result for row in rows for result in row.results)
    return sorted({label for x in results for label in x["scores"][domain]["per_type"]})


def undefined_types(rows: Sequence[Row], domain: str) -> List[str]:
    """List the entity types that were predicted and have no gold entity.

    rows (Sequence[Row]): The rows.
    domain (str): The name of a target, or "source".
    RETURNS (List[str]): The types.
    """
    types = entity_types(rows, domain)
    return [x for x in types if not any(row.f1(domain, x) for row in rows)]


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


def _counts(results: Sequence[Record], targets: Sequence[str]) -> List[ndarray]:
    """Of each column, [seeds, articles or sentences, 3]."""
    found = []
    for target in targets:
        parts = [result["scores"][target]["sentences"] for result in results]
        rows = [[sentences[k] for k in Counts._fields] for sentences in parts]
        found.append(numpy.array(rows, dtype="float64").transpose(0, 2, 1))
    return found
