"""Training settings in epochs, whatever the corpus, its reader and its batcher.

spaCy counts `eval_frequency`, `patience` and `max_steps` in steps, and its loggers read
them as they stand in the config: only plain numbers will do.
"""

import math
from pathlib import Path
from typing import Any, Callable, Dict, Optional

from spacy import util
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training.loop import create_train_batches

from ..errors import MoeeError, check_setting
from .randomness import keep_random_state
from .threads import make_torch_threads

NAME = "spacy_moee.plan_training.v1"
SLOTS = ("before_init", "after_init")
LIMITS = ("max_epochs", "max_steps")
SETTINGS = ("eval_frequency", "patience", *LIMITS)
# evaluations within `min_steps`: a tiny corpus is not evaluated at each of its steps
EVALUATIONS = 10


def make_plan_training(
    eval_frequency: float = 1.0,
    patience: float = 5.0,
    max_epochs: float = 30.0,
    min_steps: int = 300,
    threads: int = 1,
    counted: Optional[Dict[str, int]] = None,
) -> Callable[[Language], Language]:
    """Give spaCy's training loop its settings in epochs. Registered as
    `spacy_moee.plan_training.v1`, a callback for [initialize.after_init].

    It counts the batches that the reader and the batcher yield in the first epoch, and
    writes `eval_frequency`, `patience` and `max_steps` into [training], in steps, where
    they are 0. Any other number there stays as it is, and so does `max_epochs`; where
    one of them ends the training, an evaluation comes soon before, which spaCy itself
    leaves out.

    eval_frequency (float): Epochs from one evaluation to the next.
    patience (float): Epochs without a better score after which training stops; 0 for
        no such stop.
    max_epochs (float): The most epochs; 0 for no limit.
    min_steps (int): Updates that neither of these two cuts off: a few epochs of a tiny
        corpus are too few to learn anything.
    threads (int): Threads that torch trains with; 0 leaves the process as it is. One
        is often faster than all.
    counted (Optional[Dict[str, int]]): What was written the last time, so that a saved
        config is counted anew on another corpus. Not to be given by hand.
    RETURNS (Callable[[Language], Language]): The callback.
    RAISES (MoeeError): M103, for values that can't be.
    """
    for argument, value, valid, expected in (
        ("eval_frequency", eval_frequency, eval_frequency > 0, "above 0"),
        ("patience", patience, patience >= 0, "0 or more"),
        ("max_epochs", max_epochs, max_epochs >= 0, "0 or more"),
        ("min_steps", min_steps, min_steps >= 0, "0 or more"),
        ("threads", threads, threads >= 0, "0 or more"),
    ):
        check_setting(valid, argument, NAME, expected, value)

    def plan_training(nlp: Language) -> Language:
        if threads:
            make_torch_threads(threads)(nlp)
        training = nlp.config["training"]
        before = _own_numbers(nlp, counted or {})
        wanted = {"eval_frequency", *(["patience"] if patience else [])}
        # one limit is enough
        if max_epochs and not any(before[name] for name in LIMITS):
            wanted.add("max_steps")
        missing = {name for name in wanted if not before[name]}
        written: Dict[str, int] = {}
        if missing:
            epoch = count_steps(nlp, before)
            every = max(1, round(eval_frequency * epoch), min_steps // EVALUATIONS)
            every = before["eval_frequency"] or _fit(every, before, epoch)
            last = max(max_epochs * epoch, min_steps)
            steps = {
                "eval_frequency": every,
                "patience": max(math.ceil(patience * epoch), min_steps),
                # spaCy evaluates at multiples of the frequency only
                "max_steps": math.ceil(last / every) * every,
            }
            written = {name: steps[name] for name in SETTINGS if name in missing}
            text = ", ".join(f"{name} {value}" for name, value in written.items())
            util.logger.info("An epoch has %d steps: %s", epoch, text)
        training.update({**before, **written})
        for slot in SLOTS:
            block = nlp.config["initialize"].get(slot)
            if isinstance(block, dict) and block.get("@callbacks") == NAME:
                block["counted"] = written or None
        return nlp

    return plan_training


def _fit(every: int, numbers: Dict[str, int], epoch: int) -> int:
    """Evaluate a little more often, so that training ends soon after an evaluation
    where a user's own number ends it."""
    # steps are counted from 0; with `max_steps`, spaCy makes one more
    last = {"max_epochs": numbers["max_epochs"] * epoch - 1}
    last["max_steps"] = numbers["max_steps"]
    ends = [max(1, step) for name, step in last.items() if numbers[name]]
    end = min(ends, default=every)
    return end // math.ceil(end / every)


def _own_numbers(nlp: Language, counted: Dict[str, int]) -> Dict[str, int]:
    """The numbers that a user gave, blocks of functions resolved; 0 for what was not
    given, or was written by an earlier training."""
    training = nlp.config.interpolate()["training"]
    values: Dict[str, Any] = {name: training[name] for name in SETTINGS}
    values = util.registry.resolve(values)
    return {k: 0 if v == counted.get(k) else int(v) for k, v in values.items()}


def count_steps(nlp: Language, numbers: Dict[str, int]) -> int:
    """Count the batches of the first epoch, as spaCy's training loop will make them.

    nlp (Language): The pipeline, with its training config.
    numbers (Dict[str, int]): The numbers of [training] that are given.
    RETURNS (int): The number of steps, at least 1.
    RAISES (MoeeError): M601 for a corpus that is streamed, M602 if there is no batch.
    """
    if numbers["max_epochs"] < 0:
        raise MoeeError("M601", found=numbers["max_epochs"])
    config = nlp.config.interpolate()
    training = config["training"]
    names = [training["train_corpus"]]
    with keep_random_state(training["seed"]):
        (corpus,) = util.resolve_dot_names(config, names)
        batcher = util.registry.resolve({"batcher": training["batcher"]})["batcher"]
        n_steps = sum(1 for _ in create_train_batches(nlp, corpus, batcher, 1))
    if not n_steps:
        raise MoeeError("M602", corpus=names[0])
    return n_steps


def epoch_steps(path: Optional[Path], batch_size: int, epochs: int = 1) -> int:
    """Count the batches of some epochs of a `.spacy` file that is read as it is, in
    batches of a fixed number of docs. Registered as `spacy_moee.epoch_steps.v1`, for
    values that are computed when a config is resolved; `spacy_moee.plan_training.v1`
    counts with any reader and batcher.

    path (Optional[Path]): The training corpus: a `.spacy` file, or a folder of them.
    batch_size (int): Docs a batch, with a batcher that counts docs.
    epochs (int): The number of epochs.
    RETURNS (int): The number of steps, at least 1.
    RAISES (MoeeError): M204, if there is no corpus.
    """
    # a config gives a string, or nothing
    corpus = Path(path or "")
    files = sorted(corpus.rglob("*.spacy")) if path and corpus.is_dir() else [corpus]
    if not files or not all(file.is_file() for file in files):
        raise MoeeError("M204", path=path)
    n_docs = sum(len(DocBin().from_disk(file)) for file in files)
    return max(1, math.ceil(n_docs / batch_size)) * epochs
