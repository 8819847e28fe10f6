"""One epoch of training, as `spacy train` runs it, against a bare LSTM."""

import time
from itertools import chain, islice
from statistics import median
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training.initialize import init_nlp
from spacy.training.loop import (
    create_evaluation_callback,
    create_train_batches,
    train_while_improving,
)
from spacy.util import load_config, registry, resolve_dot_names
from thinc.api import fix_random_seed

from .baselines import BareLSTM, Sizes
from .corpus import Recipe

BLOCK = 40


class EpochTimes(NamedTuple):
    """Seconds of one epoch, and of the bare LSTM over the same sentences.

    reading (float): The corpus is read and the first batch made.
    updates (List[float]): Each block of `BLOCK` steps: batching, `nlp.update` and the
        optimizer.
    bare (List[float]): Each block of as many batches of the bare LSTM.
    evaluation (float): One evaluation on the dev set.
    words (int): The words of the corpus.
    """

    reading: float
    updates: List[float]
    bare: List[float]
    evaluation: float
    words: int

    @property
    def ratio(self) -> float:
        """RETURNS (float): The whole epoch, without evaluation."""
        return (self.reading + sum(self.updates)) / sum(self.bare)

    @property
    def ratio_evaluated(self) -> float:
        """RETURNS (float): The whole epoch with the evaluation that ends it."""
        return self.ratio + self.evaluation / sum(self.bare)

    @property
    def ratio_of_blocks(self) -> float:
        """RETURNS (float): The median over the blocks, without reading."""
        pairs = zip(self.updates, self.bare, strict=False)
        return median(ours / bare for ours, bare in pairs)


class Training(NamedTuple):
    """A training run, step by step.

    nlp (Language): The pipeline.
    lengths (List[int]): The words of each training doc.
    reading (float): Seconds until the first batch.
    steps (Iterator): Runs a step each time that it is asked, `nlp.update` and the
        optimizer, in spaCy's own loop but without its evaluations. Gives the epoch
        that the step belongs to, from 0.
    evaluate (Callable): Evaluates on the dev set.
    """

    nlp: Language
    lengths: List[int]
    reading: float
    steps: Iterator[int]
    evaluate: Callable[[], Any]


def start_training(
    recipe: Recipe, extra: Dict[str, Any], max_epochs: int = 1
) -> Training:
    """Initialize a pipeline, and read the corpus.

    recipe (Recipe): The recipe as it is shipped.
    extra (Dict[str, Any]): Overrides that make it quick.
    max_epochs (int): How long it goes.
    RETURNS (Training): The run, before its first step.
    """
    overrides = {**recipe.overrides(), **extra}
    nlp = init_nlp(load_config(recipe.path, overrides=overrides, interpolate=False))
    config = nlp.config.interpolate()
    settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
    dot_names = [settings["train_corpus"], settings["dev_corpus"]]
    train_corpus, dev_corpus = resolve_dot_names(config, dot_names)
    lengths = [len(example) for example in train_corpus(nlp)]
    fix_random_seed(settings["seed"])
    started = time.perf_counter()
    batches = create_train_batches(nlp, train_corpus, settings["batcher"], max_epochs)
    first = next(batches)
    reading = time.perf_counter() - started
    steps = _steps(nlp, settings, chain([first], batches))
    evaluate = create_evaluation_callback(nlp, dev_corpus, settings["score_weights"])
    return Training(nlp, lengths, reading, steps, evaluate)


def time_epoch(recipe: Recipe, extra: Dict[str, Any]) -> Tuple[Language, EpochTimes]:
    """Train one epoch. The two take turns, block by block, so that whatever else the
    machine does slows both down.

    recipe (Recipe): The recipe as it is shipped.
    extra (Dict[str, Any]): Overrides that make it quick.
    RETURNS (Tuple[Language, EpochTimes]): The pipeline after it, and the times.
    """
    training = start_training(recipe, extra)
    bare = BareLSTM(Sizes.of(training.nlp), training.lengths)
    bare_batches = bare.random_batches()
    bare.train(list(islice(bare.random_batches(), 10)))  # warms up
    updates, bare_seconds = [], []
    while True:
        started = time.perf_counter()
        n_steps = sum(1 for _ in islice(training.steps, BLOCK))
        seconds = time.perf_counter() - started
        chosen = list(islice(bare_batches, BLOCK))
        if not n_steps and not chosen:
            break
        if n_steps:
            updates.append(seconds)
        if chosen:
            bare_seconds.append(bare.train(chosen))
    started = time.perf_counter()
    training.evaluate()
    evaluation = time.perf_counter() - started
    words = sum(training.lengths)
    times = EpochTimes(training.reading, updates, bare_seconds, evaluation, words)
    return training.nlp, times


def _steps(nlp: Language, settings: Dict[str, Any], batches: Any) -> Iterator[int]:
    """spaCy's own loop, without its evaluations."""
    steps = train_while_improving(
        nlp,
        settings["optimizer"],
        batches,
        lambda: (0.0, {}),
        dropout=settings["dropout"],
        accumulate_gradient=settings["accumulate_gradient"],
        patience=0,
        max_steps=0,
        eval_frequency=10**9,
        exclude=settings["frozen_components"],
        annotating_components=settings["annotating_components"],
        before_update=settings["before_update"],
    )
    return (info["epoch"] for _, info, _ in steps)
