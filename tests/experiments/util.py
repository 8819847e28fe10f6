"""An experiment of toy systems, and results as runs leave them."""

import json
from pathlib import Path
from typing import Any, Dict, List, Sequence

import numpy
import pytest
import srsly

from spacy_moee.experiments.plan.grid import Run
from spacy_moee.experiments.run import runner
from spacy_moee.experiments.run.failure import Failure
from spacy_moee.experiments.run.job import RESULT
from tests.test_configs import FOLDER, make_corpus

TITLE = "Toy <experiment>"
BASELINE, OTHER = "BiLSTM-CRF", "+ MTL & MoEE"
TARGET, OTHER_TARGET = "tech", "sport <1>"
# until a fake job is over
LOOKS = 3
SWITCHES = ("detection", "experts")


def make_content(folder: Path, **changes: Any) -> Dict[str, Any]:
    """What an experiment file says, with a corpus in `folder`."""
    model = "components.moee_ner.model"
    data: Dict[str, Any] = {}
    for name in ("train", "dev", "test", TARGET):
        path = folder / f"{name}.spacy"
        data[name] = str(path)
        if not path.exists():
            make_corpus(path, n_docs=8)
    data["targets"] = {TARGET: {"path": data.pop(TARGET)}}
    config = str(FOLDER / "sample.cfg")
    content = {
        "title": TITLE,
        "data": data,
        "baseline": BASELINE,
        "seeds": [0, 1],
        "overrides": {
            "training.max_epochs": 3,
            # eight docs, and what they are together: two steps
            "training.batcher.size": 5,
            "training.optimizer.learn_rate": 0.02,
            f"{model}.hidden_width": 8,
            f"{model}.expert_width": 4,
        },
        "systems": {
            BASELINE: {
                "config": config,
                "overrides": {f"{model}.{switch}": False for switch in SWITCHES},
            },
            OTHER: {"config": config},
        },
        "embeddings": {"hash": {"published": "freeze"}},
    }
    return {**content, **changes}


def write_content(path: Path, content: Any) -> Path:
    srsly.write_yaml(path, content)
    return path


def make_counts(
    rng: numpy.random.Generator, n: int, share: float
) -> Dict[str, List[int]]:
    """Counts of `n` sentences of which a share is found."""
    gold = rng.integers(0, 4, n)
    correct = rng.binomial(gold, share)
    predicted = correct + rng.binomial(gold, 1 - share)
    arrays = {"correct": correct, "predicted": predicted, "gold": gold}
    return {name: array.tolist() for name, array in arrays.items()}


def make_errors(correct: int, predicted: int, gold: int) -> Dict[str, Any]:
    """Errors that fit to counts: as many types are wrong as possible."""
    wrong = min(predicted, gold) - correct
    kinds = {"correct": correct, "type": wrong, "borders": 0, "both": 0}
    kinds["missed"], kinds["spurious"] = gold - correct - wrong, 0
    kinds["spurious"] = predicted - correct - wrong
    pairs: Dict[Any, int] = {
        **{("PER", "PER"): correct, ("PER", "<LOC>"): wrong},
        **{("PER", None): kinds["missed"], (None, "PER"): kinds["spurious"]},
    }
    pieces = [("Where ", ""), ("<Ada>", "found"), (" Byron", "gold"), (" left.", "")]
    context = [{"text": text, "role": role} for text, role in pieces]
    shared = {"context": context, "label": "<LOC>", "number": 3}
    false = {"text": "<Ada>", "kind": "both", "gold": "PER", **shared}
    missed = {"text": "Byron & Co", "kind": "missed", "gold": "<LOC>", **shared}
    return {
        "kinds": kinds,
        "confusion": [
            {"gold": a, "predicted": b, "number": n} for (a, b), n in pairs.items()
        ],
        "false": [false] if predicted > correct else [],
        "missed": [missed] if kinds["missed"] else [],
    }


def make_result(
    system: str,
    seed: int,
    share: float = 0.5,
    targets: Sequence[str] = (TARGET,),
    **changes: Any,
) -> Dict:
    """A result as `Job` writes it."""
    rng = numpy.random.default_rng([seed, len(system)])
    domains = {}
    for name in ("source", *targets):
        counts = make_counts(rng, 40, share)
        scores: Dict[str, Any] = {"precision": 60.0, "recall": 40.0, "f1": 48.0 + seed}
        scores["counts"] = [sum(x) for x in counts.values()]
        domains[name] = {
            **scores,
            "no_score": "",
            "per_type": {"PER": scores, "<LOC>": {**scores, "f1": 12.5}},
            "errors": make_errors(*scores["counts"]),
            "sentences": counts,
            "words_per_second": 1000.0,
        }
    result = {
        "experiment": TITLE,
        "system": system,
        "embeddings": "hash",
        "seed": seed,
        "config": f"{system} {seed}",
        "is_old": False,
        "raw_text": "",
        "data": {"train": "ba9876543210"},
        "types": dict.fromkeys(targets),
        "read_as": {},
        "code": "abcdef012345",
        "versions": {"spacy": "3.8"},
        "python": "3.11",
        "device": "CPU",
        "minutes": 1.5,
        "peak_mb": 500.0,
        "epochs": 3,
        "best_epoch": 2,
        "dev_f1": 70.0,
        "dev_curve": [[0.0, 0.0], [1.0, 60.0], [2.0, 70.0], [3.0, 65.0]],
        "scores": domains,
    }
    return {**result, **changes}


def without_score(result: Dict, domain: str, reason: str = "not annotated") -> Dict:
    """The same with nothing to find on a domain."""
    nothing = {"precision": None, "recall": None, "f1": None, "counts": [0, 0, 0]}
    sentences = {name: [0] * 40 for name in ("correct", "predicted", "gold")}
    changed = {**nothing, "no_score": reason, "sentences": sentences, "per_type": {}}
    return with_scores(result, domain, **changed)


def with_scores(result: Dict, domain: str, **changes: Any) -> Dict:
    """The same with other scores on a domain."""
    if "counts" in changes and min(changes["counts"]) >= changes["counts"][0]:
        changes = {"errors": make_errors(*changes["counts"]), **changes}
    scores = {**result["scores"], domain: {**result["scores"][domain], **changes}}
    return {**result, "scores": scores}


class FakeJob:
    """A run that is over after some looks. It fails if its seed is in `fails`, with the
    reason that `reasons` has for its system."""

    fails: List[int] = []
    reasons: Dict[str, str] = {}
    started: List["FakeJob"] = []
    step = "train"

    @classmethod
    def install(cls, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the runner have such jobs."""
        monkeypatch.setattr(runner, "Job", cls)
        monkeypatch.setattr(runner, "PAUSE", 0)
        fresh: Dict[str, Any] = {"started": [], "fails": [], "reasons": {}}
        for name, value in fresh.items():
            monkeypatch.setattr(cls, name, value)

    def __init__(self, run: Run, folder: Path, gpu_id: int) -> None:
        self.run, self.folder = run, folder
        self.log = folder / "train.log"
        self.looks = 0
        self.calls: List[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        self.reason = self.reasons.get(run.system, "No such thing")
        self.rows: List[Dict[str, Any]] = []
        self.started.append(self)

    def read_epochs(self) -> List[Dict[str, Any]]:
        return self.rows

    def is_over(self) -> bool:
        self.looks += 1
        if self.looks < LOOKS:
            return False
        if self.run.seed not in self.fails:
            known: Dict[str, Any] = {"data": self.run.data, "config": self.run.setup}
            names = list(self.run.types)
            result = make_result(self.run.system, self.run.seed, targets=names, **known)
            result.update(types=self.run.types, code=self.run.code)
            result["read_as"] = self.run.read_as
            (self.folder / RESULT).write_text(json.dumps(result))
        return True

    @property
    def is_early(self) -> bool:
        return not any(row["step"] for row in self.rows)

    def explain(self, problem: str = "") -> Failure:
        return Failure(self.log, problem or self.reason, self.is_early)

    def ask_to_end(self) -> None:
        self.calls.append("ask")

    def end(self) -> None:
        self.calls.append("end")
