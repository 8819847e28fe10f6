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
    "M620": (
        "spacy_moee.ScoreLogger.v1 found no optimizer to tell of scores: "
        "[training.optimizer] has {found}. Expected @optimizers = "
        '"spacy_moee.RMSprop.v1". Name it there, or set [training.logger] to another '
        "logger, such as that of its block `logger`."
    ),
    "M621": (
        "spacy_moee.VocabularyEmbed.v1 does not know {count:,} of the {total:,} words "
        "of its vocabulary: their hashes are not in `nlp.vocab.strings`, and without "
        "its form a word's vector can't be found in lower case. Set the vocabulary "
        'with "spacy_moee.read_vocabulary.v1" in [initialize.before_init], which '
        "adds the words."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW81": (
        "spacy_moee.RMSprop.v1 is not told of any score, so it never switches to SGD "
        "(switch_score is {score}). Set [training.logger] @loggers to "
        '"spacy_moee.ScoreLogger.v1"; it takes another logger as its argument '
        "`logger`. For RMSprop alone, set switch_score to null."
    ),
}
