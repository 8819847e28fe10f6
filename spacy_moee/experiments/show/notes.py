"""Why figures of a table are missing, or strange."""

from typing import Dict, List, Sequence

from ..run.failure import Failure
from ..run.records import Record

DOMAINS = ("target", "source")


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


def explain_failures(failures: Sequence[Failure]) -> List[str]:
    """Say why seeds of a system failed.

    failures (Sequence[Failure]): The failures.
    RETURNS (List[str]): A note for each reason.
    """
    reasons = [failure.reason for failure in failures]
    return [f"{reasons.count(x)} failed: {x}" for x in dict.fromkeys(reasons)]


def explain_scores(results: Sequence[Record]) -> List[str]:
    """Say why seeds of a system have no score, or one of zero.

    results (Sequence[Record]): The results of a system.
    RETURNS (List[str]): A note for each reason.
    """
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


def why_no_difference(system: Sequence[Record], baseline: Sequence[Record]) -> str:
    """Say why a bootstrap would show nothing, though the target has gold entities.

    system (Sequence[Record]): The results of a system.
    baseline (Sequence[Record]): Those of the baseline.
    RETURNS (str): The reason; empty if there is none.
    """
    targets = [result["target"] for result in [*system, *baseline]]
    if any(scores["f1"] is None for scores in targets):
        return ""
    for name, group in (("it predicts", system), ("the baseline predicts", baseline)):
        if all(_is_silent(result["target"]) for result in group):
            return f"{name} no entity"
    found = any(scores["counts"][0] for scores in targets)
    return "" if found else "neither it nor the baseline finds an entity"
