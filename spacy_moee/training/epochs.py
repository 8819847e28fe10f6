"""Training settings in epochs, for any corpus, reader and batcher.

spaCy counts `eval_frequency`, `patience` and `max_steps` in steps, and its loggers read
them from the config, where they have to be plain numbers.
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
# the most evaluations within `min_steps`: not one at each step of a tiny corpus
EVALUATIONS = 10


def make_plan_training(
    eval_frequency: float = 1.0,
    patience: float = 5.0,
    max_epochs: float = 30.0,
    min_steps: int = 300,
    threads: int = 1,
    counted: Optional[Dict[str, int]] = None,
) -> Callable[[Language], Language]:
    """Set the length of spaCy's training in epochs. Registered as
    `spacy_moee.plan_training.v1`, a callback for [initialize.after_init].

    It counts the batches that the reader and the batcher yield in the first epoch, and
    writes `eval_frequency`, `patience` and `max_steps` into [training], in steps, where
    they are 0. Other numbers there do not change, nor does `max_epochs`; if one of them
    ends the training, there is an evaluation shortly before, which spaCy itself would
    leave out. A reader that streams its corpus (`max_epochs = -1` there) has to say how
    many steps an epoch has, as `spacy_moee.MixedCorpus.v1` does.

    eval_frequency (float): Epochs from one evaluation to the next.
    patience (float): Epochs without a better score after which training stops; 0 for
        no such stop.
    max_epochs (float): The most epochs; 0 for no limit.
    min_steps (int): The least number of updates, whatever these two say: a few epochs
        of a tiny corpus are too few to learn anything.
    threads (int): The number of torch's threads in training; 0 does not change it. One
        is often faster than all.
    counted (Optional[Dict[str, int]]): The numbers of the last training, so that a
        saved config is counted again on another corpus. Set by this callback only.
    RETURNS (Callable[[Language], Language]): The callback.
    RAISES (MoeeError): M103, for invalid values.
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
        given = _given_numbers(nlp, counted or {})
        wanted = {"eval_frequency", *(["patience"] if patience else [])}
        # one limit is enough; -1 is none
        if max_epochs and not any(given[name] > 0 for name in LIMITS):
            wanted.add("max_steps")
        missing = {name for name in wanted if not given[name]}
        written: Dict[str, int] = {}
        if missing:
            epoch = count_steps(nlp, given)
            every = max(1, round(eval_frequency * epoch))
            if end := _find_end(given, epoch):
                # slightly adjusted, so that training ends soon after an evaluation
                every = end // max(1, round(end / every))
            else:
                every = max(every, min_steps // EVALUATIONS)
            every = given["eval_frequency"] or every
            last = max(max_epochs * epoch, min_steps)
            steps = {
                "eval_frequency": every,
                "patience": max(math.ceil(patience * epoch), min_steps),
                # spaCy only evaluates at multiples of the frequency
                "max_steps": math.ceil(last / every) * every,
            }
            written = {name: steps[name] for name in SETTINGS if name in missing}
            text = ", ".join(f"{name} {value}" for name, value in written.items())
            util.logger.info("An epoch has %d steps: %s", epoch, text)
        training.update({**given, **written})
        for slot in SLOTS:
            block = nlp.config["initialize"].get(slot)
            if isinstance(block, dict) and block.get("@callbacks") == NAME:
                block["counted"] = written or None
        return nlp

    return plan_training


def _find_end(numbers: Dict[str, int], epoch: int) -> int:
    """Find the last step if a number of the user ends the training, else 0. Steps are
    counted from 0; with `max_steps`, spaCy makes one more."""
    last = {"max_epochs": numbers["max_epochs"] * epoch - 1}
    last["max_steps"] = numbers["max_steps"]
    return min((max(1, last[name]) for name in LIMITS if numbers[name] > 0), default=0)


def _given_numbers(nlp: Language, counted: Dict[str, int]) -> Dict[str, int]:
    """Read the numbers of the user, resolving functions; 0 for numbers that are not
    given, or that an earlier training wrote."""
    training = nlp.config.interpolate()["training"]
    values: Dict[str, Any] = {name: training[name] for name in SETTINGS}
    values = util.registry.resolve(values)
    return {k: 0 if v == counted.get(k) else int(v) for k, v in values.items()}


def count_steps(nlp: Language, numbers: Dict[str, int]) -> int:
    """Count the batches of the first epoch, as spaCy's training loop will make them. A
    reader that streams is asked: it has `count_steps(nlp)`.

    nlp (Language): The pipeline, with its training config.
    numbers (Dict[str, int]): The given numbers of [training].
    RETURNS (int): The number of steps, at least 1.
    RAISES (MoeeError): M601 for a corpus that is streamed and can't say, M602 if there
        is no batch.
    """
    config = nlp.config.interpolate()
    training = config["training"]
    names = [training["train_corpus"]]
    with keep_random_state(training["seed"]):
        (corpus,) = util.resolve_dot_names(config, names)
        if numbers["max_epochs"] < 0:
            if not hasattr(corpus, "count_steps"):
                raise MoeeError("M601", found=numbers["max_epochs"])
            return corpus.count_steps(nlp)
        batcher = util.registry.resolve({"batcher": training["batcher"]})["batcher"]
        n_steps = sum(1 for _ in create_train_batches(nlp, corpus, batcher, 1))
    if not n_steps:
        raise MoeeError("M602", corpus=names[0])
    return n_steps


def epoch_steps(path: Optional[Path], batch_size: int, epochs: int = 1) -> int:
    """Count the batches of some epochs of a `.spacy` file, in batches of a fixed number
    of docs. Registered as `spacy_moee.epoch_steps.v1`, for values that are computed
    when a config is resolved; `spacy_moee.plan_training.v1` counts with any reader and
    batcher.

    path (Optional[Path]): The training corpus: a `.spacy` file, or a folder of them.
    batch_size (int): Docs per batch, with a batcher that counts docs.
    epochs (int): The number of epochs.
    RETURNS (int): The number of steps, at least 1.
    RAISES (MoeeError): M204, if there is no corpus.
    """
    # in a config it is a string, or None
    corpus = Path(path or "")
    files = sorted(corpus.rglob("*.spacy")) if path and corpus.is_dir() else [corpus]
    if not files or not all(file.is_file() for file in files):
        raise MoeeError("M204", path=path)
    n_docs = sum(len(DocBin().from_disk(file)) for file in files)
    return max(1, math.ceil(n_docs / batch_size)) * epochs
