"""A logger that tells the optimizer of scores."""

import sys
from typing import IO, Any, Callable, Dict, Optional, Tuple

from spacy.language import Language
from spacy.training.loggers import console_logger_v3
from spacy.util import logger as log

from ..errors import MoeeError
from .jsonl import LogStep, Setup
from .optimizers import take_last_made


def make_score_logger(logger: Optional[Setup] = None) -> Setup:
    """Tell the optimizer of the training, `spacy_moee.RMSprop.v1`, of the score of each
    evaluation: the one that chooses the best epoch, which [training.score_weights] sum
    up. The log says at which step the optimizer switches. Registered as
    `spacy_moee.ScoreLogger.v1`, for [training.logger].

    logger (Optional[Setup]): Another logger, which shows what it always does;
        `spacy.ConsoleLogger.v3` if it is None.
    RETURNS (Setup): The logger.
    RAISES (MoeeError): M620 when training begins, if its optimizer takes no scores.
    """

    def setup(
        nlp: Language, stdout: IO = sys.stdout, stderr: IO = sys.stderr
    ) -> Tuple[LogStep, Callable[[], None]]:
        optimizer = take_last_made()
        if optimizer is None:
            block = nlp.config.interpolate()["training"].get("optimizer") or {}
            raise MoeeError("M620", found=repr(block.get("@optimizers")))
        # the first step warns of scores that never come
        optimizer.gets_scores = True
        show, finish = (logger or console_logger_v3())(nlp, stdout, stderr)

        def log_step(info: Optional[Dict[str, Any]]) -> None:
            show(info)
            if info is not None and optimizer.take_score(info["score"]):
                log.info(
                    "Step %d: the score %.4f is above %s; on with SGD at a rate of %s",
                    *(info["step"], info["score"]),
                    *(optimizer.switch_score, optimizer.learn_rate),
                )

        return log_step, finish

    return setup
