"""A logger that tells the optimizer of scores."""

import sys
from pathlib import Path
from typing import IO, Any, Callable, Dict, Optional, Tuple

from spacy.language import Language
from spacy.training.loggers import console_logger_v3
from spacy.util import logger as log

from ..errors import MoeeError, check_setting
from .held_out import make_measure
from .jsonl import LogStep, Setup
from .optimizers import take_last_made

NAME = "spacy_moee.ScoreLogger.v1"


def make_score_logger(
    logger: Optional[Setup] = None,
    source: Optional[Path] = None,
    target: Optional[Path] = None,
    limit: int = 500,
) -> Setup:
    """Tell the optimizer of the training, `spacy_moee.RMSprop.v1`, of the score of each
    evaluation: the one that chooses the best epoch, which [training.score_weights] sum
    up. The log says at which step the optimizer switches. Registered as
    `spacy_moee.ScoreLogger.v1`, for [training.logger].

    With raw text that is held out of training, it also measures at each evaluation how
    well `spacy_moee.GeneratedTagger.v1` predicts its words, the next and the one before
    (with the full softmax, also where training draws a sample), and adds the scores
    `perplexity_source` and `perplexity_target`. `spacy_moee.JsonlLogger.v1` as the
    other logger writes them down.

    logger (Optional[Setup]): Another logger, which shows what it always does;
        `spacy.ConsoleLogger.v3` if it is None.
    source (Optional[Path]): Held-out text of the source domain: a file, or a folder, as
        `spacy_moee.MixedCorpus.v1` reads them; None for none.
    target (Optional[Path]): The same of the target domain.
    limit (int): The number of sentences to read of each, from the beginning.
    RETURNS (Setup): The logger.
    RAISES (MoeeError): M103 for a limit below 1. When training begins: M620, if its
        optimizer takes no scores; with held-out text M622, if no component predicts
        words, and M606, M710 or M711 for files without a sentence or that can't be
        read.
    """
    check_setting(limit > 0, "limit", NAME, "1 or more", limit)

    def setup(
        nlp: Language, stdout: IO = sys.stdout, stderr: IO = sys.stderr
    ) -> Tuple[LogStep, Callable[[], None]]:
        optimizer = take_last_made()
        if optimizer is None:
            block = nlp.config.interpolate()["training"].get("optimizer") or {}
            raise MoeeError("M620", found=repr(block.get("@optimizers")))
        measure = make_measure(nlp, {"source": source, "target": target}, limit)
        # the first step warns of scores that never come
        optimizer.gets_scores = True
        show, finish = (logger or console_logger_v3())(nlp, stdout, stderr)

        def log_step(info: Optional[Dict[str, Any]]) -> None:
            if info is not None:
                info["other_scores"].update(measure())
            show(info)
            if info is not None and optimizer.take_score(info["score"]):
                log.info(
                    "Step %d: the score %.4f is above %s; on with SGD at a rate of %s",
                    *(info["step"], info["score"]),
                    *(optimizer.switch_score, optimizer.learn_rate),
                )

        return log_step, finish

    return setup
