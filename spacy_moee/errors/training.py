"""Messages about training (M6)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    "M601": (
        "[training] max_epochs is {found}: the corpus is streamed, so the steps of an "
        "epoch can't be counted. Give [training] eval_frequency, patience and "
        "max_steps in steps (above 0), or set max_epochs to 0 to read the corpus into "
        "memory."
    ),
    "M602": (
        "The batcher made no batch from '{corpus}', so training would never begin. "
        "Expected at least one batch per epoch. Check the limits of [training.batcher] "
        "(discard_oversize, size) and of the corpus (max_length, limit)."
    ),
}

WARNINGS: Dict[str, str] = {}
