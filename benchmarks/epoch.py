"""Epochs of training, as `spacy train` runs them, in blocks of steps."""

import time
from itertools import chain, islice
from typing import Any, Dict, Iterator, Optional, Tuple

from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training.initialize import init_nlp
from spacy.training.loop import (
    create_evaluation_callback,
    create_train_batches,
    train_while_improving,
)
from spacy.util import registry, resolve_dot_names
from thinc.api import fix_random_seed

from .baselines import BareLSTM, Sizes
from .corpus import Recipe
from .turns import Turns, take_turns, timed

BLOCK = 40
OURS, BARE = "ours", "bare"


class Training:
    """A training run, step by step, in spaCy's own loop but without its evaluations.

    recipe (Recipe): The recipe.
    max_epochs (int): How long it goes.
    """

    def __init__(self, recipe: Recipe, max_epochs: int = 1) -> None:
        self.nlp: Language = init_nlp(recipe.load())
        config = self.nlp.config.interpolate()
        settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
        dot_names = [settings["train_corpus"], settings["dev_corpus"]]
        corpus, dev = resolve_dot_names(config, dot_names)
        # the words of each training doc
        self.lengths = [len(example) for example in corpus(self.nlp)]
        fix_random_seed(settings["seed"])
        started = time.perf_counter()
        if settings["max_epochs"] < 0:  # a stream, which has no end
            max_epochs = -1
        batches = create_train_batches(
            self.nlp, corpus, settings["batcher"], max_epochs
        )
        first = next(batches)
        # seconds in which the corpus was read and the first batch made
        self.reading = time.perf_counter() - started
        self._steps = _steps(self.nlp, settings, chain([first], batches))
        self._epoch = 0
        weights = settings["score_weights"]
        self._evaluate = create_evaluation_callback(self.nlp, dev, weights)

    def time_block(self, epoch: int = 0) -> Optional[float]:
        """Run some steps of an epoch, each with its batch and the optimizer. The last
        block of an epoch ends with the first step of the next one.

        epoch (int): The epoch, from 0.
        RETURNS (Optional[float]): Seconds; None if it is over.
        """
        if self._epoch > epoch:
            return None
        n_steps, started = 0, time.perf_counter()
        for found in islice(self._steps, BLOCK):
            n_steps, self._epoch = n_steps + 1, found
            if found > epoch:
                break
        return time.perf_counter() - started if n_steps else None

    def time_evaluation(self) -> float:
        """Evaluate on the dev set. RETURNS (float): Seconds."""
        return timed(self._evaluate)


def time_epoch(recipe: Recipe) -> Tuple[Training, Turns]:
    """Train one epoch, and run as many batches of a bare LSTM over the same sentences.

    recipe (Recipe): The recipe.
    RETURNS (Tuple[Training, Turns]): The training after it, and the seconds of each
        block of `BLOCK` steps of both.
    """
    training = Training(recipe)
    bare = BareLSTM(Sizes.of(training.nlp), training.lengths)
    batches = bare.random_batches()
    bare.train(list(islice(bare.random_batches(), 10)))  # warms up

    def time_bare() -> Optional[float]:
        block = list(islice(batches, BLOCK))
        return bare.train(block) if block else None

    return training, take_turns({OURS: training.time_block, BARE: time_bare})


def _steps(nlp: Language, settings: Dict[str, Any], batches: Any) -> Iterator[int]:
    """spaCy's own loop; gives the epoch of each step."""
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
