"""Why figures of a table are missing, or strange."""

from typing import Dict, List, Sequence

from ..run.failure import Failure
from ..run.records import Record


def explain_failures(failures: Sequence[Failure]) -> List[str]:
    """Say why seeds of a system failed.

    failures (Sequence[Failure]): The failures.
    RETURNS (List[str]): A note for each reason.
    """
    reasons = [failure.reason for failure in failures]
    return [f"{reasons.count(x)} failed: {x}" for x in dict.fromkeys(reasons)]


def why_no_score(results: Sequence[Record], domain: str) -> str:
    """Say why a system has no score on a corpus.

    results (Sequence[Record]): The results of the system.
    domain (str): The name of a target, or "source".
    RETURNS (str): The reasons; empty if it has one.
    """
    found = {result["scores"][domain]["no_score"] for result in results} - {""}
    return " or ".join(sorted(found))


def explain_scores(results: Sequence[Record]) -> List[str]:
    """Say why seeds of a system have no score, or one of zero.

    results (Sequence[Record]): The results of a system.
    RETURNS (List[str]): A note for each reason.
    """
    found: Dict[str, List[str]] = {}
    for domain in results[0]["scores"] if results else ():
        silent = sum(_is_silent(result["scores"][domain]) for result in results)
        seeds = "1 seed" if silent == 1 else f"{silent} seeds"
        reasons = [why_no_score(results, domain)]
        reasons += [f"no entity predicted with {seeds}"] if silent else []
        for reason in filter(None, reasons):
            found.setdefault(reason, []).append(domain)
    return [f"{' and '.join(names)}: {reason}" for reason, names in found.items()]


def explain_code(results: Sequence[Record]) -> List[str]:
    """Say which seeds of a system were run with other code than there is now.

    results (Sequence[Record]): The results of a system.
    RETURNS (List[str]): A note, if there are any.
    """
    seeds = [str(result["seed"]) for result in results if result["is_old"]]
    return [f"other code with seed {', '.join(seeds)}"] if seeds else []


def _is_silent(scores: Record) -> bool:
    """Whether nothing was predicted where something should have been."""
    _, predicted, _ = scores["counts"]
    return not scores["no_score"] and predicted == 0


def why_no_difference(
    system: Sequence[Record], baseline: Sequence[Record], target: str
) -> str:
    """Say why a bootstrap would show nothing, though the target has a score.

    system (Sequence[Record]): The results of a system.
    baseline (Sequence[Record]): Those of the baseline.
    target (str): The target.
    RETURNS (str): The reason; empty if there is none.
    """
    for name, group in (("it predicts", system), ("the baseline predicts", baseline)):
        if all(_is_silent(result["scores"][target]) for result in group):
            return f"{name} no entity"
    scores = [result["scores"][target] for result in [*system, *baseline]]
    found = any(x["counts"][0] for x in scores)
    return "" if found else "neither it nor the baseline finds an entity"
